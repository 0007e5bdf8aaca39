package io.github.streamleak.ci;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files that stand in docs/ci.md, and the commands in them. */
final class Pieces {

  static final Path ROOT = Path.of(property("ci.root"));
  static final String GITHUB = ".github/workflows/tests.yml";
  static final String GITLAB = ".gitlab-ci.yml";
  static final String JENKINS = "Jenkinsfile";

  private static final Pattern SH = Pattern.compile("sh ('''|')(.*?)\\1(?=\\n)", Pattern.DOTALL);

  private Pieces() {}

  static String property(String name) {
    return Objects.requireNonNull(System.getProperty(name), name);
  }

  /** Returns the block below {@code <!-- file: name -->}. */
  static String file(String name) {
    return block("<!-- file: " + Pattern.quote(name) + " -->\\n");
  }

  /** Returns the first block below a heading. */
  static String under(String heading) {
    return block("## " + Pattern.quote(heading) + "\\n\\n");
  }

  private static String block(String before) {
    String page;
    try {
      page = Files.readString(ROOT.resolve("docs/ci.md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Matcher found = Pattern.compile(before + "```\\w+\\n(.*?)```", Pattern.DOTALL).matcher(page);
    if (!found.find()) {
      throw new AssertionError("docs/ci.md has no block after " + before);
    }
    return found.group(1);
  }

  /** Returns what a build on GitHub runs, in its order. */
  static List<String> commandsOfGithub() {
    Map<?, ?> job = map(map(map(yaml(file(GITHUB))).get("jobs")).get("test"));
    List<String> commands = new ArrayList<>();
    for (Object step : (List<?>) Objects.requireNonNull(job.get("steps"))) {
      Object run = map(step).get("run");
      if (run != null) {
        commands.add(run.toString());
      }
    }
    return commands;
  }

  /** Returns what a build on GitLab runs, in its order. */
  static List<String> commandsOfGitlab() {
    Map<?, ?> job = map(map(yaml(file(GITLAB))).get("test"));
    List<String> commands = new ArrayList<>();
    for (String member : List.of("script", "after_script")) {
      for (Object line : (List<?>) Objects.requireNonNull(job.get(member))) {
        commands.add(line.toString());
      }
    }
    return commands;
  }

  /** Returns what a build of Jenkins runs, in its order. */
  static List<String> commandsOfJenkins() {
    return SH.matcher(file(JENKINS)).results().map(found -> found.group(2)).toList();
  }

  private static Object yaml(String text) {
    return new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
  }

  private static Map<?, ?> map(@org.jspecify.annotations.Nullable Object value) {
    return (Map<?, ?>) Objects.requireNonNull(value);
  }
}
