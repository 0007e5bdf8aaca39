package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketServer;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakPolicy;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The recorder in a program that has never heard of a test framework. */
final class PlainMainTest {

  @Test
  void plainMainWithoutATestFrameworkEndsWithTheLeakTest() throws Exception {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(
                entry ->
                    !entry.matches(
                        ".*[/\\\\](org[/\\\\](junit|assertj|opentest4j)|.*(junit|surefire|assertj|opentest4j)[^/\\\\]*\\.jar).*"))
            .collect(Collectors.joining(File.pathSeparator));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                PlainMainTestCases.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(output)
        .startsWith(
            "no test framework here\n"
                + "Exception in thread \"main\" io.github.streamleak.verdict.StreamLeakError: 1"
                + " gRPC client stream leaked, still open 0.20 s after the check began:\n"
                + "\n"
                + "1. acme.Market/Watch (SERVER_STREAMING, blocking iterator)\n"
                + "   opened at : acme.market.MarketClient.iterate(MarketClient.java:")
        .contains(
            "\n   called by : io.github.streamleak.recorder.PlainMainTest$PlainMainTestCases.main(")
        .containsPattern(
            "\n\tat acme\\.market\\.MarketClient\\.iterate\\(MarketClient\\.java:\\d+\\)\n\tat "
                + "io\\.github\\.streamleak\\.recorder\\.PlainMainTest\\$PlainMainTestCases\\.main\\(.*\\)\n$");
  }

  /** Started in a JVM of its own. */
  static final class PlainMainTestCases {
    private PlainMainTestCases() {}

    public static void main(String[] args) {
      try {
        Class.forName("org.junit.jupiter.api.Test");
      } catch (ClassNotFoundException expected) {
        System.out.println("no test framework here");
      }
      GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
      try (recorder;
          Wire wire = Wire.direct(new MarketServer())) {
        new MarketClient(wire.channel(recorder::attachTo)).iterate("3").next();
        recorder.check(StreamLeakPolicy.normal()).throwIfLeaked();
      }
    }
  }
}
