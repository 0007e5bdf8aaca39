package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.MarketClient;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A test may make a million right calls: the first and the last ones are kept, the rest counted.
 */
final class ClosedStreamLimitTest {

  private static final int LIMIT = 3;

  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder()
          .closedStreamLimit(LIMIT)
          .grace(Duration.ofMillis(100))
          .quietTime(Duration.ofMillis(20))
          .build();
  private final Wire wire = Wire.direct("closedStreamLimit", new MarketServer());
  private final ManagedChannel channel = wire.channel(recorder::attachTo);
  private final MarketClient client = new MarketClient(channel);

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  private void quote(int times) {
    for (int i = 0; i < times; i++) {
      client.blockingQuote("1");
    }
  }

  private List<Long> kept() {
    return recorder.streams().stream().map(RecordedStream::id).toList();
  }

  @Test
  void firstAndLastClosedStreamsAreKeptAndTheOthersCountedTest() {
    quote(2 * LIMIT);

    assertThat(recorder.streams()).hasSize(2 * LIMIT);
    assertThat(recorder.droppedStreams()).isEmpty();

    quote(100);
    client.iterate("2").forEachRemaining(price -> {});

    assertThat(kept()).containsExactly(1L, 2L, 3L, 105L, 106L, 107L);
    assertThat(recorder.droppedStreams()).isEqualTo(Map.of("acme.Market/Quote", 101L));
    assertThat(recorder.streamCount()).isEqualTo(107);
  }

  @Test
  void openStreamAndOneThatBreaksARuleAreKeptTest() {
    client.iterate("3").next();
    quote(1);
    client.raw(MarketGrpc.WATCH, 0);
    quote(50);

    assertThat(kept()).contains(1L, 3L);
    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal());
    assertThat(verdict.leaks()).extracting(leak -> leak.stream().id()).containsExactly(1L, 3L);
    assertThat(verdict.streamCount()).isEqualTo(53);
  }

  @Test
  void streamsWithoutADeadlineAreCountedTooTest() {
    quote(20);

    List<RuleBreach> breaches =
        recorder.check(StreamLeakPolicy.normal().strictness(Strictness.STRICT)).breaches();
    assertThat(breaches).hasSize(2 * LIMIT + 1);
    assertThat(breaches).allMatch(breach -> breach.rule() == StreamRule.NO_DEADLINE);
    assertThat(breaches)
        .filteredOn(breach -> breach.stream().isEmpty())
        .singleElement()
        .returns("acme.Market/Quote", RuleBreach::subject)
        .returns(
            "the stream was started without a deadline; 14 streams of this method, which are not"
                + " kept",
            RuleBreach::detail);
  }

  @Test
  void whatIsNotKeptCanBeCollectedTest() {
    List<WeakReference<StreamLog>> logs = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      quote(1);
      List<StreamLog> all = recorder.recording().book().all();
      logs.add(new WeakReference<>(all.get(all.size() - 1)));
    }

    io.github.streamleak.testsupport.Await.until(
        () -> {
          System.gc();
          // Those that wait in the chain to be taken out together are no more than the limit.
          return logs.stream().filter(log -> log.get() != null).count() <= 4 * LIMIT;
        });
  }

  @Test
  void iteratorsThatWereReadToTheEndAreNotKeptTest() {
    for (int i = 0; i < 100; i++) {
      client.iterate("2").forEachRemaining(price -> {});
    }

    assertThat(recorder.droppedStreams()).isEqualTo(Map.of("acme.Market/Watch", 100L - 2 * LIMIT));
  }

  @Test
  void hundredThousandCallsAreCountedAndFewAreKeptTest() {
    quote(100_000);

    assertThat(recorder.streams()).hasSize(2 * LIMIT);
    assertThat(recorder.streamCount()).isEqualTo(100_000);
    assertThat(recorder.droppedStreams())
        .isEqualTo(Map.of("acme.Market/Quote", 100_000L - 2 * LIMIT));
  }

  @Test
  void streamThatIsTouchedAfterItWasDroppedIsLookedAtAgainTest() {
    MarketClient.Raw raw = client.raw(MarketGrpc.QUOTE, CallOptions.DEFAULT, 1);
    raw.send("1").halfClose();
    quote(20);
    assertThat(kept()).contains(1L);
    quote(20);
    MarketClient.Raw late = client.raw(MarketGrpc.QUOTE, CallOptions.DEFAULT, 1);
    late.send("1").halfClose();
    long id = recorder.streamCount();
    quote(20);
    assertThat(kept()).doesNotContain(id);

    try {
      late.send("2");
    } catch (IllegalStateException e) {
      // gRPC refuses it.
    }

    assertThat(kept()).contains(id).isSorted();
    assertThat(recorder.droppedStreams())
        .isEqualTo(
            Map.of("acme.Market/Quote", (long) recorder.streamCount() - recorder.streams().size()));
    assertThat(recorder.check(StreamLeakPolicy.normal()).breaches())
        .extracting(RuleBreach::rule)
        .contains(StreamRule.PROTOCOL);
  }

  @Test
  void limitThatKeepsNothingIsAnErrorTest() {
    assertThatThrownBy(() -> GrpcStreamRecorder.builder().closedStreamLimit(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("closedStreamLimit must be at least 1, but is 0");
    assertThat(GrpcStreamRecorder.builder().closedStreamLimit(1).build().streams()).isEmpty();
  }
}
