package io.github.streamleak.report;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The part of a finding that stays the same from run to run: the full method name, the cause (or
 * the rule, if the finding is not a leak), and the class and method that opened the stream. They
 * are separated by a space; {@code -} stands where there is none.
 *
 * <p>A fingerprint has no line numbers and no names that a compiler made up. A finding therefore
 * keeps its fingerprint when lines move, when a lambda is added before it, and on another JDK. Two
 * Java methods never share one. Two lines of one Java method do, which is why a {@link Baseline}
 * counts them. It has no port, address or hash either: a channel that is left open has none but its
 * place, because its target may be any of these.
 */
final class Fingerprint {

  /** The rule of a leak. The fingerprint of a leak has its cause instead, which says more. */
  static final String LEAK = "LEAKED_STREAM";

  private static final String NONE = "-";

  private Fingerprint() {}

  /**
   * Returns the fingerprint of a finding about {@code stream}.
   *
   * @param rule the name of the rule, such as {@code LEAKED_STREAM}
   */
  static String of(RecordedStream stream, String rule) {
    return of(
        stream.fullMethodName(),
        rule.equals(LEAK) ? stream.cause().map(Fingerprint::name).orElse(rule) : rule,
        stream.openingLine().orElse(null));
  }

  /** Returns the name of a cause. Time alone tells some apart: those have the name of the first. */
  private static String name(LeakCause cause) {
    return switch (cause) {
      case WAITING_FOR_TRANSPORT, WAITING_TO_RETRY -> LeakCause.NOT_PICKED.name();
      default -> cause.name();
    };
  }

  /**
   * Returns the fingerprint of a finding without a stream.
   *
   * @param method the full method name, or null
   * @param causeOrRule the name of the cause or rule
   * @param opening the frame that opened what was found, or null
   */
  static String of(
      @Nullable String method, String causeOrRule, @Nullable StackTraceElement opening) {
    return field(method)
        + " "
        + field(causeOrRule)
        + " "
        + field(opening == null ? null : Place.of(opening));
  }

  /**
   * Encodes the characters that have a meaning in a baseline: a space ends a field and a number
   * sign begins a comment. Names in Kotlin may have both.
   */
  private static String field(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return NONE;
    }
    StringBuilder out = new StringBuilder();
    Json.wellFormed(text)
        .codePoints()
        .forEach(
            c -> {
              if (c == '%'
                  || c == '#'
                  || Character.isWhitespace(c)
                  || Character.isSpaceChar(c)
                  || Character.isISOControl(c)) {
                for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                  out.append(String.format(Locale.ROOT, "%%%02X", b));
                }
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }
}
