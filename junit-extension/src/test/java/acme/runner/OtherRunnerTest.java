package acme.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * A runner that is not JUnit's can stand on {@code io.github.streamleak.run}: tested in a JVM that
 * has no JUnit, on what other packages may use.
 */
class OtherRunnerTest {

  @Test
  void testsAndTheRunAreJudgedWithoutJUnitTest() throws Exception {
    assertThat(output("-Dstreamleak.watch=all", "reads", "leaves", "startsNothing"))
        .isEqualTo(
            """
            reads passes
            leaves fails
              1 gRPC client stream leaked, still open 0.00 s after the test:
              To allow a stream on purpose: a line "acme.Counter/Count: the reason" in the list
              streamleak: no gRPC client stream was recorded in startsNothing: it started none, or none on a channel that was seen being built
            startsNothing passes
            the run fails
              1 gRPC client stream leaked, still open 0.00 s after the run:
              To allow a stream on purpose: streamleak.ignore = acme.Counter/Count: why it may stay open (a configuration parameter)
            """);
  }

  @Test
  void onlyOwnChannelsAreRecordedWhereNoOtherIsWatchedTest() throws Exception {
    assertThat(output("-Dstreamleak.watch=own", "leaves"))
        .isEqualTo(
            """
              streamleak: no gRPC client stream was recorded in leaves: it started none, or none on a channel that is watched (its own)
            leaves passes
            the run passes
            """);
  }

  @Test
  void mistakeIsToldInTheRunnersOwnWayTest() throws Exception {
    assertThat(output("-Dstreamleak.watch=some", "leaves"))
        .isEqualTo(
            """
            the configuration parameter streamleak.watch is "some"; the valid values are own, checked and all
            """);
  }

  /** Runs tests in a JVM of their own, and returns what it prints. */
  private static String output(String option, String... tests) throws Exception {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !isOfJUnit(Path.of(entry).getFileName().toString()))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dstreamleak.report.dir=none",
                "-Dstreamleak.grace=0 s",
                option,
                "-cp",
                classPath,
                "acme.runner.OtherRunner"));
    command.addAll(List.of(tests));
    Process process = new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  private static boolean isOfJUnit(String jar) {
    return jar.startsWith("junit-") || jar.startsWith("opentest4j");
  }
}
