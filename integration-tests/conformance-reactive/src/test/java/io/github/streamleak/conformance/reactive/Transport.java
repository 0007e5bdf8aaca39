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
import java.net.SocketAddress;

/** What carries the calls of a cell. */
public enum Transport {
  /** Everything on the caller's thread. */
  IN_PROCESS_DIRECT("in-process, direct"),
  /** Callbacks on gRPC's pool. */
  IN_PROCESS_POOLED("in-process, pool"),
  /** Over loopback. */
  NETTY("Netty, loopback");

  private final String text;

  Transport(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  Server start(BindableService service) {
    String name = InProcessServerBuilder.generateName();
    ServerBuilder<?> builder =
        switch (this) {
          case IN_PROCESS_DIRECT -> InProcessServerBuilder.forName(name).directExecutor();
          case IN_PROCESS_POOLED -> InProcessServerBuilder.forName(name);
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
      case IN_PROCESS_DIRECT -> InProcessChannelBuilder.forAddress(socket(server)).directExecutor();
      case IN_PROCESS_POOLED -> InProcessChannelBuilder.forAddress(socket(server));
      case NETTY -> NettyChannelBuilder.forAddress(loopback(server.getPort())).usePlaintext();
    };
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private static SocketAddress socket(Server server) {
    return server.getListenSockets().get(0);
  }
}
