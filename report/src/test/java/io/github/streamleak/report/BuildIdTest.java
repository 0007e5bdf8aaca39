package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On real processes: what a build tool starts has that tool for its build. */
class BuildIdTest {

  private static final List<String> COMMAND =
      List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-cp",
          System.getProperty("java.class.path"),
          Printer.class.getName());

  @Test
  void buildIsTheProgramThatStartedTheJvmTest() throws Exception {
    assertThat(run(COMMAND)).isEqualTo(BuildId.ofThisJvm());
  }

  @Test
  void shellBetweenThemIsPassedOverTest() throws Exception {
    assumeThat(Files.isExecutable(Path.of("/bin/sh"))).isTrue();
    // The second command keeps the shell from giving its process to the first.
    String line = "'" + String.join("' '", COMMAND) + "'; true";
    assertThat(run(List.of("/bin/sh", "-c", line))).isEqualTo(BuildId.ofThisJvm());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-Xmx512m -cp gradle-daemon-main.jar org.gradle.launcher.daemon.bootstrap.GradleDaemon 9 | true",
        "-Dmvnd.home=/opt/mvnd org.mvndaemon.mvnd.common.MavenDaemon | true",
        "-cp lib/app.jar com.intellij.idea.Main | true",
        "-jar /opt/x.jar -Dx=com.intellij.idea.Main | false",
        "-cp boot.jar org.codehaus.plexus.classworlds.launcher.Launcher org.eclipse.jetty:run | false",
        "-Dmaven.home=/opt/com.intellij.x org.codehaus.plexus.classworlds.launcher.Launcher | false",
      })
  void daemonIsToldByItsMainClassTest(String commandLine, boolean daemon) {
    assertThat(BuildId.isDaemon(commandLine.split(" "))).isEqualTo(daemon);
  }

  private static String run(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    process.getOutputStream().close();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  /** What runs in the other JVM. */
  static final class Printer {

    private Printer() {}

    public static void main(String[] args) {
      System.out.println(BuildId.ofBuild());
    }
  }
}
