package io.github.streamleak.recorder;

import io.github.streamleak.recorder.StreamEvent.Pick;
import io.github.streamleak.recorder.StreamEvent.Retry;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Status;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The hook on an attempt, which tells its stream what the transport sent and received, and what is
 * known of the attempt. The latter is guarded by the lock of the {@link StreamLog} it belongs to.
 */
final class AttemptLog extends ClientStreamTracer {

  final StreamLog stream;
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
  long sent;
  long received;

  AttemptLog(StreamLog stream, int number, Retry retry, Metadata headers) {
    this.stream = stream;
    this.number = number;
    this.retry = retry;
    this.headers = headers;
  }

  // ---- what the transport tells ----

  @Override
  public void streamCreated(Attributes transportAttributes, Metadata sentHeaders) {
    SocketAddress remote = transportAttributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    stream.record(EventKind.TRANSPORT_STREAM_CREATED, this, 0, remote);
  }

  @Override
  public void outboundHeaders() {
    stream.record(EventKind.ATTEMPT_HEADERS_SENT, this, 0, null);
  }

  // The variant with headers calls this one by default, in every version that has it.
  @Override
  public void inboundHeaders() {
    stream.record(EventKind.ATTEMPT_HEADERS_RECEIVED, this, 0, null);
  }

  @Override
  public void inboundTrailers(Metadata trailers) {
    boolean last = AttemptOutlook.isForbiddenBy(trailers);
    stream.record(EventKind.TRAILERS_RECEIVED, this, 0, last ? Boolean.TRUE : null);
  }

  @Override
  public void outboundMessage(int seqNo) {
    stream.attemptSent(this, seqNo);
  }

  @Override
  public void inboundMessage(int seqNo) {
    stream.attemptReceived(this, seqNo);
  }

  @Override
  public void streamClosed(Status closedWith) {
    stream.record(EventKind.ATTEMPT_CLOSED, this, 0, closedWith);
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
        remote = Texts.oneLine(address.toString());
      } catch (RuntimeException e) {
        remote = "";
        throw e;
      }
    }
  }

  boolean isRendered() {
    return remoteAddress == null || remote != null;
  }

  RecordedAttempt snapshot() {
    return new RecordedAttempt(
        number,
        retry,
        pick,
        remote == null || remote.isEmpty() ? null : remote,
        status,
        hasPickerTracer,
        pickerStatus,
        streamCreated,
        inProcess,
        serverClosed,
        sent,
        received,
        null);
  }
}
