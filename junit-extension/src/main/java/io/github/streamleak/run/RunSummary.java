package io.github.streamleak.run;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.StreamRule;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Counts for the few lines that are logged at the end of a run.
 *
 * <p>A test that fails says so itself. In a run with thousands of tests it is still hard to see at
 * the end how many there were, and a warning is easily missed altogether.
 */
final class RunSummary {

  /** How many leaks are listed at most. Equal ones are listed once. */
  private static final int MOST_LISTED = 200;

  private final AtomicInteger leaks = new AtomicInteger();
  private final Set<String> listed = new ConcurrentSkipListSet<>();
  private final Map<StreamRule, Integer> warnings =
      Collections.synchronizedMap(new EnumMap<>(StreamRule.class));

  void countLeak(Owner owner, RecordedStream stream, LeakCause cause) {
    leaks.incrementAndGet();
    String opened = stream.openingLink().map(", opened at "::concat).orElse("");
    listed.add(owner + ": " + stream.fullMethodName() + ", " + cause + opened);
  }

  void countWarning(StreamRule rule) {
    warnings.merge(rule, 1, Integer::sum);
  }

  /** Logs a list of the leaks. */
  void listLeaks(LeakMode mode) {
    int all = leaks.get();
    if (all == 0) {
      return;
    }
    RunLog.warn(
        "{0} leaked in this run ({1} = {2}):{3}",
        all == 1 ? "1 gRPC client stream" : all + " gRPC client streams",
        ParameterNames.MODE,
        mode.word(),
        listed.stream().limit(MOST_LISTED).map("\n  "::concat).collect(Collectors.joining())
            + (listed.size() > MOST_LISTED
                ? "\n  ... and " + (listed.size() - MOST_LISTED) + " more"
                : ""));
  }

  /**
   * Logs how many warnings there were of each rule.
   *
   * @param report the directory of the report; null if none is written
   */
  void countWarnings(@Nullable Path report) {
    if (warnings.isEmpty()) {
      return;
    }
    RunLog.warn(
        "rule warnings for gRPC client streams (no test fails): {0}{1}",
        warnings.entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", ")),
        report == null ? "" : "; see " + report.resolve("index.html"));
  }
}
