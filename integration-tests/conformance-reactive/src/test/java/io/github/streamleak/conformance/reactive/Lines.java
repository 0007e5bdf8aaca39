package io.github.streamleak.conformance.reactive;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Notes the line on which a fixture opens a stream. */
public final class Lines {

  private static final Map<String, Integer> LINES = new ConcurrentHashMap<>();

  private Lines() {}

  /** Returns {@code value}, and notes the line that this is called on under {@code key}. */
  public static <T> T here(String key, T value) {
    int line =
        StackWalker.getInstance()
            .walk(frames -> frames.skip(1).findFirst())
            .orElseThrow()
            .getLineNumber();
    LINES.put(key, line);
    return value;
  }

  /** Returns the line noted under {@code key}. */
  public static int of(String key) {
    Integer line = LINES.get(key);
    if (line == null) {
      throw new AssertionError("no line was noted under " + key);
    }
    return line;
  }
}
