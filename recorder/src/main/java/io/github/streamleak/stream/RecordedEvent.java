package io.github.streamleak.stream;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.StreamEvent.Point;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What all events have in common: a kind, a place in the stream, and the words that reports use.
 *
 * <p>Events are classes and not records, because the canonical constructor of a public record is
 * public, and no user should be able to make up what was recorded. That costs some lines for each
 * event, and their {@code equals} compares identity.
 */
abstract sealed class RecordedEvent implements StreamEvent
    permits StreamEvent.Started,
        StreamEvent.Requested,
        StreamEvent.Sent,
        StreamEvent.HalfClosed,
        StreamEvent.Cancelled,
        StreamEvent.DeadlinePassed,
        StreamEvent.HeadersReceived,
        StreamEvent.Received,
        StreamEvent.Terminated,
        StreamEvent.ListenerThrew,
        StreamEvent.AttemptStarted,
        StreamEvent.Picked,
        StreamEvent.TransportStreamCreated,
        StreamEvent.AttemptHeadersSent,
        StreamEvent.AttemptSent,
        StreamEvent.AttemptHeadersReceived,
        StreamEvent.AttemptReceived,
        StreamEvent.TrailersReceived,
        StreamEvent.AttemptClosed,
        StreamEvent.PickerDone {

  private final EventKind kind;
  private final Point at;
  private final String words;

  RecordedEvent(EventKind kind, Point at) {
    this(kind, at, "");
  }

  /**
   * Makes an event whose words say more than those of its kind.
   *
   * @param detail the text that follows the words of the kind
   */
  RecordedEvent(EventKind kind, Point at, String detail) {
    this.kind = kind;
    this.at = at;
    this.words = kind.words() + detail;
  }

  RecordedEvent(EventKind kind, Point at, long number) {
    this.kind = kind;
    this.at = at;
    this.words = kind.words(number);
  }

  RecordedEvent(EventKind kind, Point at, Retry retry) {
    this.kind = kind;
    this.at = at;
    this.words =
        kind.words().replace("attempt", "attempt " + at.attempt()) + " (" + retry.text() + ")";
  }

  RecordedEvent(EventKind kind, Point at, Pick pick) {
    this.kind = kind;
    this.at = at;
    this.words = pick.describe();
  }

  RecordedEvent(EventKind kind, Point at, Status status) {
    this(kind, at, " " + Texts.status(status));
  }

  @Override
  public EventKind kind() {
    return kind;
  }

  @Override
  public Point at() {
    return at;
  }

  @Override
  public String describe() {
    return words;
  }

  @Override
  public String toString() {
    return describe() + " at " + Texts.sinceStart(at.sinceStart());
  }

  /**
   * Makes an event from what the log has kept of it.
   *
   * @param value the number of a message, or how many messages were asked for
   * @param details the other arguments of this kind's constructor, in their order
   */
  static StreamEvent of(
      EventKind kind,
      long sequence,
      long nanos,
      String thread,
      int attempt,
      long value,
      @Nullable Object... details) {
    Point at = new Point(sequence, nanos, thread, attempt);
    return switch (kind) {
      case STARTED -> new Started(at);
      case REQUESTED -> new Requested(at, value);
      case SENT -> new Sent(at, value);
      case HALF_CLOSED -> new HalfClosed(at);
      case CANCELLED ->
          new Cancelled(
              at, there(Canceller.class, details[0]), (String) details[1], (Throwable) details[2]);
      case DEADLINE_PASSED -> new DeadlinePassed(at);
      case HEADERS_RECEIVED -> new HeadersReceived(at);
      case RECEIVED -> new Received(at, value);
      case TERMINATED ->
          new Terminated(at, there(Status.class, details[0]), there(Metadata.class, details[1]));
      case LISTENER_THREW ->
          new ListenerThrew(
              at, there(String.class, details[0]), there(Throwable.class, details[1]));
      case ATTEMPT_STARTED -> new AttemptStarted(at, there(Retry.class, details[0]));
      case PICKED -> new Picked(at, there(Pick.class, details[0]));
      case TRANSPORT_STREAM_CREATED -> new TransportStreamCreated(at);
      case ATTEMPT_HEADERS_SENT -> new AttemptHeadersSent(at);
      case ATTEMPT_SENT -> new AttemptSent(at, value);
      case ATTEMPT_HEADERS_RECEIVED -> new AttemptHeadersReceived(at);
      case ATTEMPT_RECEIVED -> new AttemptReceived(at, value);
      case TRAILERS_RECEIVED -> new TrailersReceived(at);
      case ATTEMPT_CLOSED -> new AttemptClosed(at, there(Status.class, details[0]));
      case PICKER_DONE -> new PickerDone(at, there(Status.class, details[0]));
    };
  }

  private static <T> T there(Class<T> type, @Nullable Object detail) {
    return type.cast(Objects.requireNonNull(detail));
  }
}
