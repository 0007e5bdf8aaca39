package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Status;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A call's policy for further attempts, from its service config.
 *
 * <p>gRPC has no public API that tells the policy. But the call options that a tracer is given
 * contain it and print it ({@code ManagedChannelServiceConfig.MethodInfo#toString}, the same from
 * 1.68 to 1.85), so it is read from that text. If a version prints it in another way, no policy is
 * seen. Then picker Done counts as final at once, and the only harm is that a leak between two
 * attempts is missed.
 *
 * @param hedges whether the policy hedges; otherwise it retries
 * @param codes the status codes, each with a comma and a space before it and a comma behind it
 */
record RetryPolicy(boolean hedges, int maxAttempts, String codes) {

  private static final Pattern PRINTED =
      Pattern.compile(
          "(retryPolicy=RetryPolicy|hedgingPolicy=HedgingPolicy)\\{maxAttempts=(\\d+)"
              + ".*?StatusCodes=\\[([A-Z_, ]*)]");

  /** Returns the policy that {@code options} print; null if they print none. */
  static @Nullable RetryPolicy of(CallOptions options) {
    Matcher policy = PRINTED.matcher(options.toString());
    return policy.find()
        ? new RetryPolicy(
            policy.group(1).startsWith("hedging"),
            Integer.parseInt(policy.group(2)),
            ", " + policy.group(3) + ",")
        : null;
  }

  /**
   * Returns whether another attempt follows {@code attempts} ones if one failed with {@code code}.
   */
  boolean goesOn(Status.Code code, int attempts) {
    return attempts < maxAttempts && codes.contains(", " + code + ",");
  }
}
