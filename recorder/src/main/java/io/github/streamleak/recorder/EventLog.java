package io.github.streamleak.recorder;

import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The bounded log of one stream: its first and its last events, and the exact count of every kind.
 *
 * <p>The first events are written as bytes, one after the other, because few streams have more
 * events than that and a closed stream that is kept should need little memory. The last ones are
 * two longs each in a ring that stops growing, so that recording a message allocates nothing, and a
 * stream of ten million messages costs no more than one of a hundred. The events between are lost
 * but for their counts. Event objects are made only when somebody reads the log, so the price is
 * the code below that packs and unpacks them. Not thread-safe: {@link StreamLog} guards it.
 */
final class EventLog {

  // The bytes of a first event: one byte with the kind, and with a bit for each of thread, attempt
  // and value if it follows; then these; then the time since the previous event. What does not
  // follow has its usual value. For the thread that is the thread of the previous event. The usual
  // attempt is none for events of the application, and that of the last such event for events of
  // an attempt or pick. The usual value is 0.
  private static final int KIND = 0x1f;
  private static final int HAS_THREAD = 0x20;
  private static final int HAS_ATTEMPT = 0x40;
  private static final int HAS_VALUE = 0x80;

  /** Room for the some fifty bytes of a unary stream, so that the array need not grow for it. */
  private static final int FIRST_CAPACITY = 56;

  /**
   * The most bytes of one event: one each for kind, thread and attempt, and at most ten for each of
   * the two numbers.
   */
  private static final int MOST_BYTES = 23;

  /**
   * The number of objects that the events of a unary stream carry: the reason for the attempt, its
   * pick, and three statuses.
   */
  private static final int FIRST_PAYLOADS = 5;

  /** The number of last events that the array has room for at first. */
  private static final int FIRST_PLACES = 16;

  // The second long of a last event: kind, attempt and thread in a byte each, then 40 bits of
  // value.
  private static final int KIND_SHIFT = 56;
  private static final int ATTEMPT_SHIFT = 48;
  private static final int THREAD_SHIFT = 40;
  private static final int MOST_IN_A_BYTE = 0xff;
  private static final long VALUE_MASK = (1L << THREAD_SHIFT) - 1;

  // Every stream that is kept has such a log, so numbers of at most 255 are shorts to save memory.
  private final int keptAtEachEnd;
  private long total;

  private byte[] first = new byte[FIRST_CAPACITY];
  private int firstLength;
  private short firstAttempt = 1;
  private long firstTime;

  /** The objects that the first events carry, in the order of these events. */
  private @Nullable Object[] carried = new @Nullable Object[FIRST_PAYLOADS];

  private int carriedCount;

  /**
   * The last events, a ring of two longs for each: its time, then its word. This and the next two
   * objects are null until there are more than the first events.
   */
  private long @Nullable [] last;

  private @Nullable Object @Nullable [] lastCarried;

  private int nextSlot;

  private long @Nullable [] counts;

  /** The names of the threads; null while there has been only one, {@link #threadName}. */
  private String @Nullable [] threads;

  /** The kind of the last event; null before the first. */
  private @Nullable EventKind lastKind;

  private short threadCount;
  private short thread;
  private String threadName = "";

  // ---- kinds as numbers: the ordinals may change, but they never leave the JVM ----

  private static final EventKind[] KINDS = EventKind.values();

  // Sets of kinds with a bit for each kind, since they are asked for every event.
  private static final int OF_ATTEMPT =
      bits(
          Arrays.stream(KINDS)
              .filter(kind -> kind.lane() != Lane.APPLICATION)
              .collect(Collectors.toSet()));

  private static final int CARRIERS =
      bits(
          EnumSet.of(
              EventKind.CANCELLED,
              EventKind.TERMINATED,
              EventKind.LISTENER_THREW,
              EventKind.ATTEMPT_STARTED,
              EventKind.PICKED,
              EventKind.ATTEMPT_CLOSED,
              EventKind.PICKER_DONE));

  /** What gRPC does at once when a call is started, each of them after any of the others. */
  private static final int OF_START =
      bits(
          EnumSet.of(
              EventKind.STARTED,
              EventKind.ATTEMPT_STARTED,
              EventKind.PICKED,
              EventKind.TRANSPORT_STREAM_CREATED,
              EventKind.ATTEMPT_HEADERS_SENT));

  @SuppressWarnings("EnumOrdinal")
  private static int index(EventKind kind) {
    return kind.ordinal();
  }

  private static int bits(Set<EventKind> kinds) {
    return kinds.stream().mapToInt(kind -> 1 << index(kind)).sum();
  }

  private static boolean isIn(int bits, EventKind kind) {
    return (bits & (1 << index(kind))) != 0;
  }

  EventLog(int keptAtEachEnd) {
    this.keptAtEachEnd = keptAtEachEnd;
  }

