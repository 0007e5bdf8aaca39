package io.github.streamleak.lifecycle;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import java.util.List;

/**
 * Whether a snapshot still shows its call as it stands. What AssertJ's assertions and Truth's say
 * of one that does not is here, so that they say the same.
 *
 * <p>A snapshot does not change, so that what is asserted on an old one can hold although it has
 * not been so for long: no cancel, no second message. Whoever wraps this takes a newer snapshot and
 * asks the same of it, if {@link #since} says that there is one.
 */
public final class Snapshots {

  private Snapshots() {}

  /**
   * Returns what has been recorded of a stream since {@code then}, and how to see it, as in "3
   * events have been recorded since it was taken; latest() takes a newer one"; empty if nothing
   * has.
   */
  public static String since(RecordedStream then, RecordedStream now) {
    return since(total(now) - total(then), "latest() takes a newer one");
  }

  /** Returns the same of several streams, and whether they are still the same ones. */
  public static String since(List<RecordedStream> then, List<RecordedStream> now) {
    if (then.size() != now.size()) {
      return "there "
          + (now.size() == 1 ? "is " : "are ")
          + Texts.count(now.size(), "stream")
          + " by now; ask the recorder again";
    }
    long events = 0;
    for (int i = 0; i < then.size(); i++) {
      events += Math.abs(total(now.get(i)) - total(then.get(i)));
    }
    return since(events, "ask the recorder again, or latest() of a stream");
  }

  private static String since(long events, String newer) {
    return events == 0
        ? ""
        : Texts.count(events, "event")
            + (events == 1 ? " has" : " have")
            + " been recorded since it was taken; "
            + newer;
  }

  private static long total(RecordedStream stream) {
    return stream.events().size() + stream.droppedEvents();
  }

  /** Returns what to say of a failure on a snapshot that is behind. */
  public static String behind(String since) {
    return "this snapshot is old: " + since;
  }

  /** Returns what to say where an assertion held of a snapshot, and fails on a newer one. */
  public static String heldThen(String since) {
    return "it held of this snapshot, which is old, and does not hold now: " + since;
  }

  /**
   * Returns what to say of a snapshot that was taken too early to judge, after the reason; empty if
   * a newer one could not be judged either.
   */
  public static String tooEarly(RecordedStream stream) {
    boolean neverJudged =
        stream.recorderFault() != null
            || (stream.coverage() == Coverage.TRANSPORT_ONLY
                && stream.attempts().stream().anyMatch(RecordedAttempt::isInProcess));
    return neverJudged ? "" : "; this snapshot stays undecided, and latest() takes a newer one";
  }
}
