package io.github.streamleak.recorder;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One bounded wait for the streams of a book. Woken by events, so that nothing is waited for longer
 * than it takes; it looks again after every slice of the quiet time, since that nothing has
 * happened is no event.
 */
final class StreamWait {

  /** How many times its limit a wait may last while streams are lively. */
  private static final int MOST_TIMES = 5;

  private final StreamBook book;
  private final long patience;
  private final long most;
  private long limit;
  private long left;

  /** How often the client had acted on each stream that was open when the wait began. */
  private @Nullable Map<StreamLog, Long> actsBefore;

  StreamWait(StreamBook book, Duration limit) {
    this.book = book;
    this.patience = StreamBook.saturatedNanos(limit);
    this.most = patience > Long.MAX_VALUE / MOST_TIMES ? Long.MAX_VALUE : MOST_TIMES * patience;
    this.limit = patience;
    this.left = patience;
  }

  /** What the last look has seen, and how the book stood then. */
  private Map<StreamLog, Seen> seen = Map.of();

  private long changes;
  private int started;

  /** Whether a slice has passed since. */
  private boolean slept;

  /**
   * What was seen of a stream.
   *
   * @param activity its number of events
   * @param quiet the slices since there was another
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
   * Waits until no callback is inside and every open stream is settled: released, or unchanged for
   * {@code quiet} while nobody but the application can move it and nobody is about to, or twice as
   * long where it only seems so.
   *
   * <p>The limit begins anew with each event of a stream on which the client has acted since the
   * wait began, but the wait lasts at most {@value #MOST_TIMES} times as long. So calls that nobody
   * awaits have the time to end on a starved machine, while a stream that is merely sent messages
   * is judged when the limit is over.
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
        if (settled || (left <= 0 && !(settles && extend(slice)))) {
          break;
        }
        // A stream that is unchanged over a whole slice is quiet.
        sleep(Math.min(left, slice), settles);
        slept = true;
      }
    } finally {
      book.waitsNoMore();
    }
    if (left <= 0) {
      // Had another attempt been to follow, it would have by now.
      book.open().forEach(StreamLog::conclude);
    }
  }

  /** Returns whether there is nothing to wait for. */
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
   * Returns whether a stream has begun or changed since the last look. One that opened, or was
   * released into its callback, between two questions of it is in the answer to neither.
   */
  boolean hasChanged() {
    return book.changes() != changes || book.size() != started;
  }

  private boolean isSettled(StreamLog log, Seen one, boolean settles) {
    if (one.quiet > 0 && log.conclude()) {
      return true;
    }
    long rest = left;
    int needed =
        settles
            ? log.ask(state -> Diagnosis.quietSlicesNeeded(state, state.nanosToDeadline() <= rest))
            : 0;
    return needed > 0 && one.quiet >= needed && !isReaderAtWork(log);
  }

  /**
   * Returns whether a thread may ask for more although it has not for a while: the one that did so
   * last, on its own, is still at work. The thread of an iterator that takes its time over a
   * message leaves no other trace.
   */
  private static boolean isReaderAtWork(StreamLog log) {
    Thread reader = log.ask(StreamThreads::asking);
    return reader != null && log.recording().isAtWork(reader);
  }

  /** Waits for another slice if a stream is lively. */
  private boolean extend(long slice) {
    if (limit >= most
        || seen.entrySet().stream().noneMatch(e -> isLively(e.getKey(), e.getValue(), slice))) {
      return false;
    }
    long more = Math.min(slice, most - limit);
    limit += more;
    left += more;
    return true;
  }

  private boolean isLively(StreamLog log, Seen one, long slice) {
    long acts = actsBefore == null ? -1 : actsBefore.getOrDefault(log, -1L);
    // What has begun since, be it a stream or a callback of one that is released, may take as long
    // as all else.
    boolean isLeftAlone = acts >= 0 && log.ask(state -> state.open && state.acts() <= acts);
    return !isLeftAlone && one.quiet <= (patience - 1) / slice;
  }

  /** Waits a whole slice unless every stream is released, and every callback over, within it. */
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
      // Never zero: a deadline on a ticker of its own may stand still.
      long atLeast = Math.min(left - end, TimeUnit.MILLISECONDS.toNanos(1));
      next = Math.max(next, atLeast);
      left -= called ? book.awaitChange(next, before) : book.awaitNoneOpen(next);
    }
  }

  /** Waits until every attempt of {@code logs} is closed; returns false if time ran out. */
  boolean untilAttemptsClosed(List<StreamLog> logs) {
    return untilNone(logs, log -> log.ask(StreamState::isHolding));
  }

  /** Waits until every one of {@code logs} has reached its expected end; false if time ran out. */
  boolean untilFinished(List<StreamLog> logs) {
    return untilNone(logs, log -> log.ask(Diagnosis::isUnfinished));
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
