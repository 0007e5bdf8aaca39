package acme.shop;

import acme.shop.v1.Flag;
import acme.shop.v1.FlagValue;
import acme.shop.v1.FlagsGrpc;
import acme.shop.v1.Item;
import acme.shop.v1.Price;
import acme.shop.v1.PricesGrpc;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import jakarta.annotation.PreDestroy;
import java.util.ArrayList;
import java.util.List;
import org.springframework.context.annotation.Lazy;
import org.springframework.stereotype.Component;

/** What the shop has, read over gRPC by stubs that Spring injects. */
@Component
@Lazy // the port that the channel leads to is known once the server has started
class Catalogue {

  private final PricesGrpc.PricesBlockingStub prices;
  private final FlagsGrpc.FlagsStub flags;
  private final Context.CancellableContext untilClosed = Context.current().withCancellation();

  Catalogue(PricesGrpc.PricesBlockingStub prices, FlagsGrpc.FlagsStub flags) {
    this.prices = prices;
    this.flags = flags;
  }

  /** Leaves the stream behind. */
  Price firstPrice(String item) {
    return prices.watch(item(item)).next();
  }

  List<Price> allPrices(String item) {
    List<Price> all = new ArrayList<>();
    prices.watch(item(item)).forEachRemaining(all::add);
    return all;
  }

  /** Watches until Spring closes this bean. */
  void watchFlag(String name, StreamObserver<FlagValue> values) {
    untilClosed.run(() -> flags.watch(Flag.newBuilder().setName(name).build(), values));
  }

  @PreDestroy
  void close() {
    untilClosed.cancel(null);
  }

  private static Item item(String name) {
    return Item.newBuilder().setName(name).build();
  }
}
