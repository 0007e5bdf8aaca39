package io.github.streamleak.examples.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.Channel;
import io.grpc.StatusException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

@GrpcStreamLeakCheck
class SubscriptionClientTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void readsThePricesOfEverySymbol(Channel channel) throws Exception {
    assertThat(new SubscriptionClient(channel).prices(List.of("ACME", "GLOBEX")))
        .extracting(Price::getCents)
        .containsExactly(100_00L, 100_01L, 100_02L, 25_50L, 25_51L, 25_52L);
  }

  @Test
  void failsForAnUnknownSymbol(Channel channel) {
    assertThatThrownBy(() -> new SubscriptionClient(channel).prices(List.of("NOPE")))
        .isInstanceOf(StatusException.class)
        .hasMessage("NOT_FOUND: no such symbol: NOPE");
  }

  @Test
  void collectsThePricesLater(Channel channel) throws Exception {
    assertThat(
            new SubscriptionClient(channel)
                .pricesLater(List.of("GLOBEX"))
                .get(10, TimeUnit.SECONDS))
        .extracting(Price::getCents)
        .containsExactly(25_50L, 25_51L, 25_52L);
  }

  @Test
  void failsLaterForAnUnknownSymbol(Channel channel) {
    assertThatThrownBy(
            () ->
                new SubscriptionClient(channel)
                    .pricesLater(List.of("NOPE"))
                    .get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseMessage("NOT_FOUND: no such symbol: NOPE");
  }
}
