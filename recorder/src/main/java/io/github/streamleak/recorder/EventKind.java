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
import java.util.Objects;
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
