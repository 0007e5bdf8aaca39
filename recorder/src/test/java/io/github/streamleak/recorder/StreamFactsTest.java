package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketServer;
import io.github.streamleak.testsupport.Wire;
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
    assertThat(stream.remedy())
        .hasValueSatisfying(
            remedy -> assertThat(remedy).isEqualTo(Remedy.of(stream, LeakCause.NOT_DRAINED)));
    assertThat(stream.openingLine())
        .hasValueSatisfying(line -> assertThat(line.getMethodName()).isEqualTo("iterate"));
    assertThat(stream.callingLine())
        .hasValueSatisfying(line -> assertThat(line.getMethodName()).isEqualTo("openStreamTest"));
  }

  @Test
  void releasedStreamHasNoRemedyTest() {
    client.iterate("3").forEachRemaining(price -> {});

    RecordedStream stream = recorder.streams().get(0);
    assertThat(stream.remedy()).isEmpty();
    assertThat(stream.state()).endsWith(", terminal status OK");
    assertThat(stream.attempts().get(0).retry().text()).isEqualTo("first");
  }
}
