package io.github.streamleak.examples.market.leaky;

import static io.github.streamleak.examples.market.Requests.quote;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.QuoteReply;
import io.github.streamleak.junit.GrpcResources;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import org.junit.jupiter.api.Test;

/** Waits for ready, without a deadline, on a server that nobody has started. */
@GrpcStreamLeakCheck
class UnreachableServerTest {
  @Test
  void quoteIsNotThereAtOnce(GrpcResources resources) {
    // snippet:body
    ManagedChannel channel =
        resources.newChannel(InProcessChannelBuilder.forName("market-not-started"));
    MarketGrpc.MarketFutureStub stub = MarketGrpc.newFutureStub(channel).withWaitForReady();
    ListenableFuture<QuoteReply> quote = stub.quote(quote("ACME")); // opens

    assertThat(quote.isDone()).isFalse();
    // end:body
  }
}
