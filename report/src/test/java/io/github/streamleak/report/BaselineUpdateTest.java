package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What an update of the baseline adds, takes off, keeps and says. */
class BaselineUpdateTest {

  private static final String HEADER =
      "# Streamleak baseline, version 1: known findings, one a line: full method name, cause or"
          + " rule, opened in; xN: on N lines of that method\n";

  @TempDir Path temp;
  private Path file;
  private final List<String> told = new ArrayList<>();
  private String build = "9-9";
  private int jvms;

  @BeforeEach
  void baseline() throws Exception {
    file = temp.resolve("known.txt");
    Files.writeString(
        file, HEADER + "# ticket 7\n" + line("Gone") + "# ticket 8\n" + line("Stays"));
  }

  @Test
  void updateSaysWhatItAddedAndTookOffTest() {
    assertThat(update("module", found("New", "Stays"))).isEmpty();

    assertThat(file).hasContent(HEADER + line("New") + "# ticket 8\n" + line("Stays"));
    assertThat(told)
        .containsExactly(
            "Streamleak: the baseline "
                + file
                + " has 2 known findings: 1 new, 1 taken off\n"
                + "  new: acme.Shop/New PROTOCOL -\n"
                + "  taken off: acme.Shop/Gone PROTOCOL -");
  }

  @Test
  void updateThatChangesNothingSaysSoTest() {
    assertThat(update("module", found("Gone", "Stays"))).isEmpty();

    assertThat(told)
        .containsExactly(
            "Streamleak: the baseline " + file + " has 2 known findings: 0 new, 0 taken off");
  }

  @Test
  void updateAfterAPartOfTheSuiteTakesNothingOffTest() {
    assertThat(update("module", found("New").partial("-Dtest=One"))).isEmpty();

    assertThat(file)
        .hasContent(
            HEADER + "# ticket 7\n" + line("Gone") + line("New") + "# ticket 8\n" + line("Stays"));
    assertThat(told)
        .containsExactly(
            "Streamleak: the baseline "
                + file
                + " has 3 known findings: 1 new, 0 taken off; 2 not found, and kept because only a part"
                + " of the suite has run (-Dtest=One)\n"
                + "  new: acme.Shop/New PROTOCOL -");
  }

  @Test
  void laterJvmOfTheBuildHasTheCommentsOfWhatTheFirstOneDidNotFindTest() {
    assertThat(update("module", found("New"))).isEmpty();
    assertThat(update("module", found("Stays"))).isEmpty();

    assertThat(file).hasContent(HEADER + line("New") + "# ticket 8\n" + line("Stays"));
    assertThat(told.get(1))
        .isEqualTo(
            "Streamleak: the baseline "
                + file
                + " has 2 known findings: 1 new, 1 taken off\n"
                + "  new: acme.Shop/New PROTOCOL -\n"
                + "  taken off: acme.Shop/Gone PROTOCOL -");
  }

  @Test
  void modulesOfOneBuildThatShareAFileLoseNothingTest() {
    assertThat(update("one", found("Stays"))).isEmpty();
    assertThat(update("two", found("New"))).isEmpty();
    assertThat(update("one", found("Other"))).isEmpty();

    assertThat(file)
        .hasContent(HEADER + line("New") + line("Other") + "# ticket 8\n" + line("Stays"));
  }

  @Test
  void nextBuildTakesOffWhatIsGoneSinceTest() {
    assertThat(update("one", found("New", "Stays"))).isEmpty();
    build = "9-10";
    assertThat(update("one", found("Stays"))).isEmpty();

    assertThat(file).hasContent(HEADER + "# ticket 8\n" + line("Stays"));
  }

  @Test
  void whatAnotherProgramAddsMeanwhileStaysTest() throws Exception {
    assertThat(update("one", found("Stays"))).isEmpty();
    Files.writeString(file, Files.readString(file) + "# mine\n" + line("Xtra"));
    assertThat(update("one", found("New"))).isEmpty();

    assertThat(file).content().endsWith("# mine\n" + line("Xtra"));
  }

