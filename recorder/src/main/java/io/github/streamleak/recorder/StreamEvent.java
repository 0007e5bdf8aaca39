package io.github.streamleak.recorder;

import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened on a stream. {@link #describe()} gives the word that reports use.
 *
 * <p>Message numbers count from 0. An event that ends something says what in {@link #closes()}.
 */
public sealed interface StreamEvent {

  /** Returns where in the life of the stream this event stands. */
  Point at();

  /** Returns the event in the words of a report, without its time. */
  String describe();

  /** Returns who saw the event. */
  Lane lane();

  /** Returns the kind of event that this one ends, or null if it ends nothing. */
  default @Nullable Class<? extends StreamEvent> closes() {
    return null;
  }

  /** Who saw an event. */
  enum Lane {
    /** The application's side of the call: what it does and what it receives. */
    APPLICATION,
    /** One attempt on a transport. */
    ATTEMPT,
    /** The load balancer's picker. */
    PICKER
  }

  /**
   * Where in the life of a stream an event stands.
   *
   * @param sequence its number in the stream, from 0, without gaps even where the bounded log has
   *     dropped events
   * @param sinceStart the time since the stream was started
   * @param thread the name of the thread it happened on
   * @param attempt the number of the attempt it belongs to, from 1; 0 for none
   */
  record Point(long sequence, Duration sinceStart, String thread, int attempt) {}

  /** The application started the call. */
  record Started(Point at) implements StreamEvent {
    @Override
    public String describe() {
      return "started";
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }
  }

  /** The application asked for {@code count} more messages. */
  record Requested(Point at, long count) implements StreamEvent {
    @Override
    public String describe() {
      return "requested " + count;
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }
  }

  /** The application sent outbound message {@code number}. */
  record Sent(Point at, long number) implements StreamEvent {
    @Override
    public String describe() {
      return "outbound message #" + number;
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }
  }

  /** The application half-closed: it sends no more. */
  record HalfClosed(Point at) implements StreamEvent {
    @Override
    public String describe() {
      return "half-closed";
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }
  }

  /** The call was cancelled. */
  record Cancelled(Point at, Canceller by, @Nullable String message, @Nullable Throwable cause)
      implements StreamEvent {
    @Override
    public String describe() {
      return "cancelled by "
          + by.text()
          + (message == null ? "" : " (" + Texts.oneLine(message) + ")");
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }

    @Override
    public Class<? extends StreamEvent> closes() {
      return Started.class;
    }
  }

  /** The effective deadline passed. Recorded when it is first noticed after that moment. */
  record DeadlinePassed(Point at) implements StreamEvent {
    @Override
    public String describe() {
      return "deadline passed";
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }

    @Override
    public Class<? extends StreamEvent> closes() {
      return Started.class;
    }
  }

  /** Response headers reached the application. */
  record HeadersReceived(Point at) implements StreamEvent {
    @Override
    public String describe() {
      return "headers";
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }
  }

  /** Inbound message {@code number} reached the application's listener. */
  record Received(Point at, long number) implements StreamEvent {
    @Override
    public String describe() {
      return "inbound message #" + number;
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }
  }

  /** The terminal status reached the application. */
  record Terminated(Point at, Status status, Metadata trailers) implements StreamEvent {
    @Override
    public String describe() {
      return "terminal status " + Texts.status(status);
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }

    @Override
    public Class<? extends StreamEvent> closes() {
      return Started.class;
    }
  }

  /** The application's listener threw {@code thrown} out of {@code callback}. */
  record ListenerThrew(Point at, String callback, Throwable thrown) implements StreamEvent {
    @Override
    public String describe() {
      return "listener threw " + Texts.simpleName(thrown.getClass()) + " in " + callback;
    }

    @Override
    public Lane lane() {
      return Lane.APPLICATION;
    }
  }

  /** An attempt got its tracer. */
  record AttemptStarted(Point at, Retry retry) implements StreamEvent {
    @Override
    public String describe() {
      return "attempt " + at.attempt() + " (" + retry.text() + ")";
    }

    @Override
    public Lane lane() {
      return Lane.ATTEMPT;
    }
  }

  /** The picker chose for an attempt. A pick may be repeated; only the last one counts. */
  record Picked(Point at, Pick pick) implements StreamEvent {
    @Override
    public String describe() {
      return pick.describe();
    }

    @Override
    public Lane lane() {
      return Lane.PICKER;
    }
  }

  /** The transport created the stream of an attempt. */
  record TransportStreamCreated(Point at) implements StreamEvent {
    @Override
    public String describe() {
      return "stream created";
    }

    @Override
    public Lane lane() {
      return Lane.ATTEMPT;
    }
  }

  /** The transport sent the headers of an attempt. */
  record AttemptHeadersSent(Point at) implements StreamEvent {
    @Override
    public String describe() {
      return "headers sent";
    }

    @Override
    public Lane lane() {
      return Lane.ATTEMPT;
    }
  }

  /** The transport took outbound message {@code number} of an attempt. */
  record AttemptSent(Point at, long number) implements StreamEvent {
    @Override
    public String describe() {
      return "outbound message #" + number + " on the transport";
    }

    @Override
    public Lane lane() {
      return Lane.ATTEMPT;
    }
  }

  /** The transport received the response headers of an attempt. */
  record AttemptHeadersReceived(Point at) implements StreamEvent {
    @Override
    public String describe() {
      return "headers on the transport";
    }

    @Override
    public Lane lane() {
      return Lane.ATTEMPT;
    }
  }

  /** The transport received inbound message {@code number} of an attempt. */
  record AttemptReceived(Point at, long number) implements StreamEvent {
    @Override
    public String describe() {
      return "inbound message #" + number + " on the transport";
    }

    @Override
    public Lane lane() {
      return Lane.ATTEMPT;
    }
  }

  /** The transport received trailers: the server has closed. */
  record TrailersReceived(Point at) implements StreamEvent {
    @Override
    public String describe() {
      return "trailers on the transport";
    }

    @Override
    public Lane lane() {
      return Lane.ATTEMPT;
    }
  }

  /** The tracer of an attempt was closed. */
  record AttemptClosed(Point at, Status status) implements StreamEvent {
    @Override
    public String describe() {
      return "attempt closed " + Texts.status(status);
    }

    @Override
    public Lane lane() {
      return Lane.ATTEMPT;
    }

    @Override
    public Class<? extends StreamEvent> closes() {
      return AttemptStarted.class;
    }
  }

  /** The tracer handed over with a pick was closed: what grpc-go calls Done. */
  record PickerDone(Point at, Status status) implements StreamEvent {
    @Override
    public String describe() {
      return "picker Done " + Texts.status(status);
    }

    @Override
    public Lane lane() {
      return Lane.PICKER;
    }

    @Override
    public Class<? extends StreamEvent> closes() {
      return Picked.class;
    }
  }

  /** Who cancelled a call. */
  enum Canceller {
    /** The application, through {@link io.grpc.ClientCall#cancel}. */
    CALL("the call"),
    /** The {@link io.grpc.Context} that the call was started in. */
    CONTEXT("its Context"),
    /** {@link GrpcStreamRecorder#releaseLeaked()}. */
    RECORDER("the recorder");

    private final String text;

    Canceller(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /** Why an attempt was made. */
  enum Retry {
    /** The first try. */
    FIRST("first"),
    /** A retry by the retry policy. */
    RETRY("retry"),
    /** A transparent retry: the server had not seen the attempt before. */
    TRANSPARENT("transparent retry"),
    /** A hedge, sent without waiting for the attempts before it. */
    HEDGE("hedge");

    private final String text;

    Retry(String text) {
      this.text = text;
    }

    /** Returns the word used for this reason in a report. */
    public String text() {
      return text;
    }
  }

  /**
   * The load balancer's choice for an attempt.
   *
   * @param kind what was chosen
   * @param target the address of the subchannel, or the status of an error or drop; empty for a
   *     buffered pick
   */
  record Pick(Kind kind, String target) {
    /** What a picker can choose. */
    public enum Kind {
      /** A subchannel. */
      SUBCHANNEL,
      /** None yet: the attempt waits for the next picker. */
      BUFFERED,
      /** The attempt fails, unless it waits for ready. */
      ERROR,
      /** The attempt fails, whatever it waits for. */
      DROP
    }

    /** Returns the pick in the words of a report. */
    public String describe() {
      return switch (kind) {
        case SUBCHANNEL -> "picked " + target;
        case BUFFERED -> "pick buffered";
        case ERROR -> "pick failed " + target;
        case DROP -> "pick dropped " + target;
      };
    }
  }
}
