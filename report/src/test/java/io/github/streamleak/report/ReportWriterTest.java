package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportWriterTest {

  private static final Instant START = Instant.parse("2026-11-22T22:00:00Z");

  @TempDir Path directory;

  @Test
  void leakIsInTheMergedReportTest() throws Exception {
    try (Shop shop = new Shop()) {
      StreamReport report = report("1-1", "9-9", 0);
      report.add(leak(shop, "acme.PriceTest"));

      assertThat(write(report)).isEmpty();
    }

    JsonObject entry = streams().getAsJsonArray("entries").get(0).getAsJsonObject();
    assertThat(Json.string(entry, "fingerprint"))
        .isEqualTo("acme.Shop/Watch NOT_DRAINED io.github.streamleak.report.Shop.open");
    assertThat(Json.string(entry, "outcome")).isEqualTo("failed");
    assertThat(Json.string(entry, "owedBy")).isEqualTo("CLIENT");
    assertThat(Json.string(entry.getAsJsonObject("stream"), "state"))
        .isEqualTo(
            "half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal"
                + " status");
  }

  @Test
  void partsOfOneBuildAreMergedTest() throws Exception {
    try (Shop shop = new Shop()) {
      StreamReport one = report("1-1", "9-9", 0);
      one.add(leak(shop, "acme.OneTest"));
      StreamReport two = report("2-1", "9-9", 1);
      two.add(leak(shop, "acme.TwoTest"));

      assertThat(write(one)).isEmpty();
      assertThat(write(two)).isEmpty();
    }

    assertThat(testClasses()).containsExactly("acme.OneTest", "acme.TwoTest");
    assertThat(streams().getAsJsonArray("jvms")).hasSize(2);
  }

  private static StreamReport report(String id, String build, long secondsLater) {
    return StreamReport.create(id, build, START.plusSeconds(secondsLater));
  }

  private static ReportEntry leak(Shop shop, String testClass) {
    return ReportEntry.leaked(shop.leak(), Outcome.FAILED)
        .test(ReportedTest.ofMethod(testClass, "leaks", "leaks()"))
        .build();
  }

  private java.util.Optional<String> write(StreamReport report) {
    PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    return ReportWriter.to(directory, Path.of(""), Map.of(), out).write(report);
  }

  private JsonObject streams() throws Exception {
    return JsonParser.parseString(Files.readString(directory.resolve("streams.json")))
        .getAsJsonObject();
  }

  private List<String> testClasses() throws Exception {
    JsonArray entries = streams().getAsJsonArray("entries");
    return entries.asList().stream()
        .map(entry -> new Entry(entry.getAsJsonObject()).testClassOrEmpty())
        .toList();
  }
}
