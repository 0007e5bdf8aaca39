package io.github.streamleak.ci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import groovy.lang.GroovyShell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.codehaus.groovy.control.MultipleCompilationErrorsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** The files of docs/ci.md are right, and do what the page says. */
class CiPiecesTest {

  @TempDir Path folder;

  @Test
  void testWithoutItsToolIsSkippedAndSaysWhatInstallsItTest() {
    assertThatThrownBy(() -> Shell.installed(folder.resolve("actionlint")))
        .isInstanceOf(TestAbortedException.class)
        .hasMessage(
            "There is no "
                + folder.resolve("actionlint")
                + ", which this test needs: .ci/pieces installs it.");
  }

  @Test
  void fileForGithubIsAWorkflowTest() throws Exception {
    String file = Pieces.file(Pieces.GITHUB);

    assertThat(actionlint(file)).isEmpty();
    assertThat(actionlint(file.replace("runs-on", "run-on")))
        .contains("unexpected key \"run-on\" for \"job\" section");
    assertThat(actionlint(file.replace("always() &&", "allways() &&")))
        .contains("undefined function \"allways\"");
  }

  private String actionlint(String file) throws Exception {
    Path tool = Shell.tool("actionlint/node.cjs");
    Path workflow = Files.writeString(folder.resolve("tests.yml"), file);
    String program =
        "require('%s').createLinter().then(lint => lint(require('fs').readFileSync('%s', 'utf8'),"
            + " 'tests.yml').forEach(found => console.log(found.line + ': ' + found.message)))";
    Shell.Result result =
        Shell.run(folder, Map.of(), "node", "-e", program.formatted(tool, workflow));
    assertThat(result.exit()).as(result.output()).isZero();
    return result.output();
  }

  @Test
  void fileForGitlabHoldsToItsSchemaTest() throws Exception {
    String file = Pieces.file(Pieces.GITLAB);

    Shell.Result right = gitlab(file);
    assertThat(right.exit()).as(right.output()).isZero();
    assertThat(right.output()).doesNotContain("Invalid");
    assertThat(gitlab(file.replace("when: always", "wen: always")).output())
        .contains("'wen' property is not expected to be here at test.artifacts");
  }

  private Shell.Result gitlab(String file) throws Exception {
    Path tool = Shell.tool(".bin/gitlab-ci-local");
    Files.writeString(folder.resolve(Pieces.GITLAB), file);
    Shell.run(folder, Map.of(), "git", "init", "-q", ".");
    return Shell.run(folder, Map.of(), tool.toString(), "--list");
  }

  @Test
  void fileForJenkinsIsGroovyTest() {
    String file = Pieces.file(Pieces.JENKINS);

    assertThat(new GroovyShell().parse(file)).isNotNull();
    assertThatThrownBy(() -> new GroovyShell().parse(file.replaceFirst("\\}", "")))
        .isInstanceOf(MultipleCompilationErrorsException.class)
        .hasMessageContaining("Unexpected input");
  }

  @Test
  void allRunTheSameCommandsTest() {
    assertThat(Pieces.commandsOfGithub())
        .hasSize(2)
        .allMatch(command -> command.startsWith("mvn "))
        .isEqualTo(Pieces.commandsOfGitlab())
        .isEqualTo(Pieces.commandsOfJenkins());
  }

  @Test
  void buildIsGreenWithoutALeakRedWithOneAndItsAlertClosesTest() throws Exception {
    String verify = Pieces.commandsOfGithub().get(0);
    try (TwoModules shop = TwoModules.in(folder)) {
      assertThatItFollows(shop, verify);
    }
  }

  private static void assertThatItFollows(TwoModules shop, String verify) throws Exception {
    Shell.Result green = shop.run(verify);
    assertThat(green.exit()).as(green.output()).isZero();
    assertThat(alerts(shop)).isEmpty();

    shop.leak("prices");
    Shell.Result red = shop.run(verify);
    assertThat(red.exit()).isNotZero();
    assertThat(red.output())
        .contains("WatchTest.watches")
        .contains("1 gRPC client stream leaked, still open")
        .as("the other module is built all the same")
        .containsPattern("orders +\\.+ SUCCESS");
    assertThat(alerts(shop)).containsExactly("prices/src/test/java/acme/prices/WatchTest.java");
    assertThat(Files.readString(shop.report().resolve("summary.md"))).contains("acme.prices/Watch");
    assertThat(shop.report().resolve("index.html")).exists();

    shop.mend("prices");
    Shell.Result mended = shop.run(verify);
    assertThat(mended.exit()).as(mended.output()).isZero();
    assertThat(alerts(shop)).as("an upload without results closes the alert").isEmpty();
  }

  /** Makes one report, and returns the files that code scanning would mark. */
  private static List<String> alerts(TwoModules shop) throws IOException, InterruptedException {
    Shell.Result merged = shop.run(Pieces.commandsOfGithub().get(1));
    assertThat(merged.exit()).as(merged.output()).isZero();
    JsonArray results =
        JsonParser.parseString(Files.readString(shop.report().resolve("leaks.sarif")))
            .getAsJsonObject()
            .getAsJsonArray("runs")
            .get(0)
            .getAsJsonObject()
            .getAsJsonArray("results");
    return results.asList().stream()
        .map(
            result ->
                result
                    .getAsJsonObject()
                    .getAsJsonArray("locations")
                    .get(0)
                    .getAsJsonObject()
                    .getAsJsonObject("physicalLocation")
                    .getAsJsonObject("artifactLocation")
                    .get("uri")
                    .getAsString())
        .toList();
  }
}
