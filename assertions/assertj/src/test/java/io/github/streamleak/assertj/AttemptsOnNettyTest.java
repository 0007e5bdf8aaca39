package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.assertj.Told.fails;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptStarted;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;

import io.github.streamleak.stream.Retry;
import io.github.streamleak.testsupport.ServiceConfig;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Retries and hedges: in-process makes neither. */
final class AttemptsOnNettyTest {

  /** Only so that a broken test ends. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void retriesPassTest() {
    Map<String, ?> twoRetries = ServiceConfig.retry(3, "0.001s", Market.WATCH);
    try (Market market = Market.onNetty(twoRetries)) {
      market.watch("3??", 9);
      StreamAssert stream =
          assertThat(market.recorder)
              .eventually(LIMIT)
              .hasOnlyOneStream()
              .hasTerminalStatus(Code.OK)
              .everyAttemptIsClosed()
              .hasAttemptCount(3)
              .hasRetryCount(2)
              .hasHedgeCount(0)
              .hasAttemptStatuses(Code.UNAVAILABLE, Code.UNAVAILABLE, Code.OK)
              .everyPickHasPickerDone()
              .hasTimes(1, attemptStarted(Retry.FIRST))
              .hasTimes(2, attemptStarted(Retry.RETRY))
              .hasLifecycle(
                  attemptClosed(Code.UNAVAILABLE).onAttempt(1),
                  attemptClosed(Code.UNAVAILABLE).onAttempt(2),
                  inboundMessages(3));
      stream.attempt(1).wasMadeAs(Retry.FIRST).hasStatus(Code.UNAVAILABLE);
      stream.attempt(3).wasMadeAs(Retry.RETRY).hasStatus(Code.OK);
    }
  }

  @Test
  void addressIsTheSameTextEverywhereTest() {
    try (Market market = Market.onNetty(ServiceConfig.retry(2, "0.001s", Market.WATCH))) {
      market.watch("3", 9);
      String address = "127.0.0.1:" + market.port();
      String localhost = "localhost:" + market.port();
      StreamAssert stream =
          assertThat(market.recorder)
              .eventually(LIMIT)
              .hasOnlyOneStream()
              .hasTerminalStatus(Code.OK)
              .hasAtLeast(1, picked(address))
              .hasAtLeast(1, picked(localhost));
      stream.onlyAttempt().wasPickedTo(address).hasRemoteAddress(address);
      stream.onlyAttempt().wasPickedTo(localhost).hasRemoteAddress(localhost);
      assertThat(market.recorder.streams().get(0).describe())
          .contains("attempt   : 1, picked " + address + ",");
      fails(
          () -> assertThat(market.recorder.streams().get(0)).onlyAttempt().wasPickedTo("[::1]:1"),
          "Expected attempt [acme.Market/Watch > attempt 1 of 1] to have picked address <[::1]:1>"
              + " but was <"
              + address
              + ">\n\n"
              + market.recorder.streams().get(0).describe());
    }
  }

  @Test
  void hedgesPassTest() {
    Map<String, ?> oneHedge = ServiceConfig.hedge(2, "0.02s", Market.WATCH);
    try (Market market = Market.onNetty(oneHedge)) {
      market.watch("3~", 9);
      assertThat(market.recorder)
          .eventually(LIMIT)
          .hasOnlyOneStream()
          .hasTerminalStatus(Code.OK)
          .everyAttemptIsClosed()
          .hasAttemptCount(2)
          .hasHedgeCount(1)
          .hasRetryCount(0)
          .attempt(2)
          .wasMadeAs(Retry.HEDGE)
          .hasStatus(Code.OK);
    }
  }
}
