package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.examples.market.SubscribeRequest;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.junit.jupiter.api.Test;

/** Mended by asking for all that is left, up to the terminal status. */
@GrpcStreamLeakCheck
class RawBidiCallTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void firstPriceComesAfterTheFirstSubscription(Channel channel) throws Exception {
    // snippet:body
    ClientCall<SubscribeRequest, Price> call =
        channel.newCall(MarketGrpc.getSubscribeMethod(), CallOptions.DEFAULT);
    Listener prices = new Listener();
    call.start(prices, new Metadata());
    call.request(1);
    call.sendMessage(subscribe("ACME"));
    Price first = prices.received.next();
    call.halfClose();

    assertThat(first.getCents()).isEqualTo(100_00);
    call.request(Integer.MAX_VALUE);
    assertThat(prices.received.terminalStatus()).isEqualTo(Status.OK);
    // end:body
  }

  private static final class Listener extends ClientCall.Listener<Price> {
    final Received<Price> received = new Received<>();

    @Override
    public void onMessage(Price price) {
      received.onNext(price);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.isOk()) {
        received.onCompleted();
      } else {
        received.onError(status.asException());
      }
    }
  }
}
