package io.github.streamleak.examples.market.mended;

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

/** Mended by half-closing when all is sent, or cancelling, and reading to the terminal status. */
@GrpcStreamLeakCheck
class BlockingV2UploadTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void uploadsTwoTrades(MarketGrpc.MarketBlockingV2Stub stub) throws Exception {
    // snippet:body
    BlockingClientCall<Trade, UploadSummary> call = stub.upload();
    try {
      assertThat(call.write(trade("ACME", 2, 100_00))).isTrue();
      assertThat(call.write(trade("GLOBEX", 10, 25_50))).isTrue();
      call.halfClose();
    } catch (Exception | Error e) {
      call.cancel("not all was sent", e);
      throw e;
    }

    assertThat(call.read()).extracting(UploadSummary::getTrades).isEqualTo(2);
    assertThat(call.read()).isNull();
    // end:body
  }
}
