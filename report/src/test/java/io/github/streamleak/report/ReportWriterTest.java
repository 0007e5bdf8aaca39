package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportWriterTest {

  private static final Instant START = Instant.parse("2026-11-22T22:00:00Z");
  private static final String HOSTILE =
      "</script><!--\"'\\|`*[x](y)<b>&amp;\n\r\t\0\u2028\ud800 ä\ud83d\ude00";

  @TempDir Path temp;

  @Test
  void leakIsInTheMergedReportTest() throws Exception {
    try (Shop shop = new Shop()) {
      StreamReport report = report("1-1", "9-9", 0).mode("fail").strictness("normal").watch("all");
      report.countTest("acme.PriceTest");
      report.countStreams(1);
      report.countChannels(1);
      report.note("a note");
      report.note("a note");
      report.add(leak(shop, "acme.PriceTest"));

      assertThat(write(report)).isEmpty();
    }

    Schemas.assertStreams(file("streams.json"));
    Schemas.assertStreams(file("parts/1-1.json"));
    Schemas.assertSarif(file("leaks.sarif"));
    JsonObject jvm = streams().getAsJsonArray("jvms").get(0).getAsJsonObject();
    assertThat(jvm)
        .hasToString(
            "{\"id\":\"1-1\",\"startedAt\":\"2026-11-22T22:00:00Z\",\"build\":\"9-9\",\"mode\":\"fail\","
                + "\"strictness\":\"normal\",\"watch\":\"all\",\"view\":\"whole\","
                + "\"tests\":1,\"channels\":1,\"streams\":1,\"notes\":[\"a note\"],\"outlivesBuilds\":false}");
    JsonObject entry = entries().get(0);
    assertThat(Json.string(entry, "fingerprint"))
        .isEqualTo("acme.Shop/Watch NOT_DRAINED io.github.streamleak.report.Shop.open");
    assertThat(Json.string(entry, "outcome")).isEqualTo("failed");
    assertThat(Json.string(entry, "sentence"))
        .isEqualTo("messages or the terminal status wait, and the client has stopped asking");
    assertThat(Json.string(entry, "owedBy")).isEqualTo("CLIENT");
    assertThat(Json.strings(entry, "remedy"))
        .first()
        .asString()
        .startsWith("<your call>.request(1);");
    assertThat(Json.string(entry.getAsJsonObject("opened"), "path"))
        .isEqualTo("report/src/test/java/io/github/streamleak/report/Shop.java");
    assertThat(Json.string(entry.getAsJsonObject("opened"), "code"))
        .isEqualTo("call.start(new ClientCall.Listener<>() {}, new Metadata());");
    assertThat(Json.string(entry.getAsJsonObject("calledBy"), "method"))
        .isEqualTo("leakIsInTheMergedReportTest");
    JsonObject stream = entry.getAsJsonObject("stream");
    assertThat(Json.string(stream, "state"))
        .isEqualTo(
            "half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal"
                + " status");
    assertThat(Json.array(stream, "events").get(0).getAsJsonObject())
        .hasToString(
            "{\"seq\":0,\"nanos\":0,\"lane\":\"APPLICATION\",\"kind\":\"Started\",\"attempt\":0,"
                + "\"thread\":\"main\",\"text\":\"started\"}");
    assertThat(Json.strings(stream, "stack"))
        .first()
        .asString()
        .startsWith("io.github.streamleak.report.Shop.open(Shop.java:");
  }

  @Test
  void releasedStreamHasNoCauseTest() throws Exception {
    try (Shop shop = new Shop()) {
      StreamReport report = report("1-1", "9-9", 0);
      report.add(ReportEntry.shown(shop.readToTheEnd("told so")).build());
      assertThat(write(report)).isEmpty();
    }
    Schemas.assertStreams(file("streams.json"));
    JsonObject entry = entries().get(0);
    assertThat(Json.string(entry, "sentence")).isEqualTo("the stream was released");
    assertThat(entry.get("cause").isJsonNull()).isTrue();
    assertThat(Json.string(entry.getAsJsonObject("stream"), "status"))
        .isEqualTo("ABORTED: told so");
    assertThat(Json.strings(entry.getAsJsonObject("stream"), "releases"))
        .containsExactly("TERMINAL_STATUS", "PICKER_DONE");
  }

  @Test
  void findingWithoutAStreamTest() throws Exception {
    StreamReport report = report("1-1", "9-9", 0);
    report.add(
        ReportEntry.found(
                "CHANNEL_LEFT_OPEN",
                "localhost:43210",
                List.of(new StackTraceElement("acme.ShopTest", "setUp", "ShopTest.java", 9)),
                Outcome.WARNED,
                "the channel to shop is not shut down")
            .calledBy(new StackTraceElement("acme.ShopTest", "buys", "ShopTest.java", 21))
            .ofClass("acme.ShopTest", "ShopTest")
            .build());
    assertThat(write(report)).isEmpty();
    assertThat(Json.number(entries().get(0).getAsJsonObject("calledBy"), "line", 0)).isEqualTo(21);
    Schemas.assertStreams(file("streams.json"));
    Schemas.assertSarif(file("leaks.sarif"));
    assertThat(Json.string(entries().get(0), "fingerprint"))
        .isEqualTo("- CHANNEL_LEFT_OPEN acme.ShopTest.setUp");
    assertThat(entries().get(0).get("method").isJsonNull()).isTrue();
    assertThat(Json.string(entries().get(0), "target")).isEqualTo("localhost:43210");
  }

  @Test
  void partsOfOneBuildAreMergedTest() throws Exception {
    StreamReport one = withFinding("1-1", "9-9", 0, "acme.OneTest");
    StreamReport two = withFinding("2-1", "9-9", 1, "acme.TwoTest");

    assertThat(write(one)).isEmpty();
    assertThat(write(two)).isEmpty();

    assertThat(testClasses()).containsExactly("acme.OneTest", "acme.TwoTest");
    assertThat(streams().getAsJsonArray("jvms")).hasSize(2);
  }

  @Test
  void partsOfAnEarlierBuildAreDeletedTest() throws Exception {
    assertThat(write(withFinding("1-1", "8-8", 0, "acme.OneTest"))).isEmpty();
    assertThat(write(withFinding("2-1", "9-9", 1, "acme.TwoTest"))).isEmpty();

    assertThat(testClasses()).containsExactly("acme.TwoTest");
    assertThat(parts()).containsExactly("2-1.json");
  }

  @Test
  void jvmsOfOneNameAreBothKeptTest() throws Exception {
    assertThat(write(withFinding("1-1", "9-9", 0, "acme.OneTest"))).isEmpty();
    assertThat(write(withFinding("1-1", "9-9", 0, "acme.TwoTest"))).isEmpty();

    assertThat(testClasses()).containsExactlyInAnyOrder("acme.OneTest", "acme.TwoTest");
    assertThat(parts()).containsExactly("1-1-2.json", "1-1.json");
  }

  @Test
  void reportWrittenTwiceIsOnePartTest() throws Exception {
    StreamReport report = withFinding("1-1", "9-9", 0, "acme.OneTest");
    assertThat(write(report)).isEmpty();
    report.add(finding("acme.TwoTest"));
    assertThat(write(report)).isEmpty();

    assertThat(testClasses()).containsExactly("acme.OneTest", "acme.TwoTest");
    assertThat(parts()).containsExactly("1-1.json");
  }

  @Test
  void foreignPartsAreNamedSkippedAndKeptTest() throws Exception {
    Path parts = Files.createDirectories(file("parts"));
    Files.writeString(parts.resolve("half.json"), "{\"schemaVersion\": 1, \"tool\": {\"na");
    Files.writeString(parts.resolve("empty.json"), "");
    Files.writeString(parts.resolve("foreign.json"), "{\"schemaVersion\": 1}");
    String tool = "\"tool\": {\"name\": \"Streamleak\", \"version\": \"9\"}, ";
    Files.writeString(parts.resolve("newer.json"), "{\"schemaVersion\": 2, " + tool + "\"x\": 1}");
    Files.writeString(parts.resolve("older.json"), "{\"schemaVersion\": 0, " + tool + "\"x\": 1}");
    Files.writeString(parts.resolve("nobody.json"), "{\"schemaVersion\": 1, " + tool + "\"x\": 1}");

    assertThat(write(withFinding("1-1", "9-9", 0, "acme.OneTest"))).isEmpty();

    assertThat(testClasses()).containsExactly("acme.OneTest");
    String left = "not merged: " + parts + "/";
    assertThat(Json.strings(streams().getAsJsonArray("jvms").get(0).getAsJsonObject(), "notes"))
        .containsExactly(
            left + "empty.json: is not a report of Streamleak",
            left + "foreign.json: is not a report of Streamleak",
            left + "half.json: is not JSON, or is cut off",
            left + "newer.json: has schema version 2; this version of Streamleak reads 1",
            left + "nobody.json: \"jvms\" must be an array with at least one JVM",
            left + "older.json: has schema version 0; this version of Streamleak reads 1");
    assertThat(parts()).hasSize(7);
  }

  @Test
  void fieldsOfALaterVersionAreKeptTest() throws Exception {
    assertThat(write(withFinding("1-1", "9-9", 0, "acme.OneTest"))).isEmpty();
    Path part = file("parts/1-1.json");
    Files.writeString(
        part, Files.readString(part).replaceFirst("\"rule\"", "\"later\": [1.5, true], \"rule\""));
    assertThat(write(withFinding("2-1", "9-9", 1, "acme.TwoTest"))).isEmpty();

    assertThat(entries().get(0).get("later")).hasToString("[1.5,true]");
    Schemas.assertStreams(file("streams.json"));
  }

  @Test
  void storiesOfOneFingerprintAreBoundedTest() throws Exception {
    try (Shop shop = new Shop()) {
      StreamReport report = report("1-1", "9-9", 0);
      for (int i = 0; i < 23; i++) {
        report.add(leak(shop, "acme.OneTest"));
      }
      assertThat(write(report)).isEmpty();
    }
    assertThat(entries()).hasSize(23);
    assertThat(entries().stream().filter(entry -> entry.get("stream").isJsonObject())).hasSize(20);
    assertThat(streams().get("omitted")).hasToString("{\"stories\":3,\"entries\":0}");
    Schemas.assertStreams(file("streams.json"));
  }

  @Test
  void hostileTextStaysTextTest() throws Exception {
    try (Shop shop = new Shop("acme.Shop<b>|\"/Wa`tch")) {
      StreamReport report = report("1-1", "9-9", 0);
      report.note(HOSTILE);
      report.add(
          ReportEntry.leaked(shop.leak(), Outcome.ALLOWED)
              .reason(HOSTILE)
              .sentence(HOSTILE)
              .remedy(List.of(HOSTILE, "```"))
              .ofTest(HOSTILE, HOSTILE, HOSTILE)
              .build());
      report.add(ReportEntry.shown(shop.readToTheEnd(HOSTILE)).build());
      assertThat(write(report)).isEmpty();
    }
    Schemas.assertStreams(file("streams.json"));
    Schemas.assertSarif(file("leaks.sarif"));
    String wellFormed = HOSTILE.replace('\ud800', '\ufffd').replace("\ufffd\ude00", "\ud83d\ude00");
    assertThat(Json.string(entries().get(0), "sentence")).isEqualTo(wellFormed);

    String page = Files.readString(file("index.html"));
    int begin = page.indexOf("id=\"streamleak-data\">") + "id=\"streamleak-data\">".length();
    String data = page.substring(begin, page.indexOf("</script>", begin));
    assertThat(data).doesNotContain("<", ">", "&", "\u2028", "\u2029");
    assertThat(Json.parse(data)).isEqualTo(streams());
  }

  @Test
  void ruleThatIsNoneIsRefusedTest() {
    assertThatThrownBy(() -> ReportEntry.found("LEAK", "a/B", List.of(), Outcome.FAILED, "found"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "rule must be one of [LEAKED_STREAM, TERMINAL_NOT_READ, ENDED_BY_SHUTDOWN,"
                + " ENDED_BY_DEADLINE, CANCEL_WITHOUT_DONE, LISTENER_THREW, PROTOCOL,"
                + " NOT_STARTED, CHANNEL_LEFT_OPEN, NO_DEADLINE, SHOWN]; was \"LEAK\"");
  }

  @Test
  void pathWithSpacesAndOtherLettersTest() throws Exception {
    Path directory = temp.resolve("Bücher % #1/берег");
    assertThat(writer(directory, Map.of()).write(withFinding("1-1", "9-9", 0, "acme.OneTest")))
        .isEmpty();
    Schemas.assertStreams(directory.resolve("streams.json"));
  }

  @Test
  void fileInPlaceOfTheDirectoryIsAWarningTest() throws Exception {
    Path directory = Files.writeString(temp.resolve("taken"), "mine");
    StreamReport report = withFinding("1-1", "9-9", 0, "acme.OneTest");
    List<String> logged = new ArrayList<>();
    Optional<String> warning = logging(logged, () -> writer(directory, Map.of()).write(report));

    assertThat(warning)
        .contains(
            directory
                + ": the report could not be written: there is a file where a directory must be ("
                + directory
                + ")");
    assertThat(logged).containsExactly(warning.orElseThrow());
    assertThat(directory).hasContent("mine");
  }

  @Test
  void directoryInPlaceOfAFileIsAWarningTest() throws Exception {
    Files.createDirectories(file("streams.json/full"));
    assertThat(write(withFinding("1-1", "9-9", 0, "acme.OneTest")).orElseThrow())
        .startsWith(directory() + ": the report could not be written: ")
        .contains("streams.json");
    assertThat(parts()).contains("1-1.json");
  }

  @Test
  void interruptOfATestIsNeitherFeltNorLostTest() throws Exception {
    Thread.currentThread().interrupt();
    assertThat(write(withFinding("1-1", "9-9", 0, "acme.OneTest"))).isEmpty();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(testClasses()).containsExactly("acme.OneTest");
  }

  @Test
  void baselineSaysWhatIsKnownAndGoneTest() throws Exception {
    Path baseline = temp.resolve("baseline.txt");
    String seen = "a/B PROTOCOL c.D";
    Baseline.empty().with(Map.of(finding("x").fingerprint(), 1, seen, 1)).write(baseline);

    assertThat(
            writer(directory(), Map.of())
                .baseline(baseline)
                .write(withFinding("1-1", "9-9", 0, "acme.OneTest")))
        .isEmpty();

    assertThat(streams().get("baseline"))
        .hasToString("{\"file\":\"" + baseline + "\",\"known\":2,\"gone\":[\"a/B PROTOCOL c.D\"]}");
    Schemas.assertStreams(file("streams.json"));
  }

  @Test
  void updatedBaselineHoldsWhatAllJvmsOfTheBuildFoundTest() throws Exception {
    Path baseline = temp.resolve("baseline.txt");
    Baseline.empty().with(Map.of("a/B PROTOCOL c.D", 1)).write(baseline);
    ReportWriter writer = writer(directory(), Map.of()).updateBaseline(baseline);

    StreamReport one = report("1-1", "9-9", 0);
    one.add(finding("PROTOCOL", Outcome.FAILED));
    one.add(finding("NOT_STARTED", Outcome.ALLOWED));
    one.add(finding("NO_DEADLINE", Outcome.UNDECIDED));
    StreamReport two = report("2-1", "9-9", 1);
    two.add(finding("LISTENER_THREW", Outcome.KNOWN));
    two.add(finding("ENDED_BY_SHUTDOWN", Outcome.WARNED));
    assertThat(writer.write(one)).isEmpty();
    assertThat(writer.write(two)).isEmpty();

    assertThat(Baseline.read(baseline).fingerprints())
        .containsExactly(
            "- ENDED_BY_SHUTDOWN acme.C.m", "- LISTENER_THREW acme.C.m", "- PROTOCOL acme.C.m");
  }

  @Test
  void brokenBaselineIsAWarningAndANoteTest() throws Exception {
    Path baseline = Files.writeString(temp.resolve("baseline.txt"), "half\n");
    String why =
        baseline
            + ":1: the first line must begin with \"# Streamleak baseline, version 1:\", was"
            + " \"half\"";
    assertThat(
            writer(directory(), Map.of())
                .updateBaseline(baseline)
                .write(withFinding("1-1", "9-9", 0, "acme.OneTest")))
        .contains(why);
    assertThat(baseline).hasContent("half\n");
    assertThat(Json.strings(streams().getAsJsonArray("jvms").get(0).getAsJsonObject(), "notes"))
        .containsExactly(why);
  }

  private static Optional<String> logging(
      List<String> messages, Supplier<Optional<String>> action) {
    Logger logger = Logger.getLogger("io.github.streamleak");
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            messages.add(record.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      return action.get();
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
  }

  private static StreamReport report(String id, String build, long secondsLater) {
    return StreamReport.create(id, build, START.plusSeconds(secondsLater));
  }

  private static StreamReport withFinding(
      String id, String build, long secondsLater, String... testClasses) {
    StreamReport report = report(id, build, secondsLater);
    for (String testClass : testClasses) {
      report.countTest(testClass);
      report.add(finding(testClass));
    }
    return report;
  }

  private static ReportEntry leak(Shop shop, String testClass) {
    return ReportEntry.leaked(shop.leak(), Outcome.FAILED)
        .ofTest(testClass, "leaks", "leaks()")
        .build();
  }

  private static ReportEntry finding(String testClass) {
    return ReportEntry.found("PROTOCOL", "acme.Shop/Watch", List.of(), Outcome.FAILED, "found")
        .ofTest(testClass, "leaks", "leaks()")
        .build();
  }

  private static ReportEntry finding(String rule, Outcome outcome) {
    return ReportEntry.found(
            rule,
            null,
            List.of(new StackTraceElement("acme.C", "m", "C.java", 1)),
            outcome,
            "found")
        .build();
  }

  private Path directory() {
    return temp.resolve("report");
  }

  private Path file(String name) {
    return directory().resolve(name);
  }

  private Optional<String> write(StreamReport report) {
    return writer(directory(), Map.of()).write(report);
  }

  private static ReportWriter writer(Path directory, Map<String, String> environment) {
    PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    return ReportWriter.to(directory, Path.of(""), environment, out);
  }

  private JsonObject streams() throws IOException {
    return Json.parse(Files.readString(file("streams.json"))).getAsJsonObject();
  }

  private List<JsonObject> entries() throws IOException {
    return Json.objects(streams(), "entries");
  }

  private List<String> testClasses() throws IOException {
    return entries().stream().map(entry -> new Entry(entry).testClassOrEmpty()).toList();
  }

  private List<String> parts() throws IOException {
    try (Stream<Path> files = Files.list(file("parts"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
