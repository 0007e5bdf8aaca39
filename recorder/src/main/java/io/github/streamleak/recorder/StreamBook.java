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
 * The streams of one recorder: which of them are open, which are kept, and how to wait for a
 * change.
 *
 * <p>Open streams, and those that a rule has to look at, have lists of their own. So a check with
 * nothing open costs the same after ten streams as after a hundred thousand. Of the streams that
 * ended cleanly only the first and the last ones are kept, and the others are counted, because a
 * test may make a million calls that are all right.
 *
 * <p>The lists are linked through the streams themselves, which saves the entries of a collection
 * for every stream; the price is the handling of links below. A stream calls the book under its own
 * lock. So the order of locks is stream before book, and nothing here asks a stream anything that
 * needs the stream's lock while it holds the book's.
 */
final class StreamBook {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition noneOpen = lock.newCondition();
  private final Condition changed = lock.newCondition();

  /** How many closed streams are kept of the first ones, and as many of the last ones. */
  private final int closedLimit;

  // The chain of all streams that are kept, in the order of start: each stream knows the next one.
  @GuardedBy("lock")
  private @Nullable StreamLog firstStarted;

  @GuardedBy("lock")
  private @Nullable StreamLog lastStarted;

  @GuardedBy("lock")
  private int startedCount;

  /**
   * The number of the last stream. It is higher than the count if this book was given streams that
   * were started in another.
   */
  @GuardedBy("lock")
  private int lastNumber;

  /** How many streams in the chain are no longer kept, and wait to be unlinked together. */
  @GuardedBy("lock")
  private int toUnlink;

  /** The counts of the closed streams that are no longer kept, by method. */
  @GuardedBy("lock")
  private final Map<String, Dropped> dropped = new HashMap<>();

  private final Streams open = new Streams();

  /**
   * Streams that are not open, but have not ended cleanly, or not yet: rules have to look at them.
   */
  private final Streams suspects = new Streams();

  private final Streams unstarted = new Streams();

  // The streams that ended cleanly and are kept. Of the last ones, the oldest makes room for the
  // next.
  private final Streams firstClosed = new Streams();
  private final Streams lastClosed = new Streams();

  /**
   * The number of changes so far. A waiter compares it with the number at its last look, and so
   * does not miss a change between that look and its wait.
   */
  @GuardedBy("lock")
  private long changes;

  /**
   * How many threads wait for {@link #changes}. It is read without this lock. A waiter raises it
   * before it looks at a stream under that stream's lock; and since a stream reports changes under
   * the same lock, every later change sees the waiter.
   */
  private final AtomicInteger waiters = new AtomicInteger();

  /**
   * A list of streams, in the order they were added. A stream is in at most one such list and holds
   * the links itself, so that moving it to another list allocates nothing.
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

  /** The counts of the streams of one method that are no longer kept. */
  private static final class Dropped {
    private long streams;
    private long withoutDeadline;

    /**
     * Adds or takes away a stream. It is closed, so its state is read without the stream's lock.
     */
    void add(StreamLog log, int change) {
      streams += change;
      withoutDeadline += log.state.lacksDeadline() ? change : 0;
    }
  }

  /**
   * Makes an empty book.
   *
   * @param closedLimit how many closed streams are kept of the first ones, and of the last ones
   */
  StreamBook(int closedLimit) {
    this.closedLimit = closedLimit;
  }

  /**
   * Moves a stream to another list, or out of all lists. Called under the stream's own lock, so
   * that the moves of one stream are in order.
   */
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

  /** Notes that a call was created, which may never be started. */
  void created(StreamLog log) {
    lock.lock();
    try {
      move(log, unstarted);
    } finally {
      lock.unlock();
    }
  }

  /** Notes that a call was cancelled before it was started. */
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
   * Gives an open stream to the book of another recorder. Called under the stream's own lock. The
   * stream still counts here as started, because it was started here.
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

  /** Takes a stream out of the chain. This goes through all streams, but is seldom needed. */
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

  /**
   * Notes that a stream may have changed: it was released, a further attempt has opened it again,
   * or one of its attempts was closed.
   */
  void changed(StreamLog log, boolean nowOpen, boolean suspect) {
    Streams to = nowOpen ? open : suspect ? suspects : null;
    // This look needs no lock of the book. The caller holds the stream's lock, and without that a
    // stream is only ever moved from the last closed ones to the dropped ones. Here both count as
    // closed.
    if ((to == null ? isClosed(log) : log.list == to) && waiters.get() == 0) {
      return;
    }
    lock.lock();
    try {
      if (to != null) {
        takeBack(log);
        move(log, to);
      } else if (log.number == 0) {
        move(log, null); // The call was never started.
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

  /** Keeps a dropped stream again, because something has happened on it that may be a finding. */
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

  /**
   * Takes all dropped streams out of the chain. This is done for many at a time, because a stream
   * knows only the next one, so each time the whole chain has to be gone through.
   */
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

  /**
   * Puts a stream back to its old place in the chain. This goes through all streams, but is seldom
   * needed.
   */
  @GuardedBy("lock")
  private void linkAgain(StreamLog log) {
    StreamLog before = null;
    StreamLog next = firstStarted;
    while (next != null && next.number < log.number) {
      before = next;
      next = next.startedNext;
    }
    if (next == log) {
      return; // The stream was not yet taken out.
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

  /** Returns how many streams in the chain are kept. */
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

  /** Returns how many streams of each method are no longer kept, in the order of their names. */
  Map<String, Long> dropped() {
    return dropped(counts -> counts.streams);
  }

  /** Returns how many of these were started without a deadline. */
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

  /** Returns whether there are more suspects than the limit for closed streams. */
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

  /** Returns the open streams. Asks each one, because only then is a passed deadline noticed. */
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

  /** Returns the streams that are not open, but have a callback running on another thread. */
  List<StreamLog> withCallbackInside() {
    return suspects().stream().filter(log -> log.ask(StreamState::isInsideElsewhere)).toList();
  }

  // ---- waiting for that to change ----

  /** Notes that a thread waits for changes, until it calls {@link #waitsNoMore()}. */
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

  /** Waits until no stream is open, but at most {@code nanos}. Returns how long it has waited. */
  long awaitNoneOpen(long nanos) {
    return await(noneOpen, nanos, open::isEmpty);
  }

  /** Waits until {@link #changes()} differs from {@code seen}. Returns how long it has waited. */
  @SuppressWarnings("GuardedBy") // The lambda runs under the lock, which Error Prone cannot see.
  long awaitChange(long nanos, long seen) {
    return await(changed, nanos, () -> changes != seen);
  }

  /**
   * Waits for {@code condition}. The time is what the condition says it took, and not a difference
   * on the recorder's clock: a test may replace that clock by one that stands still. Interrupts do
   * not end the wait, because an interrupted test is judged like any other.
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
          // Waits again. The time until here is lost, but that can happen only once.
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
