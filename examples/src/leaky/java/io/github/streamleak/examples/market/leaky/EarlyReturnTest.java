package io.github.streamleak.examples.market.leaky;

import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc.MarketBlockingStub;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

/** Returns out of the loop over the messages once it has what it needs. */
@GrpcStreamLeakCheck
class EarlyReturnTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void findsTheFirstPriceAbove(MarketBlockingStub stub) {
    assertThat(firstAbove(100_00, stub).getCents()).isEqualTo(100_01);
  }

  // snippet:body
  private static Price firstAbove(long cents, MarketBlockingStub stub) {
    Iterator<Price> prices = stub.watch(watch("ACME")); // opens
    for (Price price : (Iterable<Price>) () -> prices) {
      if (price.getCents() > cents) {
        return price;
      }
    }
    throw new AssertionError("no price above " + cents);
  }
  // end:body
}
