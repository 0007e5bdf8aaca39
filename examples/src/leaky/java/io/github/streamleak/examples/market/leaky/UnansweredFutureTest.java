package io.github.streamleak.examples.market.leaky;

import static io.github.streamleak.examples.market.Requests.quote;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.QuoteReply;
import io.github.streamleak.examples.market.QuoteRequest;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.stub.StreamObserver;
import org.junit.jupiter.api.Test;

/** Drops a future that the server never answers. */
@GrpcStreamLeakCheck
class UnansweredFutureTest {
  @Serve final SilentMarket market = new SilentMarket();

  @Test
  void quoteIsNotThereAtOnce(MarketGrpc.MarketFutureStub stub) {
    // snippet:body
    ListenableFuture<QuoteReply> quote = stub.quote(quote("ACME")); // opens

    assertThat(quote.isDone()).isFalse();
    // end:body
  }

  /** Never answers. */
  private static final class SilentMarket extends MarketGrpc.MarketImplBase {
    @Override
    public void quote(QuoteRequest request, StreamObserver<QuoteReply> replies) {}
  }
}
