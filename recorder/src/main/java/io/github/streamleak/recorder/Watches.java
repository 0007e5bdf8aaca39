package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The watches that run, as the hooks see them: whom to ask for the owner of a call, and the
 * interceptor of every channel that is built meanwhile.
 *
 * <p>Process-wide, as the hooks are: gRPC's registries know no scope. Changed by {@link
 * ChannelWatch} alone.
 */
final class Watches {

  /** What a watch is to the hooks. */
  interface Watch {
    /** Returns what the call that is made now is recorded in, or null. Never throws. */
    @Nullable Recording ownerOfCall();

    /** A channel is being built. Never throws. */
    void channelBuilt();
  }

  /** The innermost run of tests first: one may run within another. */
  private static final List<Watch> RUNNING = new CopyOnWriteArrayList<>();

  private Watches() {}

  static void add(Watch watch) {
    RUNNING.add(0, watch);
  }

  static void remove(Watch watch) {
    RUNNING.remove(watch);
  }

  static boolean contains(Watch watch) {
    return RUNNING.contains(watch);
  }

  static boolean isRunning() {
    return !RUNNING.isEmpty();
  }

  /** Returns what the call that is made now is recorded in, or null. Never throws. */
  static @Nullable Recording ownerOfCall() {
    for (Watch watch : RUNNING) {
      Recording recording = watch.ownerOfCall();
      if (recording != null) {
        return recording;
      }
    }
    return null;
  }

  /**
   * Returns the interceptor for a channel that is built now; null if no watch runs. Never throws.
   */
  static @Nullable ClientInterceptor interceptorForNewChannel() {
    for (Watch watch : RUNNING) {
      watch.channelBuilt();
    }
    if (RUNNING.isEmpty()) {
      return null;
    }
    Recording builder = ownerOfCall();
    return new WatchingInterceptor(builder == null ? new BuiltChannel(null) : builder.newChannel());
  }

  /** Asks for each call anew: a channel may outlive the test that built it, and serve the next. */
  private static final class WatchingInterceptor implements ClientInterceptor {

    private final BuiltChannel channel;

    WatchingInterceptor(BuiltChannel channel) {
      this.channel = channel;
    }

    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      if (RUNNING.isEmpty() || StreamLog.isIn(options, null)) {
        // The channel has a recorder of its own.
        return next.newCall(method, options);
      }
      Recording recording = ownerOfCall();
      return recording == null
          // Its picks are not to be taken for unseen, whoever the call is.
          ? next.newCall(method, channel.tell(options, next))
          : RecordingInterceptor.record(recording, method, options, next, channel);
    }
  }
}
