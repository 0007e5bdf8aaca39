package io.github.streamleak.remedies;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.StubKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program that leaks: a method of a class in src/leaky/java.
 *
 * <p>A comment {@code // @} followed by the words of a remedy marks the place where its code goes.
 * A place "in place of ..." stands on the line that is replaced. {@code // @ <your iterator> =
 * iterator} says what a placeholder is called there. The method begins with {@code // cell:} and
 * its name; what is in no cell belongs to all.
 *
 * @param cause why it leaks
 * @param kind the kind of its stub
 * @param type the name of its class
 * @param cell the name of its method
 */
record Program(LeakCause cause, StubKind kind, String type, String cell) {

  private static final Pattern IS = Pattern.compile("// @ (<.*?>) = (.*)");
  private static final Pattern PLACE = Pattern.compile("// @ (?!<)(.*)");

  /** A line of a remedy: what to write and where. */
  record Line(String code, String comment) {

    private static final Pattern PARTS = Pattern.compile("(.*?)(?:^|  )// (.*)");

    static Line of(String text) {
      Matcher parts = PARTS.matcher(text);
      if (!parts.matches()) {
        throw new AssertionError("says not where it belongs: " + text);
      }
      return new Line(parts.group(1), parts.group(2));
    }

    boolean isCode() {
      return !code.isEmpty();
    }

    boolean isOther() {
      return comment.startsWith("or ");
    }

    /** Returns where the line belongs, and after a colon what it does. */
    String place() {
      return comment.replaceFirst("^or ", "");
    }

    /** Returns whether the line belongs to {@code mark}: the method's name may follow it. */
    boolean isFor(String mark) {
      return place().startsWith(mark)
          && place().substring(mark.length()).matches("|[:,].*| \\(.*| acme\\..*");
    }
  }

  /** Divides a remedy into the ways that it names. */
  static List<List<Line>> ways(List<String> remedy) {
    List<List<Line>> ways = new ArrayList<>();
    for (String text : remedy) {
      Line line = Line.of(text);
      if (ways.isEmpty() || line.isOther()) {
        ways.add(new ArrayList<>());
      }
      ways.get(ways.size() - 1).add(line);
    }
    return ways;
  }

  String className() {
    return "acme.leaky." + type;
  }

  Path file() {
    return Path.of("src/leaky/java/acme/leaky", type + ".java");
  }

  /** Returns the source as it leaks. */
  String source() {
    try {
      return Files.readString(file());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the source with one way of the remedy put into it. */
  String mended(List<Line> way) {
    List<String> lines = new ArrayList<>(source().lines().toList());
    String code = "";
    for (Line line : way) {
      if (line.isCode()) {
        put(line, lines);
        code += line.code;
      }
    }
    if (code.contains("var limited = ")) {
      // A deadline is given by another variable, which the call has to take.
      int from = indexOf(lines, "  // cell: " + cell, 0);
      int call = from;
      while (!lines.get(call).contains("/*@ limited @*/")) {
        call++;
      }
      lines.set(call, lines.get(call).replaceAll("/\\*@ limited @\\*/ \\w+", "limited"));
    }
    return String.join("\n", lines);
  }

  private void put(Line line, List<String> lines) {
    int from = indexOf(lines, "  // cell: " + cell, 0) + 1;
    int to = from;
    while (!lines.get(to).matches("  // (cell: .*|end)")) {
      to++;
    }
    int at = place(line, lines, from, to);
    boolean isInCell = at >= 0;
    if (!isInCell) {
      int firstCell = indexOf(lines, "  // cell: ", 0);
      at = place(line, lines, 0, firstCell);
      int end = indexOf(lines, "  // end", 0);
      at = at >= 0 ? at : place(line, lines, end, lines.size());
    }
    if (at < 0) {
      throw new AssertionError(this + " has no place for: " + line);
    }
    String code = line.code;
    Matcher placeholder = Pattern.compile("<(?:your|what|the) [^>]*>").matcher(line.code);
    while (placeholder.find()) {
      code =
          code.replace(placeholder.group(), name(placeholder.group(), lines, isInCell, from, to));
    }
    if (line.place().contains("in place of ")) {
      lines.set(at, code);
    } else {
      // Before the mark, so that the next line for the same place comes after this one; on the same
      // line, so that nothing moves.
      lines.set(at, lines.get(at).replace("// @", code + " // @"));
    }
  }

  private static int indexOf(List<String> lines, String start, int from) {
    for (int i = from; i < lines.size(); i++) {
      if (lines.get(i).startsWith(start) && (start.endsWith(" ") || lines.get(i).equals(start))) {
        return i;
      }
    }
    throw new AssertionError("no line " + start);
  }

  private static int place(Line line, List<String> lines, int from, int to) {
    for (int i = from; i < to; i++) {
      Matcher mark = PLACE.matcher(lines.get(i));
      if (mark.find() && line.isFor(mark.group(1))) {
        return i;
      }
    }
    return -1;
  }

  private String name(String placeholder, List<String> lines, boolean isInCell, int from, int to) {
    for (int i = 0; i < lines.size(); i++) {
      Matcher is = IS.matcher(lines.get(i));
      boolean inCell = i >= from && i < to;
      if (inCell == isInCell && is.find() && is.group(1).equals(placeholder)) {
        return is.group(2);
      }
    }
    throw new AssertionError(this + " does not say what to write for " + placeholder);
  }

  @Override
  public String toString() {
    return cause + ", " + kind.text() + ", " + type + "." + cell;
  }
}
