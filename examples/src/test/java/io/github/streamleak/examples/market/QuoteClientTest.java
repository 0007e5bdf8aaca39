package io.github.streamleak.examples.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

@GrpcStreamLeakCheck
class QuoteClientTest {
  @Serve final MarketService market = new MarketService();

  private final QuoteClient client;

  QuoteClientTest(ManagedChannel channel) {
    client = new QuoteClient(channel, Duration.ofSeconds(10));
  }

  @Test
  void waitsForTheQuote() {
    QuoteReply quote = client.quote("ACME");

    assertThat(quote.getBidCents()).isEqualTo(99_98);
    assertThat(quote.getAskCents()).isEqualTo(100_02);
  }

  @Test
  void saysWhichSymbolIsUnknown() {
    assertThatThrownBy(() -> client.quote("NOPE"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("NOT_FOUND: no such symbol: NOPE");
  }

  @Test
  void quotesLater() throws Exception {
    assertThat(client.quoteLater("GLOBEX").get().getAskCents()).isEqualTo(25_52);
  }

  @Test
  void failsLaterForAnUnknownSymbol() {
    assertThatThrownBy(() -> client.quoteLater("NOPE").get())
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseMessage("NOT_FOUND: no such symbol: NOPE");
  }
}