  void add(EventKind kind, int attempt, long value, @Nullable Object payload, long sinceStart) {
    if (total < keptAtEachEnd) {
      addFirst(kind, Math.min(attempt, MOST_IN_A_BYTE), value, payload, sinceStart);
    } else {
      addLast(kind, Math.min(attempt, MOST_IN_A_BYTE), value, payload, sinceStart);
    }
    total++;
    lastKind = kind;
  }

  /** Returns the time of the last event; 0 if there is none. */
  long lastTime() {
    long[] kept = last;
    int slot = nextSlot == 0 ? keptAtEachEnd - 1 : nextSlot - 1;
    return kept == null ? firstTime : kept[2 * slot];
  }

  /**
   * Returns whether an event of {@code kind} that happens now has the time of the last event,
   * because gRPC does both in one step, with no code of a user in between. Then the clock need not
   * be read.
   *
   * @param forwarding whether this thread is inside a step of the application's, which nobody but
   *     gRPC forwards
   */
  boolean isOneStepWithLast(EventKind kind, boolean forwarding) {
    EventKind before = lastKind;
    if (before == null) {
      return false;
    }
    return switch (kind) {
      case ATTEMPT_STARTED, PICKED, TRANSPORT_STREAM_CREATED, ATTEMPT_HEADERS_SENT ->
          forwarding && isIn(OF_START, before);
      case ATTEMPT_SENT -> forwarding && before == EventKind.SENT;
      case ATTEMPT_CLOSED -> before == EventKind.TRAILERS_RECEIVED && isOnLastThread();
      case PICKER_DONE -> before == EventKind.ATTEMPT_CLOSED && isOnLastThread();
      default -> false;
    };
  }

  private boolean isOnLastThread() {
    return Thread.currentThread().getName().equals(threadName);
  }

  private void addFirst(
      EventKind kind, int attempt, long value, @Nullable Object payload, long sinceStart) {
    if (first.length - firstLength < MOST_BYTES
        && first.length - firstLength < 3 + length(value) + length(sinceStart - firstTime)) {
      first = Arrays.copyOf(first, 2 * first.length);
    }
    int head = index(kind);
    int at = firstLength + 1;
    if (isAnotherThread()) {
      head |= HAS_THREAD;
      first[at++] = (byte) thread;
    }
    boolean ofAttempt = isIn(OF_ATTEMPT, kind);
    if (attempt != (ofAttempt ? firstAttempt : 0)) {
      head |= HAS_ATTEMPT;
      first[at++] = (byte) attempt;
      if (ofAttempt) {
        firstAttempt = (short) attempt;
      }
    }
    if (value != 0) {
      head |= HAS_VALUE;
      at = write(value, at);
    }
    first[firstLength] = (byte) head;
    firstLength = write(sinceStart - firstTime, at);
    firstTime = sinceStart;
    if (isIn(CARRIERS, kind)) {
      if (carriedCount == carried.length) {
        carried = Arrays.copyOf(carried, 2 * carriedCount);
      }
      carried[carriedCount++] = payload;
    }
  }

