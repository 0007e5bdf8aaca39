package acme.shop;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Builds its channel itself. */
final class ShopClient implements AutoCloseable {

  private final ManagedChannel channel;

  ShopClient(Server shop) {
    channel = builder((InetSocketAddress) shop.getListenSockets().get(0)).usePlaintext().build();
  }

  /** OkHttp fits few versions of gRPC, and is on the class path of its own run alone. */
  private static ManagedChannelBuilder<?> builder(InetSocketAddress shop) {
    if (!Boolean.getBoolean("shop.okhttp")) {
      return NettyChannelBuilder.forAddress(shop);
    }
    try {
      return (ManagedChannelBuilder<?>)
          Class.forName("io.grpc.okhttp.OkHttpChannelBuilder")
              .getMethod("forAddress", String.class, int.class)
              .invoke(null, shop.getAddress().getHostAddress(), shop.getPort());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Leaves the stream behind. */
  String firstPrice() {
    return watch().next();
  }

  List<String> prices() {
    List<String> prices = new ArrayList<>();
    watch().forEachRemaining(prices::add);
    return prices;
  }

  private Iterator<String> watch() {
    return ClientCalls.blockingServerStreamingCall(channel, Shop.WATCH, CallOptions.DEFAULT, "tea");
  }

  @Override
  public void close() {
    // Leaves open streams be.
    channel.shutdown();
  }
}
