package io.github.streamleak.recorder;

import io.github.streamleak.recorder.StreamEvent.Pick;
import io.github.streamleak.recorder.StreamEvent.Retry;
import io.grpc.Metadata;
import io.grpc.Status;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** What is known of one attempt. Guarded by the lock of the {@link StreamLog} it belongs to. */
final class AttemptLog {

  final int number;
  final Retry retry;

  /** The attempt's own headers: the same object reaches the tracer, the pick and its tracer. */
  @Nullable Metadata headers;

  @Nullable Pick pick;

  /** Rendered only when asked for: that costs more than all else a stream's creation does here. */
  @Nullable SocketAddress remoteAddress;

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

  AttemptLog(int number, Retry retry, Metadata headers) {
    this.number = number;
    this.retry = retry;
    this.headers = headers;
  }

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

  /** Throws what the address throws when it is printed. */
  @Nullable String remote() {
    return remoteAddress == null ? null : Texts.oneLine(remoteAddress.toString());
  }

  RecordedAttempt snapshot(@Nullable String remote) {
    return new RecordedAttempt(
        number,
        retry,
        pick,
        remote,
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
