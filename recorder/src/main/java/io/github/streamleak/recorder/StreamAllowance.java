package io.github.streamleak.recorder;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Excuses streams that are meant to stay open, by full method name, for a reason.
 *
 * <p>A pattern is a full method name, {@code package.Service/Method}, in which {@code *} stands for
 * any number of characters.
 */
public final class StreamAllowance {

  private static final Pattern LEGAL = Pattern.compile("[A-Za-z0-9_.*/-]+");

  private final String method;
  private final String reason;
  private final Pattern pattern;

  private StreamAllowance(String method, String reason) {
    this.method = method;
    this.reason = reason;
    this.pattern = Pattern.compile("\\Q" + method.replace("*", "\\E.*\\Q") + "\\E");
  }

  /**
   * Returns an allowance.
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
    return new StreamAllowance(method, reason);
  }

  /** Exactly one slash, or none where a star can stand for it; a name on either side. */
  private static boolean hasOneSlash(String method) {
    int slash = method.indexOf('/');
    if (slash < 0) {
      return method.contains("*");
    }
    return slash == method.lastIndexOf('/') && slash > 0 && slash < method.length() - 1;
  }

  /** Returns the pattern. */
  public String method() {
    return method;
  }

  /** Returns the reason. */
  public String reason() {
    return reason;
  }

  /** Returns whether this excuses a stream of {@code fullMethodName}. */
  public boolean matches(String fullMethodName) {
    return pattern.matcher(fullMethodName).matches();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StreamAllowance that
        && method.equals(that.method)
        && reason.equals(that.reason);
  }

  @Override
  public int hashCode() {
    return Objects.hash(method, reason);
  }

  /** Returns pattern and reason. */
  @Override
  public String toString() {
    return method + " (" + reason + ")";
  }
}
