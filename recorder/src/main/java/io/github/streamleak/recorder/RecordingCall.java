package io.github.streamleak.recorder;

import io.github.streamleak.recorder.StreamEvent.Canceller;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Records what the application does on a call and what it receives; forwards all of it. */
final class RecordingCall<ReqT, RespT> extends SimpleForwardingClientCall<ReqT, RespT> {

  private final StreamLog log;

  RecordingCall(ClientCall<ReqT, RespT> call, StreamLog log) {
    super(call);
    this.log = log;
  }

  @Override
  public void start(Listener<RespT> listener, Metadata headers) {
    boolean first =
        log.started(delegate(), log.recorder().capturesStacks() ? new Throwable() : null);
    if (!first) {
      log.misused("a second start");
      delegate().start(listener, headers);
      return;
    }
    boolean returned = false;
    try {
      delegate().start(new RecordingListener<>(listener, log), headers);
      returned = true;
    } finally {
      if (!returned) {
        log.startFailed();
      }
    }
  }

  // Each is recorded before it is forwarded: on a direct executor the answer arrives within.

  @Override
  public void request(int count) {
    log.requested(count);
    delegate().request(count);
  }

  @Override
  public void sendMessage(ReqT message) {
    log.sent();
    try {
      delegate().sendMessage(message);
    } catch (IllegalStateException e) {
      log.refusedMessage();
      throw e;
    }
  }

  @Override
  public void halfClose() {
    log.halfClosed();
    try {
      delegate().halfClose();
    } catch (IllegalStateException e) {
      log.refusedHalfClose();
      throw e;
    }
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    log.cancelled(Canceller.CALL, message, cause);
    delegate().cancel(message, cause);
  }

  private static final class RecordingListener<RespT>
      extends SimpleForwardingClientCallListener<RespT> {

    private final StreamLog log;

    RecordingListener(Listener<RespT> listener, StreamLog log) {
      super(listener);
      this.log = log;
    }

    @Override
    public void onHeaders(Metadata headers) {
      log.headersReceived();
      try {
        delegate().onHeaders(headers);
      } catch (Throwable t) {
        log.listenerThrew("onHeaders", t);
        throw t;
      }
    }

    @Override
    public void onMessage(RespT message) {
      log.received();
      if (log.isDraining()) {
        return;
      }
      try {
        delegate().onMessage(message);
      } catch (Throwable t) {
        log.listenerThrew("onMessage", t);
        throw t;
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      log.terminated(status, trailers);
      try {
        delegate().onClose(status, trailers);
      } catch (Throwable t) {
        log.listenerThrew(StreamLog.ON_CLOSE, t);
        throw t;
      }
    }

    @Override
    public void onReady() {
      try {
        delegate().onReady();
      } catch (Throwable t) {
        log.listenerThrew("onReady", t);
        throw t;
      }
    }
  }
}
