package io.github.streamleak.ci;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opentest4j.TestAbortedException;

/** Runs commands as a build server does. */
final class Shell {

  private Shell() {}

  /**
   * What came of a command.
   *
   * @param exit its exit code
   * @param output what it printed, errors too
   */
  record Result(int exit, String output) {}

  static Result run(Path directory, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    // The tests must not take this build for one on GitHub, nor its settings for those of the
    // other.
    List.of("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "MAVEN_OPTS", "MAVEN_ARGS")
        .forEach(builder.environment()::remove);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  /** Returns a tool that {@code .ci/pieces} installs. */
  static Path tool(String path) {
    String named = System.getenv("STREAMLEAK_CI_TOOLS");
    Path tools =
        named == null
            ? Path.of(System.getProperty("user.home"), ".cache/streamleak-ci-pieces")
            : Path.of(named);
    return installed(tools.resolve("node_modules").resolve(path));
  }

  /**
   * Skips a test whose tool is missing, and says so: a build of Maven's alone installs nothing on
   * the machine.
   */
  static Path installed(Path tool) {
    if (!Files.exists(tool)) {
      throw new TestAbortedException(
          "There is no " + tool + ", which this test needs: .ci/pieces installs it.");
    }
    return tool;
  }
}
