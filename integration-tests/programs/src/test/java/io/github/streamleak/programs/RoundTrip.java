package io.github.streamleak.programs;

import acme.market.MarketClient.Raw;
import io.github.streamleak.testsupport.Text;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;

/**
 * A call that the server answers at once: when it is over, all that was sent before it has come.
 */
public final class RoundTrip {

  private static final MethodDescriptor<String, String> METHOD =
      Text.method("programs.RoundTrip", "Make", MethodType.BIDI_STREAMING);

  private RoundTrip() {}

  /** Returns what answers. */
  public static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder(String.valueOf(METHOD.getServiceName()))
        .addMethod(
            METHOD,
            (call, headers) -> {
              call.close(Status.OK, new Metadata());
              return new ServerCall.Listener<>() {};
            })
        .build();
  }

  /** Makes one round trip. */
  public static void make(Channel channel) {
    Raw raw = new Raw(channel.newCall(METHOD, CallOptions.DEFAULT));
    raw.call.start(raw, new Metadata());
    raw.halfClose();
    raw.awaitClosed();
  }

  /**
   * Returns when all that was done before on either side has had its effects on both.
   *
   * <p>One connection and one event loop for each side keep frames in their order, but within one
   * flush HEADERS may overtake DATA. So the first round trip flushes what the client has written,
   * the second one what the server answers, and the third one what the client does about that.
   */
  public static void settle(Channel channel) {
    make(channel);
    make(channel);
    make(channel);
  }
}
