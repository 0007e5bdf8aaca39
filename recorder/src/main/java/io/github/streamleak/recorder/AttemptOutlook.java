package io.github.streamleak.recorder;

import io.grpc.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether another attempt may follow when all attempts so far have failed.
 *
 * <p>If one may follow, the stream is not over although no attempt is open. Between two hedges this
 * lasts as long as the hedging delay. Between two tries it lasts only a moment: gRPC makes the
 * tracer of a retry, whether transparent or by policy, right after it has closed the previous one,
 * on the same thread and before any back-off ({@code RetriableStream.Sublistener#closed}).
 */
enum AttemptOutlook {
  /** No attempt can follow. */
  NONE,
  /** A retry may follow, and then gRPC is about to make its tracer. */
  AT_ONCE,
  /** A hedge may follow when its delay is over. */
  LATER;

  /** Returns the outlook after {@code attempts}; {@code policy} is null if their call has none. */
  static AttemptOutlook of(List<AttemptLog> attempts, @Nullable RetryPolicy policy) {
    AttemptOutlook outlook = LATER;
    boolean answered = true;
    for (AttemptLog attempt : attempts) {
      Status status = attempt.status;
      // Once headers have arrived, gRPC never replaces that attempt by another.
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
    // An attempt that the server has answered with trailers is never retried transparently.
    return outlook == NONE && !answered ? AT_ONCE : outlook;
  }
}
