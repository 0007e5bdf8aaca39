package io.github.streamleak.recorder;

import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.StubKind;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One bounded wait for the streams of a book.
 *
 * <p>Events wake it, so that it lasts no longer than what it waits for. In addition it looks at the
 * streams after every slice of the quiet time, because a stream on which nothing happens sends no
 * event. So a right test hardly waits, and a stream whose messages wait for the client is judged
 * after one or two slices and not at the end of the limit. A stream that is still being worked on
 * may extend the limit up to five times: a slow machine then gives a late verdict and not a wrong
 * one. A deadline extends it up to twice, because it ends its stream by itself.
 */
final class StreamWait {

  /** How many times its limit a wait may last at most, while streams are being worked on. */
  private static final int MOST_TIMES = 5;

  /** How many times its limit a wait may last at most, while a deadline is pending. */
  private static final int MOST_TIMES_FOR_A_DEADLINE = 2;

  private final StreamBook book;
  private final long patience;
  private final long most;
  private final long mostForADeadline;
  private long limit;
  private long left;

  /** How often the client had acted on each stream that was open when the wait began. */
  private @Nullable Map<StreamLog, Long> actsBefore;

  StreamWait(StreamBook book, Duration limit) {
    this.book = book;
    this.patience = StreamBook.saturatedNanos(limit);
    this.most = times(MOST_TIMES, patience);
    this.mostForADeadline = times(MOST_TIMES_FOR_A_DEADLINE, patience);
    this.limit = patience;
    this.left = patience;
  }

  private static long times(int factor, long nanos) {
    return nanos > Long.MAX_VALUE / factor ? Long.MAX_VALUE : factor * nanos;
  }

  /** What the last look saw of each stream. */
  private Map<StreamLog, Seen> seen = Map.of();

  // The numbers of changes and of streams in the book at the last look.
  private long changes;
  private int started;

  /** Whether a slice has passed since the last look. */
  private boolean slept;

  /**
   * What was seen of a stream.
   *
   * @param activity how many events it had
   * @param quiet for how many slices it has had no further event
   */
  private record Seen(long activity, int quiet) {}

  Duration waited() {
    return Duration.ofNanos(limit - left);
  }

  boolean isOver() {
    return left <= 0;
  }

  /** Waits until no stream is open. */
  void untilReleased(Duration quiet) {
    until(StreamBook.saturatedNanos(quiet), false);
  }

  /**
   * Waits until no thread is inside a callback and every open stream is settled. A stream is
   * settled when it is released, or when only the application could change it and nothing has
   * happened for {@code quiet}, or for twice as long if a message may still be on its way ({@link
   * Diagnosis#quietSlicesNeeded}).
   *
   * <p>The limit begins anew with each event of a stream on which the client has acted since the
   * wait began, but the wait lasts at most {@value #MOST_TIMES} times as long. So calls that the
   * test does not wait for have time to end on a busy machine, while a stream that merely receives
   * messages is judged when the limit is over.
   */
  void untilSettled(Duration quiet) {
    if (actsBefore == null) {
      Map<StreamLog, Long> acts = new HashMap<>();
      book.open().forEach(log -> acts.put(log, log.ask(StreamState::acts)));
      actsBefore = acts;
    }
    until(StreamBook.saturatedNanos(quiet), true);
  }

  /** Looks at the streams after every slice. */
  private void until(long slice, boolean settles) {
    book.waits();
    try {
      while (true) {
        boolean settled = look(settles);
        if (settled && left > 0 && hasChanged()) {
          continue;
        }
        if (settled || (left <= 0 && !(settles && (extendToADeadline() || extend(slice))))) {
          break;
        }
        // Sleeps for a whole slice, so that a stream without a further event then counts as quiet.
        sleep(Math.min(left, slice), settles);
        slept = true;
      }
    } finally {
      book.waitsNoMore();
    }
    if (left <= 0) {
      // If another attempt were to follow, it would have done so by now.
      book.open().forEach(StreamLog::conclude);
    }
  }

