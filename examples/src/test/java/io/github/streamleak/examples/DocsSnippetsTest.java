package io.github.streamleak.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds README.md and docs/ to the sources: the code they show is compiled, and their links lead
 * somewhere. With {@code -Ddocs.update=true} the code in the pages is written anew from the
 * sources.
 */
class DocsSnippetsTest {
  private static final boolean UPDATE = Boolean.getBoolean("docs.update");
  private static final Path ROOT = root();

  private static final Pattern SNIPPET = Pattern.compile("<!-- snippet: (\\S+)#(\\S+) -->");
  private static final Pattern NOT_COMPILED = Pattern.compile("<!-- not compiled: .+ -->");
  private static final Pattern MARKER = Pattern.compile(" *// (snippet|end):(\\S+)");
  private static final Pattern LINK = Pattern.compile("!?\\[[^]]*]\\(([^)\\s]+)\\)");
  private static final String FENCE = "```";

  static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (String folder : List.of("", "docs")) {
      try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
        files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
      }
    }
    return pages.stream().map(ROOT::relativize).toList();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void shownCodeIsThatOfTheSources(Path page) throws IOException {
    List<String> shown = Files.readAllLines(ROOT.resolve(page));
    List<String> right = withSnippets(page, shown);
    if (UPDATE && !shown.equals(right)) {
      Files.writeString(ROOT.resolve(page), String.join("\n", right) + "\n");
      return;
    }

    assertThat(String.join("\n", shown))
        .as("%s; -Ddocs.update=true writes it anew", page)
        .isEqualTo(String.join("\n", right));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadSomewhere(Path page) throws IOException {
    List<String> dead = new ArrayList<>();
    for (String link : links(Files.readAllLines(ROOT.resolve(page)))) {
      if (link.contains("://")) {
        continue;
      }
      String[] parts = link.split("#", 2);
      Path target =
          parts[0].isEmpty()
              ? ROOT.resolve(page)
              : ROOT.resolve(page).resolveSibling(parts[0]).normalize();
      boolean found =
          Files.exists(target) && (parts.length == 1 || anchors(target).contains(parts[1]));
      if (!found) {
        dead.add(link);
      }
    }

    assertThat(dead).as("dead links of %s", page).isEmpty();
  }

  @Test
  void everyMarkedRegionIsShownSomewhere() throws IOException {
    Set<String> shown = new TreeSet<>();
    for (Path page : pages()) {
      for (String line : Files.readAllLines(ROOT.resolve(page))) {
        Matcher snippet = SNIPPET.matcher(line);
        if (snippet.matches()) {
          shown.add(snippet.group(1) + "#" + snippet.group(2));
        }
      }
    }
    Set<String> marked = new TreeSet<>();
    for (Path source : sources()) {
      for (String line : Files.readAllLines(source)) {
        Matcher marker = MARKER.matcher(line);
        if (marker.matches() && marker.group(1).equals("snippet")) {
          marked.add(slashes(ROOT.relativize(source)) + "#" + marker.group(2));
        }
      }
    }

    assertThat(shown).isEqualTo(marked);
  }

  /** The sources that pages may show: what is compiled and run, and not published. */
  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String folder : List.of("examples", "integration-tests")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
        files
            .filter(file -> file.toString().matches(".*\\.(java|kt)"))
            .filter(file -> slashes(ROOT.relativize(file)).contains("/src/"))
            .forEach(sources::add);
      }
    }
    return sources;
  }

  /** Returns the lines of a page with the code of every block as it stands in its source. */
  private static List<String> withSnippets(Path page, List<String> lines) throws IOException {
    List<String> right = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      right.add(line);
      if (!line.startsWith(FENCE)) {
        continue;
      }
      int end = i + 1;
      while (end < lines.size() && !lines.get(end).equals(FENCE)) {
        end++;
      }
      assertThat(end).as("end of the block at line %d of %s", i + 1, page).isLessThan(lines.size());
      String above = i == 0 ? "" : lines.get(i - 1);
      Matcher snippet = SNIPPET.matcher(above);
      if (snippet.matches()) {
        right.addAll(region(ROOT.resolve(snippet.group(1)), snippet.group(2)));
      } else {
        assertThat(!line.matches(FENCE + "(java|kotlin)") || NOT_COMPILED.matcher(above).matches())
            .as(
                "the block at line %d of %s stands under <!-- snippet: path#name --> or"
                    + " <!-- not compiled: reason -->",
                i + 1, page)
            .isTrue();
        right.addAll(lines.subList(i + 1, end));
      }
      right.add(FENCE);
      i = end;
    }
    return right;
  }

  /** Returns the lines between the markers, without the markers of other regions, dedented. */
  private static List<String> region(Path source, String name) throws IOException {
    List<String> lines = Files.readAllLines(source);
    int start = only(lines, "// snippet:" + name, source);
    int end = only(lines, "// end:" + name, source);
    assertThat(start).as("markers of %s in %s", name, source).isLessThan(end);
    String code =
        String.join(
            "\n",
            lines.subList(start + 1, end).stream()
                .filter(line -> !MARKER.matcher(line).matches())
                .toList());
    // A blank last line would count as one that is not indented.
    return Arrays.asList(code.stripTrailing().stripIndent().strip().split("\n", -1));
  }

  private static int only(List<String> lines, String marker, Path source) {
    List<String> stripped = lines.stream().map(String::strip).toList();
    assertThat(stripped).as("%s", source).containsOnlyOnce(marker);
    return stripped.indexOf(marker);
  }

  private static List<String> links(List<String> lines) {
    List<String> links = new ArrayList<>();
    for (String line : outsideCode(lines)) {
      Matcher link = LINK.matcher(line.replaceAll("`[^`]*`", ""));
      while (link.find()) {
        links.add(link.group(1));
      }
    }
    return links;
  }

  /** The anchors that a Markdown page gets for its headings. */
  private static Set<String> anchors(Path page) throws IOException {
    Set<String> anchors = new TreeSet<>();
    for (String line : outsideCode(Files.readAllLines(page))) {
      if (line.startsWith("#")) {
        anchors.add(
            line.replaceFirst("#+ ", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9 _-]", "")
                .replace(' ', '-'));
      }
    }
    return anchors;
  }

  private static List<String> outsideCode(List<String> lines) {
    List<String> outside = new ArrayList<>();
    boolean code = false;
    for (String line : lines) {
      if (line.startsWith(FENCE)) {
        code = !code;
      } else if (!code) {
        outside.add(line);
      }
    }
    return outside;
  }

  private static String slashes(Path path) {
    return path.toString().replace('\\', '/');
  }

  /** Maven runs this in the module's folder, an IDE perhaps in the project's. */
  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.isDirectory(folder.resolve("examples/src"))) {
      folder = folder.getParent();
    }
    assertThat(folder).as("the project's folder").isNotNull();
    return folder;
  }
}
