package io.github.streamleak.junit;

import static io.grpc.MethodDescriptor.generateFullMethodName;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusException;
import io.grpc.stub.AbstractAsyncStub;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.AbstractFutureStub;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;

/** What protoc would generate for a service market.Market, with strings for messages. */
public final class MarketGrpc {

  public static final String SERVICE_NAME = "market.Market";

  static final MethodDescriptor<String, String> QUOTE = method(MethodType.UNARY, "Quote");
  static final MethodDescriptor<String, String> WATCH =
      method(MethodType.SERVER_STREAMING, "Watch");
  static final MethodDescriptor<String, String> UPLOAD =
      method(MethodType.CLIENT_STREAMING, "Upload");
  static final MethodDescriptor<String, String> SUBSCRIBE =
      method(MethodType.BIDI_STREAMING, "Subscribe");

  private MarketGrpc() {}

  private static MethodDescriptor<String, String> method(MethodType type, String name) {
    return Text.method(type, generateFullMethodName(SERVICE_NAME, name));
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

  /** The server's side. */
  interface AsyncService extends BindableService {
    void quote(String symbol, StreamObserver<String> quotes);

    void watch(String symbol, StreamObserver<String> prices);

    StreamObserver<String> upload(StreamObserver<String> summaries);

    StreamObserver<String> subscribe(StreamObserver<String> prices);

    @Override
    default ServerServiceDefinition bindService() {
      return ServerServiceDefinition.builder(SERVICE_NAME)
          .addMethod(QUOTE, ServerCalls.asyncUnaryCall(this::quote))
          .addMethod(WATCH, ServerCalls.asyncServerStreamingCall(this::watch))
          .addMethod(UPLOAD, ServerCalls.asyncClientStreamingCall(this::upload))
          .addMethod(SUBSCRIBE, ServerCalls.asyncBidiStreamingCall(this::subscribe))
          .build();
    }
  }

  public static final class MarketStub extends AbstractAsyncStub<MarketStub> {
    private MarketStub(Channel channel, CallOptions callOptions) {
      super(channel, callOptions);
    }

    @Override
    protected MarketStub build(Channel channel, CallOptions callOptions) {
      return new MarketStub(channel, callOptions);
    }

    public void quote(String symbol, StreamObserver<String> quotes) {
      ClientCalls.asyncUnaryCall(getChannel().newCall(QUOTE, getCallOptions()), symbol, quotes);
    }

    public void watch(String symbol, StreamObserver<String> prices) {
      ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(WATCH, getCallOptions()), symbol, prices);
    }

    public StreamObserver<String> upload(StreamObserver<String> summaries) {
      return ClientCalls.asyncClientStreamingCall(
          getChannel().newCall(UPLOAD, getCallOptions()), summaries);
    }

    public StreamObserver<String> subscribe(StreamObserver<String> prices) {
      return ClientCalls.asyncBidiStreamingCall(
          getChannel().newCall(SUBSCRIBE, getCallOptions()), prices);
    }
  }

  public static final class MarketBlockingV2Stub
      extends AbstractBlockingStub<MarketBlockingV2Stub> {
    private MarketBlockingV2Stub(Channel channel, CallOptions callOptions) {
      super(channel, callOptions);
    }

    @Override
    protected MarketBlockingV2Stub build(Channel channel, CallOptions callOptions) {
      return new MarketBlockingV2Stub(channel, callOptions);
    }

    public String quote(String symbol) throws StatusException {
      return ClientCalls.blockingV2UnaryCall(getChannel(), QUOTE, getCallOptions(), symbol);
    }

    public BlockingClientCall<?, String> watch(String symbol) {
      return ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), WATCH, getCallOptions(), symbol);
    }

    public BlockingClientCall<String, String> subscribe() {
      return ClientCalls.blockingBidiStreamingCall(getChannel(), SUBSCRIBE, getCallOptions());
    }
  }

  public static final class MarketBlockingStub extends AbstractBlockingStub<MarketBlockingStub> {
    private MarketBlockingStub(Channel channel, CallOptions callOptions) {
      super(channel, callOptions);
    }

    @Override
    protected MarketBlockingStub build(Channel channel, CallOptions callOptions) {
      return new MarketBlockingStub(channel, callOptions);
    }

    public String quote(String symbol) {
      return ClientCalls.blockingUnaryCall(getChannel(), QUOTE, getCallOptions(), symbol);
    }

    public Iterator<String> watch(String symbol) {
      return ClientCalls.blockingServerStreamingCall(getChannel(), WATCH, getCallOptions(), symbol);
    }
  }

  public static final class MarketFutureStub extends AbstractFutureStub<MarketFutureStub> {
    private MarketFutureStub(Channel channel, CallOptions callOptions) {
      super(channel, callOptions);
    }

    @Override
    protected MarketFutureStub build(Channel channel, CallOptions callOptions) {
      return new MarketFutureStub(channel, callOptions);
    }

    public ListenableFuture<String> quote(String symbol) {
      return ClientCalls.futureUnaryCall(getChannel().newCall(QUOTE, getCallOptions()), symbol);
    }
  }

  /** Not generated: a user's own stub, which nothing here knows how to make. */
  abstract static class HandmadeStub extends AbstractStub<HandmadeStub> {
    HandmadeStub(Channel channel) {
      super(channel);
    }
  }

  /** Strings on the wire. */
  static final class Text implements Marshaller<String> {
    static MethodDescriptor<String, String> method(MethodType type, String fullMethodName) {
      return MethodDescriptor.<String, String>newBuilder()
          .setType(type)
          .setFullMethodName(fullMethodName)
          .setRequestMarshaller(new Text())
          .setResponseMarshaller(new Text())
          .build();
    }

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
}
