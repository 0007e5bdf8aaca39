package acme.market;

import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.testsupport.Text;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusException;
import io.grpc.stub.AbstractAsyncStub;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.AbstractFutureStub;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.List;

/**
 * What protoc-gen-grpc-java would generate for a service acme.Market with a method of each type, if
 * strings could be messages. By hand, so that one class serves every version of gRPC that the tests
 * run on.
 */
public final class MarketGrpc {

  public static final String SERVICE_NAME = "acme.Market";

  public static final MethodDescriptor<String, String> QUOTE = method("Quote", MethodType.UNARY);
  public static final MethodDescriptor<String, String> WATCH =
      method("Watch", MethodType.SERVER_STREAMING);
  public static final MethodDescriptor<String, String> UPLOAD =
      method("Upload", MethodType.CLIENT_STREAMING);
  public static final MethodDescriptor<String, String> SUBSCRIBE =
      method("Subscribe", MethodType.BIDI_STREAMING);

  static final List<MethodDescriptor<String, String>> METHODS =
      List.of(QUOTE, WATCH, UPLOAD, SUBSCRIBE);

  private MarketGrpc() {}

  private static MethodDescriptor<String, String> method(String name, MethodType type) {
    return Text.method(SERVICE_NAME, name, type);
  }

  public static MarketStub newStub(Channel channel) {
    return AbstractAsyncStub.newStub(MarketStub::new, channel);
  }

  public static MarketBlockingStub newBlockingStub(Channel channel) {
    return AbstractBlockingStub.newStub(MarketBlockingStub::new, channel);
  }

  public static MarketBlockingV2Stub newBlockingV2Stub(Channel channel) {
    return AbstractBlockingStub.newStub(MarketBlockingV2Stub::new, channel);
  }

  public static MarketFutureStub newFutureStub(Channel channel) {
    return AbstractFutureStub.newStub(MarketFutureStub::new, channel);
  }

  /** Calls are asynchronous, all four types. */
  public static final class MarketStub extends AbstractAsyncStub<MarketStub> {
    private MarketStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected MarketStub build(Channel channel, CallOptions options) {
      return new MarketStub(channel, options);
    }

    public void quote(String request, StreamObserver<String> responses) {
      ClientCalls.asyncUnaryCall(getChannel().newCall(QUOTE, getCallOptions()), request, responses);
    }

    public void watch(String request, StreamObserver<String> responses) {
      ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(WATCH, getCallOptions()), request, responses);
    }

    public StreamObserver<String> upload(StreamObserver<String> responses) {
      return ClientCalls.asyncClientStreamingCall(
          getChannel().newCall(UPLOAD, getCallOptions()), responses);
    }

    public StreamObserver<String> subscribe(StreamObserver<String> responses) {
      return ClientCalls.asyncBidiStreamingCall(
          getChannel().newCall(SUBSCRIBE, getCallOptions()), responses);
    }
  }

  /** Calls block; a stream of responses is an iterator. */
  public static final class MarketBlockingStub extends AbstractBlockingStub<MarketBlockingStub> {
    private MarketBlockingStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected MarketBlockingStub build(Channel channel, CallOptions options) {
      return new MarketBlockingStub(channel, options);
    }

    public String quote(String request) {
      return ClientCalls.blockingUnaryCall(getChannel(), QUOTE, getCallOptions(), request);
    }

    public Iterator<String> watch(String request) {
      return ClientCalls.blockingServerStreamingCall(
          getChannel(), WATCH, getCallOptions(), request);
    }
  }

  /** Calls block, streams in both directions too. */
  public static final class MarketBlockingV2Stub
      extends AbstractBlockingStub<MarketBlockingV2Stub> {
    private MarketBlockingV2Stub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected MarketBlockingV2Stub build(Channel channel, CallOptions options) {
      return new MarketBlockingV2Stub(channel, options);
    }

    public String quote(String request) throws StatusException {
      return ClientCalls.blockingV2UnaryCall(getChannel(), QUOTE, getCallOptions(), request);
    }

    public BlockingClientCall<?, String> watch(String request) {
      return ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), WATCH, getCallOptions(), request);
    }

    public BlockingClientCall<String, String> upload() {
      return ClientCalls.blockingClientStreamingCall(getChannel(), UPLOAD, getCallOptions());
    }

    public BlockingClientCall<String, String> subscribe() {
      return ClientCalls.blockingBidiStreamingCall(getChannel(), SUBSCRIBE, getCallOptions());
    }
  }

  /** Unary calls only, each a future. */
  public static final class MarketFutureStub extends AbstractFutureStub<MarketFutureStub> {
    private MarketFutureStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected MarketFutureStub build(Channel channel, CallOptions options) {
      return new MarketFutureStub(channel, options);
    }

    public ListenableFuture<String> quote(String request) {
      return ClientCalls.futureUnaryCall(getChannel().newCall(QUOTE, getCallOptions()), request);
    }
  }
}
