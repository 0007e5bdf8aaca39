package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class VerdictTest {

  /** What the tests of the page have as data. */
  private static final Path SAMPLES =
      Path.of(System.getProperty("docs.directory"))
          .resolveSibling("integration-tests/report-page/src/test/resources/reports");

  static Stream<Path> samples() throws IOException {
    try (Stream<Path> files = Files.list(SAMPLES)) {
      return files.filter(file -> !file.endsWith("version-2.json")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void samplesOfThePageHaveTheVerdictThatTheWriterGivesThemTest(Path sample) throws Exception {
    JsonObject report = Json.parse(Files.readString(sample)).getAsJsonObject();

    assertThat(report.get("verdict")).isEqualTo(Verdict.of(report).toJson());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "0 | 0 | all | Nothing was recorded: not one channel was seen. | This does not mean that nothing"
            + " leaks. Either the tests use no gRPC client, or the check did not reach it: a channel that"
            + " was built before the check began is not seen, nor is one that no ManagedChannelBuilder"
            + " built, nor one of a second copy of gRPC on the class path.",
        "0 | 0 | own | Nothing was recorded: not one channel was seen. | This does not mean that nothing"
            + " leaks. With streamleak.watch = own only the channels are recorded that the check itself"
            + " makes or is given.",
        "1 | 0 | all | Nothing was recorded: 1 channel was seen, and no stream was started on it. | none",
        "2 | 0 | all | Nothing was recorded: 2 channels were seen, and no stream was started on them. |"
            + " none",
        // Injected channels are not counted.
        "0 | 1 | own | No gRPC client stream leaked: the one recorded was released. | none",
        "3 | 1234 | all | No gRPC client stream leaked: all 1,234 recorded were released. | none",
      })
  void runWithoutAFindingTest(
      long channels, long streams, String watch, String sentence, String advice) {
    Verdict verdict = Verdict.of(report(channels, streams, watch, List.of()));

    assertThat(verdict.sentence()).isEqualTo(sentence);
    assertThat(verdict.advice()).isEqualTo(advice);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "failed LEAKED_STREAM | 1 gRPC client stream leaked in 1 test.",
        "failed LEAKED_STREAM, failed LISTENER_THREW, warned NO_DEADLINE, flaky LEAKED_STREAM | 1 gRPC"
            + " client stream leaked in 1 test, and 1 other finding fails; 1 is flaky, 1 warning.",
        "failed PROTOCOL, failed PROTOCOL, known LEAKED_STREAM | No gRPC client stream leaked, but 2"
            + " other findings fail in 1 test; 1 is known.",
        "warned LEAKED_STREAM, warned LEAKED_STREAM, warned NO_DEADLINE | 2 gRPC client streams leaked in"
            + " 1 test, and no test fails: the mode is warn; 1 other warning.",
        "known LEAKED_STREAM, allowed LEAKED_STREAM, undecided LEAKED_STREAM | No new gRPC client"
            + " stream leaked; 1 is known, 1 is allowed, 1 could not be judged.",
        "flaky LEAKED_STREAM | No gRPC client stream leaked; 1 is flaky.",
        "shown SHOWN | No gRPC client stream leaked: all 9 recorded were released.",
      })
  void everyFindingIsCountedOnceTest(String findings, String sentence) {
    JsonObject report = report(1, 9, "all", List.of(findings.split(", ")));

    assertThat(Verdict.of(report).sentence()).isEqualTo(sentence);
  }

  @Test
  void findingIsLabelledByItsOwnRuleTest() {
    try (Shop shop = new Shop()) {
      JsonObject open =
          ReportEntry.found("NO_DEADLINE", shop.leak(), Outcome.WARNED, "no deadline")
              .build()
              .toJson();
      JsonObject leak = ReportEntry.leaked(shop.leak(), Outcome.FAILED).build().toJson();

      assertThat(new Entry(open).causeOrRule()).isEqualTo("NO_DEADLINE");
      assertThat(List.of(open.get("cause"), open.get("owes"), open.get("owedBy")))
          .containsOnly(JsonNull.INSTANCE);
      assertThat(new Entry(leak).causeOrRule()).isEqualTo("NOT_DRAINED");
    }
  }

  private static JsonObject report(
      long channels, long streams, String watch, List<String> findings) {
    JsonObject jvm = new JsonObject();
    Map.of("channels", channels, "streams", streams, "tests", 1L).forEach(jvm::addProperty);
    jvm.addProperty("watch", watch);
    JsonArray jvms = new JsonArray();
    jvms.add(jvm);
    JsonArray entries = new JsonArray();
    for (String finding : findings) {
      JsonObject entry = new JsonObject();
      entry.addProperty("outcome", finding.substring(0, finding.indexOf(' ')));
      entry.addProperty("rule", finding.substring(finding.indexOf(' ') + 1));
      JsonObject test = new JsonObject();
      test.addProperty("scope", "test");
      test.addProperty("class", "acme.PriceTest");
      test.addProperty("method", "leaks");
      entry.add("test", test);
      entries.add(entry);
    }
    JsonObject report = new JsonObject();
    report.add("jvms", jvms);
    report.add("entries", entries);
    return report;
  }
}
