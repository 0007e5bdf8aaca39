package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Status;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A call's policy for further attempts, as its service config has it.
 *
 * <p>The policy is not to be had by any public means; the call options that a tracer is given carry
 * it and print it ({@code ManagedChannelServiceConfig.MethodInfo#toString}, the same from 1.68 to
 * 1.85). Should a version print it otherwise, no policy is seen: then Done counts as final at once,
 * which can only miss a leak between two attempts.
 *
 * @param hedges whether it hedges; otherwise it retries
 * @param codes with a comma and a space before each and a comma behind it
 */
record RetryPolicy(boolean hedges, int maxAttempts, String codes) {

  private static final Pattern PRINTED =
      Pattern.compile(
          "(retryPolicy=RetryPolicy|hedgingPolicy=HedgingPolicy)\\{maxAttempts=(\\d+)"
              + ".*?StatusCodes=\\[([A-Z_, ]*)]");

  /** Reads the policy that {@code options} print; null if they print none. */
  static @Nullable RetryPolicy of(CallOptions options) {
    Matcher policy = PRINTED.matcher(options.toString());
    return policy.find()
        ? new RetryPolicy(
            policy.group(1).startsWith("hedging"),
            Integer.parseInt(policy.group(2)),
            ", " + policy.group(3) + ",")
        : null;
  }

  /** Returns whether it calls for another attempt after {@code attempts}, if one failed so. */
  boolean goesOn(Status.Code code, int attempts) {
    return attempts < maxAttempts && codes.contains(", " + code + ",");
  }
}
