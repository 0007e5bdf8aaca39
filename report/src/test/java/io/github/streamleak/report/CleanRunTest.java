package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What JVMs that found nothing leave behind. */
class CleanRunTest {

  private static final String BUILD = "9-9";
  private static final Path IO = Path.of("/proc/self/io");

  @TempDir Path temp;
  private Map<String, String> environment = Map.of();

  @Test
  void cleanRunWritesAllButThePageTest() throws Exception {
    write(clean(1));

    Schemas.assertStreams(file("streams.json"));
    Schemas.assertSarif(file("leaks.sarif"));
    JsonObject run =
        Json.objects(Json.parse(Files.readString(file("leaks.sarif"))).getAsJsonObject(), "runs")
            .get(0);
    assertThat(run.get("results")).hasToString("[]");
    assertThat(file("summary.md"))
        .hasContent(
            """
            ## gRPC client streams

            No gRPC client stream leaked: all 2 recorded were released. 2 streams in 1 test on 1 channel.
            """);
    assertThat(file("index.html")).doesNotExist();
  }

  @Test
  void cleanRunInContinuousIntegrationHasAPageTest() {
    environment = Map.of("CI", "true");
    write(clean(1));

    assertThat(file("index.html")).content().contains("all 2 recorded were released");
  }

  @Test
  void ciThatIsFalseIsNoneTest() {
    assertThat(ContinuousIntegration.isIn(Map.of("CI", "false"))).isFalse();
    assertThat(ContinuousIntegration.isIn(Map.of("CI", ""))).isFalse();
    assertThat(ContinuousIntegration.isIn(Map.of("JENKINS_URL", "http://jenkins"))).isTrue();
  }

  @Test
  void cleanRunTakesAnOlderPageAwayTest() {
    write(leaky(1, "8-8", "acme.PriceTest"));
    assertThat(file("index.html")).content().contains("acme.PriceTest");

    write(clean(2));
    assertThat(file("index.html")).doesNotExist();
    assertThat(file("parts/1-1.json")).doesNotExist();
  }

  @Test
  void cleanForkLeavesTheFindingsOfAnotherWhereTheyAreTest() throws Exception {
    write(leaky(1, BUILD, "acme.PriceTest"));
    write(clean(2));
    write(clean(3));

    assertThat(file("index.html")).content().contains("acme.PriceTest");
    assertThat(Json.objects(streams(), "entries")).hasSize(1);
    assertThat(file("summary.md")).content().contains("5 streams in 3 tests on 3 channels.");
  }

  @Test
  void cleanForksAreOneElementTest() throws Exception {
    for (int i = 1; i <= 3; i++) {
      write(clean(i));
    }

    assertThat(streams().get("jvms"))
        .hasToString(
            "[{\"id\":\"1-1\",\"startedAt\":\"1970-01-01T00:16:41Z\",\"build\":\"9-9\",\"mode\":\"fail\","
                + "\"strictness\":\"normal\",\"watch\":\"all\",\"view\":\"whole\",\"tests\":3,"
                + "\"channels\":3,\"streams\":6,\"notes\":[],\"outlivesBuilds\":false,\"clean\":3}]");
    Schemas.assertStreams(file("streams.json"));
  }

  @Test
  void cleanForksOfOtherSettingsStayApartTest() throws Exception {
    write(clean(1));
    write(clean(2).mode("warn"));

    assertThat(Json.objects(streams(), "jvms")).hasSize(2);
  }

  @Test
  void testsThatWereNotCheckedAreAddedUpTest() throws Exception {
    for (int i = 1; i <= 2; i++) {
      StreamReport report = clean(i);
      report.countUnchecked("junit-vintage", 1_000);
      report.countUnchecked("other", i - 1);
      write(report);
    }
    write(clean(3));

    Schemas.assertStreams(file("streams.json"));
    assertThat(file("summary.md"))
        .content()
        .contains(
            "6 streams in 3 tests on 3 channels; 2,000 tests of engine junit-vintage were not"
                + " checked; 1 test of engine other was not checked.");
  }

  @Test
  void partOfTheSuiteIsMarkedInAllFilesTest() throws Exception {
    environment = Map.of("CI", "true");
    write(clean(1).partial("-Dtest=One"));
    write(clean(2));

    Schemas.assertStreams(file("streams.json"));
    Schemas.assertSarif(file("leaks.sarif"));
    assertThat(streams().get("partial")).hasToString("[\"-Dtest=One\"]");
    JsonObject run =
        Json.objects(Json.parse(Files.readString(file("leaks.sarif"))).getAsJsonObject(), "runs")
            .get(0);
    assertThat(run.get("properties")).hasToString("{\"partial\":true}");
    assertThat(Json.array(Json.objects(run, "invocations").get(0), "toolExecutionNotifications"))
        .hasToString(
            "[{\"message\":{\"text\":\"only a part of the suite has run (-Dtest=One): uploaded, this"
                + " would close the alerts of the rest\"},\"level\":\"note\"}]");
    assertThat(file("summary.md"))
        .content()
        .contains(
            "\nOnly a part of the suite has run (-Dtest=One): this says nothing about the rest.\n");
  }

  @Test
  void wholeSuiteIsNotMarkedTest() throws Exception {
    write(clean(1));

    assertThat(streams().get("partial")).hasToString("[]");
    assertThat(file("leaks.sarif")).content().contains("\"partial\": false");
    assertThat(file("summary.md")).content().doesNotContain("part of the suite");
  }

