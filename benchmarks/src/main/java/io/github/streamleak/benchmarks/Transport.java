package io.github.streamleak.benchmarks;

import io.grpc.BindableService;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Supplier;

/** Where the server is, and on which threads the callbacks run. */
enum Transport {
  /** In-process, everything on the thread of the caller: nothing hides the cost of a hook. */
  DIRECT,
  /** In-process, on gRPC's own pool. */
  POOLED,
  /** HTTP/2 over the loopback, on gRPC's own pool. */
  NETTY;

  /** A running server and how to reach it. */
  record Served(Server server, Supplier<ManagedChannelBuilder<?>> builder)
      implements AutoCloseable {
    @Override
    public void close() {
      server.shutdownNow();
    }
  }

  Served serve(BindableService service) {
    try {
      if (this == NETTY) {
        // An event loop for each end and all channels: gRPC deals the channels out to several, and
        // which one a channel has makes more of a difference than what looks at its calls.
        EventLoopGroup atServer = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        EventLoopGroup atClient = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        Server server =
            NettyServerBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bossEventLoopGroup(atServer)
                .workerEventLoopGroup(atServer)
                .channelType(NioServerSocketChannel.class)
                .addService(service)
                .build()
                .start();
        int port = server.getPort();
        return new Served(
            server,
            () ->
                NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .eventLoopGroup(atClient)
                    .channelType(NioSocketChannel.class)
                    .usePlaintext());
      }
      String name = InProcessServerBuilder.generateName();
      InProcessServerBuilder served = InProcessServerBuilder.forName(name).addService(service);
      boolean direct = this == DIRECT;
      Server server = (direct ? served.directExecutor() : served).build().start();
      return new Served(
          server,
          () -> {
            InProcessChannelBuilder builder = InProcessChannelBuilder.forName(name);
            return direct ? builder.directExecutor() : builder;
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
