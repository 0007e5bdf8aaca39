package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Status;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells whether another attempt may follow one that has failed.
 *
 * <p>gRPC closes the tracer of a failed attempt and starts the next one after a back-off. In
 * between, nothing is open and nothing is over. The retry policy is not to be had by any public
 * means; the call options that a tracer is given carry it and print it ({@code
 * ManagedChannelServiceConfig.MethodInfo#toString}, the same from 1.68 to 1.85). Should a version
 * print it otherwise, Done counts as final at once, which can only miss a leak in a back-off.
 */
final class RetryOutlook {

  private static final Pattern POLICY =
      Pattern.compile(
          "(?:retryPolicy=RetryPolicy|hedgingPolicy=HedgingPolicy)\\{maxAttempts=(\\d+)"
              + ".*?StatusCodes=\\[([A-Z_, ]*)]");

  private RetryOutlook() {}

  static boolean mayFollow(CallOptions options, Status.Code code, int attempts) {
    Matcher policy = POLICY.matcher(options.toString());
    return policy.find()
        && attempts < Integer.parseInt(policy.group(1))
        && (", " + policy.group(2) + ",").contains(", " + code + ",");
  }
}
