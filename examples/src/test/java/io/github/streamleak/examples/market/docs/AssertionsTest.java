package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.examples.market.docs.PriceStreamAssert.assertThatPrices;
import static io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS;
import static io.grpc.Status.Code.OK;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.PriceWatcher;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.grpc.Channel;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@GrpcStreamLeakCheck
class AssertionsTest {
  @Serve final MarketService market = new MarketService();

  // snippet:assertj
  @Test
  void pricesComeAfterTheHalfClose(Channel channel, GrpcStreamRecorder recorder) {
    assertThat(new PriceWatcher(channel).prices("ACME", 3)).hasSize(3);

    assertThat(recorder)
        .hasOnlyOneStream()
        .hasMethod(MarketGrpc.getWatchMethod())
        .hasLifecycle(
            started(), outboundMessages(1), halfClosed(), inboundMessages(3), terminalStatus(OK))
        .hasBefore(picked(), firstInboundMessage())
        .wasReleasedBy(TERMINAL_STATUS);
    assertThat(recorder)
        .streamsOf(MarketGrpc.getWatchMethod())
        .hasSize(1)
        .allSatisfy(s -> assertThat(s).isReleased());
    assertThat(recorder).eventually(Duration.ofSeconds(2)).hasNoOpenStreams();
  }

  // end:assertj

  // snippet:own-use
  @Test
  void pricesAreReadToTheEnd(Channel channel, GrpcStreamRecorder recorder) {
    assertThat(new PriceWatcher(channel).prices("ACME", 3)).hasSize(3);

    assertThatPrices(recorder.streams().get(0)).gotPrices(3).isReleased();
  }
  // end:own-use
}
