package io.github.streamleak.examples.market.leaky;

import static io.github.streamleak.examples.market.Requests.trade;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Trade;
import io.github.streamleak.examples.market.UploadSummary;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.stub.BlockingClientCall;
import org.junit.jupiter.api.Test;

/** Writes its messages and never half-closes. */
@GrpcStreamLeakCheck
class BlockingV2UploadTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void uploadsTwoTrades(MarketGrpc.MarketBlockingV2Stub stub) throws Exception {
    // snippet:body
    BlockingClientCall<Trade, UploadSummary> call = stub.upload(); // opens
    assertThat(call.write(trade("ACME", 2, 100_00))).isTrue();
    assertThat(call.write(trade("GLOBEX", 10, 25_50))).isTrue();
    // end:body
  }
}
