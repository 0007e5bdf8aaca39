package io.github.streamleak.recorder;

import io.github.streamleak.recorder.StreamEvent.Point;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bounded log of one stream: its first and its last events, and exact counts of every kind.
 *
 * <p>An event is two longs in arrays that stop growing, plus a reference for the few kinds that
 * carry one, so that a message costs no allocation and a stream of ten million messages costs what
 * a short one does. Not thread-safe: {@link StreamLog} guards it.
 */
final class EventLog {

  /** A unary stream has seventeen or eighteen events, and should not have to grow. */
  private static final int FIRST_CAPACITY = 20;

  // An event's word: kind, attempt and thread in a byte each, above 40 bits of value.
  private static final int KIND_SHIFT = 56;
  private static final int ATTEMPT_SHIFT = 48;
  private static final int THREAD_SHIFT = 40;
  private static final int MOST_IN_A_BYTE = 0xff;
  private static final long VALUE_MASK = (1L << THREAD_SHIFT) - 1;

  private final int keptAtEachEnd;
  private final long[] counts = new long[EventKind.number()];
  private long[] times;
  private long[] words;
  private @Nullable Object @Nullable [] payloads;
  private String[] threads = new String[2];
  private int threadCount;
  private int lastThread;
  private long total;

  EventLog(int keptAtEachEnd) {
    this.keptAtEachEnd = keptAtEachEnd;
    int capacity = Math.min(FIRST_CAPACITY, 2 * keptAtEachEnd);
    this.times = new long[capacity];
    this.words = new long[capacity];
  }

  void add(EventKind kind, int attempt, long value, @Nullable Object payload, long sinceStart) {
    int slot = slot(total);
    if (slot >= times.length) {
      int capacity = Math.min(2 * times.length, 2 * keptAtEachEnd);
      times = Arrays.copyOf(times, capacity);
      words = Arrays.copyOf(words, capacity);
      if (payloads != null) {
        payloads = Arrays.copyOf(payloads, capacity);
      }
    }
    times[slot] = sinceStart;
    words[slot] =
        ((long) kind.index() << KIND_SHIFT)
            | ((long) Math.min(attempt, MOST_IN_A_BYTE) << ATTEMPT_SHIFT)
            | ((long) thread() << THREAD_SHIFT)
            | (value & VALUE_MASK);
    if (payload != null && payloads == null) {
      payloads = new @Nullable Object[times.length];
    }
    if (payloads != null) {
      payloads[slot] = payload;
    }
    counts[kind.index()]++;
    total++;
  }

  /** Keeps names and not threads: a log must not keep a thread's class loader alive. */
  private int thread() {
    String name = Thread.currentThread().getName();
    // A thread returns the same String until it is renamed, so equals is done at once.
    if (threadCount > 0 && threads[lastThread].equals(name)) {
      return lastThread;
    }
    for (int i = 0; i < threadCount; i++) {
      if (threads[i].equals(name)) {
        lastThread = i;
        return i;
      }
    }
    if (threadCount == MOST_IN_A_BYTE) {
      return MOST_IN_A_BYTE;
    }
    if (threadCount == threads.length) {
      threads = Arrays.copyOf(threads, Math.min(2 * threads.length, MOST_IN_A_BYTE));
    }
    threads[threadCount] = name;
    lastThread = threadCount;
    return threadCount++;
  }

  private int slot(long sequence) {
    return sequence < keptAtEachEnd
        ? (int) sequence
        : keptAtEachEnd + (int) ((sequence - keptAtEachEnd) % keptAtEachEnd);
  }

  long total() {
    return total;
  }

  long count(EventKind kind) {
    return counts[kind.index()];
  }

  /** Returns a copy of the counts, by the ordinal of the kind. */
  long[] counts() {
    return counts.clone();
  }

  long dropped() {
    return Math.max(0, total - 2L * keptAtEachEnd);
  }

  /** Returns the events that are kept, in order. The gap, if any, is after the first half. */
  List<StreamEvent> events() {
    List<StreamEvent> events = new ArrayList<>((int) Math.min(total, 2L * keptAtEachEnd));
    long gapStart = Math.min(total, keptAtEachEnd);
    for (long sequence = 0; sequence < gapStart; sequence++) {
      events.add(event(sequence));
    }
    for (long sequence = gapStart + dropped(); sequence < total; sequence++) {
      events.add(event(sequence));
    }
    return events;
  }

  private StreamEvent event(long sequence) {
    int slot = slot(sequence);
    long word = words[slot];
    int thread = (int) (word >>> THREAD_SHIFT) & MOST_IN_A_BYTE;
    Point at =
        new Point(
            sequence,
            Duration.ofNanos(times[slot]),
            thread < threadCount ? threads[thread] : "(one of more than 255 threads)",
            (int) (word >>> ATTEMPT_SHIFT) & MOST_IN_A_BYTE);
    EventKind kind = EventKind.of((int) (word >>> KIND_SHIFT));
    return kind.event(at, word & VALUE_MASK, payloads == null ? null : payloads[slot]);
  }
}
