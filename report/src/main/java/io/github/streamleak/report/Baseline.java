package io.github.streamleak.report;

import io.github.streamleak.recorder.LeakCause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file of known findings, told by their {@link Fingerprint}. With it an old suite adopts the
 * check: the findings that it has today fail nothing, and only new ones do.
 *
 * <p>The file is text with one fingerprint on each line. The lines are sorted, so that two branches
 * that add to it merge well. A line that begins with {@code #} is a comment: it belongs to the
 * fingerprint below it, and is taken off together with it.
 */
public final class Baseline {

  private static final String TITLE = "# Streamleak baseline, version ";
  private static final String VERSION = "1";
  private static final String HEADER =
      TITLE + VERSION + ": known findings, one a line: full method name, cause or rule, opened in";

  private static final String EXAMPLE = "acme.Shop/Watch NOT_DRAINED acme.shop.ShopClient.watch";

  private final SortedMap<String, List<String>> comments;
  private final List<String> lastComments;

  private Baseline(SortedMap<String, List<String>> comments, List<String> lastComments) {
    this.comments = comments;
    this.lastComments = lastComments;
  }

  /** Returns a baseline without any known finding. */
  public static Baseline empty() {
    return new Baseline(new TreeMap<>(), List.of());
  }

  /**
   * Reads a baseline.
   *
   * @throws ReportFileException if the file does not exist, or a line of it is not valid
   */
  public static Baseline read(Path file) {
    if (!Files.exists(file)) {
      throw new ReportFileException(
          file
              + ": there is no such baseline; a run with streamleak.baseline.update = true writes"
              + " it");
    }
    return readIfThere(file);
  }

  /**
   * Reads a baseline that is about to be updated. A file that does not exist yet counts as an empty
   * one.
   *
   * @throws ReportFileException if the file cannot be read, or a line of it is not valid
   */
  public static Baseline readIfThere(Path file) {
    if (!Files.exists(file)) {
      return empty();
    }
    List<String> lines;
    try {
      lines = Files.readString(file).lines().toList();
    } catch (IOException e) {
      throw new ReportFileException(file + ": cannot be read: " + Texts.why(e), e);
    }
    checkHeader(file, lines.isEmpty() ? "" : lines.get(0));
    SortedMap<String, List<String>> comments = new TreeMap<>();
    List<String> above = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.startsWith("#")) {
        above.add(line);
      } else if (!line.isEmpty()) {
        String wrong = wrongIn(line);
        if (wrong != null) {
          throw new ReportFileException(file + ":" + (i + 1) + ": " + wrong);
        }
        comments.computeIfAbsent(line, l -> new ArrayList<>()).addAll(above);
        above.clear();
      }
    }
    return new Baseline(comments, above);
  }

  private static void checkHeader(Path file, String line) {
    if (!line.startsWith(TITLE)) {
      throw new ReportFileException(
          file
              + ":1: the first line must begin with \""
              + TITLE
              + VERSION
              + ":\", was \""
              + line
              + "\"");
    }
    String version = line.substring(TITLE.length()).replaceFirst(":.*", "").strip();
    if (!version.equals(VERSION)) {
      throw new ReportFileException(
          file + ":1: has version " + version + "; this version of Streamleak reads " + VERSION);
    }
  }

  /** Returns what is wrong with a line that should be a fingerprint, or null if it is valid. */
  static @Nullable String wrongIn(String line) {
    String[] fields = line.split(" ", -1);
    if (fields.length != 3
        || Arrays.stream(fields).anyMatch(String::isEmpty)
        || line.lines().count() != 1
        || line.startsWith("#")) {
      return "a line must have three fields with one space between, such as \""
          + EXAMPLE
          + "\"; was \""
          + line
          + "\"";
    }
    List<String> valid =
        Stream.concat(
                Arrays.stream(LeakCause.values()).map(LeakCause::name),
                Arrays.stream(RuleDescription.values())
                    .filter(rule -> rule != RuleDescription.SHOWN)
                    .map(RuleDescription::name))
            .toList();
    return valid.contains(fields[1])
        ? null
        : "the second field must be one of "
            + String.join(", ", valid)
            + "; was \""
            + fields[1]
            + "\"";
  }

  /** Returns whether a finding with this fingerprint is known. */
  public boolean contains(String fingerprint) {
    return comments.containsKey(fingerprint);
  }

  /** Returns the fingerprints, sorted. */
  public SortedSet<String> fingerprints() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(comments.keySet()));
  }

  /**
   * Returns the known fingerprints that are not in {@code seen}, sorted. They are gone only if the
   * whole suite has run: the file does not say which tests its lines come from.
   */
  public SortedSet<String> gone(Collection<String> seen) {
    SortedSet<String> gone = new TreeSet<>(comments.keySet());
    gone.removeAll(List.copyOf(seen));
    return gone;
  }

  /**
   * Returns a baseline of exactly {@code fingerprints}, with the comments of those known before.
   */
  public Baseline with(Collection<String> fingerprints) {
    SortedMap<String, List<String>> next = new TreeMap<>();
    for (String fingerprint : fingerprints) {
      String wrong = wrongIn(fingerprint);
      if (wrong != null) {
        throw new IllegalArgumentException(wrong);
      }
      @Nullable List<String> above = comments.get(fingerprint);
      next.put(fingerprint, above == null ? List.of() : above);
    }
    return new Baseline(next, lastComments);
  }

  /**
   * Writes the file in one step: another program that reads it meanwhile sees either the old text
   * or the new one. Nothing is written if the file has the same text already.
   *
   * @throws IOException if the file cannot be written; it is left as it was
   */
  public void write(Path file) throws IOException {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    comments.forEach(
        (fingerprint, above) -> {
          above.forEach(comment -> text.append(comment).append('\n'));
          text.append(fingerprint).append('\n');
        });
    lastComments.forEach(comment -> text.append(comment).append('\n'));
    if (!Files.exists(file) || !Files.readString(file).contentEquals(text)) {
      WholeFile.write(file, text.toString());
    }
  }
}
