package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static io.github.streamleak.truth.StreamSubject.streams;

import com.google.common.truth.FailureMetadata;
import com.google.common.truth.Subject;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.stream.RecordedStream;

// snippet:truth-own
final class PriceStreamSubject extends Subject {
  private final RecordedStream actual;

  private PriceStreamSubject(FailureMetadata metadata, RecordedStream actual) {
    super(metadata, actual);
    this.actual = actual;
  }

  static Subject.Factory<PriceStreamSubject, RecordedStream> priceStreams() {
    return PriceStreamSubject::new;
  }

  /** An expectation that waits after eventually(...), like the rest. */
  static Lifecycle readToTheEnd() {
    return Lifecycle.everyBeforeAny(inboundMessage(), terminalStatus());
  }

  void gotPrices(int n) {
    check("prices()").about(streams()).that(actual).hasTimes(n, inboundMessage());
    check("prices()").about(streams()).that(actual).meets(readToTheEnd());
  }
}

// end:truth-own
