package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.examples.market.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.junit.AllowStreamLeak;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import org.junit.jupiter.api.Test;

@GrpcStreamLeakCheck
class AllowanceTest {
  @Serve final MarketService market = new MarketService();

  // snippet:allow
  @Test
  @AllowStreamLeak(method = "market.Market/Subscribe", reason = "lives as long as the client")
  void firstPriceComesAfterTheFirstSubscription(MarketGrpc.MarketStub stub) throws Exception {
    Received<Price> prices = new Received<>();
    stub.subscribe(prices).onNext(subscribe("ACME"));

    assertThat(prices.next().getCents()).isEqualTo(100_00);
  }
  // end:allow
}
