package io.github.streamleak.stream;

import io.github.streamleak.internal.Texts;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened on a stream. {@link #describe()} returns the words that reports use.
 *
 * <p>Messages are numbered from 0. An event that ends something tells what it ends ({@link
 * #closes()}).
 *
 * <p>All events are nested here, so that the life of a stream can be read on one page, and the
 * interface is sealed, so that a test can go through every one of them. Code that reads events has
 * to expect further ones in later versions.
 */
public sealed interface StreamEvent permits RecordedEvent {

  /** Returns the kind of this event. */
  EventKind kind();

  /** Returns when, where and in which attempt this event happened. */
  Point at();

  /** Returns the event in the words that reports use, without its time. */
  String describe();

  /** Returns who saw the event. */
  default Lane lane() {
    return kind().lane();
  }

  /** Returns the kind of event that this one ends, or null if it ends nothing. */
  default @Nullable EventKind closes() {
    return switch (kind()) {
      case CANCELLED, DEADLINE_PASSED, TERMINATED -> EventKind.STARTED;
      case ATTEMPT_CLOSED -> EventKind.ATTEMPT_STARTED;
      case PICKER_DONE -> EventKind.PICKED;
      default -> null;
    };
  }

  /**
   * Returns whether this event only repeats on the transport what the application has done or
   * received. A report that shows just a few events leaves these out, since they would take the
   * place of events that tell more.
   */
  default boolean isDetail() {
    return switch (kind()) {
      case TRANSPORT_STREAM_CREATED,
          ATTEMPT_HEADERS_SENT,
          ATTEMPT_SENT,
          ATTEMPT_HEADERS_RECEIVED,
          ATTEMPT_RECEIVED ->
          true;
      case ATTEMPT_STARTED -> ((AttemptStarted) this).retry() == Retry.FIRST;
      default -> false;
    };
  }

  /** The place of an event in the life of its stream: its number, time, thread and attempt. */
  final class Point {
    private final long sequence;
    private final long nanos;
    private final String thread;
    private final int attempt;

    Point(long sequence, long nanos, String thread, int attempt) {
      this.sequence = sequence;
      this.nanos = nanos;
      this.thread = thread;
      this.attempt = attempt;
    }

    /**
     * Returns the number of the event in its stream, from 0. Events that the bounded log has
     * dropped are counted too, so this number tells how many are missing.
     */
    public long sequence() {
      return sequence;
    }

    /** Returns the time since the stream was started. */
    public Duration sinceStart() {
      return Duration.ofNanos(nanos);
    }

    /** Returns the name of the thread that the event happened on. */
    public String thread() {
      return thread;
    }

    /** Returns the number of the attempt that the event belongs to, from 1; 0 for none. */
    public int attempt() {
      return attempt;
    }

    /** Returns the number, the time, the thread and the attempt in one line. */
    @Override
    public String toString() {
      return "#"
          + sequence
          + " at "
          + Texts.sinceStart(sinceStart())
          + " on "
          + thread
          + (attempt == 0 ? "" : ", attempt " + attempt);
    }
  }

  // ---- what the application does and receives ----

  /** The application started the call. */
  final class Started extends RecordedEvent {
    Started(Point at) {
      super(EventKind.STARTED, at);
    }
  }

  /** The application asked for {@link #count()} more messages. */
  final class Requested extends RecordedEvent {
    private final long count;

    Requested(Point at, long count) {
      super(EventKind.REQUESTED, at, " " + count);
      this.count = count;
    }

    /** Returns how many more messages were asked for. */
    public long count() {
      return count;
    }
  }

  /** The application sent an outbound message. */
  final class Sent extends RecordedEvent {
    private final long number;

    Sent(Point at, long number) {
      super(EventKind.SENT, at, number);
      this.number = number;
    }

    /** Returns the number of the message, from 0. */
    public long number() {
      return number;
    }
  }

  /** The application half-closed: it sends no further messages. */
  final class HalfClosed extends RecordedEvent {
    HalfClosed(Point at) {
      super(EventKind.HALF_CLOSED, at);
    }
  }

  /** The call was cancelled. */
  final class Cancelled extends RecordedEvent {
    private final Canceller by;
    private final @Nullable String message;
    private final @Nullable Throwable cause;

    Cancelled(Point at, Canceller by, @Nullable String message, @Nullable Throwable cause) {
      super(
          EventKind.CANCELLED,
          at,
          " by " + by.text() + (message == null ? "" : " (" + Texts.oneLine(message) + ")"));
      this.by = by;
      this.message = message;
      this.cause = cause;
    }

    /** Returns who cancelled. */
    public Canceller by() {
      return by;
    }

    /** Returns the message that was given with the cancel, or null. */
    public @Nullable String message() {
      return message;
    }

    /** Returns the cause that was given with the cancel, or null. */
    public @Nullable Throwable cause() {
      return cause;
    }
  }

  /**
   * The effective deadline passed. Its time is that of the deadline, also where the recorder
   * notices it later, such as at the end of a check.
   */
  final class DeadlinePassed extends RecordedEvent {
    DeadlinePassed(Point at) {
      super(EventKind.DEADLINE_PASSED, at);
    }
  }

  /** Response headers reached the application. */
  final class HeadersReceived extends RecordedEvent {
    HeadersReceived(Point at) {
      super(EventKind.HEADERS_RECEIVED, at);
    }
  }

  /** An inbound message reached the application's listener. */
  final class Received extends RecordedEvent {
    private final long number;

    Received(Point at, long number) {
      super(EventKind.RECEIVED, at, number);
      this.number = number;
    }

    /** Returns the number of the message, from 0. */
    public long number() {
      return number;
    }
  }

  /** The terminal status reached the application. */
  final class Terminated extends RecordedEvent {
    private final Status status;
    private final Metadata trailers;

    Terminated(Point at, Status status, Metadata trailers) {
      super(EventKind.TERMINATED, at, status);
      this.status = status;
      this.trailers = Objects.requireNonNull(Trailers.copy(trailers));
    }

    /** Returns the status. */
    public Status status() {
      return status;
    }

    /** Returns a copy of the trailers that came with the status. */
    public Metadata trailers() {
      return Objects.requireNonNull(Trailers.copy(trailers));
    }
  }

  /** The application's listener threw an exception. */
  final class ListenerThrew extends RecordedEvent {
    private final String callback;
    private final Throwable thrown;

    ListenerThrew(Point at, String callback, Throwable thrown) {
      super(
          EventKind.LISTENER_THREW,
          at,
          " " + Texts.simpleName(thrown.getClass()) + " in " + callback);
      this.callback = callback;
      this.thrown = thrown;
    }

    /** Returns the name of the callback that threw, such as {@code onMessage}. */
    public String callback() {
      return callback;
    }

    /** Returns what was thrown. */
    public Throwable thrown() {
      return thrown;
    }
  }

  // ---- what an attempt does on its transport, and the picker ----

  /** An attempt was made: gRPC has asked for its tracer. */
  final class AttemptStarted extends RecordedEvent {
    private final Retry retry;

    AttemptStarted(Point at, Retry retry) {
      super(EventKind.ATTEMPT_STARTED, at, retry);
      this.retry = retry;
    }

    /** Returns why the attempt was made. */
    public Retry retry() {
      return retry;
    }
  }

  /** The picker made a choice for an attempt. A pick may be repeated; only the last one counts. */
  final class Picked extends RecordedEvent {
    private final Pick pick;

    Picked(Point at, Pick pick) {
      super(EventKind.PICKED, at, pick);
      this.pick = pick;
    }

    /** Returns what was chosen. */
    public Pick pick() {
      return pick;
    }
  }

  /** The transport created the stream of an attempt. */
  final class TransportStreamCreated extends RecordedEvent {
    TransportStreamCreated(Point at) {
      super(EventKind.TRANSPORT_STREAM_CREATED, at);
    }
  }

  /** The transport sent the headers of an attempt. */
  final class AttemptHeadersSent extends RecordedEvent {
    AttemptHeadersSent(Point at) {
      super(EventKind.ATTEMPT_HEADERS_SENT, at);
    }
  }

  /** The transport took an outbound message of an attempt. */
  final class AttemptSent extends RecordedEvent {
    private final long number;

    AttemptSent(Point at, long number) {
      super(EventKind.ATTEMPT_SENT, at, number);
      this.number = number;
    }

    /** Returns the number of the message, from 0. */
    public long number() {
      return number;
    }
  }

  /** The transport received the response headers of an attempt. */
  final class AttemptHeadersReceived extends RecordedEvent {
    AttemptHeadersReceived(Point at) {
      super(EventKind.ATTEMPT_HEADERS_RECEIVED, at);
    }
  }

  /** The transport received an inbound message of an attempt. */
  final class AttemptReceived extends RecordedEvent {
    private final long number;

    AttemptReceived(Point at, long number) {
      super(EventKind.ATTEMPT_RECEIVED, at, number);
      this.number = number;
    }

    /** Returns the number of the message, from 0. */
    public long number() {
      return number;
    }
  }

  /** The transport received trailers: the server has closed. */
  final class TrailersReceived extends RecordedEvent {
    TrailersReceived(Point at) {
      super(EventKind.TRAILERS_RECEIVED, at);
    }
  }

  /** The tracer of an attempt was closed. */
  final class AttemptClosed extends RecordedEvent {
    private final Status status;

    AttemptClosed(Point at, Status status) {
      super(EventKind.ATTEMPT_CLOSED, at, status);
      this.status = status;
    }

    /** Returns the status it was closed with. */
    public Status status() {
      return status;
    }
  }

  /** The tracer handed over with a pick was closed: what grpc-go calls Done. */
  final class PickerDone extends RecordedEvent {
    private final Status status;

    PickerDone(Point at, Status status) {
      super(EventKind.PICKER_DONE, at, status);
      this.status = status;
    }

    /** Returns the status it was closed with. */
    public Status status() {
      return status;
    }
  }
}
