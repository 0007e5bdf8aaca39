package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {

  private static final String USAGE =
      """
        merge --into <directory> <report>...
        compare --to <report> --into <directory> <report>...
        baseline update --file <file> <report>...
        --help
      """;

  @TempDir Path temp;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path one;
  private Path two;

  @BeforeEach
  void reports() {
    one = report("one", "9-9", "acme.Shop/Watch");
    two = report("two", "8-8", "acme.Shop/Buy");
  }

  @Test
  void mergeKeepsAllOfTwoShardsTest() throws Exception {
    Path into = temp.resolve("all");
    assertThat(run("merge", "--into", into, one, two.resolve("streams.json"))).isZero();

    JsonObject merged =
        Json.parse(Files.readString(into.resolve("streams.json"))).getAsJsonObject();
    assertThat(merged.getAsJsonArray("entries")).hasSize(2);
    // One name, and another build: neither tells that one is a rerun of the other.
    assertThat(merged.getAsJsonArray("jvms")).hasSize(2);
    Schemas.assertStreams(into.resolve("streams.json"));
    Schemas.assertSarif(into.resolve("leaks.sarif"));
    assertThat(into.resolve("summary.md")).content().contains("2 findings in 2 groups: 2 failed.");
    assertThat(into.resolve("index.html")).content().contains("acme.Shop/Buy");
    assertThat(out())
        .isEqualTo(
            into
                + ": No gRPC client stream leaked, but 2 other findings fail outside of any test. 2"
                + " findings in 2 groups: 2 failed. 0 streams in 2 tests.\n");
  }

  @Test
  void reportThatIsNamedTwiceIsReadOnceTest() {
    assertThat(run("merge", "--into", temp.resolve("all"), one, one.resolve("streams.json")))
        .isZero();
    assertThat(out()).contains("1 finding in 1 group: 1 failed.");
  }

  @Test
  void mergedBaselineMissesWhatAllMissTest() throws Exception {
    Path baseline = temp.resolve("baseline.txt");
    String gone = "a/B PROTOCOL c.D";
    Baseline.empty()
        .with(Map.of("acme.Shop/Watch PROTOCOL -", 1, "acme.Shop/Buy PROTOCOL -", 1, gone, 1))
        .write(baseline);
    rewrite("one", "9-9", "acme.Shop/Watch", baseline);
    rewrite("two", "8-8", "acme.Shop/Buy", baseline);

    assertThat(run("merge", "--into", temp.resolve("all"), one, two)).isZero();

    assertThat(
            Json.parse(Files.readString(temp.resolve("all/streams.json")))
                .getAsJsonObject()
                .getAsJsonObject("baseline"))
        .hasToString("{\"file\":\"baseline.txt\",\"known\":3,\"gone\":[\"a/B PROTOCOL c.D\"]}");
  }

  @Test
  void otherSchemaIsRefusedAndNothingIsWrittenTest() throws Exception {
    Path file = two.resolve("streams.json");
    Files.writeString(
        file, Files.readString(file).replace("\"schemaVersion\": 1", "\"schemaVersion\": 0"));
    Path into = temp.resolve("all");

    assertThat(run("merge", "--into", into, one, two)).isEqualTo(2);

    assertThat(err())
        .isEqualTo(file + ": has schema version 0; this version of Streamleak reads 1\n");
    assertThat(into).doesNotExist();
  }

  @Test
  void unusableReportsAreNamedTest() throws Exception {
    Path none = temp.resolve("none");
    assertThat(run("merge", "--into", temp.resolve("all"), none)).isEqualTo(2);
    assertThat(err()).isEqualTo(none + ": cannot be read: there is no such file\n");

    Path file = one.resolve("streams.json");
    Files.writeString(file, Files.readString(file).replace("\"failed\"", "\"fail\""));
    assertThat(run("merge", "--into", temp.resolve("all"), one)).isEqualTo(2);
    assertThat(err())
        .isEqualTo(
            file
                + ": \"outcome\" must be failed, undecided, flaky, warned, known, allowed, shown; was"
                + " \"fail\"\n");
  }

  @Test
  void mergeTakesWhatIsThereAndSaysWhatIsNotTest() throws Exception {
    Path none = temp.resolve("none");
    Path empty = Files.createDirectories(temp.resolve("empty"));
    assertThat(run("merge", "--into", temp.resolve("all"), none, one, empty)).isZero();
    assertThat(err())
        .isEqualTo(
            none
                + ": left out, since there is no report\n"
                + empty
                + ": left out, since there is no report\n");
    assertThat(out()).contains("1 finding in 1 group: 1 failed.");

    // An update that misses a report would take its lines off.
    assertThat(run("baseline", "update", "--file", temp.resolve("known.txt"), one, none))
        .isEqualTo(2);
    assertThat(err()).isEqualTo(none + ": cannot be read: there is no such file\n");
  }

  @Test
  void cleanReportsMakeACleanOneTest() {
    Path into = temp.resolve("all");
    StreamReport clean = StreamReport.create("3-3", "7-7", Instant.parse("2026-11-22T22:00:00Z"));
    clean.countTest("acme.CleanTest");
    clean.countStreams(1);
    Path three = temp.resolve("three");
    assertThat(
            ReportWriter.to(three, temp, Map.of(), stream(OutputStream.nullOutputStream()))
                .noPageWhileClean()
                .write(clean))
        .isEmpty();

    assertThat(run("merge", "--into", into, three)).isZero();
    assertThat(out())
        .isEqualTo(
            into
                + ": No gRPC client stream leaked: the one recorded was released. 1 stream in 1"
                + " test.\n");
    assertThat(into.resolve("leaks.sarif")).content().contains("\"results\": []");
  }

  @Test
  void comparisonSaysWhatIsNewGoneAndStayedTest() throws Exception {
    Path earlier = temp.resolve("earlier");
    assertThat(run("merge", "--into", earlier, one, report("gone", "7-7", "acme.Shop/Gone")))
        .isZero();

    Path into = temp.resolve("all");
    assertThat(run("compare", "--to", earlier, "--into", into, one, two)).isEqualTo(3);

    assertThat(out())
        .isEqualTo(
            into
                + ": No gRPC client stream leaked, but 2 other findings fail outside of any test. 2"
                + " findings in 2 groups: 2 failed. 0 streams in 2 tests.\n"
                + "Since the earlier run: 1 new, 1 gone, 1 stayed.\n"
                + "  new: acme.Shop/Buy PROTOCOL -\n"
                + "  gone: acme.Shop/Gone PROTOCOL -\n");
    assertThat(into.resolve("summary.md"))
        .content()
        .contains(
            """
            Since the earlier run: 1 new, 1 gone, 1 stayed.

            - new&#58; acme.Shop/Buy PROTOCOL -
            - gone&#58; acme.Shop/Gone PROTOCOL -

            | what""");
    assertThat(
            Json.parse(Files.readString(into.resolve("streams.json")))
                .getAsJsonObject()
                .get("comparison"))
        .hasToString(
            "{\"with\":\""
                + earlier.resolve("streams.json")
                + "\",\"new\":[\"acme.Shop/Buy PROTOCOL -\"],\"gone\":[\"acme.Shop/Gone PROTOCOL"
                + " -\"],\"stayed\":[\"acme.Shop/Watch PROTOCOL -\"]}");
    Schemas.assertStreams(into.resolve("streams.json"));
  }

  @Test
  void comparisonWithoutAnythingNewSucceedsTest() {
    Path earlier = temp.resolve("earlier");
    assertThat(run("merge", "--into", earlier, one, two)).isZero();

    assertThat(run("compare", "--to", earlier, "--into", temp.resolve("all"), one)).isZero();
    assertThat(out())
        .endsWith(
            "Since the earlier run: 0 new, 1 gone, 1 stayed.\n  gone: acme.Shop/Buy PROTOCOL -\n");
  }

  @Test
  void comparisonWithAReportThatIsNotThereWritesNothingTest() {
    Path into = temp.resolve("all");
    assertThat(run("compare", "--to", temp.resolve("none"), "--into", into, one)).isEqualTo(2);
    assertThat(err()).isEqualTo(temp.resolve("none") + ": cannot be read: there is no such file\n");
    assertThat(into).doesNotExist();
  }

  @Test
  void directoryIsNotReadAndWrittenAtOnceTest() {
    assertThat(run("merge", "--into", one, one, two)).isEqualTo(2);
    assertThat(err())
        .isEqualTo(
            one + ": cannot be both read and written; name another directory after --into\n");
  }

  @Test
  void directoryThatCannotBeWrittenEndsWithOneTest() throws Exception {
    Path into = Files.writeString(temp.resolve("taken"), "mine");
    assertThat(run("merge", "--into", into, one)).isEqualTo(1);
    assertThat(err())
        .isEqualTo(
            "could not be written: there is a file where a directory must be (" + into + ")\n");
  }

  @Test
  void baselineUpdateAddsWhatIsNewAndTakesOffWhatIsGoneTest() throws Exception {
    Path file = temp.resolve("baseline.txt");
    Baseline.empty().with(Map.of("acme.Shop/Buy PROTOCOL -", 1, "a/B PROTOCOL c.D", 1)).write(file);

    assertThat(run("baseline", "update", "--file", file, one, two)).isZero();

    assertThat(out()).isEqualTo(file + ": +1 -1\n");
    assertThat(Baseline.read(file).fingerprints())
        .containsExactly("acme.Shop/Buy PROTOCOL -", "acme.Shop/Watch PROTOCOL -");
  }

  @Test
  void brokenBaselineIsLeftAsItIsTest() throws Exception {
    Path file = Files.writeString(temp.resolve("baseline.txt"), "mine\n");
    assertThat(run("baseline", "update", "--file", file, one)).isEqualTo(2);
    assertThat(err())
        .isEqualTo(
            file
                + ":1: the first line must begin with \"# Streamleak baseline, version 1:\", was"
                + " \"mine\"\n");
    assertThat(file).hasContent("mine\n");
  }

  @Test
  void helpTest() {
    assertThat(run("--help")).isZero();
    assertThat(out()).startsWith("Usage:\n  merge --into <directory> <report>...\n");
  }

  @Test
  void wrongArgumentsNameTheValidOnesTest() {
    assertThat(run()).isEqualTo(2);
    assertThat(err()).isEqualTo("There is no command. The commands are:\n" + USAGE);
    assertThat(run("merge", "--into", "x")).isEqualTo(2);
    assertThat(err())
        .isEqualTo("This is not a command: merge --into x. The commands are:\n" + USAGE);
    assertThat(run("baseline", "write", "--file", "x", "y")).isEqualTo(2);
    assertThat(err())
        .isEqualTo("This is not a command: baseline write --file x y. The commands are:\n" + USAGE);
  }

  private int run(Object... args) {
    out.reset();
    err.reset();
    return Main.run(List.of(args).stream().map(String::valueOf).toList(), stream(out), stream(err));
  }

  private Path report(String name, String build, String method) {
    return rewrite(name, build, method, null);
  }

  private Path rewrite(String name, String build, String method, @Nullable Path baseline) {
    Path directory = temp.resolve(name);
    StreamReport report =
        StreamReport.create("1-1", build + baseline, Instant.parse("2026-11-22T22:00:00Z"));
    report.countTest("acme.PriceTest");
    report.add(ReportEntry.found("PROTOCOL", method, List.of(), Outcome.FAILED, "found").build());
    ReportWriter writer =
        ReportWriter.to(directory, temp, Map.of(), stream(OutputStream.nullOutputStream()));
    assertThat((baseline == null ? writer : writer.baseline(baseline)).write(report)).isEmpty();
    return directory;
  }

  private static PrintStream stream(OutputStream to) {
    return new PrintStream(to, true, StandardCharsets.UTF_8);
  }

  private String out() {
    return text(out);
  }

  private String err() {
    return text(err);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }
}
