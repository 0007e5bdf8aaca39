package io.github.streamleak.recorder;

import io.grpc.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether another attempt may follow attempts that have all failed.
 *
 * <p>Between two hedges nothing is open and nothing is over, for as long as the hedging delay. So
 * it is for a moment between two tries: gRPC makes the tracer of a retry, be it transparent or by
 * policy, right after it has closed the one before, on the same thread and before any back-off
 * ({@code RetriableStream.Sublistener#closed}).
 */
enum AttemptOutlook {
  /** No attempt can follow. */
  NONE,
  /** If a retry follows, gRPC is about to make its tracer. */
  AT_ONCE,
  /** A hedge may follow when its delay is over. */
  LATER;

  /** Returns the outlook after {@code attempts}, given the policy of their call if it has one. */
  static AttemptOutlook of(List<AttemptLog> attempts, @Nullable RetryPolicy policy) {
    AttemptOutlook outlook = LATER;
    boolean answered = true;
    for (AttemptLog attempt : attempts) {
      Status status = attempt.status;
      // Headers commit the stream to their attempt.
      if (status == null || status.isOk() || attempt.headersReceived || attempt.retryForbidden) {
        return NONE;
      }
      AttemptOutlook byPolicy =
          policy == null || !policy.goesOn(status.getCode(), attempts.size())
              ? NONE
              : policy.hedges() ? LATER : AT_ONCE;
      outlook = byPolicy.compareTo(outlook) < 0 ? byPolicy : outlook;
      answered &= attempt.serverClosed;
    }
    // What the server has answered with trailers is never retried transparently.
    return outlook == NONE && !answered ? AT_ONCE : outlook;
  }
}
