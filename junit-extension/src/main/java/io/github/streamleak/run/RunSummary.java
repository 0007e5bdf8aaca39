package io.github.streamleak.run;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.StreamRule;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;

/**
 * The list of leaks that is logged at the end of a run.
 *
 * <p>A test that fails says so itself. In a run with thousands of tests it is still hard to see at
 * the end which they were.
 */
final class RunSummary {

  /** How many leaks are listed at most. Equal ones are listed once. */
  private static final int MOST_LISTED = 200;

  /** The lines, each with the first stream that it stands for. */
  private final Map<String, RecordedStream> listed = new ConcurrentSkipListMap<>();

  private final Map<String, RecordedStream> ended = new ConcurrentSkipListMap<>();

  void addLeak(Owner owner, RecordedStream stream, LeakCause cause) {
    listed.putIfAbsent(
        owner + ": " + stream.fullMethodName() + ", " + cause + where(stream), stream);
  }

  void addEndedByShutdown(Owner owner, RecordedStream stream) {
    ended.putIfAbsent(owner + ": " + stream.fullMethodName() + where(stream), stream);
  }

  /** Returns where a stream was opened, as the rest of a line. */
  static String where(RecordedStream stream) {
    return stream.openingLink().map(", opened at "::concat).orElse("")
        + stream.opening().callerLink().map(", called by "::concat).orElse("");
  }

  /** Logs a list of the streams that nothing but a shutdown has ended. */
  void listEndedByShutdown() {
    if (!ended.isEmpty()) {
      RunLog.warn(
          "gRPC client streams that only a shutdown has ended (no test fails; {0}{1} = fail makes"
              + " them fail):{2}",
          ParameterNames.RULE, StreamRule.ENDED_BY_SHUTDOWN, lines(ended));
    }
  }

  /**
   * Logs a list of the leaks.
   *
   * @param all how many there are, equal ones included
   */
  void listLeaks(long all, LeakMode mode) {
    if (all == 0) {
      return;
    }
    RunLog.warn(
        "{0} leaked in this run ({1} = {2}):{3}",
        all == 1 ? "1 gRPC client stream" : all + " gRPC client streams",
        ParameterNames.MODE,
        mode.word(),
        lines(listed));
  }

  private static String lines(Map<String, RecordedStream> all) {
    return all.entrySet().stream()
            .limit(MOST_LISTED)
            .map(line -> "\n  " + Names.escaped(line.getKey()) + afterwards(line.getValue()))
            .collect(Collectors.joining())
        + (all.size() > MOST_LISTED ? "\n  ... and " + (all.size() - MOST_LISTED) + " more" : "");
  }

  /** Returns what has come of a stream since its verdict: a leak that was only late says so. */
  private static String afterwards(RecordedStream stream) {
    return stream.latest().afterwards().map(", "::concat).orElse("");
  }
}
