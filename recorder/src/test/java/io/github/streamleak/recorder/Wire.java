package io.github.streamleak.recorder;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A server and recorded channels to it, of any transport; shut down in reverse order. */
final class Wire implements AutoCloseable {

  /** The transports that every promise is held to. */
  enum Transport {
    /** Everything on the caller's thread: the order of events is the same in every run. */
    IN_PROCESS_DIRECT,
    IN_PROCESS_POOLED,
    NETTY
  }

  static final String NAME = "market";

  private final Transport transport;
  private final Deque<Runnable> closers = new ArrayDeque<>();
  private final int port;

  private Wire(Transport transport, BindableService service) {
    this.transport = transport;
    try {
      Server server =
          switch (transport) {
            case IN_PROCESS_DIRECT ->
                InProcessServerBuilder.forName(NAME).directExecutor().addService(service).build();
            case IN_PROCESS_POOLED ->
                InProcessServerBuilder.forName(NAME).addService(service).build();
            case NETTY ->
                NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .addService(service)
                    .build();
          };
      server.start();
      this.port = server.getPort();
      closers.push(() -> end(server));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Wire to(Transport transport, BindableService service) {
    return new Wire(transport, service);
  }

  static Wire direct(BindableService service) {
    return new Wire(Transport.IN_PROCESS_DIRECT, service);
  }

  int port() {
    return port;
  }

  ManagedChannelBuilder<?> builder() {
    return switch (transport) {
      case IN_PROCESS_DIRECT -> InProcessChannelBuilder.forName(NAME).directExecutor();
      case IN_PROCESS_POOLED -> InProcessChannelBuilder.forName(NAME);
      case NETTY ->
          NettyChannelBuilder.forAddress(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
              .usePlaintext();
    };
  }

  ManagedChannel channel(GrpcStreamRecorder recorder) {
    return channel(recorder, builder -> {});
  }

  ManagedChannel channel(
      GrpcStreamRecorder recorder, Consumer<? super ManagedChannelBuilder<?>> setup) {
    ManagedChannelBuilder<?> builder = builder();
    setup.accept(builder);
    return closing(recorder.attachTo(builder).build());
  }

  /** Shuts a channel down with this wire. */
  ManagedChannel closing(ManagedChannel channel) {
    closers.push(() -> end(channel));
    return channel;
  }

  private static void end(ManagedChannel channel) {
    channel.shutdownNow();
    until(channel::isTerminated);
  }

  private static void end(Server server) {
    server.shutdownNow();
    until(server::isTerminated);
  }

  @Override
  public void close() {
    while (!closers.isEmpty()) {
      closers.pop().run();
    }
  }

  /**
   * Gives way to other threads until {@code condition} holds. A test that hangs here has failed.
   */
  // Only to give way: a yield that does nothing makes this slower and not wrong.
  @SuppressWarnings("ThreadPriorityCheck")
  static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Thread.yield();
    }
  }

  /** Replaces what no two builds or runs share: lines, numbers of lambdas, the port. */
  static String stable(String text) {
    return text.replaceAll("\\.java:\\d+\\)", ".java:LINE)")
        .replaceAll("(lambda\\$\\w+\\$)\\d+", "$1N")
        .replaceAll("(localhost)?/?127\\.0\\.0\\.1:\\d+", "LOOPBACK");
  }
}