  /**
   * Writes a number of seven bits to a byte, the lowest first, and returns the place behind it. The
   * sign becomes the lowest bit, so that small negative numbers are short too.
   */
  private int write(long number, int at) {
    int next = at;
    long rest = (number << 1) ^ (number >> 63);
    while ((rest & ~0x7fL) != 0) {
      first[next++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    first[next++] = (byte) rest;
    return next;
  }

  private static int length(long number) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(((number << 1) ^ (number >> 63)) | 1);
    return (bits + 6) / 7;
  }

  private void addLast(
      EventKind kind, int attempt, long value, @Nullable Object payload, long sinceStart) {
    long[] counted = counts;
    if (counted == null) {
      counted = tallies();
      counts = counted;
    }
    counted[index(kind)]++;
    long[] kept = last;
    int slot = nextSlot;
    nextSlot = slot + 1 == keptAtEachEnd ? 0 : slot + 1;
    if (kept == null) {
      kept = new long[2 * Math.min(FIRST_PLACES, keptAtEachEnd)];
      last = kept;
    } else if (2 * slot >= kept.length) {
      kept = Arrays.copyOf(kept, Math.min(2 * kept.length, 2 * keptAtEachEnd));
      last = kept;
    }
    isAnotherThread();
    kept[2 * slot] = sinceStart;
    kept[2 * slot + 1] =
        ((long) index(kind) << KIND_SHIFT)
            | ((long) attempt << ATTEMPT_SHIFT)
            | ((long) thread << THREAD_SHIFT)
            | (value & VALUE_MASK);
    if (payload != null && lastCarried == null) {
      lastCarried = new @Nullable Object[keptAtEachEnd];
    }
    if (lastCarried != null) {
      lastCarried[slot] = payload;
    }
  }

  /**
   * Notes the thread of an event, and returns whether it is not the thread of the previous event.
   * The log keeps the names of threads and not the threads, which would keep their class loaders
   * alive.
   */
  private boolean isAnotherThread() {
    String name = Thread.currentThread().getName();
    // A thread returns the same String until it is renamed, so equals nearly always ends at once.
    if (name.equals(threadName) && threadCount > 0) {
      return false;
    }
    int before = thread;
    thread = (short) indexOf(name);
    threadName = name;
    return thread != before;
  }

  private int indexOf(String name) {
    if (threadCount == 0) {
      threadCount = 1;
      return 0;
    }
    String[] names = threads;
    if (names == null) {
      names = new String[] {threadName, name};
      threads = names;
      threadCount = 2;
      return 1;
    }
    for (int i = 0; i < threadCount; i++) {
      if (names[i].equals(name)) {
        return i;
      }
    }
    if (threadCount == MOST_IN_A_BYTE) {
      return MOST_IN_A_BYTE;
    }
    if (threadCount == names.length) {
      names = Arrays.copyOf(names, Math.min(2 * names.length, MOST_IN_A_BYTE));
      threads = names;
    }
    names[threadCount] = name;
    return threadCount++;
  }

  private String threadName(int index) {
    String[] names = threads;
    if (names == null) {
      return threadName;
    }
    return index < threadCount ? names[index] : "(one of more than 255 threads)";
  }

  long total() {
    return total;
  }

  long count(EventKind kind) {
    return tallies()[index(kind)];
  }

  /** Returns the exact number of events of each kind that has happened. */
  Map<EventKind, Long> counts() {
    long[] all = tallies();
    Map<EventKind, Long> byKind = new EnumMap<>(EventKind.class);
    for (EventKind kind : KINDS) {
      if (all[index(kind)] > 0) {
        byKind.put(kind, all[index(kind)]);
      }
    }
    return byKind;
  }

  private long[] tallies() {
    if (counts != null) {
      return counts;
    }
    // No event was dropped yet, so they are counted now, and nobody has to count as they happen.
    long[] counted = new long[KINDS.length];
    for (Reader reader = new Reader(); reader.next(); ) {
      counted[index(reader.kind)]++;
    }
    return counted;
  }

  long dropped() {
    return Math.max(0, total - 2L * keptAtEachEnd);
  }

  /**
   * Returns the events that are kept, in order. If some were dropped, the gap is after the first.
   */
  List<StreamEvent> events() {
    List<StreamEvent> events = new ArrayList<>((int) Math.min(total, 2L * keptAtEachEnd));
    for (Reader reader = new Reader(); reader.next(); ) {
      events.add(
          event(
              reader.kind,
              events.size(),
              reader.time,
              reader.thread,
              reader.attempt,
              reader.value,
              reader.payload));
    }
    long[] kept = last;
    if (kept != null) {
      for (long sequence = keptAtEachEnd + dropped(); sequence < total; sequence++) {
        int slot = (int) ((sequence - keptAtEachEnd) % keptAtEachEnd);
        long word = kept[2 * slot + 1];
        int byThread = (int) (word >>> THREAD_SHIFT) & MOST_IN_A_BYTE;
        int ofAttempt = (int) (word >>> ATTEMPT_SHIFT) & MOST_IN_A_BYTE;
        events.add(
            event(
                KINDS[(int) (word >>> KIND_SHIFT)],
                sequence,
                kept[2 * slot],
                byThread,
                ofAttempt,
                word & VALUE_MASK,
                lastCarried == null ? null : lastCarried[slot]));
      }
    }
    return events;
  }

  private StreamEvent event(
      EventKind kind,
      long sequence,
      long time,
      int byThread,
      int ofAttempt,
      long value,
      @Nullable Object payload) {
    @Nullable Object[] details =
        payload instanceof EventNote note ? note.details() : new Object[] {payload};
    return Values.event(kind, sequence, time, threadName(byThread), ofAttempt, value, details);
  }

  /** Reads the bytes of the first events, one event after the other. */
  private final class Reader {
    private int at;
    private int carriedAt;
    private int lastAttempt = 1;

    private EventKind kind = EventKind.STARTED;
    private int thread;
    private int attempt;
    private long value;
    private long time;
    private @Nullable Object payload;

    boolean next() {
      if (at == firstLength) {
        return false;
      }
      int head = first[at++];
      kind = KINDS[head & KIND];
      if ((head & HAS_THREAD) != 0) {
        thread = first[at++] & MOST_IN_A_BYTE;
      }
      attempt = isIn(OF_ATTEMPT, kind) ? lastAttempt : 0;
      if ((head & HAS_ATTEMPT) != 0) {
        attempt = first[at++] & MOST_IN_A_BYTE;
        if (isIn(OF_ATTEMPT, kind)) {
          lastAttempt = attempt;
        }
      }
      value = (head & HAS_VALUE) == 0 ? 0 : number();
      time += number();
      payload = isIn(CARRIERS, kind) ? carried[carriedAt++] : null;
      return true;
    }

    private long number() {
      long bits = 0;
      int shift = 0;
      byte next;
      do {
        next = first[at++];
        bits |= (long) (next & 0x7f) << shift;
        shift += 7;
      } while (next < 0);
      return (bits >>> 1) ^ -(bits & 1);
    }
  }
}
