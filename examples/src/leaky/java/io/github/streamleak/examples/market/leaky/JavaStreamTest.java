package io.github.streamleak.examples.market.leaky;

import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc.MarketBlockingStub;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Cuts a Java Stream over the messages with {@code limit}, which closes nothing. */
@GrpcStreamLeakCheck
class JavaStreamTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void takesTwoPrices(MarketBlockingStub stub) {
    // snippet:test
    assertThat(prices(stub).limit(2)).hasSize(2);
    // end:test
  }

  // snippet:body
  private static Stream<Price> prices(MarketBlockingStub stub) {
    Iterator<Price> prices = stub.watch(watch("ACME")); // opens
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(prices, Spliterator.ORDERED), false);
  }
  // end:body
}
