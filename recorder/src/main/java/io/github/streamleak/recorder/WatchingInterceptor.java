package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * The interceptor of a channel that was built while somebody watched.
 *
 * <p>Asks for each call anew: a channel may outlive the test that built it, and serve the next.
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
    StreamLog known = Recording.logIn(options);
    if (known != null) {
      // The channel has a recorder of its own.
      return Watches.newCallOf(known.opener(), method, options, next);
    }
    Charge charge = Watches.ownerOfCall(channel.builder());
    return charge == null
        // Its picks are not to be taken for unseen, whoever the call is.
        ? next.newCall(method, Watches.isRunning() ? channel.tell(options, next) : options)
        : RecordingInterceptor.record(charge, method, options, next, channel, true);
  }
}
