package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.trade;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.examples.market.Trade;
import io.github.streamleak.examples.market.UploadSummary;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.stub.StreamObserver;
import org.junit.jupiter.api.Test;

/** Mended by completing the request observer on every way out. */
@GrpcStreamLeakCheck
class RequestObserverTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void uploadsTwoTrades(MarketGrpc.MarketStub stub) throws Exception {
    Received<UploadSummary> summaries = new Received<>();
    // snippet:body
    StreamObserver<Trade> upload = stub.upload(summaries);
    upload.onNext(trade("ACME", 2, 100_00));
    upload.onNext(trade("GLOBEX", 10, 25_50));
    upload.onCompleted();
    // end:body

    assertThat(summaries.next().getTrades()).isEqualTo(2);
  }
}
