package io.github.streamleak.conformance.reactive;

import io.grpc.BindableService;
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

/** What carries the calls of a cell. */
public enum Transport {
  /** Everything on the caller's thread. */
  IN_PROCESS_DIRECT,
  /** Callbacks on gRPC's pool. */
  IN_PROCESS_POOLED,
  /** Over loopback. */
  NETTY;

  private static final String NAME = "reactive-grid";

  Server start(BindableService service) {
    ServerBuilder<?> builder =
        switch (this) {
          case IN_PROCESS_DIRECT -> InProcessServerBuilder.forName(NAME).directExecutor();
          case IN_PROCESS_POOLED -> InProcessServerBuilder.forName(NAME);
          case NETTY -> NettyServerBuilder.forAddress(loopback(0));
        };
    try {
      return builder.addService(service).build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ManagedChannelBuilder<?> channelTo(Server server) {
    return switch (this) {
      case IN_PROCESS_DIRECT -> InProcessChannelBuilder.forName(NAME).directExecutor();
      case IN_PROCESS_POOLED -> InProcessChannelBuilder.forName(NAME);
      case NETTY -> NettyChannelBuilder.forAddress(loopback(server.getPort())).usePlaintext();
    };
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }
}
