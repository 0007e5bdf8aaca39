package io.github.streamleak.recorder;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one recorder, which of them are open, and whoever waits for that to change.
 *
 * <p>A stream calls in under its own lock, so nothing here asks a stream anything under this one.
 * Open streams are kept apart: a check with nothing open costs the same after ten streams as after
 * a hundred thousand.
 */
final class StreamBook {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition noneOpen = lock.newCondition();
  private final Condition attemptsClosed = lock.newCondition();

  // All that were started, in that order: each knows the next.
  private @Nullable StreamLog firstStarted;
  private @Nullable StreamLog lastStarted;
  private int startedCount;

  private final Streams open = new Streams();

  /** Not open any more, and not cleanly ended either, or not yet. */
  private final Streams suspects = new Streams();

  private final Streams unstarted = new Streams();

  /** Counts calls of {@link #settled}, so that one between a look and a wait is not missed. */
  private long settledCount;

  /**
   * How many wait for {@link #settledCount}. Read without the lock: who waits has said so before he
   * looks at a stream under its lock, under which that stream then sees it.
   */
  private final AtomicInteger waiters = new AtomicInteger();

  /**
   * Some of the streams, in the order they came. A stream is in one of these lists at the most, and
   * holds the links itself: to change lists allocates nothing.
   */
  static final class Streams {
    private @Nullable StreamLog first;
    private @Nullable StreamLog last;

    boolean isEmpty() {
      return first == null;
    }

    private void add(StreamLog log) {
      log.list = this;
      log.before = last;
      log.after = null;
      if (last == null) {
        first = log;
      } else {
        last.after = log;
      }
      last = log;
    }

    private void remove(StreamLog log) {
      StreamLog before = log.before;
      StreamLog after = log.after;
      if (before == null) {
        first = after;
      } else {
        before.after = after;
      }
      if (after == null) {
        last = before;
      } else {
        after.before = before;
      }
      log.list = null;
      log.before = null;
      log.after = null;
    }

    private List<StreamLog> copy() {
      List<StreamLog> copy = new ArrayList<>();
      for (StreamLog log = first; log != null; log = log.after) {
        copy.add(log);
      }
      return copy;
    }
  }

  /** Called under the stream's own lock, by which each stream's moves are in order. */
  private void move(StreamLog log, @Nullable Streams to) {
    Streams from = log.list;
    if (from == to) {
      return;
    }
    if (from != null) {
      from.remove(log);
    }
    if (to != null) {
      to.add(log);
    }
    if (from == open && open.isEmpty()) {
      noneOpen.signalAll();
    }
  }

  /** A call was created; it may never be started. */
  void created(StreamLog log) {
    lock.lock();
    try {
      move(log, unstarted);
    } finally {
      lock.unlock();
    }
  }

