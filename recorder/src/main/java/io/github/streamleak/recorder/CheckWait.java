package io.github.streamleak.recorder;

import io.github.streamleak.stream.StubKind;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The wait of one check: for open streams, for callbacks that have not returned, and for what is
 * still on its way to the application.
 *
 * <p>A stream is released by picker Done, and its terminal status reaches the application a moment
 * later, on an executor. There the application may start the next call: the check that waited for
 * the first stream has to judge that call as well, or chance would decide between a leak, a pass
 * and a call that nobody records. So it waits in turns until nothing new has begun.
 */
final class CheckWait {

  private final Recording recording;
  private final Duration grace;
  private final boolean endsAreAsked;
  private final StreamWait wait;

  /** Streams that have had their time for what was missing of them. */
  private final Set<StreamLog> given = new HashSet<>();

  private boolean cut;

  /**
   * Makes the wait.
   *
   * @param endsAreAsked whether rules are held that ask for the end of each stream
   */
  CheckWait(Recording recording, Duration grace, boolean endsAreAsked) {
    this.recording = recording;
    this.grace = grace;
    this.endsAreAsked = endsAreAsked;
    this.wait = new StreamWait(recording.book(), grace);
  }

  void await() {
    StreamBook book = recording.book();
    // Changes are counted while somebody waits for them.
    book.waits();
    try {
      boolean more = true;
      while (more) {
        wait.untilSettled(recording.quietTime());
        boolean ends = awaitEnds();
        more = (ends || wait.hasChanged()) && !wait.isOver();
      }
    } finally {
      book.waitsNoMore();
    }
  }

  /**
   * Gives what is on its way to the application twice the quiet time to arrive. Returns whether
   * anything was.
   */
  private boolean awaitEnds() {
    List<StreamLog> due =
        recording.book().suspects().stream()
            .filter(log -> !given.contains(log) && log.ask(Diagnosis::isUnfinished))
            .filter(log -> endsAreAsked || mayCallBack(log))
            .toList();
    if (due.isEmpty()) {
      return false;
    }
    given.addAll(due);
    Duration enough = recording.quietTime().multipliedBy(2);
    boolean tooShort = grace.compareTo(enough) < 0;
    cut |=
        !new StreamWait(recording.book(), tooShort ? grace : enough).untilFinished(due) && tooShort;
    return true;
  }

  /**
   * Returns whether a terminal status that is missing runs code of the application's when it comes.
   * A blocking stub takes it only when it is called again.
   */
  private static boolean mayCallBack(StreamLog log) {
    StubKind kind = log.madeAt().stubKind();
    return log.ask(state -> state.terminal == null)
        && kind != StubKind.BLOCKING_ITERATOR
        && kind != StubKind.BLOCKING_V2;
  }

  /** Returns how long it waited for streams to be released. */
  Duration waited() {
    return wait.waited();
  }

  /**
   * Returns whether what is missing now may be taken for missing: not if the grace cut the wait.
   */
  boolean isBelieved() {
    return endsAreAsked && !cut;
  }
}
