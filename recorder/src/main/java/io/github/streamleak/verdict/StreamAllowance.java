package io.github.streamleak.verdict;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Excuses streams that are meant to stay open, and breaches of a rule. The reason is required and
 * is shown in reports.
 *
 * <p>A method pattern is a full method name, {@code package.Service/Method}, in which {@code *}
 * stands for any number of characters. An allowance can be narrowed to one cause or rule, and to
 * the code that opens the stream. It cannot name a single test: put it into that test's own policy
 * instead, where it reaches no other.
 */
public final class StreamAllowance {

  private static final Pattern LEGAL = Pattern.compile("[A-Za-z0-9_.*/-]+");
  private static final Pattern LEGAL_OPENER = Pattern.compile("[\\p{L}\\p{N}_$.*]+");

  private final String method;
  private final String reason;
  private final @Nullable String cause;
  private final @Nullable String opener;
  private final Pattern pattern;

  private StreamAllowance(
      String method, String reason, @Nullable String cause, @Nullable String opener) {
    this.method = method;
    this.reason = reason;
    this.cause = cause;
    this.opener = opener;
    this.pattern = pattern(method);
  }

  private static Pattern pattern(String text) {
    return Pattern.compile("\\Q" + text.replace("*", "\\E.*\\Q") + "\\E");
  }

  /**
   * Returns an allowance for all causes, rules and opening lines.
   *
   * @param method a full method name or a pattern for one
   * @param reason why such a stream may stay open; shown in reports
   * @throws IllegalArgumentException if {@code reason} is blank, or if {@code method} cannot match
   *     any full method name
   */
  public static StreamAllowance of(String method, String reason) {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(reason, "reason");
    if (!LEGAL.matcher(method).matches() || !hasOneSlash(method)) {
      throw new IllegalArgumentException(
          "the method pattern \""
              + Texts.oneLine(method)
              + "\" matches no gRPC method; write \"package.Service/Method\", with * for any number"
              + " of characters, such as \"grpc.health.v1.Health/*\"");
    }
    if (reason.isBlank()) {
      throw new IllegalArgumentException(
          "the allowance for \""
              + method
              + "\" has no reason; say why such a stream may stay open, such as"
              + " \"lives as long as the client\"");
    }
    return new StreamAllowance(method, reason, null, null);
  }

  /**
   * Returns this allowance narrowed to one cause or rule.
   *
   * @param name the name of a {@link LeakCause} or of a {@link StreamRule}, in upper or lower case,
   *     with hyphens or underscores
   * @throws IllegalArgumentException if there is no cause or rule of that name
   */
  public StreamAllowance onlyFor(String name) {
    if (!isCauseOrRule(name)) {
      throw new IllegalArgumentException(
          "\""
              + Texts.oneLine(name)
              + "\" is neither a cause nor a rule; the valid names are "
              + names().collect(Collectors.joining(", ")));
    }
    return new StreamAllowance(method, reason, constant(name), opener);
  }

  /** Returns whether {@link #onlyFor} accepts {@code name}. */
  public static boolean isCauseOrRule(String name) {
    return names().anyMatch(constant(name)::equals);
  }

  private static String constant(String name) {
    return name.trim().toUpperCase(Locale.ROOT).replace('-', '_');
  }

  private static Stream<String> names() {
    return Stream.concat(
        Arrays.stream(LeakCause.values()).map(LeakCause::name),
        Arrays.stream(StreamRule.values()).map(StreamRule::name));
  }

  /**
   * Returns this allowance narrowed to streams that the code of {@code opener} opens.
   *
   * @param opener a class, or a class and a method, with {@code *} for any number of characters,
   *     such as {@code com.acme.health.*} or {@code com.acme.Health.watch}; it is compared with the
   *     opening line
   * @throws IllegalArgumentException if {@code opener} cannot be the name of a class or method
   */
  public StreamAllowance openedBy(String opener) {
    if (!LEGAL_OPENER.matcher(opener).matches()) {
      throw new IllegalArgumentException(
          "\""
              + Texts.oneLine(opener)
              + "\" is no class that could open a stream; write a class, or class and method, with *"
              + " for any number of characters, such as \"com.acme.health.*\"");
    }
    return new StreamAllowance(method, reason, cause, opener);
  }

  /**
   * Returns whether {@code method} has exactly one slash with a name on either side. The slash may
   * be missing if a star can stand for it.
   */
  private static boolean hasOneSlash(String method) {
    int slash = method.indexOf('/');
    if (slash < 0) {
      return method.contains("*");
    }
    return slash == method.lastIndexOf('/') && slash > 0 && slash < method.length() - 1;
  }

  /** Returns the method pattern. */
  public String method() {
    return method;
  }

  /** Returns the reason. */
  public String reason() {
    return reason;
  }

  /**
   * Returns whether the method pattern matches {@code fullMethodName}. A cause, rule or opener that
   * the allowance is narrowed to is not looked at.
   */
  public boolean matches(String fullMethodName) {
    return pattern.matcher(fullMethodName).matches();
  }

  boolean excuses(RecordedStream stream, LeakCause found) {
    return matches(stream.fullMethodName())
        && (cause == null
            || cause.equals(found.name())
            || cause.equals(StreamRule.LEAKED_STREAM.name()))
        && opens(stream.openingLine().orElse(null));
  }

  boolean excuses(StreamRule rule, String subject, Optional<StackTraceElement> openingLine) {
    return matches(subject)
        && (cause == null || cause.equals(rule.name()))
        && opens(openingLine.orElse(null));
  }

  private boolean opens(@Nullable StackTraceElement line) {
    if (opener == null) {
      return true;
    }
    Pattern wanted = pattern(opener);
    return line != null
        && (wanted.matcher(line.getClassName()).matches()
            || wanted.matcher(line.getClassName() + "." + line.getMethodName()).matches());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StreamAllowance that
        && method.equals(that.method)
        && reason.equals(that.reason)
        && Objects.equals(cause, that.cause)
        && Objects.equals(opener, that.opener);
  }

  @Override
  public int hashCode() {
    return Objects.hash(method, reason, cause, opener);
  }

  /** Returns the pattern, what it is narrowed to, and the reason in one line. */
  @Override
  public String toString() {
    return method
        + (cause == null ? "" : " " + cause)
        + (opener == null ? "" : " " + opener)
        + " ("
        + reason
        + ")";
  }
}
