package io.github.streamleak.junit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Notes the line on which a fixture opens a stream, so that a pinned text holds wherever the
 * fixture stands in its file.
 */
final class Lines {

  private static final Map<String, Integer> LINES = new ConcurrentHashMap<>();

  private Lines() {}

  /** Returns {@code value}, and notes the line that this is called on under {@code key}. */
  static <T> T here(String key, T value) {
    int line =
        StackWalker.getInstance()
            .walk(
                frames ->
                    frames
                        .dropWhile(frame -> frame.getClassName().equals(Lines.class.getName()))
                        .findFirst())
            .orElseThrow()
            .getLineNumber();
    LINES.put(key, line);
    return value;
  }

  /** Returns {@code key}, and notes the line that this is called on under it. */
  static String here(String key) {
    return here(key, key);
  }

  /** Returns the line noted under {@code key}. */
  static int of(String key) {
    Integer line = LINES.get(key);
    if (line == null) {
      throw new AssertionError("no line was noted under " + key);
    }
    return line;
  }
}
