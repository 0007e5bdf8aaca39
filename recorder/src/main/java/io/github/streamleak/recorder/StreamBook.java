package io.github.streamleak.recorder;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
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

  @GuardedBy("lock")
  private int startedCount;

  /**
   * The number of the last stream. It is higher than the count if this book was given streams that
   * were started in another.
   */
  @GuardedBy("lock")
  private int lastNumber;

  private final Streams open = new Streams();

  /**
   * Streams that are not open, but have not ended cleanly, or not yet: rules have to look at them.
   */
  private final Streams suspects = new Streams();

  private final Streams unstarted = new Streams();

  /** The streams that ended cleanly. */
  private final ClosedStreams<StreamLog> closed;

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
      List<StreamLog> copy = new ArrayList<>(size);
      addTo(copy);
      return copy;
    }

    private void addTo(List<StreamLog> all) {
      for (StreamLog log = first; log != null; log = log.after) {
        all.add(log);
      }
    }
  }

  /**
   * Makes an empty book.
   *
   * @param closedLimit how many closed streams are kept of the first ones, and of the last ones
   */
  StreamBook(int closedLimit) {
    this.closed = new ClosedStreams<>(closedLimit);
  }

  /**
   * Moves a stream to another list, or out of all lists. Called under the stream's own lock, so
   * that the moves of one stream are in order.
   */
  private void move(StreamLog log, @Nullable Streams to) {
    Streams from = (Streams) log.list;
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
      log.number = ++lastNumber;
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
      log.number = ++lastNumber;
      move(log, open);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Notes that a stream may have changed: it was released, a further attempt has opened it again,
   * or one of its attempts was closed.
   */
  void changed(StreamLog log, boolean nowOpen, boolean suspect) {
    Streams to = nowOpen ? open : suspect ? suspects : null;
    // This look needs no lock of the book. The caller holds the stream's lock, and without that
    // nobody moves a stream.
    if ((to == null ? log.isClosed() : log.list == to) && waiters.get() == 0) {
      return;
    }
    lock.lock();
    try {
      boolean wasStarted = log.number > 0;
      if (to != null || !wasStarted) {
        closed.remove(log);
        move(log, to);
      } else if (!log.isClosed()) {
        move(log, null);
        closed.add(log);
      }
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many streams of each method are no longer kept, in the order of their names. */
  SortedMap<String, Long> dropped() {
    return underLock(closed::dropped);
  }

  /** Returns how many of these were started without a deadline. */
  SortedMap<String, Long> droppedWithoutDeadline() {
    return underLock(closed::droppedWithoutDeadline);
  }

  private <T> T underLock(Supplier<T> question) {
    lock.lock();
    try {
      return question.get();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether there are more suspects than the limit for closed streams. */
  boolean isCrowded() {
    lock.lock();
    try {
      return suspects.size > closed.limit();
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
      open.addTo(all);
      suspects.addTo(all);
      closed.addTo(all);
      all.sort(Comparator.comparingInt(log -> log.number));
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

  /** Returns the streams on the connection that keeps {@code waiting} back, for a report. */
  List<String> holdingUp(StreamLog waiting) {
    SocketAddress address = waiting.ask(Diagnosis::waitsFor);
    SlotHolders holders = new SlotHolders();
    for (StreamLog log : address == null ? List.<StreamLog>of() : open()) {
      if (log.ask(Diagnosis::holdsOn).contains(address)) {
        holders.add(
            log.ask(state -> state.method.getFullMethodName()),
            log.number,
            log.madeAt().link().orElse("an unknown line"));
      }
    }
    return holders.lines();
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
