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
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.junit.jupiter.api.Test;

/** Mended by half-closing when all is sent, or cancelling. */
@GrpcStreamLeakCheck
class RawUploadTest {
  @Serve final MarketService market = new MarketService();

  @Test
  void uploadsTwoTrades(Channel channel) throws Exception {
    Listener summaries = new Listener();
    // snippet:body
    ClientCall<Trade, UploadSummary> call =
        channel.newCall(MarketGrpc.getUploadMethod(), CallOptions.DEFAULT);
    call.start(summaries, new Metadata());
    call.request(2);
    try {
      call.sendMessage(trade("ACME", 2, 100_00));
      call.sendMessage(trade("GLOBEX", 10, 25_50));
      call.halfClose();
    } catch (RuntimeException e) {
      call.cancel("not all was sent", e);
      throw e;
    }

    assertThat(summaries.received.terminalStatus()).isEqualTo(Status.OK);
    // end:body
  }

  private static final class Listener extends ClientCall.Listener<UploadSummary> {
    final Received<UploadSummary> received = new Received<>();

    @Override
    public void onMessage(UploadSummary summary) {
      received.onNext(summary);
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
