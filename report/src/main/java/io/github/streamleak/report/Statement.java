package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The lines of the statement that a line of code belongs to.
 *
 * <p>A call that is written over several lines has the number of one of them in a stack trace,
 * often that of {@code .watch(request)} alone, which does not say what is called on what. This
 * reads no grammar: it follows brackets that are open, and lines that begin or end so that they
 * cannot stand alone. That does for Java and Kotlin; where it is wrong, a line more or less is
 * shown.
 *
 * @param from the number of the first line
 * @param lines the lines, without the indentation that all of them have
 */
record Statement(int from, List<String> lines) {

  private static final int MOST_BEFORE = 8;
  private static final int MOST_LINES = 16;

  /** What a line cannot begin with unless it continues the one before. */
  private static final Pattern CONTINUES =
      Pattern.compile("^(\\.|\\?\\.|\\?:|\\)|]|&&|\\|\\||[+*/=?:%]|instanceof\\b|->).*");

  /** What a line cannot end with unless it goes on in the next one. */
  private static final Pattern GOES_ON =
      Pattern.compile(".*([(\\[,=+*%?&|.]|->|\\breturn|\\bthrow|\\byield|\\bnew)$");

  private static final String TEXT = "\"(?:\\\\.|[^\"\\\\])*\"|'(?:\\\\.|[^'\\\\])*'";
  private static final Pattern TEXTS = Pattern.compile(TEXT);
  private static final Pattern COMMENT = Pattern.compile("//.*|/\\*.*?(\\*/|$)");

  /**
   * Returns the statement around a line, or null if it is that line alone.
   *
   * @param number the line, counted from 1, which is there
   */
  static @Nullable Statement around(List<String> text, int number, int longest) {
    int line = number - 1;
    int first = line;
    while (first > 0 && line - first < MOST_BEFORE && continues(text, first)) {
      first--;
    }
    int last = line;
    while (last + 1 < text.size()
        && last - first + 1 < MOST_LINES
        && (isOpen(text.subList(first, last + 1))
            || GOES_ON.matcher(bare(text.get(last))).matches()
            || CONTINUES.matcher(bare(text.get(last + 1))).matches())) {
      last++;
    }
    if (first == last) {
      return null;
    }
    List<String> lines = new ArrayList<>(text.subList(first, last + 1));
    if (last + 1 < text.size() && isOpen(lines)) {
      lines.add("...");
    }
    return new Statement(first + 1, withoutIndent(lines, longest));
  }

  /** Returns whether a line continues the one before it. */
  private static boolean continues(List<String> text, int line) {
    String before = bare(text.get(line - 1));
    if (GOES_ON.matcher(before).matches()) {
      return true;
    }
    return CONTINUES.matcher(bare(text.get(line))).matches()
        && !before.isEmpty()
        && !before.endsWith(";")
        && !before.endsWith("{");
  }

  /** Returns whether a bracket that is opened in the lines is not closed there. */
  private static boolean isOpen(List<String> lines) {
    Deque<Character> open = new ArrayDeque<>();
    for (String line : lines) {
      for (char c : bare(line).toCharArray()) {
        if (c == '(' || c == '[' || (c == '{' && !open.isEmpty())) {
          open.push(c);
        } else if ((c == ')' || c == ']' || c == '}') && !open.isEmpty()) {
          open.pop();
        }
      }
    }
    return !open.isEmpty();
  }

  /** Returns a line without comments, with its texts empty. */
  private static String bare(String line) {
    return COMMENT.matcher(TEXTS.matcher(line).replaceAll("\"\"")).replaceAll("").strip();
  }

  private static List<String> withoutIndent(List<String> lines, int longest) {
    int indent =
        lines.stream()
            .filter(line -> !line.isBlank() && !line.equals("..."))
            .mapToInt(line -> line.length() - line.stripLeading().length())
            .min()
            .orElse(0);
    return lines.stream()
        .map(line -> line.equals("...") ? line : line.substring(Math.min(indent, line.length())))
        .map(line -> Texts.cut(line.stripTrailing().replace("\t", "  "), longest))
        .toList();
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("line", from);
    json.add("code", Json.texts(lines));
    return json;
  }
}