  /** A call was cancelled instead of started. */
  void notToBeStarted(StreamLog log) {
    lock.lock();
    try {
      move(log, null);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the calls that were created, and neither started nor cancelled. */
  List<StreamLog> unstarted() {
    lock.lock();
    try {
      return unstarted.copy();
    } finally {
      lock.unlock();
    }
  }

  void started(StreamLog log) {
    lock.lock();
    try {
      move(log, open);
      if (lastStarted == null) {
        firstStarted = log;
      } else {
        lastStarted.startedNext = log;
      }
      lastStarted = log;
      startedCount++;
    } finally {
      lock.unlock();
    }
  }

  /** A stream was released, or opened again by a further attempt, or an attempt of it closed. */
  void settled(StreamLog log, boolean nowOpen, boolean suspect) {
    Streams to = nowOpen ? open : suspect ? suspects : null;
    // Only its own moves change where a stream is, and the caller holds its lock.
    if (log.list == to && waiters.get() == 0) {
      return;
    }
    lock.lock();
    try {
      move(log, to);
      settledCount++;
      attemptsClosed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return startedCount;
    } finally {
      lock.unlock();
    }
  }

  List<StreamLog> all() {
    lock.lock();
    try {
      List<StreamLog> all = new ArrayList<>(startedCount);
      for (StreamLog log = firstStarted; log != null; log = log.startedNext) {
        all.add(log);
      }
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the open streams. Asks each, for a deadline that has passed is noticed only then. */
  List<StreamLog> open() {
    List<StreamLog> candidates;
    lock.lock();
    try {
      if (open.isEmpty()) {
        return List.of();
      }
      candidates = open.copy();
    } finally {
      lock.unlock();
    }
    return candidates.stream().filter(StreamLog::isOpen).toList();
  }

  /** Returns the streams that are not open and that the rules have to look at. */
  List<StreamLog> suspects() {
    lock.lock();
    try {
      return suspects.copy();
    } finally {
      lock.unlock();
    }
  }

  /** How long a stream has been without an event: its number of events, and the slices since. */
  private record Quiet(long activity, int slices) {
    static Quiet after(@Nullable Quiet before, long activity) {
      return new Quiet(
          activity, before != null && before.activity == activity ? before.slices + 1 : 0);
    }
  }

  Wait waitFor(Duration limit) {
    return new Wait(limit);
  }

  /**
   * One bounded wait. Woken by events; time passes by what the condition says it took, so that a
   * clock injected for the events does not stop it.
   */
  final class Wait {

    private final long limit;
    private long left;

    private Wait(Duration limit) {
      this.limit = saturatedNanos(limit);
      this.left = this.limit;
    }

    Duration waited() {
      return Duration.ofNanos(limit - left);
    }

    /** Waits until no stream is open. */
    void untilReleased(Duration quiet) {
      until(quiet, log -> 0);
    }

    /**
     * Waits until every open stream is settled: released, or unchanged for {@code quiet} while
     * nobody but the application can move it, or twice as long where it only seems so.
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
      long slice = saturatedNanos(quiet);
      Map<StreamLog, Quiet> before = Map.of();
      while (left > 0) {
        List<StreamLog> nowOpen = open();
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
        open().forEach(StreamLog::conclude);
      }
    }

    /** Waits until every attempt of {@code logs} is closed, and returns whether that came. */
    boolean untilAttemptsClosed(List<StreamLog> logs) {
      return untilNone(logs, StreamLog::hasOpenAttempt);
    }

    /** Waits until none of {@code logs} lacks an end that is on its way; whether that came. */
    boolean untilFinished(List<StreamLog> logs) {
      return untilNone(logs, StreamLog::isUnfinished);
    }

    private boolean untilNone(List<StreamLog> logs, Predicate<StreamLog> pending) {
      waiters.incrementAndGet();
      try {
        int done = 0;
        while (true) {
          long seen = settledCount();
          while (done < logs.size() && !pending.test(logs.get(done))) {
            done++;
          }
          if (done == logs.size()) {
            return true;
          }
          if (left <= 0) {
            return false;
          }
          await(attemptsClosed, left, () -> settledCount != seen);
        }
      } finally {
        waiters.decrementAndGet();
      }
    }

    /** Waits a whole slice unless every stream is released within it. */
    private void sleep(long slice, List<StreamLog> nowOpen) {
      long end = left - slice;
      while (left > end) {
        awaitNoneOpen(left - end, nowOpen);
        if (open().isEmpty()) {
          return;
        }
      }
    }

    /** Waits until no stream is open or the next deadline has passed. */
    private void awaitNoneOpen(long nanos, List<StreamLog> nowOpen) {
      long next = nanos;
      for (StreamLog log : nowOpen) {
        next = Math.min(next, log.nanosToDeadline());
      }
      // Never zero: a deadline on a ticker of its own may stand still.
      long atLeast = Math.min(nanos, TimeUnit.MILLISECONDS.toNanos(1));
      await(noneOpen, Math.max(next, atLeast), open::isEmpty);
    }

    /** Interrupts do not end a wait: an interrupted test is judged like any other. */
    private void await(Condition condition, long nanos, BooleanSupplier happened) {
      boolean interrupted = Thread.interrupted();
      long rest = nanos;
      lock.lock();
      try {
        boolean woken = false;
        while (!woken && rest > 0 && !happened.getAsBoolean()) {
          try {
            rest = condition.awaitNanos(rest);
            woken = true;
          } catch (InterruptedException e) {
            // Waits anew: what has passed until here is not counted, which happens once.
            interrupted = true;
          }
        }
        left -= nanos - Math.max(0, rest);
      } finally {
        lock.unlock();
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    private long settledCount() {
      lock.lock();
      try {
        return settledCount;
      } finally {
        lock.unlock();
      }
    }
  }

  static long saturatedNanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }
}
