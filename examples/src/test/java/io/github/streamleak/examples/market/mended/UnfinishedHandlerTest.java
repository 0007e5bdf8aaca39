package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.examples.market.WatchRequest;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Mended on the side of the client, by a deadline. */
@GrpcStreamLeakCheck
class UnfinishedHandlerTest {
  @Serve final StalledMarket market = new StalledMarket();

  @Test
  void takesThreePrices(MarketGrpc.MarketStub stub) throws Exception {
    Received<Price> prices = new Received<>();
    // snippet:body
    stub.withDeadlineAfter(Duration.ofMillis(300)).watch(watch("ACME"), prices);

    assertThat(prices.terminalStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    // end:body
  }

  /** Forgets {@code onCompleted}. */
  private static final class StalledMarket extends MarketGrpc.MarketImplBase {
    @Override
    public void watch(WatchRequest request, StreamObserver<Price> prices) {
      for (int i = 0; i < 3; i++) {
        prices.onNext(Price.newBuilder().setSymbol(request.getSymbol()).setCents(i).build());
      }
    }
  }
}
