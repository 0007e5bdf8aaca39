package io.github.streamleak.lifecycle;

import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of a stream that an expectation speaks of: the events of it that were kept, and what is
 * known of the gap between them.
 *
 * <p>The log of a stream is bounded. It keeps the first and the last events and drops those in
 * between, so that what was dropped stood together, in one gap. The log also counts every kind, so
 * that for each kind it is known how many events are in the gap. Whether an expectation can be
 * decided on a long stream rests on these two facts and on nothing else: which attempt a dropped
 * event belonged to, and what it said, is known of some kinds only. Where this class cannot tell,
 * it gives a lower and an upper bound, and the callers treat what lies between as undecided.
 */
final class StreamPart {

  private final RecordedStream stream;
  private final Scope scope;
  private final List<StreamEvent> kept = new ArrayList<>();
  private final List<StreamEvent> late = new ArrayList<>();
  private final Map<EventKind, Long> dropped = new EnumMap<>(EventKind.class);
  private int gapIndex;
  private long gapFrom;
  private long gapTo;

  /** Whether the gap holds the terminal status, so that cancels in it may come after it. */
  private final boolean someAreLate;

  StreamPart(RecordedStream stream, Scope scope) {
    this.stream = stream;
    this.scope = scope;
    long next = 0;
    boolean gap = false;
    boolean terminated = false;
    boolean terminatedBeforeGap = false;
    for (StreamEvent event : stream.events()) {
      if (event.at().sequence() != next) {
        gap = true;
        terminatedBeforeGap = terminated;
        terminated = terminated || dropped(stream, EventKind.TERMINATED) > 0;
        gapFrom = next;
        gapTo = event.at().sequence();
        gapIndex = kept.size();
      }
      next = event.at().sequence() + 1;
      if (scope.has(event)) {
        (terminated && event.kind() == EventKind.CANCELLED ? late : kept).add(event);
      }
      terminated = terminated || event.kind() == EventKind.TERMINATED;
    }
    if (!gap) {
      gapIndex = kept.size();
      gapFrom = next;
      gapTo = next;
    }
    for (EventKind kind : EventKind.values()) {
      if (scope.canHave(kind)) {
        dropped.put(kind, dropped(stream, kind));
      }
    }
    if (terminatedBeforeGap) {
      dropped.remove(EventKind.CANCELLED);
    }
    someAreLate = !terminatedBeforeGap && dropped(stream, EventKind.TERMINATED) > 0;
  }

  private static long dropped(RecordedStream stream, EventKind kind) {
    return stream.count(kind)
        - stream.events().stream().filter(event -> event.kind() == kind).count();
  }

  RecordedStream stream() {
    return stream;
  }

  /**
   * Returns the cancels that came after the terminal status. They cancel nothing, and are not among
   * what was kept: gRPC's own blocking stub makes one when the server has refused a unary call.
   */
  List<StreamEvent> late() {
    return late;
  }

  /** Returns whether one of {@link #late} meets {@code criteria}. */
  boolean hasLate(EventCriteria criteria) {
    return late.stream().anyMatch(criteria::isMetBy);
  }

  /** Returns the events of this part that were kept. */
  List<StreamEvent> kept() {
    return kept;
  }

  /** Returns the index in {@link #kept()} of the first event after the gap; its size if none. */
  int gapIndex() {
    return gapIndex;
  }

  /** Returns the sequence number of the first event in the gap. */
  long gapFrom() {
    return gapFrom;
  }

  /** Returns the sequence number of the first event after the gap. */
  long gapTo() {
    return gapTo;
  }

  /** Returns whether events that can belong to this part were dropped. */
  boolean hasGap() {
    return dropped() > 0;
  }

  /** Returns how many events the gap can hold for this part, at most. */
  long dropped() {
    return dropped.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns how many events the gap holds for this part, at least. */
  long droppedAtLeast() {
    return dropped.keySet().stream().mapToLong(kind -> droppedAtLeast(kind, 0)).sum();
  }

  /** Returns how many events of {@code kind} the gap can hold for this part, at most. */
  long dropped(EventKind kind) {
    return dropped.getOrDefault(kind, 0L);
  }

  /**
   * Returns how many dropped events of {@code kind} can belong to an attempt, at most.
   *
   * @param ofAttempt the attempt, or 0 for what this part has of any
   */
  long droppedAtMost(EventKind kind, int ofAttempt) {
    int wanted = attempt(ofAttempt);
    if (wanted != 0 && scope.attempt() != 0 && wanted != scope.attempt()) {
      return 0;
    }
    long most = dropped(kind);
    if (most == 0 || (wanted != 0 && kind.lane() == Lane.APPLICATION)) {
      return 0;
    }
    return wanted != 0 && isCountedByAttempt(kind) ? droppedOfAttempt(kind, wanted) : most;
  }

  /**
   * Returns how many dropped events of {@code kind} belong to an attempt, at least.
   *
   * @param ofAttempt the attempt, or 0 for what this part has of any
   */
  long droppedAtLeast(EventKind kind, int ofAttempt) {
    if (ignoresSome(kind)) {
      return 0;
    }
    int wanted = attempt(ofAttempt);
    boolean onlyAttempt =
        wanted == 1 && stream.attempts().size() == 1 && kind.lane() == Lane.ATTEMPT;
    return wanted == 0 || onlyAttempt || isCountedByAttempt(kind)
        ? droppedAtMost(kind, ofAttempt)
        : 0;
  }

  private int attempt(int ofAttempt) {
    return ofAttempt == 0 ? scope.attempt() : ofAttempt;
  }

  /** A snapshot counts messages for each attempt, and the other kinds for the stream alone. */
  private static boolean isCountedByAttempt(EventKind kind) {
    return kind == EventKind.ATTEMPT_SENT || kind == EventKind.ATTEMPT_RECEIVED;
  }

  private long droppedOfAttempt(EventKind kind, int number) {
    if (number > stream.attempts().size()) {
      return 0;
    }
    RecordedAttempt counted = stream.attempts().get(number - 1);
    long total = kind == EventKind.ATTEMPT_SENT ? counted.sent() : counted.received();
    return total
        - stream.events().stream()
            .filter(event -> event.kind() == kind && event.at().attempt() == number)
            .count();
  }

  /** Returns whether the number of dropped events is that of this part and not of a greater one. */
  boolean knowsNumberDropped() {
    for (EventKind kind : EventKind.values()) {
      if (droppedAtLeast(kind, 0) != droppedAtMost(kind, 0)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether some events of {@code kind} may be left out of this part, and others not. */
  boolean ignoresSome(EventKind kind) {
    return scope.ignoresSome(kind) || (someAreLate && kind == EventKind.CANCELLED);
  }

  /** Returns the kind that all events in the gap have, or null if they are of several. */
  @Nullable EventKind onlyKindDropped() {
    EventKind only = null;
    for (EventKind kind : EventKind.values()) {
      if (dropped(kind) > 0) {
        if (only != null) {
          return null;
        }
        only = kind;
      }
    }
    return only;
  }

  /** Returns what was dropped from the stream, and the setting that would have kept it. */
  String describeDropped() {
    long total = stream.events().size() + stream.droppedEvents();
    return stream.droppedEvents()
        + " of the stream's "
        + total
        + " events were dropped from the middle of the log;"
        + " GrpcStreamRecorder.builder().eventLimit("
        + (total + 1) / 2
        + ") keeps them all";
  }
}
