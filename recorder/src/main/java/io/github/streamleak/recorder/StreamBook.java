package io.github.streamleak.recorder;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one recorder, which of them are open, and whoever waits for that to change.
 *
 * <p>A stream calls in under its own lock, so nothing here asks a stream anything under this one.
 * Open streams are kept apart: a check with nothing open costs the same after ten streams as after
 * a hundred thousand. Of those that have ended cleanly the first and the last ones are kept, and
 * the others counted: a test may make a million right calls. What the rules have to look at is
 * kept.
 */
final class StreamBook {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition noneOpen = lock.newCondition();
  private final Condition changed = lock.newCondition();

  /** How many closed streams are kept of the first ones, and of the last ones. */
  private final int closedLimit;

  // All that were started and are kept, in that order: each knows its neighbours.
  @GuardedBy("lock")
  private @Nullable StreamLog firstStarted;

  @GuardedBy("lock")
  private @Nullable StreamLog lastStarted;

  @GuardedBy("lock")
  private int startedCount;

  /** Higher than the count once a stream was given to this book, which was started elsewhere. */
  @GuardedBy("lock")
  private int lastNumber;

  /** How many are not kept any more and still stand in the chain of those that were started. */
  @GuardedBy("lock")
  private int toUnlink;

  /** What is known of the closed streams between the first and the last ones, by method. */
  @GuardedBy("lock")
  private final Map<String, Dropped> dropped = new HashMap<>();

  private final Streams open = new Streams();

  /** Not open any more, and not cleanly ended either, or not yet. */
  private final Streams suspects = new Streams();

  private final Streams unstarted = new Streams();

  // Cleanly ended. The first ones stay, the last ones give way to the next.
  private final Streams firstClosed = new Streams();
  private final Streams lastClosed = new Streams();

  /** Counts calls of {@link #changed}, so that one between a look and a wait is not missed. */
  @GuardedBy("lock")
  private long changes;

  /**
   * How many wait for {@link #changes}. Read without the lock: who waits has said so before he
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
    private int size;

    boolean isEmpty() {
      return first == null;
    }

    private void add(StreamLog log) {
      size++;
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
      size--;
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

  /** The streams of one method that are not kept. */
  private static final class Dropped {
    private long streams;
    private long withoutDeadline;

    /** The stream is closed: its state does not change, and needs no lock. */
    void add(StreamLog log, int change) {
      streams += change;
      withoutDeadline += log.state.lacksDeadline() ? change : 0;
    }
  }

