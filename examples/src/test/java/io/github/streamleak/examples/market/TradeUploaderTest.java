package io.github.streamleak.examples.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.Channel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@GrpcStreamLeakCheck
class TradeUploaderTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void sumsTheTrades(Channel channel) throws Exception {
    List<Trade> trades =
        List.of(Requests.trade("ACME", 2, 100_00), Requests.trade("GLOBEX", 10, 25_50));

    UploadSummary summary = new TradeUploader(channel).upload(trades).get(10, TimeUnit.SECONDS);

    assertThat(summary.getTrades()).isEqualTo(2);
    assertThat(summary.getValueCents()).isEqualTo(455_00);
  }

  @Test
  void takesTheUploadBackWhenTheTradesCannotBeRead(Channel channel) {
    Iterable<Trade> trades =
        () ->
            Stream.of("2", "ten")
                .map(quantity -> Requests.trade("ACME", Long.parseLong(quantity), 100_00))
                .iterator();

    assertThatThrownBy(() -> new TradeUploader(channel).upload(trades))
        .isInstanceOf(NumberFormatException.class)
        .hasMessage("For input string: \"ten\"");
  }
}
