package io.github.streamleak.internal;

import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** How values read in a report: ASCII only, one line, no ids that change between runs. */
public final class Texts {

  private static final int LONGEST_DESCRIPTION = 200;

  private static final String INDENT = "   ";
  private static final String CONTINUED = INDENT + "            ";

  private Texts() {}

  /** Returns code and description of a status. */
  public static String status(Status status) {
    String description = status.getDescription();
    return status.getCode() + (description == null ? "" : ": " + oneLine(description));
  }

  /** Escapes what would break a line or is not ASCII, and cuts what is too long to read. */
  public static String oneLine(String text) {
    return escaped(text, LONGEST_DESCRIPTION);
  }

  /** Escapes what would break a line or is not ASCII. */
  public static String escaped(String text) {
    return escaped(text, Integer.MAX_VALUE);
  }

  private static String escaped(String text, int longest) {
    StringBuilder out = new StringBuilder();
    int i = 0;
    for (; i < text.length() && out.length() < longest; i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        out.append("\\n");
      } else if (c == '\r') {
        out.append("\\r");
      } else if (c == '\t') {
        out.append(' ');
      } else if (c < ' ' || c > '~') {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return i < text.length() ? out.append("...").toString() : out.toString();
  }

  /** Returns a duration in seconds, with two decimals. */
  public static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
  }

  /** Renders a time since start with a unit that leaves three digits to read. */
  public static String sinceStart(Duration duration) {
    long nanos = duration.toNanos();
    if (nanos < 100_000_000) {
      return String.format(Locale.ROOT, "+%.1f ms", nanos / 1e6);
    }
    return String.format(Locale.ROOT, "+%.2f s", nanos / 1e9);
  }

  /** Returns the simple name; of an anonymous class, that of what it extends. */
  public static String simpleName(Class<?> type) {
    Class<?> named = type;
    while (named.getSimpleName().isEmpty() && named.getSuperclass() != null) {
      named = named.getSuperclass();
    }
    return named.getSimpleName();
  }

  /** Returns a number with its noun, in the plural unless it is one. */
  public static String count(long n, String noun) {
    return n + " " + noun + (n == 1 ? "" : "s");
  }

  /** Appends a line of a report: a key, padded, and what it says. */
  public static void line(StringBuilder text, String key, String value) {
    text.append(INDENT).append(String.format(Locale.ROOT, "%-10s: ", key)).append(value);
    text.append('\n');
  }

  /** Appends a key with several values, a line each, below one another. */
  public static void lines(StringBuilder text, String key, List<String> values) {
    line(text, key, values.get(0));
    for (String other : values.subList(1, values.size())) {
      text.append(CONTINUED).append(other).append('\n');
    }
  }
}
