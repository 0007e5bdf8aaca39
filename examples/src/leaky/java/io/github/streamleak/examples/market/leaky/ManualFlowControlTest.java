package io.github.streamleak.examples.market.leaky;

import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.examples.market.WatchRequest;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import org.junit.jupiter.api.Test;

/** Takes flow control into its own hands and forgets to ask for more. */
@GrpcStreamLeakCheck
class ManualFlowControlTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void firstPriceIsThatOfTheOpening(MarketGrpc.MarketStub stub) throws Exception {
    AsksOnce prices = new AsksOnce();
    stub.watch(watch("ACME"), prices); // opens

    assertThat(prices.received.next().getCents()).isEqualTo(100_00);
  }

  private static final class AsksOnce implements ClientResponseObserver<WatchRequest, Price> {
    final Received<Price> received = new Received<>();

    // snippet:body
    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> call) {
      call.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(Price price) {
      received.onNext(price);
    }

    // end:body

    @Override
    public void onError(Throwable failure) {
      received.onError(failure);
    }

    @Override
    public void onCompleted() {
      received.onCompleted();
    }
  }
}
