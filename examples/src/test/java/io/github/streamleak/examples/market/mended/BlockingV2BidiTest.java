package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.SubscribeRequest;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.stub.BlockingClientCall;
import org.junit.jupiter.api.Test;

/** Mended by cancelling the call, since the other prices are not wanted. */
@GrpcStreamLeakCheck
class BlockingV2BidiTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void firstPriceComesAfterTheFirstSubscription(MarketGrpc.MarketBlockingV2Stub stub)
      throws Exception {
    // snippet:body
    BlockingClientCall<SubscribeRequest, Price> call = stub.subscribe();
    call.write(subscribe("ACME"));
    Price first = call.read();
    call.cancel("only the first price is wanted", null);

    assertThat(first).extracting(Price::getCents).isEqualTo(100_00L);
    // end:body
  }
}
