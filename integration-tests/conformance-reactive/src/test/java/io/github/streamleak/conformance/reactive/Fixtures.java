package io.github.streamleak.conformance.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.github.streamleak.verdict.StreamLeakError;
import java.util.List;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Runs fixtures as JUnit would, and reads what came of them. */
public final class Fixtures {

  private Fixtures() {}

  /** Runs {@code fixture}. */
  public static EngineExecutionResults run(Class<?> fixture) {
    return EngineTestKit.engine("junit-jupiter").selectors(selectClass(fixture)).execute();
  }

  /** Passes if all {@code count} tests passed, and nothing else failed. */
  public static void assertAllPass(Class<?> fixture, int count) {
    EngineExecutionResults results = run(fixture);
    assertThat(results.allEvents().failed().stream().map(Fixtures::thrown)).isEmpty();
    results.testEvents().assertStatistics(s -> s.started(count).succeeded(count));
  }

  /** Returns the failure of the one test of {@code fixture}, which has to be a leak. */
  public static StreamLeakError onlyLeak(Class<?> fixture) {
    EngineExecutionResults results = run(fixture);
    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    List<Event> failed = results.allEvents().failed().list();
    assertThat(failed).hasSize(1);
    Throwable thrown = thrown(failed.get(0));
    assertThat(thrown).isInstanceOf(StreamLeakError.class);
    return (StreamLeakError) thrown;
  }

  private static Throwable thrown(Event failed) {
    return failed
        .getRequiredPayload(TestExecutionResult.class)
        .getThrowable()
        .orElseThrow(() -> new AssertionError("failed without a throwable: " + failed));
  }

  /** Replaces what no two runs or builds share: the times, and the numbers of lambdas. */
  public static String stable(String text) {
    return text.replaceAll("(?m)^( {3}events {4}: | {15}) *\\+\\d+\\.\\d+ m?s  ", "$1+T  ")
        .replaceAll("still open \\d+\\.\\d+ s", "still open N s")
        .replaceAll("(lambda\\$\\w+\\$)\\d+", "$1N");
  }
}
