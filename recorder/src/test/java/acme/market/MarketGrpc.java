package acme.market;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;

/** Shaped like the output of protoc-gen-grpc-java: the stubs are nested in a class ...Grpc. */
public final class MarketGrpc {

  public static final MethodDescriptor<String, String> QUOTE = method("Quote", MethodType.UNARY);
  public static final MethodDescriptor<String, String> WATCH =
      method("Watch", MethodType.SERVER_STREAMING);
  public static final MethodDescriptor<String, String> UPLOAD =
      method("Upload", MethodType.CLIENT_STREAMING);
  public static final MethodDescriptor<String, String> SUBSCRIBE =
      method("Subscribe", MethodType.BIDI_STREAMING);

  private MarketGrpc() {}

  private static MethodDescriptor<String, String> method(String name, MethodType type) {
    return method("acme.Market", name, type);
  }

  public static MethodDescriptor<String, String> method(
      String service, String name, MethodType type) {
    return MethodDescriptor.<String, String>newBuilder()
        .setFullMethodName(MethodDescriptor.generateFullMethodName(service, name))
        .setType(type)
        .setRequestMarshaller(new StringMarshaller())
        .setResponseMarshaller(new StringMarshaller())
        .build();
  }

  private static final class StringMarshaller implements Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  public static final class MarketStub extends AbstractStub<MarketStub> {
    public MarketStub(Channel channel) {
      this(channel, CallOptions.DEFAULT);
    }

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

  public static final class MarketBlockingStub extends AbstractStub<MarketBlockingStub> {
    public MarketBlockingStub(Channel channel) {
      this(channel, CallOptions.DEFAULT);
    }

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

  public static final class MarketBlockingV2Stub extends AbstractStub<MarketBlockingV2Stub> {
    public MarketBlockingV2Stub(Channel channel) {
      this(channel, CallOptions.DEFAULT);
    }

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

  public static final class MarketFutureStub extends AbstractStub<MarketFutureStub> {
    public MarketFutureStub(Channel channel) {
      this(channel, CallOptions.DEFAULT);
    }

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
