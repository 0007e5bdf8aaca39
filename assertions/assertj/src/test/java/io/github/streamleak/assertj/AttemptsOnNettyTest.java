package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.recorder.ExpectedEvents.attemptClosed;
import static io.github.streamleak.recorder.ExpectedEvents.attemptStarted;
import static io.github.streamleak.recorder.ExpectedEvents.received;

import io.github.streamleak.recorder.StreamEvent.Retry;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Retries and hedges: in-process makes neither. */
final class AttemptsOnNettyTest {

  /** Only so that a broken test ends. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static Map<String, ?> config(String policy, Map<String, ?> value) {
    return Map.of(
        "methodConfig",
        List.of(Map.of("name", List.of(Map.of("service", "acme.Market")), policy, value)));
  }

  @Test
  void retriesPassTest() {
    Map<String, ?> twoRetries =
        Map.of(
            "maxAttempts",
            3.0,
            "initialBackoff",
            "0.001s",
            "maxBackoff",
            "0.001s",
            "backoffMultiplier",
            1.0,
            "retryableStatusCodes",
            List.of("UNAVAILABLE"));
    try (Market market = Market.onNetty(config("retryPolicy", twoRetries))) {
      market.watch("3?", 9);
      StreamAssert stream =
          assertThat(market.recorder)
              .eventually(LIMIT)
              .hasOnlyOneStream()
              .hasTerminalStatus(Code.OK)
              .everyAttemptIsDone()
              .hasAttemptCount(3)
              .hasRetryCount(2)
              .hasHedgeCount(0)
              .hasAttemptStatuses(Code.UNAVAILABLE, Code.UNAVAILABLE, Code.OK)
              .picksAndDonesBalance()
              .hasTimes(1, attemptStarted(Retry.FIRST))
              .hasTimes(2, attemptStarted(Retry.RETRY))
              .hasLifecycle(
                  attemptClosed(Code.UNAVAILABLE).onAttempt(1),
                  attemptClosed(Code.UNAVAILABLE).onAttempt(2),
                  received(3));
      stream.attempt(1).wasMadeAs(Retry.FIRST).hasStatus(Code.UNAVAILABLE);
      stream.attempt(3).wasMadeAs(Retry.RETRY).hasStatus(Code.OK);
    }
  }

  @Test
  void hedgesPassTest() {
    Map<String, ?> oneHedge =
        Map.of(
            "maxAttempts",
            2.0,
            "hedgingDelay",
            "0.02s",
            "nonFatalStatusCodes",
            List.of("UNAVAILABLE"));
    try (Market market = Market.onNetty(config("hedgingPolicy", oneHedge))) {
      market.watch("3~", 9);
      assertThat(market.recorder)
          .eventually(LIMIT)
          .hasOnlyOneStream()
          .hasTerminalStatus(Code.OK)
          .everyAttemptIsDone()
          .hasAttemptCount(2)
          .hasHedgeCount(1)
          .hasRetryCount(0)
          .attempt(2)
          .wasMadeAs(Retry.HEDGE)
          .hasStatus(Code.OK);
    }
  }
}
