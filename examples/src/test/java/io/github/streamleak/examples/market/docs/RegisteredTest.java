package io.github.streamleak.examples.market.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.PriceWatcher;
import io.github.streamleak.junit.GrpcStreamLeakExtension;
import io.grpc.Channel;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

// snippet:builder
class RegisteredTest {
  @RegisterExtension
  final GrpcStreamLeakExtension streams =
      GrpcStreamLeakExtension.builder()
          .serve(new MarketService())
          .grace(Duration.ofSeconds(2))
          .allow("market.Market/Subscribe", "lives as long as the client")
          .build();

  @Test
  void readsAllPrices(Channel channel) {
    assertThat(new PriceWatcher(channel).prices("ACME", 3)).hasSize(3);
  }
}

// end:builder
