package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;

import io.github.streamleak.assertj.AbstractStreamAssert;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedStream;

// snippet:own
final class PriceStreamAssert extends AbstractStreamAssert<PriceStreamAssert> {
  private PriceStreamAssert(RecordedStream actual) {
    super(actual, PriceStreamAssert.class);
  }

  static PriceStreamAssert assertThatPrices(RecordedStream actual) {
    return new PriceStreamAssert(actual);
  }

  PriceStreamAssert gotPrices(int n) {
    return hasTimes(n, inboundMessage()).hasNoPriceLeft();
  }

  private PriceStreamAssert hasNoPriceLeft() {
    return check( // waits after eventually(...), is collected softly
        stream -> {
          long left = stream.attempts().get(0).received() - stream.count(EventKind.RECEIVED);
          if (left > 0) {
            throw failure(0, left, "to leave no price unread but it left " + left);
          }
        });
  }
}

// end:own
