package io.github.streamleak.recorder;

import io.github.streamleak.recorder.StreamEvent.AttemptClosed;
import io.github.streamleak.recorder.StreamEvent.AttemptHeadersReceived;
import io.github.streamleak.recorder.StreamEvent.AttemptHeadersSent;
import io.github.streamleak.recorder.StreamEvent.AttemptReceived;
import io.github.streamleak.recorder.StreamEvent.AttemptSent;
import io.github.streamleak.recorder.StreamEvent.AttemptStarted;
import io.github.streamleak.recorder.StreamEvent.Cancelled;
import io.github.streamleak.recorder.StreamEvent.DeadlinePassed;
import io.github.streamleak.recorder.StreamEvent.HalfClosed;
import io.github.streamleak.recorder.StreamEvent.HeadersReceived;
import io.github.streamleak.recorder.StreamEvent.ListenerThrew;
import io.github.streamleak.recorder.StreamEvent.Pick;
import io.github.streamleak.recorder.StreamEvent.Picked;
import io.github.streamleak.recorder.StreamEvent.PickerDone;
import io.github.streamleak.recorder.StreamEvent.Point;
import io.github.streamleak.recorder.StreamEvent.Received;
import io.github.streamleak.recorder.StreamEvent.Requested;
import io.github.streamleak.recorder.StreamEvent.Retry;
import io.github.streamleak.recorder.StreamEvent.Sent;
import io.github.streamleak.recorder.StreamEvent.Started;
import io.github.streamleak.recorder.StreamEvent.Terminated;
import io.github.streamleak.recorder.StreamEvent.TrailersReceived;
import io.github.streamleak.recorder.StreamEvent.TransportStreamCreated;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** How an event is kept in the log: a kind, a number and at most one object. */
enum EventKind {
  STARTED(Started.class, (at, value, payload) -> new Started(at)),
  REQUESTED(Requested.class, (at, value, payload) -> new Requested(at, value)),
  SENT(Sent.class, (at, value, payload) -> new Sent(at, value)),
  HALF_CLOSED(HalfClosed.class, (at, value, payload) -> new HalfClosed(at)),
  CANCELLED(
      Cancelled.class,
      (at, value, payload) -> {
        CancelNote note = (CancelNote) Objects.requireNonNull(payload);
        return new Cancelled(at, note.by(), note.message(), note.cause());
      }),
  DEADLINE_PASSED(DeadlinePassed.class, (at, value, payload) -> new DeadlinePassed(at)),
  HEADERS_RECEIVED(HeadersReceived.class, (at, value, payload) -> new HeadersReceived(at)),
  RECEIVED(Received.class, (at, value, payload) -> new Received(at, value)),
  TERMINATED(
      Terminated.class,
      (at, value, payload) -> {
        TerminalNote note = (TerminalNote) Objects.requireNonNull(payload);
        return new Terminated(at, note.status(), note.trailers());
      }),
  LISTENER_THREW(
      ListenerThrew.class,
      (at, value, payload) -> {
        ThrownNote note = (ThrownNote) Objects.requireNonNull(payload);
        return new ListenerThrew(at, note.callback(), note.thrown());
      }),
  ATTEMPT_STARTED(
      AttemptStarted.class,
      (at, value, payload) -> new AttemptStarted(at, (Retry) Objects.requireNonNull(payload))),
  PICKED(
      Picked.class, (at, value, payload) -> new Picked(at, (Pick) Objects.requireNonNull(payload))),
  TRANSPORT_STREAM_CREATED(
      TransportStreamCreated.class, (at, value, payload) -> new TransportStreamCreated(at)),
  ATTEMPT_HEADERS_SENT(
      AttemptHeadersSent.class, (at, value, payload) -> new AttemptHeadersSent(at)),
  ATTEMPT_SENT(AttemptSent.class, (at, value, payload) -> new AttemptSent(at, value)),
  ATTEMPT_HEADERS_RECEIVED(
      AttemptHeadersReceived.class, (at, value, payload) -> new AttemptHeadersReceived(at)),
  ATTEMPT_RECEIVED(AttemptReceived.class, (at, value, payload) -> new AttemptReceived(at, value)),
  TRAILERS_RECEIVED(TrailersReceived.class, (at, value, payload) -> new TrailersReceived(at)),
  ATTEMPT_CLOSED(
      AttemptClosed.class,
      (at, value, payload) -> new AttemptClosed(at, (Status) Objects.requireNonNull(payload))),
  PICKER_DONE(
      PickerDone.class,
      (at, value, payload) -> new PickerDone(at, (Status) Objects.requireNonNull(payload)));

  private static final EventKind[] ALL = values();

  // Sets of kinds, a bit each: asked for every event.
  private static final int OF_ATTEMPT = set(kind -> kind.lane() != StreamEvent.Lane.APPLICATION);
  private static final int CARRIERS =
      set(
          EnumSet.of(
                  CANCELLED,
                  TERMINATED,
                  LISTENER_THREW,
                  ATTEMPT_STARTED,
                  PICKED,
                  ATTEMPT_CLOSED,
                  PICKER_DONE)
              ::contains);

