package io.github.streamleak.examples.market.leaky;

import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.examples.market.WatchRequest;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.stub.StreamObserver;
import org.junit.jupiter.api.Test;

/** Calls a handler that never completes, and leaves after its messages. */
@GrpcStreamLeakCheck
class UnfinishedHandlerTest {
  @Serve final StalledMarket market = new StalledMarket();

  @Test
  void takesThreePrices(MarketGrpc.MarketStub stub) throws Exception {
    Received<Price> prices = new Received<>();
    // snippet:body
    stub.watch(watch("ACME"), prices); // opens
    // end:body

    assertThat(prices.next().getCents()).isEqualTo(0);
    assertThat(prices.next().getCents()).isEqualTo(1);
    assertThat(prices.next().getCents()).isEqualTo(2);
  }

  /** Forgets {@code onCompleted}. */
  private static final class StalledMarket extends MarketGrpc.MarketImplBase {
    // snippet:handler
    @Override
    public void watch(WatchRequest request, StreamObserver<Price> prices) {
      for (int i = 0; i < 3; i++) {
        prices.onNext(Price.newBuilder().setSymbol(request.getSymbol()).setCents(i).build());
      }
    }
    // end:handler
  }
}
