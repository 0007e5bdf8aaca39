package io.github.streamleak.assertj;

import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedStream;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on the life cycle of a stream in one lane: the application's, the attempts' or the
 * picker's.
 */
public final class LaneAssert extends AbstractLifecycleAssert<LaneAssert, RecordedStream> {

  private final Lane lane;

  LaneAssert(@Nullable RecordedStream actual, Lane lane) {
    super(actual, LaneAssert.class, "stream", "", RecordedStream::latest);
    this.lane = lane;
  }

  @Override
  RecordedStream stream(RecordedStream actual) {
    return actual;
  }

  @Override
  Lifecycle scoped(Lifecycle lifecycle, RecordedStream actual) {
    return lifecycle.on(lane);
  }
}
