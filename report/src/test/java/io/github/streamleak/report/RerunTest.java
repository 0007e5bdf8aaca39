package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that run more than once in one build: run again, or split into two executions by tag. */
class RerunTest {

  private static final String CLASS = "acme.PriceTest";
  private static final String WATCH = "acme.Shop/Watch";

  @TempDir Path temp;
  private int jvms;
  private boolean daemon;

  @Test
  void leakOfAnotherTestOfTheClassStaysWhenOneIsRunAgainTest() throws Exception {
    write(new Run().ran(CLASS, "leaks", "fails").leak("leaks"));
    write(new Run().ran(CLASS, "fails"));

    assertThat(found()).containsExactly("failed leaks null");
  }

  @Test
  void leakStaysWhenASecondExecutionRunsTheOtherTagOfTheClassTest() throws Exception {
    write(new Run().ran(CLASS, "slow").leak("slow"));
    write(new Run().ran(CLASS, "fast"));

    assertThat(found()).containsExactly("failed slow null");
  }

  @Test
  void leakThatTheRerunDoesNotHaveIsFlakyTest() throws Exception {
    write(new Run().ran(CLASS, "leaks").leak("leaks"));
    write(new Run().ran(CLASS, "leaks"));

    assertThat(found()).containsExactly("flaky leaks leaked in 1 of 2 runs");
    Schemas.assertStreams(temp.resolve("report/streams.json"));
    Schemas.assertSarif(temp.resolve("report/leaks.sarif"));
  }

  @Test
  void leakThatTheRerunHasAsWellIsSaidOnceTest() throws Exception {
    write(new Run().ran(CLASS, "leaks").leak("leaks"));
    write(new Run().ran(CLASS, "leaks").leak("leaks"));

    assertThat(found()).containsExactly("failed leaks null");
  }

  @Test
  void anotherLeakOfTheRerunDoesNotHideTheFirstOneTest() throws Exception {
    write(new Run().ran(CLASS, "leaks").leak("leaks"));
    write(new Run().ran(CLASS, "leaks").add("test", "leaks", "acme.Shop/Buy", Outcome.FAILED));

    assertThat(found()).containsExactly("flaky leaks leaked in 1 of 2 runs", "failed leaks null");
  }

  @Test
  void lastOfThreeRunsDecidesAndAllAreCountedTest() throws Exception {
    write(new Run().ran(CLASS, "a", "b").leak("a").leak("b").leak("b"));
    write(new Run().ran(CLASS, "a", "b").leak("b").leak("b"));
    write(new Run().ran(CLASS, "a", "b").leak("a"));

    assertThat(found())
        .containsExactly(
            "flaky b leaked in 2 of 3 runs", "flaky b leaked in 2 of 3 runs", "failed a null");
  }

  @Test
  void runThatBeganFirstIsTheEarlierOneEvenIfItEndsLastTest() throws Exception {
    Run first = new Run().ran(CLASS, "leaks").leak("leaks");
    write(new Run().ran(CLASS, "leaks"));
    write(first);

    assertThat(found()).containsExactly("flaky leaks leaked in 1 of 2 runs");
  }

  @Test
  void leakOfAClassStaysUntilEachOfItsTestsHasRunAgainTest() throws Exception {
    write(
        new Run()
            .ran(CLASS, "a", "b")
            .ran(CLASS + "$Inner", "c")
            .add("class", "", WATCH, Outcome.FAILED));
    write(new Run().ran(CLASS, "a", "b"));
    assertThat(found()).containsExactly("failed PriceTest null");

    write(new Run().ran(CLASS + "$Inner", "c"));
    assertThat(found()).containsExactly("flaky PriceTest leaked in 1 of 3 runs");
  }

  @Test
  void leakOfTheRunIsNeverSupersededTest() throws Exception {
    write(new Run().ran(CLASS, "a").add("run", "", WATCH, Outcome.FAILED));
    write(new Run().ran(CLASS, "a"));

    assertThat(found()).containsExactly("failed the run null");
  }