  /** Looks at all streams, and returns whether there is nothing to wait for. */
  private boolean look(boolean settles) {
    changes = book.changes();
    started = book.size();
    List<StreamLog> open = book.open();
    List<StreamLog> called = settles ? book.withCallbackInside() : List.of();
    Map<StreamLog, Seen> now = new HashMap<>();
    boolean settled = called.isEmpty();
    for (StreamLog log : open) {
      Seen one = see(log);
      now.put(log, one);
      settled &= isSettled(log, one, settles);
    }
    called.forEach(log -> now.putIfAbsent(log, see(log)));
    seen = now;
    slept = false;
    return settled;
  }

  private Seen see(StreamLog log) {
    long activity = log.activity();
    Seen before = seen.get(log);
    return before == null || before.activity != activity
        ? new Seen(activity, 0)
        : new Seen(activity, before.quiet + (slept ? 1 : 0));
  }

  /**
   * Returns whether a stream has begun or changed since the last look. A look asks the book twice,
   * for open streams and for callbacks; a stream that opens, or is released into its callback,
   * between the two is in neither answer, and so the look has to be repeated.
   */
  boolean hasChanged() {
    return book.changes() != changes || book.size() != started;
  }

  private boolean isSettled(StreamLog log, Seen one, boolean settles) {
    if (one.quiet > 0 && log.conclude()) {
      return true;
    }
    long rest = left + Math.max(0, mostForADeadline - limit);
    int needed =
        settles
            ? log.ask(state -> Diagnosis.quietSlicesNeeded(state, state.nanosToDeadline() <= rest))
            : 0;
    return needed > 0 && one.quiet >= needed && !isReaderAtWork(log);
  }

  /**
   * Returns whether a thread may still ask for more messages although it has not done so for a
   * while: the last one that asked outside of a callback is still at work. A thread that reads an
   * iterator and takes its time over a message leaves no other trace.
   */
  static boolean isReaderAtWork(StreamLog log) {
    Thread reader = log.ask(StreamThreads::asking);
    return reader != null && log.recording().isAtWork(reader);
  }

  /**
   * Returns whether the stream has not reached its end for the application: it lacks the status, or
   * the thread that reads an iterator has not taken what is there and is still at work.
   */
  static boolean lacksItsEnd(StreamLog log) {
    return log.ask(Diagnosis::isUnfinished)
        || (log.ask(Diagnosis::mayHaveStoppedReading) && isReaderAtWork(log));
  }

  /**
   * Extends the limit to the next deadline of an open stream, if that passes before the wait has
   * lasted twice as long as its limit. Returns whether it did.
   */
  private boolean extendToADeadline() {
    long next = Long.MAX_VALUE;
    for (StreamLog log : book.open()) {
      next = Math.min(next, log.ask(StreamState::nanosToDeadline));
    }
    if (next >= mostForADeadline - limit) {
      return false;
    }
    // Longer by what one look takes, which then sees that the deadline has passed.
    long more = Math.min(next + TimeUnit.MILLISECONDS.toNanos(1), mostForADeadline - limit);
    limit += more;
    left += more;
    return true;
  }

  /** Extends the limit by a slice if a stream is still being worked on. Returns whether it did. */
  private boolean extend(long slice) {
    if (limit >= most
        || seen.entrySet().stream().noneMatch(e -> isLively(e.getKey(), e.getValue(), slice))) {
      return false;
    }
    long more = Math.min(Math.min(slice, patience), most - limit);
    limit += more;
    left += more;
    return true;
  }

  private boolean isLively(StreamLog log, Seen one, long slice) {
    long acts = actsBefore == null ? -1 : actsBefore.getOrDefault(log, -1L);
    // A stream that has begun since, or a callback of a stream that is released, gets the same time
    // as one on which the client has acted.
    boolean isLeftAlone = acts >= 0 && log.ask(state -> state.open && state.acts() <= acts);
    return !isLeftAlone && one.quiet <= (patience - 1) / slice;
  }

