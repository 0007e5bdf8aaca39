package io.github.streamleak.testsupport;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
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
import java.util.function.Consumer;

/** A server and channels to it, of any transport; shut down in reverse order. */
public final class Wire implements AutoCloseable {

  /** The address of an in-process server that was given no other. Texts name it. */
  private static final String NAME = "market";

  private final Transport transport;
  private final String name;
  private final Server server;
  private final int port;
  private final Deque<Runnable> closers = new ArrayDeque<>();

  private Wire(Transport transport, String name, Consumer<? super ServerBuilder<?>> setUp) {
    this.transport = transport;
    this.name = name;
    ServerBuilder<?> builder =
        switch (transport) {
          case IN_PROCESS_DIRECT -> InProcessServerBuilder.forName(name).directExecutor();
          case IN_PROCESS_POOLED -> InProcessServerBuilder.forName(name);
          case NETTY -> NettyServerBuilder.forAddress(loopback(0));
        };
    setUp.accept(builder);
    try {
      server = builder.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    port = server.getPort();
    closers.push(
        () -> {
          server.shutdownNow();
          Await.until(server::isTerminated);
        });
  }

  /** Starts a server of {@code service}. In-process only one at a time, for it has a fixed name. */
  public static Wire to(Transport transport, BindableService service) {
    return to(transport, server -> server.addService(service));
  }

  /** Starts a server that serves what {@code setUp} adds. */
  public static Wire to(Transport transport, Consumer<? super ServerBuilder<?>> setUp) {
    return new Wire(transport, NAME, setUp);
  }

  /** Starts an in-process server on direct executors. */
  public static Wire direct(BindableService service) {
    return direct(NAME, service);
  }

  /** Starts an in-process server on direct executors, at an address of its own. */
  public static Wire direct(String name, BindableService service) {
    return new Wire(Transport.IN_PROCESS_DIRECT, name, server -> server.addService(service));
  }

  /** Returns the address of {@code port} on this machine. */
  public static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  public Server server() {
    return server;
  }

  /** Returns the address that a channel over Netty connects to, even if the server is gone. */
  public InetSocketAddress address() {
    return loopback(port);
  }

  /** Returns a builder for a channel to the server. */
  public ManagedChannelBuilder<?> builder() {
    return switch (transport) {
      case IN_PROCESS_DIRECT -> InProcessChannelBuilder.forName(name).directExecutor();
      case IN_PROCESS_POOLED -> InProcessChannelBuilder.forName(name);
      case NETTY -> NettyChannelBuilder.forAddress(address()).usePlaintext();
    };
  }

  /** Builds a channel to the server, once {@code setUp} has had its builder. */
  public ManagedChannel channel(Consumer<? super ManagedChannelBuilder<?>> setUp) {
    ManagedChannelBuilder<?> builder = builder();
    setUp.accept(builder);
    return closing(builder.build());
  }

  /** Shuts a channel down with this wire. */
  public ManagedChannel closing(ManagedChannel channel) {
    closers.push(
        () -> {
          channel.shutdownNow();
          Await.until(channel::isTerminated);
        });
    return channel;
  }

  @Override
  public void close() {
    while (!closers.isEmpty()) {
      closers.pop().run();
    }
  }
}
