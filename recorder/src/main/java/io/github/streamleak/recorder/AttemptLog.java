package io.github.streamleak.recorder;

import io.github.streamleak.internal.Addresses;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.Retry;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Status;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The hook on an attempt, which tells its stream what the transport sent and received, and what is
 * known of the attempt.
 *
 * <p>One object for both: there is one for each call, and it has to stay small. The fields are
 * guarded by the lock of the {@link StreamLog} that the attempt belongs to.
 */
final class AttemptLog extends ClientStreamTracer {

  /** The stream of an attempt, as far as the attempt knows it. */
  interface Owner {
    /** An event that may change the state of the stream. Never throws. */
    void record(EventKind kind, @Nullable AttemptLog attempt, @Nullable Object payload);

    /** A message, numbered by the transport. Never throws. */
    void tally(EventKind kind, @Nullable AttemptLog attempt, long number);

    /** The transport has asked for the tracer that went with the pick. Never throws. */
    void pickerTracerCreated(AttemptLog attempt);
  }

  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private final Owner stream;
  final int number;
  final Retry retry;

  /** The attempt's own headers: the same object reaches the tracer, the pick and its tracer. */
  @Nullable Metadata headers;

  @Nullable Pick pick;

  /** Rendered only when asked for: that costs more than all else a stream's creation does here. */
  volatile @Nullable SocketAddress remoteAddress;

  /** Not guarded: whoever renders the address gets the same. Empty if it threw. */
  private volatile @Nullable String remote;

  @Nullable Status status;
  @Nullable Status pickerStatus;
  boolean hasPickerTracer;
  boolean streamCreated;
  boolean inProcess;
  boolean headersReceived;
  boolean serverClosed;
  boolean retryForbidden;

  /** The server's {@code shutdownNow} has closed it. */
  boolean closedByServerShutdown;

  long sent;
  long received;

  AttemptLog(Owner stream, int number, Retry retry, Metadata headers) {
    this.stream = stream;
    this.number = number;
    this.retry = retry;
    this.headers = headers;
  }

  /** Returns why an attempt with {@code info} is made. */
  static Retry reason(StreamInfo info) {
    if (info.isTransparentRetry()) {
      return Retry.TRANSPARENT;
    }
    if (info.getPreviousAttempts() == 0) {
      return Retry.FIRST;
    }
    return info.isHedging() ? Retry.HEDGE : Retry.RETRY;
  }

  // ---- what the transport tells ----

  @Override
  public void streamCreated(Attributes transportAttributes, Metadata sentHeaders) {
    SocketAddress remote = transportAttributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    stream.record(EventKind.TRANSPORT_STREAM_CREATED, this, remote);
  }

  @Override
  public void outboundHeaders() {
    stream.record(EventKind.ATTEMPT_HEADERS_SENT, this, null);
  }

  // The variant with headers calls this one by default, in every version that has it.
  @Override
  public void inboundHeaders() {
    stream.record(EventKind.ATTEMPT_HEADERS_RECEIVED, this, null);
  }

  @Override
  public void inboundTrailers(Metadata trailers) {
    boolean last = forbidsRetry(trailers);
    stream.record(EventKind.TRAILERS_RECEIVED, this, last ? Boolean.TRUE : null);
  }

  /**
   * Returns whether the server forbids another attempt: it names a time to wait that is negative or
   * no number (gRFC A6). Never throws.
   */
  static boolean forbidsRetry(Metadata trailers) {
    String pushback = trailers.get(PUSHBACK);
    if (pushback == null) {
      return false;
    }
    try {
      return Integer.parseInt(pushback) < 0;
    } catch (NumberFormatException e) {
      return true;
    }
  }

  @Override
  public void outboundMessage(int seqNo) {
    stream.tally(EventKind.ATTEMPT_SENT, this, seqNo);
  }

  @Override
  public void inboundMessage(int seqNo) {
    stream.tally(EventKind.ATTEMPT_RECEIVED, this, seqNo);
  }

  @Override
  public void streamClosed(Status closedWith) {
    // With trailers the handler has ended it.
    closedByServerShutdown = !serverClosed && ServerHook.hasEnded(closedWith, remoteAddress);
    stream.record(EventKind.ATTEMPT_CLOSED, this, closedWith);
  }

  // ---- what the picker's tracer tells ----

  /** The transport has asked for the tracer that went with the pick: from now on Done is owed. */
  void pickerTracerCreated() {
    stream.pickerTracerCreated(this);
  }

  void pickerDone(Status closedWith) {
    stream.record(EventKind.PICKER_DONE, this, closedWith);
  }

  // ---- what is known ----

  boolean isClosed() {
    return status != null && (!hasPickerTracer || pickerStatus != null);
  }

  /** A retry in its back-off has not asked for a pick yet. */
  boolean isWaitingToRetry() {
    return retry != Retry.FIRST && pick == null && !streamCreated && !hasPickerTracer;
  }

  boolean hasSubchannel() {
    return streamCreated || (pick != null && pick.kind() == Pick.Kind.SUBCHANNEL);
  }

  /** Throws what the address throws when it is printed, and counts as rendered all the same. */
  void render() {
    SocketAddress address = remoteAddress;
    if (address != null && remote == null) {
      try {
        remote = Addresses.text(address);
      } catch (RuntimeException e) {
        remote = "";
        throw e;
      }
    }
  }

  boolean isRendered() {
    return remoteAddress == null || remote != null;
  }

  /** Returns the address, once it is rendered; null if there is none, or it threw. */
  @Nullable String remote() {
    String rendered = remote;
    return rendered == null || rendered.isEmpty() ? null : rendered;
  }
}
