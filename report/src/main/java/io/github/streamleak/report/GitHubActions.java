package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes annotations and the summary of the job if this JVM runs in GitHub Actions.
 *
 * <p>Annotations are lines on the standard output. The summary is a file that all steps of a job
 * append to, so only the part of it that an earlier JVM of this build wrote is replaced.
 */
final class GitHubActions {

  /** GitHub shows at most this many annotations of one kind for a step. */
  private static final int MOST_ANNOTATIONS = 10;

  /** The size in bytes above which GitHub shows nothing of a step's summary. */
  private static final int LONGEST_SUMMARY = 1024 * 1024;

  private final @Nullable String summaryFile;

  private GitHubActions(@Nullable String summaryFile) {
    this.summaryFile = summaryFile;
  }

  /** Returns an instance if this JVM runs in GitHub Actions, and empty anywhere else. */
  static Optional<GitHubActions> of(Map<String, String> environment) {
    return "true".equals(environment.get("GITHUB_ACTIONS"))
        ? Optional.of(new GitHubActions(environment.get("GITHUB_STEP_SUMMARY")))
        : Optional.empty();
  }

  /** Annotates the findings of this JVM. Every other JVM annotates its own. */
  void annotate(JsonObject own, PrintStream out) {
    List<List<Entry>> groups =
        Entry.groups(own, entry -> List.of(entry.fingerprint(), entry.openedAt()));
    annotate("error", Outcome.FAILED, groups, out);
    annotate("warning", Outcome.WARNED, groups, out);
  }

  private static void annotate(
      String command, Outcome outcome, List<List<Entry>> groups, PrintStream out) {
    int said = 0;
    for (List<Entry> group : groups) {
      if (group.get(0).outcome() == outcome && said++ < MOST_ANNOTATIONS) {
        out.println(command(command, group));
      }
    }
  }

  private static String command(String command, List<Entry> equal) {
    Entry entry = equal.get(0);
    List<String> properties = new ArrayList<>();
    JsonObject opened = entry.opened();
    String path = opened == null ? null : Json.string(opened, "path");
    if (opened != null && path != null) {
      properties.add("file=" + property(path));
      properties.add("line=" + Math.max(1, Json.number(opened, "line", 1)));
    }
    properties.add("title=" + property(entry.causeOrRule() + ": " + entry.method()));
    return "::"
        + command
        + " "
        + String.join(",", properties)
        + "::"
        + data(Sentences.of(entry, equal.size()));
  }

  private static String data(String text) {
    return Json.wellFormed(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
  }

  private static String property(String text) {
    return data(text).replace(":", "%3A").replace(",", "%2C");
  }

  /**
   * Writes the summary of the report with that name into the summary of the step. It replaces what
   * an earlier JVM wrote there, and keeps what other programs wrote.
   *
   * @return what went wrong, or empty if it was written
   */
  Optional<String> summarize(JsonObject merged, SourceFiles sources, String name) {
    if (summaryFile == null || summaryFile.isBlank()) {
      return Optional.empty();
    }
    Path file = Path.of(summaryFile);
    String full = Summary.render(merged, sources) + "\nReport: " + Markdown.text(name) + "\n";
    String brief = Summary.verdict(merged) + " Report: " + Markdown.text(name) + "\n";
    try {
      return LockedFile.whileHeld(file, channel -> replace(channel, file, name, full, brief));
    } catch (IOException | RuntimeException e) {
      return Optional.of(file + ": the job's summary could not be written: " + Texts.why(e));
    }
  }

  private static Optional<String> replace(
      FileChannel channel, Path file, String name, String full, String brief) throws IOException {
    String before =
        new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
    for (String text : List.of(full, brief)) {
      byte[] after = replace(before, name, text).getBytes(StandardCharsets.UTF_8);
      if (after.length <= LONGEST_SUMMARY) {
        channel.truncate(0);
        ByteBuffer bytes = ByteBuffer.wrap(after);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        return Optional.empty();
      }
    }
    return Optional.of(file + ": the job's summary is full, GitHub takes 1 MiB");
  }

  /**
   * Replaces the text between two comments, which Markdown does not show. No text from outside can
   * form such a comment, because {@link Markdown} escapes its first letter.
   */
  private static String replace(String before, String name, String text) {
    String id = Integer.toHexString(name.hashCode());
    String begin = "<!-- streamleak " + id + " -->\n";
    String end = "<!-- /streamleak " + id + " -->\n";
    int from = before.indexOf(begin);
    int to = from < 0 ? -1 : before.indexOf(end, from);
    if (to >= 0) {
      return before.substring(0, from) + begin + text + end + before.substring(to + end.length());
    }
    String line = before.isEmpty() || before.endsWith("\n") ? "" : "\n";
    return before + line + begin + text + end;
  }
}
