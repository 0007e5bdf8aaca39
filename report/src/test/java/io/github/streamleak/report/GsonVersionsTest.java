package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The user's Gson is used, whatever its version. The classes are compiled and tested against the
 * oldest one that is supported; here they run on later ones, in JVMs of their own, and write the
 * same files.
 */
class GsonVersionsTest {

  private static final String OURS = location(Gson.class);

  @TempDir Path temp;

  @BeforeEach
  void repository() throws IOException {
    Files.createDirectory(temp.resolve(".git"));
  }

  static Stream<String> versions() {
    return Arrays.stream(System.getProperty("gson.jars").split(File.pathSeparator));
  }

  @ParameterizedTest
  @MethodSource("versions")
  void laterGsonWritesTheSameFilesTest(String jar) throws Exception {
    Path oldest = write(OURS);
    Path later = write(jar);

    for (String name : List.of("report/streams.json", "report/leaks.sarif", "all/streams.json")) {
      assertThat(text(later.resolve(name)))
          .as(name)
          .isEqualTo(text(oldest.resolve(name)))
          .contains("acme.Shop/Watch");
    }
  }

  @Test
  void oldestSupportedVersionAndLaterOnesAreTriedTest() {
    assertThat(Stream.concat(Stream.of(OURS), versions()).map(jar -> Path.of(jar).getFileName()))
        .map(String::valueOf)
        .containsExactly(
            "gson-2.8.5.jar",
            "gson-2.8.9.jar",
            "gson-2.10.jar",
            "gson-2.13.1.jar",
            "gson-2.14.0.jar");
  }

  private Path write(String gson) throws IOException {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> entry.equals(OURS) ? gson : entry)
            .collect(Collectors.joining(File.pathSeparator));
    assertThat(classPath.split(File.pathSeparator)).contains(gson);
    Path directory =
        Files.createDirectories(temp.resolve(String.valueOf(Path.of(gson).getFileName())));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                WriteAndMerge.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("Optional.empty 0\n");
    return directory;
  }

  /** Without the name of the server, which gRPC draws at random. */
  private static String text(Path file) throws IOException {
    return Files.readString(file).replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "name");
  }

  private static String location(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()))
        .toString();
  }

  /**
   * Uses everything that touches JSON: writes a part, reads it again, merges it, and merges that.
   */
  static final class WriteAndMerge {

    private WriteAndMerge() {}

    public static void main(String[] args) {
      Path directory = Path.of(args[0]);
      Path report = directory.resolve("report");
      StreamReport found = StreamReport.create("1-1", "9-9", Instant.EPOCH);
      found.countTest("acme.PriceTest");
      found.note("a <note> & more \ud800");
      try (Shop shop = new Shop()) {
        found.add(
            ReportEntry.leaked(shop.leak(), Outcome.FAILED)
                .ofTest("acme.PriceTest", "leaks", "leaks()")
                .build());
      }
      String warning =
          ReportWriter.to(report, directory, Map.of(), System.out).write(found).toString();
      int code =
          Main.run(
              List.of("merge", "--into", directory.resolve("all").toString(), report.toString()),
              new PrintStream(OutputStream.nullOutputStream()),
              System.err);
      System.out.println(warning + " " + code);
    }
  }
}
