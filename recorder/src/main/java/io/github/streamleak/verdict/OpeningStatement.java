package io.github.streamleak.verdict;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The statement of the user's source that made a call, as far as it can be read. A remedy takes the
 * user's own names from it, so that its code compiles where it is pasted.
 *
 * <p>The source is looked for below the working directory, in {@code src/<set>/java}: there Maven
 * and Gradle run the tests of a module, and there is what its developer can change. Nothing else is
 * searched, because a text that is wanted at once must not wait for a walk through a repository; a
 * line of another module is simply not read, and neither is one in Kotlin. What cannot be
 * understood gives no name rather than a wrong one.
 */
final class OpeningStatement {

  private static final OpeningStatement UNREAD = new OpeningStatement("", "", null);

  private static final int LONGEST_FILE = 1 << 20;
  private static final int MOST_LINES = 12;
  private static final int MOST_CALLERS = 5;

  private static final String NAME = "[A-Za-z_$][\\w$]*";
  private static final Pattern ASSIGNMENT =
      Pattern.compile(
          "(?:final )?(?:[\\w.]+(?:<.*>)?(?: ?\\[])* )?((?:this\\.)?" + NAME + ") = ([^=].*);");
  private static final Pattern RETURN = Pattern.compile("return (.*);");
  private static final Pattern BEGINNING = Pattern.compile("(.*[;{}]|.*->|.*\\*/|@.*)");

  private final String text;
  private final String method;
  private final @Nullable String variable;

  private OpeningStatement(String text, String method, @Nullable String variable) {
    this.text = text;
    this.method = method;
    this.variable = variable;
  }

  /**
   * Reads the statement that calls {@code method}.
   *
   * @param stack the stack of the call, innermost frame first
   * @param line the frame of {@code stack} in which the call was made
   * @param method the simple name of the method that was called
   */
  static OpeningStatement of(
      List<StackTraceElement> stack, Optional<StackTraceElement> line, String method) {
    int index = line.map(stack::indexOf).orElse(-1);
    if (index < 0) {
      return UNREAD;
    }
    String text = read(stack.get(index));
    return text == null
        ? UNREAD
        : new OpeningStatement(text, method, variable(text, method, stack, index));
  }

  /** Returns the variable or field that holds what the call has returned. */
  Optional<String> variable() {
    return Optional.ofNullable(variable);
  }

  /** Returns the variable or field on which the method was called. */
  Optional<String> receiver() {
    Matcher call =
        Pattern.compile("(?:.* = )?(" + NAME + "(?:\\." + NAME + ")*)\\." + method + "\\(.*\\);")
            .matcher(text);
    return call.matches() ? Optional.of(call.group(1)) : Optional.empty();
  }

  /** Returns the whole statement, with {@code step} put in front of the call. */
  Optional<String> with(String step) {
    int at = text.indexOf("." + method + "(");
    boolean once = at > 0 && text.indexOf("." + method + "(", at + 1) < 0;
    return once && text.endsWith(";") && !text.contains("{")
        ? Optional.of(text.substring(0, at) + step + text.substring(at))
        : Optional.empty();
  }

  /**
   * Returns the name of what holds the result of the call. A method that merely returns it is
   * followed to its caller.
   */
  private static @Nullable String variable(
      String text, String method, List<StackTraceElement> stack, int index) {
    String statement = text;
    String called = method;
    for (int i = index; i < Math.min(stack.size() - 1, index + MOST_CALLERS); i++) {
      Matcher assignment = ASSIGNMENT.matcher(statement);
      if (assignment.matches()) {
        return isCall(assignment.group(2), called) ? assignment.group(1) : null;
      }
      Matcher returned = RETURN.matcher(statement);
      String next = read(stack.get(i + 1));
      if (!returned.matches() || !isCall(returned.group(1), called) || next == null) {
        return null;
      }
      called = stack.get(i).getMethodName();
      statement = next;
    }
    return null;
  }

  /** Returns whether the value of an expression is what a call of {@code method} returns. */
  private static boolean isCall(String expression, String method) {
    int at = expression.startsWith(method + "(") ? 0 : expression.indexOf("." + method + "(") + 1;
    if (at == 0 && !expression.startsWith(method + "(")) {
      return false;
    }
    String before = expression.substring(0, at);
    return !before.contains("->")
        && !before.contains("?")
        && depthAfter(before) == 0
        && closing(expression, at + method.length()) == expression.length() - 1;
  }

  private static int depthAfter(String code) {
    int depth = 0;
    for (int i = 0; i < code.length(); i++) {
      i = afterLiteral(code, i);
      depth += i >= code.length() ? 0 : code.charAt(i) == '(' ? 1 : code.charAt(i) == ')' ? -1 : 0;
    }
    return depth;
  }

  /** Returns the index of the parenthesis that closes the one at {@code open}; -1 if none does. */
  private static int closing(String code, int open) {
    int depth = 0;
    for (int i = open; i < code.length(); i++) {
      i = afterLiteral(code, i);
      char c = i < code.length() ? code.charAt(i) : ' ';
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    return -1;
  }

  /** Returns {@code from}, or if a literal begins there, the index after it. */
  private static int afterLiteral(String code, int from) {
    char quote = code.charAt(from);
    if (quote != '"' && quote != '\'') {
      return from;
    }
    int i = from + 1;
    while (i < code.length() && code.charAt(i) != quote) {
      i += code.charAt(i) == '\\' ? 2 : 1;
    }
    return i + 1;
  }

  // ---- reading ----

  /** Returns the statement around the line of a frame, on one line; null if it cannot be read. */
  private static @Nullable String read(StackTraceElement frame) {
    List<String> lines = lines(frame);
    int at = frame.getLineNumber() - 1;
    if (at < 0 || at >= lines.size()) {
      return null;
    }
    int first = at;
    while (first > 0
        && at - first < MOST_LINES
        && !lines.get(first - 1).isBlank()
        && !BEGINNING.matcher(code(lines.get(first - 1))).matches()) {
      first--;
    }
    List<String> parts = new ArrayList<>();
    for (int i = first; i < Math.min(lines.size(), at + MOST_LINES); i++) {
      String code = code(lines.get(i));
      if (!code.isEmpty()) {
        parts.add(code);
      }
      if (i >= at && code.endsWith(";")) {
        return String.join(" ", parts).replace(" .", ".").replace("( ", "(");
      }
    }
    return null;
  }

  /** Returns a line without its comment. */
  private static String code(String line) {
    for (int i = 0; i < line.length() - 1; i++) {
      i = afterLiteral(line, i);
      if (line.startsWith("//", i)) {
        return line.substring(0, i).strip();
      }
    }
    return line.strip();
  }

  private static List<String> lines(StackTraceElement frame) {
    String file = frame.getFileName();
    String type = frame.getClassName();
    if (file == null || !file.endsWith(".java") || file.contains("/") || file.contains("\\")) {
      return List.of();
    }
    String inPackage = type.substring(0, type.lastIndexOf('.') + 1).replace('.', '/') + file;
    try (Stream<Path> sets = Files.list(Path.of("src"))) {
      List<Path> found =
          sets.map(set -> set.resolve("java").resolve(inPackage))
              .filter(Files::isRegularFile)
              .toList();
      // Of two files with one name either may be the one that ran.
      return found.size() == 1 && Files.size(found.get(0)) <= LONGEST_FILE
          ? new String(Files.readAllBytes(found.get(0)), StandardCharsets.UTF_8).lines().toList()
          : List.of();
    } catch (IOException | InvalidPathException | SecurityException e) {
      // Without the source the remedy shows a placeholder.
      return List.of();
    }
  }
}
