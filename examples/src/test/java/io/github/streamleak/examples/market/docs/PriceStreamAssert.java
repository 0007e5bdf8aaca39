package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.recorder.ExpectedEvents.received;

import io.github.streamleak.assertj.AbstractStreamAssert;
import io.github.streamleak.recorder.RecordedStream;
import io.github.streamleak.recorder.StreamEvent;

// snippet:own
final class PriceStreamAssert extends AbstractStreamAssert<PriceStreamAssert> {
  private PriceStreamAssert(RecordedStream actual) {
    super(actual, PriceStreamAssert.class);
  }

  static PriceStreamAssert assertThatPrices(RecordedStream actual) {
    return new PriceStreamAssert(actual);
  }

  PriceStreamAssert gotPrices(int n) {
    return hasTimes(n, received()).hasNoPriceLeft();
  }

  private PriceStreamAssert hasNoPriceLeft() {
    return check( // waits after eventually(...), is collected softly
        stream -> {
          long left =
              stream.attempts().get(0).received() - stream.count(StreamEvent.Received.class);
          if (left > 0) {
            throw failure(0, left, "to leave no price unread but it left " + left);
          }
        });
  }
}

// end:own
