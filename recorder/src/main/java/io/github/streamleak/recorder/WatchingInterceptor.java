package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * The interceptor of a channel that was built while a {@link ChannelWatch} was running.
 *
 * <p>It asks for the owner of each call anew, because the channel may outlive the test that has
 * built it and serve the next one.
 */
final class WatchingInterceptor implements ClientInterceptor {

  private final BuiltChannel channel;

  private WatchingInterceptor(BuiltChannel channel) {
    this.channel = channel;
  }

  /** Returns the interceptor for a channel that is built now; null if no watch runs. */
  static @Nullable ClientInterceptor forNewChannel() {
    BuiltChannel channel = Watches.newChannel();
    return Watches.isRunning() ? new WatchingInterceptor(channel) : null;
  }

  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
    if (Reconnects.isMarked(options)) {
      return next.newCall(method, options);
    }
    StreamLog known = Recording.logIn(options);
    if (known != null) {
      // The channel has a recorder of its own, which records the call. Only the owner is missing in
      // the Context of the call. And only here it is known which Context and deadline that has.
      known.isMadeIn(Context.current(), options.getDeadline());
      return Watches.newCallOf(known.opener(), method, options, next);
    }
    Charge charge = Watches.ownerOfCall(channel.builder());
    return charge == null
        // The mark tells the picker that this channel is watched. Without it, the picker would take
        // the call for one on a channel that was built before the watch, and record it.
        ? next.newCall(method, Watches.isRunning() ? channel.tell(options, next) : options)
        : RecordingInterceptor.record(charge, method, options, next, channel, true);
  }
}
