package io.github.streamleak.assertj;

import io.github.streamleak.recorder.Lifecycle;
import io.github.streamleak.recorder.RecordedStream;
import io.github.streamleak.recorder.StreamEvent.Lane;
import org.jspecify.annotations.Nullable;

/** Assertions on the life cycle of a stream as one side saw it. */
public final class SideAssert extends AbstractLifecycleAssert<SideAssert, RecordedStream> {

  private final Lane lane;

  SideAssert(@Nullable RecordedStream actual, Lane lane) {
    super(actual, SideAssert.class, "stream", "", RecordedStream::latest);
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
