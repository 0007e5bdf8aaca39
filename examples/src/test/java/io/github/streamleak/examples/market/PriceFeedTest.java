package io.github.streamleak.examples.market;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import org.junit.jupiter.api.Test;

@GrpcStreamLeakCheck
class PriceFeedTest {
  /** Never completes. */
  @Serve
  final MarketGrpc.MarketImplBase market =
      new MarketGrpc.MarketImplBase() {
        @Override
        public void watch(WatchRequest request, StreamObserver<Price> prices) {
          prices.onNext(Price.newBuilder().setSymbol(request.getSymbol()).build());
        }
      };

  @Test
  void cancelsWhenItIsClosed(Channel channel) throws Exception {
    Received<Price> received = new Received<>();
    try (PriceFeed feed = PriceFeed.open(channel, "ACME", received::onNext)) {
      assertThat(feed).isNotNull();
      assertThat(received.next().getSymbol()).isEqualTo("ACME");
    }
  }
}
