package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc.MarketBlockingStub;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

/** Mended by a Context that is cancelled on every way out. */
@GrpcStreamLeakCheck
class EarlyReturnTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void findsTheFirstPriceAbove(MarketBlockingStub stub) {
    assertThat(firstAbove(100_00, stub).getCents()).isEqualTo(100_01);
  }

  // snippet:body
  private static Price firstAbove(long cents, MarketBlockingStub stub) {
    CancellableContext context = Context.current().withCancellation();
    Context caller = context.attach();
    try {
      Iterator<Price> prices = stub.watch(watch("ACME"));
      for (Price price : (Iterable<Price>) () -> prices) {
        if (price.getCents() > cents) {
          return price;
        }
      }
      throw new AssertionError("no price above " + cents);
    } finally {
      context.detachAndCancel(caller, null);
    }
  }
  // end:body
}