  /** Stands in {@link #words()} for the number of a message. */
  static final String NUMBER = "{}";

  private final Class<? extends StreamEvent> type;

  // Immutable: each is a lambda that captures nothing.
  @SuppressWarnings("ImmutableEnumChecker")
  private final Builder builder;

  EventKind(Class<? extends StreamEvent> type, Builder builder) {
    this.type = type;
    this.builder = builder;
  }

  static EventKind of(int index) {
    return ALL[index];
  }

  /** Returns the byte that stands for this kind in the log, which never leaves the JVM. */
  @SuppressWarnings("EnumOrdinal")
  int index() {
    return ordinal();
  }

  static int number() {
    return ALL.length;
  }

  Class<? extends StreamEvent> type() {
    return type;
  }

  /** Returns who sees events of this kind, as their {@link StreamEvent#lane()} says. */
  StreamEvent.Lane lane() {
    return switch (this) {
      case STARTED,
          REQUESTED,
          SENT,
          HALF_CLOSED,
          CANCELLED,
          DEADLINE_PASSED,
          HEADERS_RECEIVED,
          RECEIVED,
          TERMINATED,
          LISTENER_THREW ->
          StreamEvent.Lane.APPLICATION;
      case PICKED, PICKER_DONE -> StreamEvent.Lane.PICKER;
      case ATTEMPT_STARTED,
          TRANSPORT_STREAM_CREATED,
          ATTEMPT_HEADERS_SENT,
          ATTEMPT_SENT,
          ATTEMPT_HEADERS_RECEIVED,
          ATTEMPT_RECEIVED,
          TRAILERS_RECEIVED,
          ATTEMPT_CLOSED ->
          StreamEvent.Lane.ATTEMPT;
    };
  }

  /**
   * Returns whether the transport or the picker sees events of this kind, and not the application.
   */
  boolean isOfAttempt() {
    return (OF_ATTEMPT & (1 << index())) != 0;
  }

  /** Returns whether the log keeps an object for an event of this kind. */
  boolean carries() {
    return (CARRIERS & (1 << index())) != 0;
  }

  private static int set(Predicate<EventKind> wanted) {
    return Arrays.stream(ALL).filter(wanted).mapToInt(kind -> 1 << kind.index()).sum();
  }

  /** Returns the kind of an event. */
  static EventKind of(StreamEvent event) {
    for (EventKind kind : ALL) {
      if (kind.type.isInstance(event)) {
        return kind;
      }
    }
    throw new AssertionError("EventLogTest holds the kinds against the events");
  }

  /**
   * Returns whether a report tells of {@code event}: what the transport does with each message
   * would push out what the application did.
   */
  static boolean isTold(StreamEvent event) {
    return event.lane() != StreamEvent.Lane.ATTEMPT
        || event instanceof AttemptClosed
        || event instanceof TrailersReceived
        || (event instanceof AttemptStarted started && started.retry() != Retry.FIRST);
  }

  /** Returns what events of this kind are called, with a hole for the number of a message. */
  String words() {
    return switch (this) {
      case STARTED -> "started";
      case REQUESTED -> "requested";
      case SENT -> "outbound message" + NUMBER;
      case HALF_CLOSED -> "half-closed";
      case CANCELLED -> "cancelled";
      case DEADLINE_PASSED -> "deadline passed";
      case HEADERS_RECEIVED -> "headers";
      case RECEIVED -> "inbound message" + NUMBER;
      case TERMINATED -> "terminal status";
      case LISTENER_THREW -> "listener threw";
      case ATTEMPT_STARTED -> "attempt";
      case PICKED -> "pick";
      case TRANSPORT_STREAM_CREATED -> "stream created";
      case ATTEMPT_HEADERS_SENT -> "headers sent";
      case ATTEMPT_SENT -> "outbound message" + NUMBER + " on the transport";
      case ATTEMPT_HEADERS_RECEIVED -> "headers on the transport";
      case ATTEMPT_RECEIVED -> "inbound message" + NUMBER + " on the transport";
      case TRAILERS_RECEIVED -> "trailers on the transport";
      case ATTEMPT_CLOSED -> "attempt closed";
      case PICKER_DONE -> "picker Done";
    };
  }

  /** Returns what events of this kind are called when nothing more is known of them. */
  String noun() {
    return words().replace(NUMBER, "");
  }

  StreamEvent event(Point at, long value, @Nullable Object payload) {
    return builder.build(at, value, payload);
  }

  private interface Builder {
    StreamEvent build(Point at, long value, @Nullable Object payload);
  }

  record CancelNote(
      StreamEvent.Canceller by, @Nullable String message, @Nullable Throwable cause) {}

  record TerminalNote(Status status, Metadata trailers) {}

  record ThrownNote(String callback, Throwable thrown) {}
}
