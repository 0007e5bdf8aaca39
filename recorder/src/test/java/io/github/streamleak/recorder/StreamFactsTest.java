package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.MarketClient;
import acme.market.MarketServer;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.Remedy;
import io.grpc.ManagedChannel;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The facts of a snapshot that reports are made of. */
final class StreamFactsTest {

  private final AtomicLong clock = new AtomicLong();
  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder().clock(clock::get).build();
  private final Wire wire = Wire.direct(new MarketServer());
  private final ManagedChannel channel = wire.channel(recorder::attachTo);
  private final MarketClient client = new MarketClient(channel);

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  @Test
  void openStreamTest() {
    clock.set(7_000);
    client.iterate("3").next();
    clock.set(9_000);

    RecordedStream stream = recorder.openStreams().get(0);
    assertThat(stream.startedAtNanos()).isEqualTo(7_000);
    assertThat(stream.state())
        .isEqualTo(
            "half-closed, 1 outbound message, 2 inbound messages of 2 requested, no terminal"
                + " status");
    assertThat(stream.id()).isEqualTo(1);
    assertThat(stream.cause()).contains(LeakCause.NOT_DRAINED);
    assertThat(Remedy.of(stream).lines().get(0)).startsWith("<your iterator>.forEachRemaining");
    assertThat(stream.openingLine())
        .hasValueSatisfying(line -> assertThat(line.getMethodName()).isEqualTo("iterate"));
    assertThat(stream.callingLine())
        .hasValueSatisfying(line -> assertThat(line.getMethodName()).isEqualTo("openStreamTest"));
  }

  @Test
  void releasedStreamHasNoRemedyTest() {
    client.iterate("3").forEachRemaining(price -> {});

    RecordedStream stream = recorder.streams().get(0);
    assertThatThrownBy(() -> Remedy.of(stream))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "acme.Market/Watch (SERVER_STREAMING) released by [TERMINAL_STATUS, PICKER_DONE] has"
                + " nothing to mend");
    assertThat(stream.state()).endsWith(", terminal status OK");
    assertThat(stream.attempts().get(0).retry().text()).isEqualTo("first");
  }
}
