package io.github.streamleak.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.github.streamleak.verdict.StreamLeakError;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;

/** Runs fixtures as JUnit would, and reads what came of them. */
final class Runs {

  private Runs() {}

  static EngineExecutionResults run(Class<?>... fixtures) {
    return kit(fixtures).execute();
  }

  /** Runs them with no other channel watched than those of the check. */
  static EngineExecutionResults watchingOwn(Class<?>... fixtures) {
    return kit(fixtures).configurationParameter("streamleak.watch", "own").execute();
  }

  static EngineExecutionResults runInParallel(int threads, Class<?>... fixtures) {
    return kit(fixtures)
        .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
        .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
        .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
        .configurationParameter(
            "junit.jupiter.execution.parallel.config.fixed.parallelism", String.valueOf(threads))
        .execute();
  }

  static EngineTestKit.Builder kit(Class<?>... fixtures) {
    // A run within a test writes no report unless it asks for one.
    EngineTestKit.Builder kit =
        EngineTestKit.engine("junit-jupiter")
            .configurationParameter("streamleak.report.dir", "none");
    for (Class<?> fixture : fixtures) {
      kit.selectors(selectClass(fixture));
    }
    return kit;
  }

  /** Checks the whole run, every channel of it, without an annotation. */
  static EngineTestKit.Builder all(Class<?>... fixtures) {
    return kit(fixtures)
        .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
        .configurationParameter("streamleak.watch", "all")
        .configurationParameter("streamleak.grace", "300 ms");
  }

  /** Returns the names of the tests that failed, in their order. */
  static List<String> failed(EngineExecutionResults results) {
    return results.testEvents().failed().stream()
        .map(event -> event.getTestDescriptor().getDisplayName())
        .toList();
  }

  /** Returns the names of the containers that failed; the run is one, named after the engine. */
  static List<String> failedContainers(EngineExecutionResults results) {
    return results.containerEvents().failed().stream()
        .map(event -> event.getTestDescriptor().getDisplayName())
        .toList();
  }

  /** Returns the failure of the one test or container that failed, and fails if there are more. */
  static Throwable onlyFailure(EngineExecutionResults results) {
    List<Event> failed = results.allEvents().failed().list();
    assertThat(failed).as("failed tests and containers").hasSize(1);
    return thrown(failed.get(0)).orElseThrow();
  }

  /** Returns the leak that the one failed test or container failed for. */
  static StreamLeakError onlyLeak(EngineExecutionResults results) {
    Throwable failure = onlyFailure(results);
    assertThat(failure).isInstanceOf(StreamLeakError.class);
    return (StreamLeakError) failure;
  }

  static Optional<Throwable> thrown(Event finished) {
    return result(finished).getThrowable();
  }

  static TestExecutionResult result(Event finished) {
    return finished.getRequiredPayload(TestExecutionResult.class);
  }

  /** Returns what was published, in its order. */
  static List<Map<String, String>> reports(EngineExecutionResults results) {
    return results.allEvents().reportingEntryPublished().stream()
        .map(event -> event.getRequiredPayload(ReportEntry.class).getKeyValuePairs())
        .toList();
  }

  /** Passes if every test passed, {@code count} in number, and nothing else failed. */
  static void assertAllPass(EngineExecutionResults results, int count) {
    Events tests = results.testEvents();
    assertThat(results.allEvents().failed().stream().map(Runs::thrown)).as("failures").isEmpty();
    tests.assertStatistics(s -> s.started(count).succeeded(count).failed(0).aborted(0).skipped(0));
  }

  /** Replaces the times in a failure text, which differ from run to run, and their padding. */
  static String withoutTimes(@Nullable String text) {
    return String.valueOf(text)
        .replaceAll("(?m)^( {3}events {4}: | {15}) *\\+\\d+\\.\\d+ m?s  ", "$1+T  ")
        // The source is below one of the modules that run these tests, and only there it is read.
        .replaceAll(
            "(?:<your [^>]*>|\\b\\w+)(\\.(?:forEachRemaining\\(message"
                + "|cancel\\(|read\\(\\)|onCompleted|onError))",
            "NAME$1")
        .replaceAll(
            "(?m)^( {3}to fix {4}: | {15}).*withDeadlineAfter.* // (or )?.*: ends the wait$",
            "$1A DEADLINE  // $2ends the wait");
  }

  /** Over a wire it differs from run to run how long a check waits. */
  static String withoutWait(@Nullable String text) {
    return String.valueOf(text).replaceFirst("\\d+\\.\\d\\d s after", "N s after");
  }
}