  @Test
  void partOfTheSuiteKeepsItsLinesOnTheCommandLineTooTest() throws Exception {
    Path report = temp.resolve("module");
    writer("module").write(found("New").partial("-Dgroups=fast"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8);
    assertThat(
            Main.run(
                List.of("baseline", "update", "--file", file.toString(), report.toString()),
                to,
                to))
        .isZero();

    assertThat(out.toString(StandardCharsets.UTF_8).strip())
        .isEqualTo(
            file
                + ": +1 -0; 2 not found, and kept because only a part of the suite has run"
                + " (-Dgroups=fast)");
    assertThat(Baseline.read(file).fingerprints()).hasSize(3);
  }

  @Test
  void updateThatCannotBeWrittenTellsNothingTest() throws Exception {
    Files.delete(file);
    Files.createDirectories(file.resolve("full"));

    assertThat(update("module", found("New")).orElseThrow())
        .startsWith(file + ": cannot be read: ");
    assertThat(told).isEmpty();
  }

  // ---- a disk that is full ----

  @Test
  @EnabledOnOs(OS.LINUX)
  void pageThatCannotBeWrittenIsNotThatOfAnEarlierBuildTest() throws Exception {
    assertThat(update("module", found("Stays"))).isEmpty();
    build = "9-10";
    full("module/index.html");

    assertThat(update("module", found("New")).orElseThrow())
        .isEqualTo(
            temp.resolve("module")
                + ": the report could not be written: IOException: No space left on device");
    assertThat(temp.resolve("module/index.html")).doesNotExist();
    assertThat(temp.resolve("module/summary.md")).content().contains("acme.Shop/New");
    assertThat(temporary()).isEmpty();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void partThatCannotBeWrittenLeavesNothingOfAnEarlierBuildTest() throws Exception {
    assertThat(update("module", found("Stays"))).isEmpty();
    build = "9-10";
    full("module/parts/2-1.json");

    assertThat(update("module", found("New"))).isPresent();
    for (String name : List.of("index.html", "summary.md", "leaks.sarif", "streams.json")) {
      assertThat(temp.resolve("module").resolve(name)).doesNotExist();
    }
    assertThat(temporary()).isEmpty();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void partThatCannotBeWrittenLeavesTheReportOfItsBuildTest() throws Exception {
    assertThat(update("module", found("Stays"))).isEmpty();
    full("module/parts/2-1.json");

    assertThat(update("module", found("New"))).isPresent();
    assertThat(temp.resolve("module/index.html")).content().contains("acme.Shop/Stays");
  }

  /** The temporary file leads to a device that takes not one byte. */
  private void full(String name) throws Exception {
    Path target = temp.resolve(name);
    Files.createSymbolicLink(
        target.resolveSibling(target.getFileName() + ".tmp"), Path.of("/dev/full"));
  }

  private List<Path> temporary() throws Exception {
    try (Stream<Path> files = Files.walk(temp)) {
      return files.filter(each -> each.toString().endsWith(".tmp")).toList();
    }
  }

  private static String line(String method) {
    return "acme.Shop/" + method + " PROTOCOL -\n";
  }

  private StreamReport found(String... methods) {
    StreamReport report =
        StreamReport.create(++jvms + "-1", build, Instant.ofEpochSecond(1_000 + jvms));
    for (String method : methods) {
      report.add(
          ReportEntry.found("PROTOCOL", "acme.Shop/" + method, List.of(), Outcome.FAILED, "found")
              .build());
    }
    return report;
  }

  private Optional<String> update(String module, StreamReport report) {
    return writer(module).updateBaseline(file, told::add).write(report);
  }

  private ReportWriter writer(String module) {
    return ReportWriter.to(
        temp.resolve(module),
        temp,
        Map.of(),
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
  }
}
