package io.github.streamleak.recorder;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One bounded wait for the streams of a book. Woken by events, so that nothing is waited for longer
 * than it takes; it looks again after every slice of the quiet time, since that nothing has
 * happened is no event.
 */
final class StreamWait {

  private final StreamBook book;
  private final long limit;
  private long left;

  StreamWait(StreamBook book, Duration limit) {
    this.book = book;
    this.limit = StreamBook.saturatedNanos(limit);
    this.left = this.limit;
  }

  /** How long a stream has been without an event: its number of events, and the slices since. */
  private record Quiet(long activity, int slices) {
    static Quiet after(@Nullable Quiet before, long activity) {
      return new Quiet(
          activity, before != null && before.activity == activity ? before.slices + 1 : 0);
    }
  }

  Duration waited() {
    return Duration.ofNanos(limit - left);
  }

  /** Waits until no stream is open. */
  void untilReleased(Duration quiet) {
    until(quiet, log -> 0);
  }

  /**
   * Waits until every open stream is settled: released, or unchanged for {@code quiet} while nobody
   * but the application can move it, or twice as long where it only seems so.
   */
  void untilSettled(Duration quiet) {
    until(quiet, log -> log.quietSlicesNeeded(left));
  }

  /**
   * Looks at the open streams after every slice.
   *
   * @param quietSlices how many slices without an event settle a stream; 0 if none do
   */
  private void until(Duration quiet, ToIntFunction<StreamLog> quietSlices) {
    long slice = StreamBook.saturatedNanos(quiet);
    Map<StreamLog, Quiet> before = Map.of();
    while (left > 0) {
      List<StreamLog> nowOpen = book.open();
      Map<StreamLog, Quiet> now = new HashMap<>();
      boolean settled = true;
      for (StreamLog log : nowOpen) {
        Quiet state = Quiet.after(before.get(log), log.activity());
        now.put(log, state);
        int needed = quietSlices.applyAsInt(log);
        settled &= (state.slices > 0 && log.conclude()) || (needed > 0 && state.slices >= needed);
      }
      if (settled) {
        break;
      }
      before = now;
      // A stream that is unchanged over a whole slice is quiet.
      sleep(Math.min(left, slice), nowOpen);
    }
    if (left <= 0) {
      // Had another attempt been to follow, it would have by now.
      book.open().forEach(StreamLog::conclude);
    }
  }

  /** Waits a whole slice unless every stream is released within it. */
  private void sleep(long slice, List<StreamLog> nowOpen) {
    long end = left - slice;
    while (left > end) {
      long next = left - end;
      for (StreamLog log : nowOpen) {
        next = Math.min(next, log.nanosToDeadline());
      }
      // Never zero: a deadline on a ticker of its own may stand still.
      long atLeast = Math.min(left - end, TimeUnit.MILLISECONDS.toNanos(1));
      left -= book.awaitNoneOpen(Math.max(next, atLeast));
      if (book.open().isEmpty()) {
        return;
      }
    }
  }

  /** Waits until every attempt of {@code logs} is closed; returns false if time ran out. */
  boolean untilAttemptsClosed(List<StreamLog> logs) {
    return untilNone(logs, StreamLog::hasOpenAttempt);
  }

  /** Waits until every one of {@code logs} has reached its expected end; false if time ran out. */
  boolean untilFinished(List<StreamLog> logs) {
    return untilNone(logs, StreamLog::isUnfinished);
  }

  private boolean untilNone(List<StreamLog> logs, Predicate<StreamLog> pending) {
    book.waits();
    try {
      int passed = 0;
      while (true) {
        long seen = book.changes();
        while (passed < logs.size() && !pending.test(logs.get(passed))) {
          passed++;
        }
        if (passed == logs.size()) {
          return true;
        }
        if (left <= 0) {
          return false;
        }
        left -= book.awaitChange(left, seen);
      }
    } finally {
      book.waitsNoMore();
    }
  }
}
