package io.github.streamleak.recorder;

import io.grpc.Status;
import java.time.Duration;
import java.util.Locale;

/** How values read in a report: ASCII only, one line, no ids that change between runs. */
final class Texts {

  private static final int LONGEST_DESCRIPTION = 200;

  private Texts() {}

  static String status(Status status) {
    String description = status.getDescription();
    return status.getCode() + (description == null ? "" : ": " + oneLine(description));
  }

  /** Escapes what would break a line or is not ASCII, and cuts what is too long to read. */
  static String oneLine(String text) {
    StringBuilder out = new StringBuilder();
    int i = 0;
    for (; i < text.length() && out.length() < LONGEST_DESCRIPTION; i++) {
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

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
  }

  /** Renders a time since start with a unit that leaves three digits to read. */
  static String sinceStart(Duration duration) {
    long nanos = duration.toNanos();
    if (nanos < 100_000_000) {
      return String.format(Locale.ROOT, "+%.1f ms", nanos / 1e6);
    }
    return String.format(Locale.ROOT, "+%.2f s", nanos / 1e9);
  }

  /** Returns the simple name; of an anonymous class, that of what it extends. */
  static String simpleName(Class<?> type) {
    Class<?> named = type;
    while (named.getSimpleName().isEmpty() && named.getSuperclass() != null) {
      named = named.getSuperclass();
    }
    return named.getSimpleName();
  }

  static String count(long n, String noun) {
    return n + " " + noun + (n == 1 ? "" : "s");
  }
}
