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
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The hook on an attempt, and the record of that attempt: gRPC calls it as the attempt's tracer,
 * and it tells its stream what the transport sent and received.
 *
 * <p>Tracer and record are one object, because every call has at least one attempt and memory for
 * each call counts. The price is that the class has two jobs: its methods are called by gRPC on any
 * thread, while its fields are the record, and are guarded by the lock of the {@link StreamLog}
 * that the attempt belongs to. Only {@link StreamState} writes most of them.
 */
final class AttemptLog extends ClientStreamTracer {

  /** The stream of an attempt, as far as the attempt has to know it. */
  interface Owner {
    /** Records an event that may change the state of the stream. Never throws. */
    void record(EventKind kind, @Nullable AttemptLog attempt, @Nullable Object payload);

    /** Records a message, which the transport has numbered. Never throws. */
    void tally(EventKind kind, @Nullable AttemptLog attempt, long number);

    /** Notes that the transport has asked for the tracer that went with the pick. Never throws. */
    void pickerTracerCreated(AttemptLog attempt);
  }

  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private final Owner stream;
  final int number;
  final Retry retry;

  /**
   * The headers of the attempt. The same object reaches this tracer and the picker, and so tells
   * which attempt a pick is for.
   */
  @Nullable Metadata headers;

  @Nullable Pick pick;

  /** Why there is no pick yet, in gRPC's words; null if gRPC has not said so. */
  volatile @Nullable String delay;

  /**
   * The address of the transport. It is rendered only when asked for, since that costs more than
   * everything else that is done here when a stream is created.
   */
  volatile @Nullable SocketAddress remoteAddress;

  /**
   * The address as text, or an empty text if rendering it threw. Needs no lock: whichever thread
   * renders the address gets the same text.
   */
  private volatile @Nullable String remote;

  @Nullable Status status;
  @Nullable Status pickerStatus;
  boolean hasPickerTracer;
  boolean streamCreated;
  boolean inProcess;
  boolean headersSent;
  boolean headersReceived;
  boolean serverClosed;
  boolean retryForbidden;

  /** The number of shutdowns of servers before the attempt. */
  private final int shutdownsBefore = ServerHook.shutdowns();

  /** Whether {@code shutdownNow} of the server has closed the attempt. */
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

  // gRPC calls these three since 1.85, and older versions call none of them.

  @Override
  public void recordAttemptDelayStart(String type, String reason) {
    delay = reason;
  }

  @Override
  public void recordAttemptDelayReasonChanged(String reason) {
    delay = reason;
  }

  @Override
  public void recordAttemptDelayEnd() {
    delay = null;
  }

  @Override
  public void outboundHeaders() {
    stream.record(EventKind.ATTEMPT_HEADERS_SENT, this, null);
  }

  // Newer versions of gRPC call inboundHeaders(Metadata), which calls this one by default.
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
   * Returns whether the server forbids another attempt. It does so with a time to wait that is
   * negative or is not a number (gRFC A6). Never throws.
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
    // If there were trailers, the handler has ended the stream, and not a shutdown.
    closedByServerShutdown =
        !serverClosed && ServerHook.hasEnded(closedWith, remoteAddress, shutdownsBefore);
    stream.record(EventKind.ATTEMPT_CLOSED, this, closedWith);
  }

  // ---- what the picker's tracer tells ----

  /**
   * Notes that the transport has asked for the tracer that went with the pick. From now on gRPC
   * owes a picker Done.
   */
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

  /** Returns whether the attempt is a retry whose back-off is not over, so that it has no pick. */
  boolean isWaitingToRetry() {
    return retry != Retry.FIRST && pick == null && !streamCreated && !hasPickerTracer;
  }

  boolean hasSubchannel() {
    return streamCreated || (pick != null && pick.kind() == Pick.Kind.SUBCHANNEL);
  }

  /**
   * Renders the address. If that throws, this method throws the same, and the address still counts
   * as rendered: a second try would throw again.
   */
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

  static void renderAll(List<AttemptLog> attempts, Consumer<Throwable> thrown) {
    for (AttemptLog attempt : attempts) {
      try {
        attempt.render();
      } catch (RuntimeException e) {
        thrown.accept(e);
      }
    }
  }

  boolean isRendered() {
    return remoteAddress == null || remote != null;
  }

  /** Returns the rendered address; null if there is none, or if rendering it threw. */
  @Nullable String remote() {
    String rendered = remote;
    return rendered == null || rendered.isEmpty() ? null : rendered;
  }
}
