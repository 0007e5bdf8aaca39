package io.github.streamleak.recorder;

import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.StubKind;
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
    boolean first = log.started(delegate(), log.recording().openingStack());
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
    if (count >= 0) { // else gRPC refuses it
      log.tally(EventKind.REQUESTED, null, count);
    }
    delegate().request(count);
  }

  @Override
  public void sendMessage(ReqT message) {
    log.tally(EventKind.SENT, null, 0);
    try {
      delegate().sendMessage(message);
    } catch (IllegalStateException e) {
      refused("a message", log.count(EventKind.HALF_CLOSED) > 0);
      throw e;
    }
  }

  @Override
  public void halfClose() {
    log.record(EventKind.HALF_CLOSED, null, null);
    try {
      delegate().halfClose();
    } catch (IllegalStateException e) {
      refused("a half-close", log.count(EventKind.HALF_CLOSED) > 1);
      throw e;
    }
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    log.cancelled(Canceller.CALL, message, cause);
    delegate().cancel(message, cause);
  }

  /**
   * gRPC refuses what comes too late with an IllegalStateException (ClientCallImpl); an interceptor
   * may throw the same for reasons of its own, which are no misuse.
   */
  private void refused(String what, boolean afterHalfClose) {
    if (afterHalfClose) {
      log.misused(what + " after half-close");
    } else if (log.count(EventKind.CANCELLED) > 0) {
      log.misused(what + " after cancel");
    }
  }

  private static final class RecordingListener<RespT>
      extends SimpleForwardingClientCallListener<RespT> {

    private final StreamLog log;

    RecordingListener(Listener<RespT> listener, StreamLog log) {
      super(listener);
      this.log = log;
    }

    // Each is recorded before it is forwarded, which is when it counts as inside.

    @Override
    public void onHeaders(Metadata headers) {
      log.record(EventKind.HEADERS_RECEIVED, null, null);
      try {
        delegate().onHeaders(headers);
      } catch (Throwable t) {
        threw(Callback.ON_HEADERS, t);
        throw t;
      } finally {
        log.left(Callback.ON_HEADERS);
      }
    }

    @Override
    public void onMessage(RespT message) {
      log.tally(EventKind.RECEIVED, null, 0);
      try {
        if (!log.isDraining()) {
          delegate().onMessage(message);
        }
      } catch (Throwable t) {
        threw(Callback.ON_MESSAGE, t);
        throw t;
      } finally {
        log.left(Callback.ON_MESSAGE);
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      log.terminated(status, trailers);
      try {
        delegate().onClose(status, trailers);
      } catch (Throwable t) {
        threw(Callback.ON_CLOSE, t);
        throw t;
      } finally {
        log.left(Callback.ON_CLOSE);
        acquitIfNoIterator();
      }
    }

    /**
     * A rule that only an iterator can break keeps the streams of others, too: whose they are only
     * the stack tells, which is not read for every call. When there are many it is.
     */
    private void acquitIfNoIterator() {
      if (log.recording().book().isCrowded()
          && log.ask(Diagnosis::mayHaveStoppedReading)
          && log.madeAt().stubKind() != StubKind.BLOCKING_ITERATOR) {
        log.isNoIterator();
      }
    }

    @Override
    public void onReady() {
      log.ready();
      try {
        delegate().onReady();
      } catch (Throwable t) {
        threw(Callback.ON_READY, t);
        throw t;
      } finally {
        log.left(Callback.ON_READY);
      }
    }

    private void threw(Callback callback, Throwable thrown) {
      log.record(EventKind.LISTENER_THREW, null, new EventNote.Thrown(callback.text(), thrown));
    }
  }
}
