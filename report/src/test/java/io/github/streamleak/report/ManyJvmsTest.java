package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several real JVMs that end at once, over and over. */
class ManyJvmsTest {

  private static final int JVMS = 8;
  private static final int ROUNDS = 20;

  @TempDir Path directory;

  @Test
  void lastJvmToEndHasMergedAllTest() throws Exception {
    List<Jvm> jvms = new ArrayList<>();
    try {
      for (int i = 0; i < JVMS; i++) {
        jvms.add(new Jvm(i));
      }
      for (int round = 0; round < ROUNDS; round++) {
        Path report = directory.resolve("round" + round);
        for (Jvm jvm : jvms) {
          jvm.say(report.toString());
        }
        for (Jvm jvm : jvms) {
          assertThat(jvm.hear()).as("round %s", round).isEqualTo("Optional.empty");
        }
        assertComplete(report);
      }
    } finally {
      jvms.forEach(Jvm::end);
    }
  }

  private static void assertComplete(Path report) throws IOException {
    List<String> all = IntStream.range(0, JVMS).mapToObj(ManyJvmsTest::testClass).sorted().toList();
    JsonObject merged =
        Json.parse(Files.readString(report.resolve("streams.json"))).getAsJsonObject();
    TreeSet<String> merge = new TreeSet<>();
    for (JsonElement entry : merged.getAsJsonArray("entries")) {
      merge.add(new Entry(entry.getAsJsonObject()).testClassOrEmpty());
    }
    assertThat(merge).containsExactlyElementsOf(all);
    try (Stream<Path> parts = Files.list(report.resolve("parts"))) {
      assertThat(parts).hasSize(JVMS).allMatch(part -> part.toString().endsWith(".json"));
    }
    assertThat(Baseline.read(report.resolve("baseline.txt")).fingerprints()).hasSize(JVMS);
    String summary = Files.readString(report.resolve("job-summary.md"));
    assertThat(summary.split("## gRPC client streams", -1)).hasSize(2);
    assertThat(summary)
        .contains(JVMS + " groups: " + JVMS + " failed.")
        .startsWith("<!-- streamleak ");
    try (Stream<Path> files = Files.list(report)) {
      assertThat(files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()))
          .containsExactlyInAnyOrder(
              ".lock",
              "baseline.txt",
              "index.html",
              "job-summary.md",
              "leaks.sarif",
              "parts",
              "streams.json",
              "summary.md");
    }
  }

  private static String testClass(int jvm) {
    return "acme.Test" + jvm;
  }

  /** Another JVM. It is told directories, and answers what its writing came to. */
  private static final class Jvm {

    private final Process process;
    private final PrintStream in;
    private final BufferedReader out;

    Jvm(int number) throws IOException {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  OneJvm.class.getName(),
                  String.valueOf(number))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
      out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    void say(String line) {
      in.println(line);
    }

    String hear() throws IOException {
      return String.valueOf(out.readLine());
    }

    void end() {
      in.close();
      process.destroy();
    }
  }

  /** What runs in the other JVM. */
  static final class OneJvm {

    private OneJvm() {}

    public static void main(String[] args) {
      int number = Integer.parseInt(args[0]);
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
          .lines()
          .forEach(line -> System.out.println(write(Path.of(line), number)));
    }

    private static String write(Path directory, int number) {
      // Two of each name, as in two containers.
      StreamReport report =
          StreamReport.create(
              String.valueOf(number / 2), "9-9", Instant.ofEpochSecond(1_000 + number));
      report.countTest(testClass(number));
      report.add(
          ReportEntry.found(
                  "PROTOCOL", "acme.Shop/Watch" + number, List.of(), Outcome.FAILED, "found")
              .ofTest(testClass(number), "leaks", "leaks()")
              .build());
      PrintStream ignored = new PrintStream(OutputStream.nullOutputStream());
      Map<String, String> environment =
          Map.of(
              "GITHUB_ACTIONS",
              "true",
              "GITHUB_STEP_SUMMARY",
              directory.resolve("job-summary.md").toString());
      try {
        Files.createDirectories(directory);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return ReportWriter.to(directory, directory, environment, ignored)
          .updateBaseline(directory.resolve("baseline.txt"))
          .write(report)
          .toString();
    }
  }
}
