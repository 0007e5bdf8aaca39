package io.github.streamleak.examples.market.docs;

import static com.google.common.truth.Truth.assertAbout;
import static com.google.common.truth.Truth.assertThat;
import static io.github.streamleak.examples.market.docs.PriceStreamSubject.priceStreams;
import static io.github.streamleak.examples.market.docs.PriceStreamSubject.readToTheEnd;
import static io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS;
import static io.github.streamleak.truth.StreamTruth.assertThat;
import static io.grpc.Status.Code.OK;

import io.github.streamleak.assertj.StreamAssertions;
import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.PriceWatcher;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.truth.StreamSubject;
import io.grpc.Channel;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@GrpcStreamLeakCheck
class TruthAssertionsTest {
  @Serve final MarketService market = new MarketService();

  // snippet:truth
  @Test
  void pricesComeAfterTheHalfClose(Channel channel, GrpcStreamRecorder recorder) {
    assertThat(new PriceWatcher(channel).prices("ACME", 3)).hasSize(3);

    StreamSubject watch = assertThat(recorder).hasOnlyOneStream();
    watch.hasMethod(MarketGrpc.getWatchMethod());
    watch.hasLifecycle(
        started(), outboundMessages(1), halfClosed(), inboundMessages(3), terminalStatus(OK));
    watch.hasBefore(picked(), firstInboundMessage());
    watch.wasReleasedBy(TERMINAL_STATUS);
    assertThat(recorder).streamsOf(MarketGrpc.getWatchMethod()).each(s -> s.isReleased());
    assertThat(recorder).eventually(Duration.ofSeconds(2)).hasNoOpenStreams();
  }

  // end:truth

  // snippet:truth-own-use
  @Test
  void pricesAreReadToTheEnd(Channel channel, GrpcStreamRecorder recorder) {
    assertThat(new PriceWatcher(channel).prices("ACME", 3)).hasSize(3);

    assertThat(recorder).eventually(Duration.ofSeconds(2)).hasOnlyOneStream().meets(readToTheEnd());
    assertAbout(priceStreams()).that(recorder.streams().get(0)).gotPrices(3);
  }

  // end:truth-own-use

  // Both at once, as in a suite on its way from one to the other: qualified, since the imports of
  // two assertThat on the same types would be ambiguous.
  @Test
  void bothLibrariesSayTheSameOfOneStream(Channel channel, GrpcStreamRecorder recorder) {
    assertThat(new PriceWatcher(channel).prices("ACME", 3)).hasSize(3);

    RecordedStream stream = recorder.streams().get(0);
    assertThat(stream).meets(readToTheEnd());
    StreamAssertions.assertThat(stream).meets(readToTheEnd()).isReleased();
  }
}
