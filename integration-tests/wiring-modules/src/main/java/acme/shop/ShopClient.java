package acme.shop;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Builds its channel itself. */
final class ShopClient implements AutoCloseable {

  private final ManagedChannel channel;

  ShopClient(Server shop) {
    channel = NettyChannelBuilder.forAddress(shop.getListenSockets().get(0)).usePlaintext().build();
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
