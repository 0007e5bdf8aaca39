package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.quote;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.QuoteReply;
import io.github.streamleak.junit.GrpcResources;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Mended by a deadline: waiting for ready has an end, whether or not a server comes. */
@GrpcStreamLeakCheck
class UnreachableServerTest {
  @Test
  void quoteDoesNotComeInTime(GrpcResources resources) {
    // snippet:body
    ManagedChannel channel =
        resources.newChannel(InProcessChannelBuilder.forName("market-not-started"));
    MarketGrpc.MarketFutureStub stub = MarketGrpc.newFutureStub(channel).withWaitForReady();
    ListenableFuture<QuoteReply> quote =
        stub.withDeadlineAfter(Duration.ofMillis(300)).quote(quote("ACME"));

    assertThatThrownBy(quote::get).hasMessageContaining("DEADLINE_EXCEEDED");
    // end:body
  }
}
