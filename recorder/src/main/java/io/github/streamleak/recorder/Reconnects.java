package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The calls that a client starts because its stream was released after a check.
 *
 * <p>A client that reconnects would be failed once more, in whatever is judged next, and released
 * again, without an end. Its call is part of the leak that has been told already: it is counted
 * there, and recorded nowhere.
 *
 * <p>Process-wide, for whoever is asked for a call does not know what another recorder has
 * released. Holds the streams weakly.
 */
final class Reconnects {

  private static final CallOptions.Key<Boolean> KEY =
      CallOptions.Key.createWithDefault("io.github.streamleak.recorder.Reconnects", false);

  private static final List<WeakReference<StreamLog>> RELEASED = new CopyOnWriteArrayList<>();

  private Reconnects() {}

  /** Notes a stream that is about to be released. */
  static void released(StreamLog log) {
    RELEASED.removeIf(known -> known.get() == null);
    // The last one first: of two leaks on one channel it is the one that a call answers.
    RELEASED.add(0, new WeakReference<>(log));
  }

  /** Returns whether a call with these options has been told as one already. */
  static boolean isMarked(CallOptions options) {
    return !RELEASED.isEmpty() && options.getOption(KEY);
  }

  /**
   * Makes the call if it answers a release: if this thread is in a callback of a stream that was
   * released, or if it is the same method on the same channel, late or nobody's. Returns null if it
   * does not.
   *
   * @param charge whom the call is charged to; null for the owner of the channel's recorder
   */
  static <ReqT, RespT> @Nullable ClientCall<ReqT, RespT> callIfOne(
      MethodDescriptor<ReqT, RespT> method,
      CallOptions options,
      Channel next,
      @Nullable BuiltChannel channel,
      @Nullable Charge charge) {
    if (RELEASED.isEmpty()) {
      return null;
    }
    if (!options.getOption(KEY)) {
      StreamLog answered = answered(method, options, channel, charge);
      if (answered == null) {
        return null;
      }
      Aftermath after = answered.ask(state -> state.after);
      if (after != null) {
        after.reconnected();
      }
    }
    BuiltChannel on = channel == null ? BuiltChannel.ofNobody() : channel;
    return next.newCall(method, on.tell(options.withOption(KEY, true), next));
  }

  private static @Nullable StreamLog answered(
      MethodDescriptor<?, ?> method,
      CallOptions options,
      @Nullable BuiltChannel channel,
      @Nullable Charge charge) {
    for (WeakReference<StreamLog> released : RELEASED) {
      StreamLog log = released.get();
      if (log != null
          && (log.ask(StreamThreads::inside) == Thread.currentThread()
              || (isLate(charge, log)
                  && method.getFullMethodName().equals(log.methodName())
                  && isOn(log.channel(), channel, options)))) {
        return log;
      }
    }
    return null;
  }

  /**
   * Returns whether a call is late, or is nobody's: its charge has to be explained then. A call of
   * a test that is running answers no release, even if it is of the same method on the same
   * channel.
   */
  private static boolean isLate(@Nullable Charge charge, StreamLog log) {
    return charge != null && charge.recording() != log.recording() && !charge.note().isEmpty();
  }

  /**
   * A recorder around the channel, which records no more, has put its own mark into the options.
   */
  private static boolean isOn(
      @Nullable BuiltChannel released, @Nullable BuiltChannel channel, CallOptions options) {
    return released != null
        && (released == channel || released == options.getOption(BuiltChannel.KEY));
  }
}