  /**
   * Makes a book.
   *
   * @param closedLimit how many of the closed streams are kept at each end
   */
  StreamBook(int closedLimit) {
    this.closedLimit = closedLimit;
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
      link(log);
      startedCount++;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives an open stream to the book of another recorder. Called under the stream's own lock. It
   * counts here as started, for here it was.
   */
  void give(StreamLog log, StreamBook to) {
    lock.lock();
    try {
      move(log, null);
      unlink(log);
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    to.take(log);
  }

  private void take(StreamLog log) {
    lock.lock();
    try {
      link(log);
      move(log, open);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void link(StreamLog log) {
    if (lastStarted == null) {
      firstStarted = log;
    } else {
      lastStarted.startedNext = log;
    }
    lastStarted = log;
    log.number = ++lastNumber;
  }

  /** Looks through all of them, which few streams ask for. */
  @GuardedBy("lock")
  private void unlink(StreamLog log) {
    StreamLog before = null;
    for (StreamLog each = firstStarted; each != log && each != null; each = each.startedNext) {
      before = each;
    }
    if (before == null) {
      firstStarted = log.startedNext;
    } else {
      before.startedNext = log.startedNext;
    }
    if (lastStarted == log) {
      lastStarted = before;
    }
    log.startedNext = null;
  }

  /** A stream was released, or opened again by a further attempt, or an attempt of it closed. */
  void changed(StreamLog log, boolean nowOpen, boolean suspect) {
    Streams to = nowOpen ? open : suspect ? suspects : null;
    // But for being dropped, which makes no difference here, only its own moves change where a
    // stream is, and the caller holds its lock.
    if ((to == null ? isClosed(log) : log.list == to) && waiters.get() == 0) {
      return;
    }
    lock.lock();
    try {
      if (to != null) {
        takeBack(log);
        move(log, to);
      } else if (log.number == 0) {
        move(log, null); // It was never started.
      } else if (!isClosed(log)) {
        close(log);
      }
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // ---- closed streams, of which few are kept ----

  private boolean isClosed(StreamLog log) {
    return log.isDropped || log.list == firstClosed || log.list == lastClosed;
  }

  @GuardedBy("lock")
  private void close(StreamLog log) {
    move(log, firstClosed.size < closedLimit ? firstClosed : lastClosed);
    StreamLog oldest = lastClosed.first;
    if (oldest != null && lastClosed.size > closedLimit) {
      move(oldest, null);
      oldest.isDropped = true;
      if (++toUnlink > closedLimit) {
        unlinkDropped();
      }
      dropped.computeIfAbsent(nameOf(oldest), name -> new Dropped()).add(oldest, 1);
    }
  }

  /** What happens on a stream after it was dropped may be a finding. */
  @GuardedBy("lock")
  private void takeBack(StreamLog log) {
    if (log.isDropped) {
      log.isDropped = false;
      Objects.requireNonNull(dropped.get(nameOf(log))).add(log, -1);
      toUnlink = Math.max(0, toUnlink - 1);
      linkAgain(log);
    }
  }

  private static String nameOf(StreamLog log) {
    return log.method().getFullMethodName();
  }

  /** Takes out of the chain what is not kept, for all of it at once: each knows only the next. */
  @GuardedBy("lock")
  private void unlinkDropped() {
    StreamLog before = null;
    StreamLog next;
    for (StreamLog log = firstStarted; log != null; log = next) {
      next = log.startedNext;
      if (!log.isDropped) {
        before = log;
      } else {
        log.startedNext = null;
        if (before == null) {
          firstStarted = next;
        } else {
          before.startedNext = next;
        }
      }
    }
    lastStarted = before;
    toUnlink = 0;
  }

  /** Puts a stream back where it stood among the others. Looks through them, as few ask for it. */
  @GuardedBy("lock")
  private void linkAgain(StreamLog log) {
    StreamLog before = null;
    StreamLog next = firstStarted;
    while (next != null && next.number < log.number) {
      before = next;
      next = next.startedNext;
    }
    if (next == log) {
      return; // It was not taken out yet.
    }
    log.startedNext = next;
    if (before == null) {
      firstStarted = log;
    } else {
      before.startedNext = log;
    }
    if (next == null) {
      lastStarted = log;
    }
  }

  /** Returns how many stand in the chain of those that were started, kept or not. */
  int chained() {
    lock.lock();
    try {
      int count = 0;
      for (StreamLog log = firstStarted; log != null; log = log.startedNext) {
        count++;
      }
      return count - toUnlink;
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many streams of each method are not kept, by its name and in that order. */
  Map<String, Long> dropped() {
    return dropped(counts -> counts.streams);
  }

  /** Returns how many of them were started without a deadline. */
  Map<String, Long> droppedWithoutDeadline() {
    return dropped(counts -> counts.withoutDeadline);
  }

  private Map<String, Long> dropped(ToLongFunction<Dropped> count) {
    lock.lock();
    try {
      SortedMap<String, Long> counts = new TreeMap<>();
      dropped.forEach(
          (method, known) -> {
            if (count.applyAsLong(known) > 0) {
              counts.put(method, count.applyAsLong(known));
            }
          });
      return Collections.unmodifiableSortedMap(counts);
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether there are more suspects than closed streams would be kept. */
  boolean isCrowded() {
    lock.lock();
    try {
      return suspects.size > closedLimit;
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

  /** Returns all streams that are kept, in the order they were started. */
  List<StreamLog> all() {
    lock.lock();
    try {
      List<StreamLog> all = new ArrayList<>();
      for (StreamLog log = firstStarted; log != null; log = log.startedNext) {
        if (!log.isDropped) {
          all.add(log);
        }
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
      return suspects.isEmpty() ? List.of() : suspects.copy();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the streams that are not open, of which a callback is inside on another thread. */
  List<StreamLog> withCallbackInside() {
    return suspects().stream().filter(log -> log.ask(StreamState::isInsideElsewhere)).toList();
  }

  // ---- waiting for that to change ----

  /** Says that somebody waits for changes, until {@link #waitsNoMore()}. */
  void waits() {
    waiters.incrementAndGet();
  }

  void waitsNoMore() {
    waiters.decrementAndGet();
  }

  long changes() {
    lock.lock();
    try {
      return changes;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until no stream is open, at most {@code nanos}; returns how long it took. */
  long awaitNoneOpen(long nanos) {
    return await(noneOpen, nanos, open::isEmpty);
  }

  /** Waits until there are other {@link #changes()} than {@code seen}; returns how long it took. */
  @SuppressWarnings("GuardedBy") // Asked under the lock, which a lambda cannot say.
  long awaitChange(long nanos, long seen) {
    return await(changed, nanos, () -> changes != seen);
  }

  /**
   * Waits, by what the condition says of the time it took: a clock injected for the events cannot
   * stop a wait. Interrupts do not end it: an interrupted test is judged like any other.
   */
  private long await(Condition condition, long nanos, BooleanSupplier happened) {
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
      return nanos - Math.max(0, rest);
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
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