  /** Waits for a whole slice, or until every stream is released and every callback has returned. */
  private void sleep(long slice, boolean settles) {
    long end = left - slice;
    while (left > end) {
      long before = book.changes();
      List<StreamLog> open = book.open();
      boolean called = settles && !book.withCallbackInside().isEmpty();
      if (!called && open.isEmpty()) {
        return;
      }
      long next = left - end;
      for (StreamLog log : open) {
        next = Math.min(next, log.ask(StreamState::nanosToDeadline));
      }
      // At least a millisecond: a deadline may have a ticker of its own that stands still, and this
      // loop would spin.
      long atLeast = Math.min(left - end, TimeUnit.MILLISECONDS.toNanos(1));
      next = Math.max(next, atLeast);
      left -= called ? book.awaitChange(next, before) : book.awaitNoneOpen(next);
    }
  }

  /**
   * Waits until a stream is open, or none of {@code logs} lacks its end and no callback is running.
   * A client that starts its next call whenever one ends is between two of them for a moment, and
   * has to be judged in the same way whenever that is.
   *
   * @return whether everything is over, so that no stream can follow
   */
  boolean untilOpenOrOver(Supplier<List<StreamLog>> logs) {
    book.waits();
    try {
      while (true) {
        changes = book.changes();
        started = book.size();
        if (!book.open().isEmpty()) {
          return false;
        }
        boolean quiet =
            book.withCallbackInside().isEmpty()
                && logs.get().stream().noneMatch(log -> log.ask(Diagnosis::isUnfinished));
        // What has begun between the questions is in none of the answers.
        if (quiet && !hasChanged()) {
          return true;
        }
        if (left <= 0) {
          return false;
        }
        if (!quiet) {
          left -= book.awaitChange(left, changes);
        }
      }
    } finally {
      book.waitsNoMore();
    }
  }

  /** Waits until every attempt of {@code logs} is closed; returns false on timeout. */
  boolean untilAttemptsClosed(List<StreamLog> logs) {
    return untilNone(logs, log -> log.ask(StreamState::isHolding));
  }

  /** Waits until each of {@code logs} has reached its expected end; returns false on timeout. */
  boolean untilFinished(List<StreamLog> logs) {
    return untilNone(logs, StreamWait::lacksItsEnd);
  }

  /**
   * Returns whether the terminal status is missing and will run code of the application when it
   * comes. A blocking iterator or blocking v2 call runs none: it takes the status when it is called
   * again.
   */
  static boolean mayCallBack(StreamLog log) {
    if (log.ask(state -> state.terminal != null)) {
      return false;
    }
    // Only now, because it reads the opening stack, which is slow.
    StubKind kind = log.madeAt().stubKind();
    return kind != StubKind.BLOCKING_ITERATOR && kind != StubKind.BLOCKING_V2;
  }

  /** Waits until each of {@code logs} has had its last callback; returns false on timeout. */
  boolean untilCalledBack(List<StreamLog> logs) {
    return untilNone(
        logs,
        log ->
            log.ask(StreamThreads::inside) != null
                || (log.ask(state -> state.coverage) == Coverage.WHOLE && mayCallBack(log)));
  }

  private boolean untilNone(List<StreamLog> logs, Predicate<StreamLog> pending) {
    book.waits();
    try {
      int passed = 0;
      while (true) {
        long before = book.changes();
        while (passed < logs.size() && !pending.test(logs.get(passed))) {
          passed++;
        }
        if (passed == logs.size()) {
          return true;
        }
        if (left <= 0) {
          return false;
        }
        left -= book.awaitChange(left, before);
      }
    } finally {
      book.waitsNoMore();
    }
  }
}
