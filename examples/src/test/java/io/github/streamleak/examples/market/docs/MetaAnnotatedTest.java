package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.examples.market.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.junit.Serve;

class MetaAnnotatedTest {
  @Serve final MarketService market = new MarketService();

  @MarketTest
  void leavesTheSubscriptionOpen(MarketGrpc.MarketStub stub) throws Exception {
    Received<Price> prices = new Received<>();
    stub.subscribe(prices).onNext(subscribe("GLOBEX"));

    assertThat(prices.next().getCents()).isEqualTo(25_50);
  }
}
