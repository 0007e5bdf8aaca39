package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.onlyFailure;
import static io.github.streamleak.junit.Runs.run;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Misspelt configuration parameters. Alone: a system property is there for all that runs. */
@Isolated
class ConfigurationParameterTest {

  private static final String UNKNOWN =
      "there is no configuration parameter streamleak.graze; the valid ones are"
          + " streamleak.baseline, streamleak.baseline.update, streamleak.grace, streamleak.ignore,"
          + " streamleak.mode, streamleak.report.dir, streamleak.report.streams,"
          + " streamleak.strictness, streamleak.watch and streamleak.rule.<name>";

  @Test
  void unknownSystemPropertyFailsTheClassTest() {
    System.setProperty("streamleak.graze", "1 s");
    try {
      assertThat(onlyFailure(run(ClassTestCases.class)))
          .isInstanceOf(ExtensionConfigurationException.class)
          .hasMessage(UNKNOWN);
    } finally {
      System.clearProperty("streamleak.graze");
    }
  }

  @Test
  void unknownSystemPropertyFailsTheAnnotatedMethodTest() {
    System.setProperty("streamleak.graze", "1 s");
    try {
      assertThat(onlyFailure(run(MethodTestCases.class)))
          .isInstanceOf(ExtensionConfigurationException.class)
          .hasMessage(UNKNOWN);
    } finally {
      System.clearProperty("streamleak.graze");
    }
  }

  @Test
  void unknownPropertyInTheFileFailsTheClassTest(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("junit-platform.properties"), "streamleak.graze = 1 s\n");
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {directory.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      assertThat(onlyFailure(run(ClassTestCases.class)))
          .isInstanceOf(ExtensionConfigurationException.class)
          .hasMessage(UNKNOWN);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void knownSystemPropertyPassesTest() {
    System.setProperty("streamleak.grace", "1 s");
    try {
      assertAllPass(run(ClassTestCases.class), 1);
    } finally {
      System.clearProperty("streamleak.grace");
    }
  }

  // ---- fixtures ----

  @GrpcStreamLeakCheck
  static class ClassTestCases {
    @Test
    void passes() {}
  }

  static class MethodTestCases {
    @Test
    @GrpcStreamLeakCheck
    void passes() {}
  }
}