  @Test
  void addingIsTheSameAsMergingAllTest() throws Exception {
    Path anew = Files.createDirectories(temp.resolve("anew"));
    for (int i : List.of(4, 2, 5, 1, 3)) {
      write(i == 5 ? leaky(i, BUILD, "acme.Test" + i) : clean(i));
      // Without the state of the lock all parts are merged.
      Files.deleteIfExists(anew.resolve(".lock"));
      writer(anew).write(i == 5 ? leaky(i, BUILD, "acme.Test" + i) : clean(i));
    }

    assertThat(file("streams.json")).hasSameTextualContentAs(anew.resolve("streams.json"));
    assertThat(file("streams.json")).content().contains("\"clean\": 4");
  }

  @Test
  void cleanRerunOfATestThatLeakedIsMergedWithItTest() throws Exception {
    write(leaky(1, BUILD, "acme.PriceTest"));
    StreamReport rerun = report(2, BUILD);
    rerun.countTest("acme.PriceTest", "[acme.PriceTest]/[leaks]");
    write(rerun);

    assertThat(Json.string(Json.objects(streams(), "entries").get(0), "outcome"))
        .isEqualTo("flaky");
  }

  @Test
  void reportThatIsWrittenAgainIsCountedOnceTest() throws Exception {
    StreamReport report = clean(1);
    write(report);
    report.countStreams(1);
    write(report);

    assertThat(Json.number(Json.objects(streams(), "jvms").get(0), "streams", 0)).isEqualTo(3);
  }

  @Test
  void partOfAJvmThatDiedWhileItWroteIsMergedByTheNextTest() throws Exception {
    write(clean(1));
    // It has taken the state and written its part, and nothing more.
    Files.copy(file("parts/1-1.json"), file("parts/2-1.json"));
    Files.writeString(file(".lock"), "");
    write(clean(3));

    assertThat(Json.number(Json.objects(streams(), "jvms").get(0), "clean", 0)).isEqualTo(3);
  }

  @Test
  void partThatWasWrittenWithoutTheLockIsMergedByTheNextTest() throws Exception {
    write(clean(1));
    Files.copy(file("parts/1-1.json"), file("parts/2-1.json"));
    Files.writeString(file("parts/.unmerged"), "");
    write(clean(3));

    assertThat(Json.number(Json.objects(streams(), "jvms").get(0), "clean", 0)).isEqualTo(3);
    assertThat(file("parts/.unmerged")).doesNotExist();
  }

  @Test
  void runsOfOneJvmAllHaveAPartTest() throws Exception {
    for (int i = 0; i < 20; i++) {
      write(report(1, BUILD));
    }

    assertThat(file("parts/1-1-20.json")).exists();
    assertThat(Json.number(Json.objects(streams(), "jvms").get(0), "clean", 0)).isEqualTo(20);
  }

  /** Bytes are counted and not seconds: a fork that read what all others wrote would read more. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void lastOfFiveHundredCleanForksMovesNoMoreBytesThanTheFirstTest() {
    write(leaky(1, BUILD, "acme.PriceTest"));
    forks(2, 50);
    long first = bytesOf(() -> forks(51, 150));
    forks(151, 400);
    long last = bytesOf(() -> forks(401, 500));

    assertThat(last).isLessThan(first + first / 2);
  }

  private void forks(int from, int to) {
    for (int i = from; i <= to; i++) {
      write(clean(i));
    }
  }

  private static long bytesOf(Runnable work) {
    LongSupplier moved =
        () -> {
          try {
            return Files.readAllLines(IO).stream()
                .filter(line -> line.startsWith("rchar:") || line.startsWith("wchar:"))
                .mapToLong(line -> Long.parseLong(line.substring(7).strip()))
                .sum();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    long before = moved.getAsLong();
    work.run();
    return moved.getAsLong() - before;
  }

  private static StreamReport clean(int number) {
    StreamReport report = report(number, BUILD);
    report.countTest("acme.Test" + number, "[acme.Test" + number + "]/[passes]");
    report.countStreams(2);
    report.countChannels(1);
    return report;
  }

  private static StreamReport leaky(int number, String build, String className) {
    StreamReport report = report(number, build);
    report.countTest(className, "[" + className + "]/[leaks]");
    report.countStreams(1);
    report.countChannels(1);
    report.add(
        ReportEntry.found("PROTOCOL", "acme.Shop/Watch", List.of(), Outcome.FAILED, "found")
            .ofTest(className, "leaks", "leaks()")
            .uniqueId("[" + className + "]/[leaks]")
            .build());
    return report;
  }

  private static StreamReport report(int number, String build) {
    return StreamReport.create(number + "-1", build, Instant.ofEpochSecond(1_000 + number))
        .mode("fail")
        .strictness("normal")
        .watch("all");
  }

  private void write(StreamReport report) {
    assertThat(writer(temp.resolve("report")).write(report)).isEmpty();
  }

  private ReportWriter writer(Path directory) {
    PrintStream ignored = new PrintStream(OutputStream.nullOutputStream());
    return ReportWriter.to(directory, temp, environment, ignored).noPageWhileClean();
  }

  private Path file(String name) {
    return temp.resolve("report").resolve(name);
  }

  private JsonObject streams() throws IOException {
    return Json.parse(Files.readString(file("streams.json"))).getAsJsonObject();
  }
}
