package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.examples.market.WatchRequest;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import org.junit.jupiter.api.Test;

/** Mended by asking for the next message after each one. */
@GrpcStreamLeakCheck
class ManualFlowControlTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void firstPriceIsThatOfTheOpening(MarketGrpc.MarketStub stub) throws Exception {
    AsksOnEach prices = new AsksOnEach();
    stub.watch(watch("ACME"), prices);

    assertThat(prices.received.next().getCents()).isEqualTo(100_00);
    assertThat(prices.received.terminalStatus()).isEqualTo(Status.OK);
  }

  private static final class AsksOnEach implements ClientResponseObserver<WatchRequest, Price> {
    final Received<Price> received = new Received<>();
    private Runnable askForNext = () -> {};

    // snippet:body
    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> call) {
      call.disableAutoRequestWithInitial(1);
      askForNext = () -> call.request(1);
    }

    @Override
    public void onNext(Price price) {
      received.onNext(price);
      askForNext.run();
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