  @Test
  void testWithoutAnIdIsNeverSupersededTest() throws Exception {
    Run run = new Run();
    run.report.countTest(CLASS);
    run.report.add(entry(WATCH, Outcome.FAILED).ofTest(CLASS, "a", "a").build());
    write(run);
    write(new Run().ran(CLASS, "a"));

    assertThat(found()).containsExactly("failed a null");
  }

  @Test
  void whatNobodyComplainedAboutGoesWithItsRunTest() throws Exception {
    write(
        new Run()
            .ran(CLASS, "a")
            .add("test", "a", WATCH, Outcome.ALLOWED)
            .add("test", "a", WATCH, Outcome.UNDECIDED));
    write(new Run().ran(CLASS, "a"));

    assertThat(found()).isEmpty();
  }

  @Test
  void knownFindingThatComesAndGoesStaysKnownTest() throws Exception {
    write(new Run().ran(CLASS, "a").add("test", "a", WATCH, Outcome.KNOWN));
    write(new Run().ran(CLASS, "a"));

    assertThat(found()).containsExactly("known a leaked in 1 of 2 runs");
  }

  @Test
  void updateOfTheBaselineKeepsWhatIsFlakyTest() throws Exception {
    Path baseline = temp.resolve("baseline.txt");
    Run first = new Run().ran(CLASS, "a", "b").leak("a");
    assertThat(writer().updateBaseline(baseline).write(first.report)).isEmpty();
    Run second = new Run().ran(CLASS, "a");
    assertThat(writer().updateBaseline(baseline).write(second.report)).isEmpty();

    assertThat(Baseline.read(baseline).fingerprints())
        .containsExactly("acme.Shop/Watch LEAKED_STREAM -");
  }

  @Test
  void leakThatWasMendedBetweenTwoBuildsOfADaemonIsNotFlakyTest() throws Exception {
    daemon = true;
    write(new Run().ran(CLASS, "mended", "stays").leak("mended").leak("stays"));
    write(new Run().ran(CLASS, "mended", "stays").leak("stays"));

    assertThat(found()).containsExactly("failed stays null");
  }

  @Test
  void rerunInTheSameJvmOfADaemonIsOneBuildTest() throws Exception {
    daemon = true;
    write(new Run().ran(CLASS, "a").leak("a"));
    jvms--;
    write(new Run().ran(CLASS, "a"));

    assertThat(found()).containsExactly("flaky a leaked in 1 of 2 runs");
  }

  /** One part: what a JVM has run and found. */
  private final class Run {

    private final StreamReport report =
        StreamReport.create(++jvms + "-1", "9-9", Instant.ofEpochSecond(1_000 + clock++), daemon);

    Run ran(String className, String... tests) {
      for (String test : tests) {
        report.countTest(className, "[" + className + "]/[" + test + "]");
      }
      return this;
    }

    Run leak(String test) {
      return add("test", test, WATCH, Outcome.FAILED);
    }

    Run add(String scope, String test, String method, Outcome outcome) {
      ReportEntry.Builder entry = entry(method, outcome);
      report.add(
          switch (scope) {
            case "test" ->
                entry.ofTest(CLASS, test, test).uniqueId("[" + CLASS + "]/[" + test + "]").build();
            case "class" -> entry.ofClass(CLASS, "PriceTest").uniqueId("[" + CLASS + "]").build();
            default -> entry.build();
          });
      return this;
    }
  }

  private int clock;

  private static ReportEntry.Builder entry(String method, Outcome outcome) {
    return ReportEntry.found("LEAKED_STREAM", method, List.of(), outcome, "found");
  }

  private void write(Run run) {
    assertThat(writer().write(run.report)).isEmpty();
  }

  private ReportWriter writer() {
    return ReportWriter.to(
        temp.resolve("report"), temp, Map.of(), new PrintStream(OutputStream.nullOutputStream()));
  }

  private List<String> found() throws IOException {
    JsonObject merged =
        Json.parse(Files.readString(temp.resolve("report/streams.json"))).getAsJsonObject();
    return Json.objects(merged, "entries").stream()
        .map(
            entry ->
                Json.string(entry, "outcome")
                    + " "
                    + Json.string(entry.getAsJsonObject("test"), "name")
                    + " "
                    + Json.string(entry, "reason"))
        .toList();
  }
}
