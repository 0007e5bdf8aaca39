package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.examples.market.Requests.quote;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.QuoteClient;
import io.github.streamleak.junit.GrpcInject;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.grpc.Channel;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

// snippet:injection
@GrpcStreamLeakCheck
class InjectionTest {
  @Serve final MarketService market = new MarketService();

  @GrpcInject MarketGrpc.MarketBlockingStub field;

  private final QuoteClient client;

  InjectionTest(Channel channel) {
    client = new QuoteClient(channel, Duration.ofSeconds(10));
  }

  @BeforeEach
  void marketIsOpen(MarketGrpc.MarketBlockingV2Stub stub) throws Exception {
    assertThat(stub.quote(quote("ACME")).getSymbol()).isEqualTo("ACME");
  }

  @Test
  void eachQuoteIsAStream(GrpcStreamRecorder recorder) {
    client.quote("ACME");
    field.quote(quote("ACME"));

    assertThat(recorder.streams())
        .extracting(stream -> stream.fullMethodName())
        .containsExactly("market.Market/Quote", "market.Market/Quote", "market.Market/Quote");
  }
}

// end:injection
