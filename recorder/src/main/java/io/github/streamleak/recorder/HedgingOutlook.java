package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells whether another hedge may follow attempts that have all failed.
 *
 * <p>Between two hedges nothing is open and nothing is over. (Not so between two retries: the next
 * one has its tracer before its back-off begins.) The hedging policy is not to be had by any public
 * means; the call options that a tracer is given carry it and print it ({@code
 * ManagedChannelServiceConfig.MethodInfo#toString}, the same from 1.68 to 1.85). Should a version
 * print it otherwise, Done counts as final at once, which can only miss a leak between two hedges.
 */
final class HedgingOutlook {

  private static final Pattern POLICY =
      Pattern.compile(
          "hedgingPolicy=HedgingPolicy\\{maxAttempts=(\\d+).*?StatusCodes=\\[([A-Z_, ]*)]");

  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private HedgingOutlook() {}

  /**
   * Returns whether the server forbids another attempt: it names a time to wait that is negative or
   * no number (gRFC A6). Never throws.
   */
  static boolean isForbiddenBy(Metadata trailers) {
    String pushback = trailers.get(PUSHBACK);
    if (pushback == null) {
      return false;
    }
    try {
      return Integer.parseInt(pushback) < 0;
    } catch (NumberFormatException e) {
      return true;
    }
  }

  static boolean mayFollow(CallOptions options, Status.Code code, int attempts) {
    Matcher policy = POLICY.matcher(options.toString());
    return policy.find()
        && attempts < Integer.parseInt(policy.group(1))
        && (", " + policy.group(2) + ",").contains(", " + code + ",");
  }
}
