package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

/** Mended by reading the iterator to its end. */
@GrpcStreamLeakCheck
class IteratorTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void firstPriceIsThatOfTheOpening(MarketGrpc.MarketBlockingStub stub) {
    // snippet:body
    Iterator<Price> prices = stub.watch(watch("ACME"));

    assertThat(prices.next().getCents()).isEqualTo(100_00);
    assertThat(prices).toIterable().hasSize(4);
    // end:body
  }
}
