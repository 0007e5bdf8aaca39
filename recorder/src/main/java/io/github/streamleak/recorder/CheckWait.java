package io.github.streamleak.recorder;

import io.github.streamleak.stream.RecordedStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The wait of one check: for open streams, for callbacks that have not returned, and for what is
 * still on its way to the application.
 *
 * <p>A stream is released by picker Done, and its terminal status reaches the application a moment
 * later, on an executor. There the application may start the next call. A check that waited for the
 * first stream has to judge that call as well; otherwise chance would decide whether it is a leak,
 * passes, or is not recorded at all. So the check waits in turns until nothing new has begun. What
 * this costs a right test is the time that its last callbacks take.
 */
final class CheckWait {

  private static final int MOST_LOOKS = 1_000;

  private final Recording recording;
  private final Duration grace;
  private final boolean endsAreAsked;
  private final StreamWait wait;

  /** The streams that have had their time for an end that was missing. Each gets it once. */
  private final Set<StreamLog> given = new HashSet<>();

  /** Whether the grace period was shorter than the time that a missing end should have had. */
  private boolean cut;

  /**
   * Makes the wait of one check.
   *
   * @param endsAreAsked whether a rule is on that looks at the end of each stream
   */
  CheckWait(Recording recording, Duration grace, boolean endsAreAsked) {
    this.recording = recording;
    this.grace = grace;
    this.endsAreAsked = endsAreAsked;
    this.wait = new StreamWait(recording.book(), grace);
  }

  void await() {
    StreamBook book = recording.book();
    // The book counts changes only while somebody waits for them.
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
   * Waits for ends that are on their way to the application, up to twice the quiet time. Returns
   * whether there were any.
   */
  private boolean awaitEnds() {
    List<StreamLog> due =
        recording.book().suspects().stream()
            .filter(log -> !given.contains(log) && StreamWait.lacksItsEnd(log))
            .filter(log -> endsAreAsked || StreamWait.mayCallBack(log))
            .toList();
    if (due.isEmpty()) {
      return false;
    }
    given.addAll(due);
    Duration enough = recording.quietTime().multipliedBy(2);
    boolean tooShort = grace.compareTo(enough) < 0;
    boolean finished =
        new StreamWait(recording.book(), tooShort ? grace : enough).untilFinished(due);
    // A reader that takes its time over a message has not stopped reading.
    Duration spent = enough;
    while (!finished
        && spent.compareTo(grace) < 0
        && due.stream().anyMatch(StreamWait::isReaderAtWork)) {
      finished = new StreamWait(recording.book(), recording.quietTime()).untilFinished(due);
      spent = spent.plus(recording.quietTime());
    }
    cut |= !finished && tooShort;
    return true;
  }

  /**
   * Returns the streams that are open now.
   *
   * <p>A client that starts its next call whenever one ends is between two calls for a moment, and
   * a short call may end while it is looked at. Chance must not decide whether such a client is
   * found, so this looks again until it has caught a call, or there is none.
   */
  List<RecordedStream> open() {
    StreamBook book = recording.book();
    StreamWait last = new StreamWait(book, recording.quietTime().multipliedBy(2));
    List<RecordedStream> open = List.of();
    for (int looks = 0; looks < MOST_LOOKS; looks++) {
      boolean over = last.untilOpenOrOver(this::mayCallBack);
      List<StreamLog> found = book.open();
      found.forEach(StreamLog::judged);
      open = found.stream().map(StreamLog::snapshot).filter(RecordedStream::isOpen).toList();
      if (over || !open.isEmpty()) {
        break;
      }
    }
    return open;
  }

  /** Returns the streams that lack their end, had no time for it yet, and call back with it. */
  private List<StreamLog> mayCallBack() {
    return recording.book().suspects().stream()
        .filter(log -> !given.contains(log) && StreamWait.mayCallBack(log))
        .toList();
  }

  /** Returns how long it waited for streams to be released. */
  Duration waited() {
    return wait.waited();
  }

  /**
   * Returns whether an end that is still missing counts as missing. It does not if the grace period
   * cut the wait short, or if no rule asks for it.
   */
  boolean isBelieved() {
    return endsAreAsked && !cut;
  }
}
