package io.github.streamleak.examples.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@GrpcStreamLeakCheck
class PriceWatcherTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void readsAllPrices(Channel channel) {
    assertThat(new PriceWatcher(channel).prices("ACME", 3))
        .extracting(Price::getCents)
        .containsExactly(100_00L, 100_01L, 100_02L);
  }

  @Test
  void readsFivePricesWhereNoneAreCounted(Channel channel) {
    assertThat(new PriceWatcher(channel).prices("ACME", 0)).hasSize(5);
  }

  @Test
  void cancelsAfterTheFirstPrice(Channel channel) {
    assertThat(new PriceWatcher(channel).firstPrice("ACME").getCents()).isEqualTo(100_00);
  }

  @Test
  void cancelsWhenTheStreamOfPricesIsClosed(Channel channel) {
    try (Stream<Price> prices = new PriceWatcher(channel).openPrices("GLOBEX")) {
      assertThat(prices.limit(2)).extracting(Price::getCents).containsExactly(25_50L, 25_51L);
    }
  }

  @Test
  void saysWhichSymbolIsUnknown(Channel channel) {
    assertThatThrownBy(() -> new PriceWatcher(channel).firstPrice("NOPE"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("NOT_FOUND: no such symbol: NOPE");
  }
}
