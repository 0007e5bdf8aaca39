package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether another attempt may follow attempts that have all failed.
 *
 * <p>Between two hedges nothing is open and nothing is over, for as long as the hedging delay. So
 * it is for a moment between two tries: gRPC makes the tracer of a retry, be it transparent or by
 * policy, right after it has closed the one before, on the same thread and before any back-off
 * ({@code RetriableStream.Sublistener#closed}).
 *
 * <p>The policy is not to be had by any public means; the call options that a tracer is given carry
 * it and print it ({@code ManagedChannelServiceConfig.MethodInfo#toString}, the same from 1.68 to
 * 1.85). Should a version print it otherwise, Done counts as final at once, which can only miss a
 * leak between two attempts.
 */
enum AttemptOutlook {
  /** No attempt can follow. */
  NONE,
  /** If a retry follows, gRPC is about to make its tracer. */
  AT_ONCE,
  /** A hedge may follow when its delay is over. */
  LATER;

  private static final Pattern POLICY =
      Pattern.compile(
          "(retryPolicy=RetryPolicy|hedgingPolicy=HedgingPolicy)\\{maxAttempts=(\\d+)"
              + ".*?StatusCodes=\\[([A-Z_, ]*)]");

  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

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

  /** Returns the outlook after {@code attempts}, given the policy of their call if it has one. */
  static AttemptOutlook of(List<AttemptLog> attempts, @Nullable Policy policy) {
    AttemptOutlook outlook = LATER;
    boolean answered = true;
    for (AttemptLog attempt : attempts) {
      Status status = attempt.status;
      // Headers commit the stream to their attempt.
      if (status == null || status.isOk() || attempt.headersReceived || attempt.retryForbidden) {
        return NONE;
      }
      AttemptOutlook byPolicy =
          policy == null ? NONE : policy.after(status.getCode(), attempts.size());
      outlook = byPolicy.compareTo(outlook) < 0 ? byPolicy : outlook;
      answered &= attempt.serverClosed;
    }
    // What the server has answered with trailers is never retried transparently.
    return outlook == NONE && !answered ? AT_ONCE : outlook;
  }

  /**
   * A call's policy for further attempts.
   *
   * @param codes with a comma and a space before each and a comma behind it
   */
  record Policy(boolean hedges, int maxAttempts, String codes) {

    /** Reads the policy that {@code options} print; null if they print none. */
    static @Nullable Policy of(CallOptions options) {
      Matcher policy = POLICY.matcher(options.toString());
      return policy.find()
          ? new Policy(
              policy.group(1).startsWith("hedging"),
              Integer.parseInt(policy.group(2)),
              ", " + policy.group(3) + ",")
          : null;
    }

    AttemptOutlook after(Status.Code code, int attempts) {
      if (attempts >= maxAttempts || !codes.contains(", " + code + ",")) {
        return NONE;
      }
      return hedges ? LATER : AT_ONCE;
    }
  }
}
