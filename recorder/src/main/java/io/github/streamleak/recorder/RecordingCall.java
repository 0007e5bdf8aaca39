package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.StubKind;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * The hook on a call: records what the application does on it and what the application receives,
 * and forwards everything.
 *
 * <p>Every step is recorded before it is forwarded, and never after. With a direct executor the
 * answer arrives while the step is being forwarded, and the log would have the answer before its
 * cause. The price is that a step which gRPC then refuses is in the log all the same; if that is a
 * misuse, the log says so.
 */
final class RecordingCall<ReqT, RespT> extends SimpleForwardingClientCall<ReqT, RespT> {

  /** The package of {@code ClientCallImpl}, and of the calls that wait for a name's resolution. */
  private static final String GRPCS_OWN_CALLS = "io.grpc.internal";

  private final StreamLog log;

  /**
   * Whether a step goes to gRPC itself. It does not if there is an interceptor further in, which
   * may take its time over it.
   */
  private final boolean isNextToGrpc;

  RecordingCall(ClientCall<ReqT, RespT> call, StreamLog log) {
    super(call);
    this.log = log;
    this.isNextToGrpc = call.getClass().getPackageName().equals(GRPCS_OWN_CALLS);
  }

  @Override
  public void start(Listener<RespT> listener, Metadata headers) {
    Recording.Tie tie = log.recording().tie();
    boolean shared = tie != null && tie.shared();
    if (shared || log.recording().isClosed()) {
      // An earlier test may have made the call. The stream belongs to the one that starts it.
      BuiltChannel channel = log.channel();
      Charge charge = Watches.ownerOfCall(channel == null ? null : channel.builder());
      if (charge != null && charge.owner() != log.opener()) {
        log.openedFor(charge.owner(), charge.note());
        if (!shared) {
          log.recordInto(charge.recording());
        }
      }
    }
    boolean first = log.started(delegate(), log.recording().openingStack());
    if (!first) {
      log.change(state -> state.misused("a second start"));
      delegate().start(listener, headers);
      return;
    }
    boolean returned = false;
    forwards();
    try {
      delegate().start(new RecordingListener<>(listener, log), headers);
      returned = true;
    } finally {
      log.state.hasForwarded();
      if (!returned) {
        log.change(state -> state.startFailed = true);
      }
    }
  }

  // Each of these is recorded before it is forwarded; the comment on the class says why.

  @Override
  public void request(int count) {
    if (count >= 0) { // gRPC refuses a negative number.
      log.tally(EventKind.REQUESTED, null, count);
      log.state.acted(EventKind.REQUESTED, null);
    }
    delegate().request(count);
  }

  @Override
  public void sendMessage(ReqT message) {
    log.tally(EventKind.SENT, null, 0);
    forwards();
    try {
      delegate().sendMessage(message);
    } catch (IllegalStateException e) {
      refused("a message", log.count(EventKind.HALF_CLOSED) > 0);
      throw e;
    } finally {
      log.state.hasForwarded();
    }
  }

  @Override
  public void halfClose() {
    log.record(EventKind.HALF_CLOSED, null, null);
    log.state.acted(EventKind.HALF_CLOSED, null);
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
    log.state.acted(EventKind.CANCELLED, cause);
    delegate().cancel(message, cause);
  }

  private void forwards() {
    if (isNextToGrpc) {
      log.state.forwards();
    }
  }

  /**
   * Records a misuse if gRPC has refused {@code what} because it came too late. gRPC then throws an
   * IllegalStateException (ClientCallImpl). An interceptor may throw the same for reasons of its
   * own, and that is not a misuse: so there must have been a half-close or a cancel.
   */
  private void refused(String what, boolean afterHalfClose) {
    if (afterHalfClose) {
      log.change(state -> state.misused(what + " after half-close"));
    } else if (log.count(EventKind.CANCELLED) > 0) {
      log.change(state -> state.misused(what + " after cancel"));
    }
  }

  private static final class RecordingListener<RespT>
      extends SimpleForwardingClientCallListener<RespT> {

    private final StreamLog log;

    RecordingListener(Listener<RespT> listener, StreamLog log) {
      super(listener);
      this.log = log;
    }

    // From the moment a callback is recorded, its thread counts as inside it.

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
     * Takes the stream off the suspects if it is not a blocking iterator. One rule is about
     * iterators only, but the book keeps all streams that look like it, because only the opening
     * stack tells and reading that for every call would cost too much. When the book has many, it
     * is worth it.
     */
    private void acquitIfNoIterator() {
      if (log.recording().book().isCrowded()
          && log.ask(Diagnosis::mayHaveStoppedReading)
          && log.madeAt().stubKind() != StubKind.BLOCKING_ITERATOR) {
        log.change(state -> state.isNoIterator = true);
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
