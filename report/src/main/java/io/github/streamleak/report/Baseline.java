package io.github.streamleak.report;

import io.github.streamleak.stream.LeakCause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file of known findings, told by their {@link Fingerprint}. With it an old suite adopts the
 * check: the findings that it has today fail nothing, and only new ones do.
 *
 * <p>The file is text with one fingerprint on each line. The lines are sorted, so that two branches
 * that add to it merge well. A line that begins with {@code #} is a comment: it belongs to the
 * fingerprint below it, and is taken off together with it.
 *
 * <p>A fingerprint has no line of code, so one that opens a stream on a further line of a known
 * method would be hidden. Therefore a fingerprint stands for one line of its method, and one that
 * ends in {@code xN} for N of them.
 */
public final class Baseline {

  private static final String TITLE = "# Streamleak baseline, version ";
  private static final String VERSION = "1";
  private static final String HEADER =
      TITLE
          + VERSION
          + ": known findings, one a line: full method name, cause or rule, opened in; xN: on N lines"
          + " of that method";

  private static final String EXAMPLE = "acme.Shop/Watch NOT_DRAINED acme.shop.ShopClient.watch";

  /** What the file says of a fingerprint. */
  private record Known(int lines, List<String> comments) {}

  /** A line of the file, apart from its comments. */
  private static final Pattern LINE = Pattern.compile("(\\S+ \\S+ \\S+?)(?: x([1-9]\\d{0,8}))?");

  private final SortedMap<String, Known> known;
  private final List<String> lastComments;

  private Baseline(SortedMap<String, Known> known, List<String> lastComments) {
    this.known = known;
    this.lastComments = lastComments;
  }

  /** Returns a baseline without any known finding. */
  static Baseline empty() {
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
   * one, and so does one in which nothing is written.
   *
   * @throws ReportFileException if the file cannot be read, or a line of it is not valid
   */
  public static Baseline readIfThere(Path file) {
    if (!Files.exists(file)) {
      return empty();
    }
    try {
      return parse(Files.readString(file), file);
    } catch (IOException e) {
      throw new ReportFileException(file + ": cannot be read: " + Texts.why(e), e);
    }
  }

  /**
   * Reads the text of a baseline.
   *
   * @param file the file that an exception names
   */
  static Baseline parse(String text, Path file) {
    List<String> lines = withoutMark(text).lines().toList();
    if (lines.stream().allMatch(String::isBlank)) {
      return empty();
    }
    checkHeader(file, lines.get(0));
    SortedMap<String, Known> known = new TreeMap<>();
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
        Matcher parts = LINE.matcher(line);
        boolean unused = parts.matches();
        int times = parts.group(2) == null ? 1 : Integer.parseInt(parts.group(2));
        // Two branches may have added the same fingerprint.
        known.merge(
            parts.group(1),
            new Known(times, List.copyOf(above)),
            (one, other) ->
                new Known(
                    Math.max(one.lines, other.lines),
                    Stream.concat(one.comments.stream(), other.comments.stream()).toList()));
        above.clear();
      }
    }
    return new Baseline(known, above);
  }

  /** Editors of Windows begin a file with a byte-order mark. */
  private static String withoutMark(String text) {
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
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
    boolean counted = fields.length == 4 && fields[3].matches("x[1-9]\\d{0,8}");
    if (!(fields.length == 3 || counted)
        || Arrays.stream(fields).anyMatch(String::isEmpty)
        || line.lines().count() != 1
        || line.startsWith("#")) {
      return "a line must have three fields with one space between, such as \""
          + EXAMPLE
          + "\", and may end in a number of lines, such as \" x2\"; was \""
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

  /** Returns the fingerprints, sorted. */
  SortedSet<String> fingerprints() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(known.keySet()));
  }

  /** Returns on how many lines of its method a finding is known; 0 if it is not known. */
  int lines(String fingerprint) {
    Known entry = known.get(fingerprint);
    return entry == null ? 0 : entry.lines;
  }

  /**
   * Returns the known fingerprints that are not in {@code seen}, sorted. They are gone only if the
   * whole suite has run: the file does not say which tests its lines come from.
   */
  public SortedSet<String> gone(Collection<String> seen) {
    SortedSet<String> gone = new TreeSet<>(known.keySet());
    gone.removeAll(List.copyOf(seen));
    return gone;
  }

  /**
   * Returns a baseline of exactly these findings, with the comments of those known before.
   *
   * @param lines the fingerprints, each with the number of lines that it was found on
   */
  Baseline with(Map<String, Integer> lines) {
    SortedMap<String, Known> next = new TreeMap<>();
    lines.forEach(
        (fingerprint, times) -> {
          String wrong = wrongIn(fingerprint);
          if (wrong != null) {
            throw new IllegalArgumentException(wrong);
          }
          Known before = known.get(fingerprint);
          next.put(
              fingerprint,
              new Known(Math.max(1, times), before == null ? List.of() : before.comments));
        });
    return new Baseline(next, lastComments);
  }

  /**
   * Returns a baseline that has in addition all that {@code others} knows: of each fingerprint the
   * larger number of lines, and the comments of both.
   */
  Baseline and(Baseline others) {
    SortedMap<String, Known> both = new TreeMap<>(known);
    others.known.forEach(
        (fingerprint, other) ->
            both.merge(
                fingerprint,
                other,
                (one, more) ->
                    new Known(
                        Math.max(one.lines, more.lines), together(one.comments, more.comments))));
    return new Baseline(both, together(lastComments, others.lastComments));
  }

  private static List<String> together(List<String> comments, List<String> more) {
    return Stream.concat(
            comments.stream(), more.stream().filter(comment -> !comments.contains(comment)))
        .toList();
  }

  /** Returns the fingerprints, each with its number of lines. */
  SortedMap<String, Integer> lines() {
    SortedMap<String, Integer> lines = new TreeMap<>();
    known.forEach((fingerprint, entry) -> lines.put(fingerprint, entry.lines));
    return lines;
  }

  /**
   * Writes the file in one step: another program that reads it meanwhile sees either the old text
   * or the new one. Nothing is written if the file has the same text already.
   *
   * @throws IOException if the file cannot be written; it is left as it was
   */
  void write(Path file) throws IOException {
    String text = text();
    if (!Files.exists(file) || !Files.readString(file).contentEquals(text)) {
      WholeFile.write(file, text);
    }
  }

  /** Returns the text of the file. */
  String text() {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    known.forEach(
        (fingerprint, entry) -> {
          entry.comments.forEach(comment -> text.append(comment).append('\n'));
          text.append(fingerprint).append(entry.lines == 1 ? "" : " x" + entry.lines).append('\n');
        });
    lastComments.forEach(comment -> text.append(comment).append('\n'));
    return text.toString();
  }
}
