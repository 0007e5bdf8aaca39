package io.github.streamleak.programs;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A server and one channel to it, for all programs: each program has a recorder of its own, and the
 * handler that is set when its call is started.
 */
final class Wire implements AutoCloseable {

  private static final String NAME = "programs";
  private static final String SYNC = "programs.Life/sync";

  private final Transport transport;
  private final Server server;
  private final ManagedChannel channel;
  private final MethodDescriptor<String, String> sync = method(SYNC, MethodType.BIDI_STREAMING);
  private volatile @Nullable ServerCallHandler<String, String> handler;

  Wire(Transport transport) {
    this.transport = transport;
    // The picker hook wraps the policies of channels that are built after the first recorder.
    GrpcStreamRecorder.create().close();
    try {
      if (transport == Transport.IN_PROCESS) {
        server =
            InProcessServerBuilder.forName(NAME)
                .directExecutor()
                .fallbackHandlerRegistry(new Methods())
                .build()
                .start();
        channel = InProcessChannelBuilder.forName(NAME).directExecutor().build();
      } else {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        server =
            NettyServerBuilder.forAddress(new InetSocketAddress(loopback, 0))
                .directExecutor()
                .fallbackHandlerRegistry(new Methods())
                .build()
                .start();
        channel =
            NettyChannelBuilder.forAddress(new InetSocketAddress(loopback, server.getPort()))
                .usePlaintext()
                .directExecutor()
                .build();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // The connection is up before the first program: no pick is buffered.
    roundTrip();
  }

  ManagedChannel channel() {
    return channel;
  }

  MethodDescriptor<String, String> method(MethodType type) {
    return method("programs.Life/" + type, type);
  }

  void serve(ServerCallHandler<String, String> handler) {
    this.handler = handler;
  }

  /**
   * Returns when all that was done before on either side has had its effects on both.
   *
   * <p>One connection and one event loop for each side keep frames in their order, but within one
   * flush HEADERS may overtake DATA. So the first round trip flushes what the client has written,
   * the second one what the server answers, and the third one what the client does about that.
   */
  void settle() {
    if (transport == Transport.NETTY) {
      roundTrip();
      roundTrip();
      roundTrip();
    }
  }

  private void roundTrip() {
    Semaphore closed = new Semaphore(0);
    ClientCall<String, String> call = channel.newCall(sync, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            closed.release();
          }
        },
        new Metadata());
    call.halfClose();
    closed.acquireUninterruptibly();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private static MethodDescriptor<String, String> method(String name, MethodType type) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(type)
        .setFullMethodName(name)
        .setRequestMarshaller(Text.INSTANCE)
        .setResponseMarshaller(Text.INSTANCE)
        .build();
  }

  private final class Methods extends HandlerRegistry {
    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
        String name, @Nullable String authority) {
      if (name.equals(SYNC)) {
        return ServerMethodDefinition.create(
            sync,
            (call, headers) -> {
              call.close(Status.OK, new Metadata());
              return new ServerCall.Listener<>() {};
            });
      }
      ServerCallHandler<String, String> current = handler;
      for (MethodType type : MethodType.values()) {
        if (current != null && name.equals("programs.Life/" + type)) {
          return ServerMethodDefinition.create(method(type), current);
        }
      }
      return null;
    }
  }

  private enum Text implements MethodDescriptor.Marshaller<String> {
    INSTANCE;

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
