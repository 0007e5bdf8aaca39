package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc.MarketBlockingStub;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Mended by closing the stream, which cancels the Context of the call. */
@GrpcStreamLeakCheck
class JavaStreamTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void takesTwoPrices(MarketBlockingStub stub) {
    // snippet:test
    try (Stream<Price> prices = prices(stub)) {
      assertThat(prices.limit(2)).hasSize(2);
    }
    // end:test
  }

  // snippet:body
  private static Stream<Price> prices(MarketBlockingStub stub) {
    CancellableContext context = Context.current().withCancellation();
    Context caller = context.attach();
    try {
      Iterator<Price> prices = stub.watch(watch("ACME"));
      return StreamSupport.stream(
              Spliterators.spliteratorUnknownSize(prices, Spliterator.ORDERED), false)
          .onClose(() -> context.cancel(null));
    } finally {
      context.detach(caller);
    }
  }
  // end:body
}
