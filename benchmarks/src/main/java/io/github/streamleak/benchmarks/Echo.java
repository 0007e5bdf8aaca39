package io.github.streamleak.benchmarks;

import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The service that is called and its client. A message is sixteen bytes, as they are: the less a
 * call costs by itself, the more of it the check is.
 */
final class Echo implements BindableService {

  private static final MethodDescriptor<byte[], byte[]> UNARY = method("Unary", MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> STREAM =
      method("Stream", MethodType.SERVER_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> BIDI =
      method("Bidi", MethodType.BIDI_STREAMING);

  @Override
  public ServerServiceDefinition bindService() {
    return ServerServiceDefinition.builder("bench.Echo")
        .addMethod(
            UNARY,
            ServerCalls.asyncUnaryCall(
                (request, replies) -> {
                  replies.onNext(request);
                  replies.onCompleted();
                }))
        .addMethod(
            STREAM,
            ServerCalls.asyncServerStreamingCall(
                (request, replies) -> {
                  int count = ByteBuffer.wrap(request).getInt();
                  for (int i = 0; i < count; i++) {
                    replies.onNext(request);
                  }
                  if (count > 0) {
                    replies.onCompleted();
                  }
                }))
        .addMethod(
            BIDI,
            ServerCalls.asyncBidiStreamingCall(
                replies ->
                    new StreamObserver<byte[]>() {
                      @Override
                      public void onNext(byte[] message) {
                        replies.onNext(message);
                      }

                      @Override
                      public void onError(Throwable t) {
                        // The client has cancelled: nobody is left to answer.
                      }

                      @Override
                      public void onCompleted() {
                        replies.onCompleted();
                      }
                    }))
        .build();
  }

  static void unary(Channel channel) {
    byte[] reply = ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, message(7));
    require(ByteBuffer.wrap(reply).getInt() == 7, "a unary call was not echoed");
  }

  /** Takes {@code count} messages of one stream. */
  static void stream(Channel channel, int count) {
    Replies replies = new Replies();
    ClientCalls.asyncServerStreamingCall(
        channel.newCall(STREAM, CallOptions.DEFAULT), message(count), replies);
    replies.awaitEnd();
    require(replies.count == count, "a stream lacks messages");
  }

  /** Opens a stream that the server never answers. */
  static void open(Channel channel) {
    ClientCalls.asyncServerStreamingCall(
        channel.newCall(STREAM, CallOptions.DEFAULT), message(0), new Replies());
  }

  /** Returns a request for no message, on a call of its own: an event that goes nowhere. */
  static Runnable asking(Channel channel) {
    ClientCall<byte[], byte[]> call = channel.newCall(STREAM, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    return () -> call.request(0);
  }

  /** Reads the first of many messages and walks away. */
  static void leave(Channel channel) {
    ClientCalls.blockingServerStreamingCall(channel, STREAM, CallOptions.DEFAULT, message(10))
        .next();
  }

  /** Sends {@code count} messages on one stream, each after the answer to the one before. */
  static void pingPong(Channel channel, int count) {
    Replies replies = new Replies();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(BIDI, CallOptions.DEFAULT), replies);
    for (int i = 0; i < count; i++) {
      requests.onNext(message(i));
      replies.arrived.acquireUninterruptibly();
    }
    requests.onCompleted();
    replies.awaitEnd();
    require(replies.count == count, "a ping lacks its pong");
  }

  private static final class Replies implements StreamObserver<byte[]> {

    private final Semaphore arrived = new Semaphore(0);
    private final Semaphore ended = new Semaphore(0);
    private volatile @Nullable Throwable failure;

    /** Written by one callback at a time, read after the end. */
    private int count;

    @Override
    public void onNext(byte[] message) {
      count++;
      arrived.release();
    }

    @Override
    public void onError(Throwable t) {
      failure = t;
      arrived.release(Integer.MAX_VALUE / 2);
      ended.release();
    }

    @Override
    public void onCompleted() {
      ended.release();
    }

    void awaitEnd() {
      ended.acquireUninterruptibly();
      if (failure != null) {
        throw new IllegalStateException(failure);
      }
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  private static byte[] message(int number) {
    return ByteBuffer.allocate(16).putInt(number).array();
  }

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName("bench.Echo", name))
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        // As generated code has it: OpenTelemetry names the method only then.
        .setSampledToLocalTracing(true)
        .build();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
