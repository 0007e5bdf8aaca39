package io.github.streamleak.conformance;

import io.grpc.BindableService;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.inprocess.InProcessSocketAddress;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/** The transports that every case is held to. */
enum Transport {
  /** Everything happens on the caller's thread. */
  IN_PROCESS_DIRECT("in-process, direct"),
  IN_PROCESS_POOL("in-process, pool"),
  NETTY("Netty, loopback"),
  NETTY_UNIX("Netty, Unix socket"),
  NETTY_SHADED("Netty, shaded");

  /** round_robin and least_request have three to choose from. */
  static final int BACKENDS = 3;

  /** The longest message, in bytes, that the servers take. */
  static final int INBOUND_LIMIT = 1000;

  private static final AtomicInteger NAMES = new AtomicInteger();

  private final String text;

  Transport(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  boolean isInProcess() {
    return this == IN_PROCESS_DIRECT || this == IN_PROCESS_POOL;
  }

  /** Returns a builder for a channel to a target that {@link GridResolver} knows. */
  ManagedChannelBuilder<?> channel(String target) {
    return switch (this) {
      case IN_PROCESS_DIRECT -> InProcessChannelBuilder.forTarget(target).directExecutor();
      case IN_PROCESS_POOL -> InProcessChannelBuilder.forTarget(target);
      case NETTY -> NettyChannelBuilder.forTarget(target).usePlaintext();
      case NETTY_UNIX ->
          NettyChannelBuilder.forTarget(target)
              .usePlaintext()
              .eventLoopGroup(Unix.LOOPS)
              .channelType(
                  Unix.EPOLL ? EpollDomainSocketChannel.class : NioDomainSocketChannel.class);
      case NETTY_SHADED ->
          io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder.forTarget(target).usePlaintext();
    };
  }

  /** Starts a server with {@code services} and the grid's own. */
  Backend serve(BindableService... services) {
    return start(address(), ScriptedServer.service(), services);
  }

  private SocketAddress address() {
    return switch (this) {
      case IN_PROCESS_DIRECT, IN_PROCESS_POOL ->
          new InProcessSocketAddress("grid-" + NAMES.incrementAndGet());
      case NETTY, NETTY_SHADED -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      case NETTY_UNIX -> Unix.address(NAMES.incrementAndGet());
    };
  }

  /** Returns an address of this transport at which there is no server. */
  SocketAddress nobodyListens() {
    // Port 1 needs privileges that no test has.
    return address() instanceof InetSocketAddress
        ? new InetSocketAddress(InetAddress.getLoopbackAddress(), 1)
        : address();
  }

  private Backend start(
      SocketAddress address, ServerServiceDefinition definition, BindableService... services) {
    ServerBuilder<?> builder =
        switch (this) {
          case IN_PROCESS_DIRECT -> InProcessServerBuilder.forAddress(address).directExecutor();
          case IN_PROCESS_POOL -> InProcessServerBuilder.forAddress(address);
          case NETTY -> NettyServerBuilder.forAddress(address);
          case NETTY_UNIX ->
              NettyServerBuilder.forAddress(address)
                  .bossEventLoopGroup(Unix.LOOPS)
                  .workerEventLoopGroup(Unix.LOOPS)
                  .channelType(
                      Unix.EPOLL
                          ? EpollServerDomainSocketChannel.class
                          : NioServerDomainSocketChannel.class);
          case NETTY_SHADED ->
              io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder.forAddress(address);
        };
    // In-process does not know the limit.
    builder.maxInboundMessageSize(INBOUND_LIMIT);
    builder.addService(definition);
    for (BindableService service : services) {
      builder.addService(service);
    }
    try {
      Server server = builder.build().start();
      return new Backend(server, address instanceof InetSocketAddress ? bound(server) : address);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SocketAddress bound(Server server) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort());
  }

  /** Returns the servers that all cells of this transport share. They live as long as the JVM. */
  List<Backend> backends() {
    return Objects.requireNonNull(Shared.BACKENDS_OF.get(this));
  }

  /** A server and where it listens. */
  record Backend(Server server, SocketAddress address) {}

  private static final class Shared {
    static final EnumMap<Transport, List<Backend>> BACKENDS_OF = new EnumMap<>(Transport.class);

    static {
      for (Transport transport : Transport.values()) {
        List<Backend> backends = new ArrayList<>();
        for (int i = 0; i < BACKENDS; i++) {
          backends.add(transport.serve());
        }
        BACKENDS_OF.put(transport, backends);
      }
    }
  }

  private static final class Unix {
    static final boolean EPOLL = Epoll.isAvailable();
    static final EventLoopGroup LOOPS =
        new MultiThreadIoEventLoopGroup(
            4,
            new DefaultThreadFactory("grid-unix", true),
            EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    private static final Path FOLDER = folder();

    static SocketAddress address(int number) {
      Path socket = FOLDER.resolve(number + ".sock");
      socket.toFile().deleteOnExit();
      return EPOLL ? new DomainSocketAddress(socket.toFile()) : UnixDomainSocketAddress.of(socket);
    }

    private static Path folder() {
      try {
        Path folder = Files.createTempDirectory("grid");
        folder.toFile().deleteOnExit();
        return folder;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
