package io.github.streamleak.report;

import io.github.streamleak.recorder.LeakCause;
import io.github.streamleak.recorder.RecordedStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of a finding that stays the same from run to run: the full method name, the cause (or
 * the rule, if the finding is not a leak), and the class and method that opened the stream. They
 * are separated by a space; {@code -} stands where there is none.
 *
 * <p>A fingerprint has no line numbers and no names that a compiler made up. A finding therefore
 * keeps its fingerprint when lines move, when a lambda is added before it, and on another JDK. The
 * price is that two streams of one gRPC method with one cause, opened by one Java method, have one
 * fingerprint.
 */
public final class Fingerprint {

  /** The rule of a leak. The fingerprint of a leak has its cause instead, which says more. */
  static final String LEAK = "LEAKED_STREAM";

  private static final String NONE = "-";

  /**
   * A class that the JVM defined at run time: {@code Outer$$Lambda/0x0000...} or {@code $14/123}.
   */
  private static final Pattern HIDDEN = Pattern.compile("/(0x)?[0-9a-fA-F]+$");

  /** A class that a library made at run time, such as a mock or a proxy. */
  private static final Pattern SUBCLASS =
      Pattern.compile(
          "\\$\\$?(Lambda|MockitoMock|ByteBuddy|EnhancerBy\\w*|SpringCGLIB|HibernateProxy)\\b.*");

  /**
   * A class that Kotlin named after a method, {@code Outer$method$1}: a continuation, a lambda or
   * an object.
   */
  private static final Pattern KOTLIN = Pattern.compile("^(.+?)\\$([^$A-Z\\d][^$]*)\\$\\d.*$");

  /** A proxy of the JDK. Proxies are numbered in the order in which they were made. */
  private static final Pattern PROXY = Pattern.compile("^(?:.*\\.)?\\$Proxy\\d+$");

  private Fingerprint() {}

  /**
   * Returns the fingerprint of a finding about {@code stream}.
   *
   * @param rule the name of the rule, such as {@code LEAKED_STREAM}
   */
  public static String of(RecordedStream stream, String rule) {
    return of(
        stream.fullMethodName(),
        rule.equals(LEAK) ? stream.cause().map(LeakCause::name).orElse(rule) : rule,
        stream.openingLine().orElse(null));
  }

  /**
   * Returns the fingerprint of a finding without a stream.
   *
   * @param method the full method name, or null
   * @param causeOrRule the name of the cause or rule
   * @param opening the frame that opened what was found, or null
   */
  public static String of(
      @Nullable String method, String causeOrRule, @Nullable StackTraceElement opening) {
    return field(method)
        + " "
        + field(causeOrRule)
        + " "
        + field(opening == null ? null : place(opening));
  }

  private static String place(StackTraceElement frame) {
    String type = HIDDEN.matcher(frame.getClassName()).replaceFirst("");
    type = PROXY.matcher(type).replaceFirst("Proxy");
    type = SUBCLASS.matcher(type).replaceFirst("");
    String method = written(frame.getMethodName());
    // A Kotlin lambda or coroutine is a class named after the method that it stands in.
    Matcher kotlin = KOTLIN.matcher(type);
    if (kotlin.matches()) {
      type = kotlin.group(1);
      method = kotlin.group(2);
    }
    return withoutNumbers(type) + "." + method;
  }

  /** Removes the parts of a class name that a compiler numbered, from right to left. */
  private static String withoutNumbers(String type) {
    String name = type;
    for (int at = name.lastIndexOf('$'); at > 0; at = name.lastIndexOf('$')) {
      String part = name.substring(at + 1);
      if (!part.isEmpty() && !Character.isDigit(part.charAt(0))) {
        // A class that is nested in an anonymous or local class carries that one's number.
        int inner = name.indexOf('$');
        while (inner > 0 && inner + 1 < name.length()) {
          if (Character.isDigit(name.charAt(inner + 1))) {
            return name.substring(0, inner);
          }
          inner = name.indexOf('$', inner + 1);
        }
        return name;
      }
      name = name.substring(0, at);
    }
    return name;
  }

  private static String written(String method) {
    // javac: lambda$watch$3, lambda$new$0; Kotlin: watch$lambda$3, watch$lambda-3,
    // watch$suspendImpl
    if (method.startsWith("lambda$")) {
      String rest = method.substring("lambda$".length());
      int end = rest.lastIndexOf('$');
      String name = end < 0 ? rest : rest.substring(0, end);
      return switch (name) {
        case "new", "" -> "<init>";
        case "static" -> "<clinit>";
        // Eclipse's compiler gives lambdas a number and no name.
        default -> Character.isDigit(name.charAt(0)) ? "lambda" : written(name);
      };
    }
    // javac's bridges to private members, access$000 or access$watch
    if (method.startsWith("access$") && method.length() > "access$".length()) {
      String rest = method.substring("access$".length());
      return Character.isDigit(rest.charAt(0)) ? "access" : written(rest);
    }
    int generated = method.indexOf('$', 1);
    return generated < 0 ? method : method.substring(0, generated);
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
