package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketServer;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a recording of JDK Flight Recorder shows. */
final class FlightRecorderTest {

  private static final String PREFIX = "io.github.streamleak.";

  @Test
  void streamsStartEndAndLeakTest(@TempDir Path directory) throws IOException {
    List<RecordedEvent> events =
        record(directory, "StreamStarted", "StreamReleased", "StreamLeaked");

    assertThat(names(events))
        .containsExactlyInAnyOrder(
            "StreamStarted", "StreamReleased", "StreamStarted", "StreamLeaked");
    RecordedEvent released = only(events, "StreamReleased");
    assertThat(released.getString("method")).isEqualTo("acme.Market/Quote");
    assertThat(released.getString("release")).isEqualTo("PICKER_DONE");
    assertThat(released.getLong("open")).isPositive();
    RecordedEvent leaked = only(events, "StreamLeaked");
    assertThat(leaked.getString("method")).isEqualTo("acme.Market/Watch");
    assertThat(leaked.getString("cause")).isEqualTo("NOT_DRAINED");
    assertThat(leaked.getString("opened")).startsWith("acme.market.MarketClient.iterate(");
    assertThat(events.get(0).getStackTrace().getFrames()).isNotEmpty();
  }

  @Test
  void nothingIsRecordedUnlessItIsEnabledTest(@TempDir Path directory) throws IOException {
    assertThat(record(directory)).isEmpty();
  }

  private static List<RecordedEvent> record(Path directory, String... enabled) throws IOException {
    Path file = directory.resolve("streams.jfr");
    try (Recording recording = new Recording();
        GrpcStreamRecorder recorder =
            GrpcStreamRecorder.builder().quietTime(Duration.ofMillis(20)).build();
        Wire wire = Wire.direct(new MarketServer())) {
      for (String name : enabled) {
        recording.enable(PREFIX + name);
      }
      recording.start();
      MarketClient client = new MarketClient(wire.channel(recorder::attachTo));
      client.blockingQuote("1");
      client.iterate("3").next();
      assertThat(recorder.check(StreamLeakPolicy.normal()).leaks()).hasSize(1);
      recording.stop();
      recording.dump(file);
      recorder.releaseLeaked();
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith(PREFIX))
        .filter(event -> event.hasField("method"))
        .filter(event -> event.getString("method").startsWith("acme."))
        .toList();
  }

  private static List<String> names(List<RecordedEvent> events) {
    return events.stream()
        .map(event -> event.getEventType().getName().substring(PREFIX.length()))
        .toList();
  }

  private static RecordedEvent only(List<RecordedEvent> events, String name) {
    List<RecordedEvent> found =
        events.stream()
            .filter(event -> event.getEventType().getName().equals(PREFIX + name))
            .toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }
}
