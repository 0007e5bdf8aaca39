package io.github.streamleak.truth;

import com.google.common.truth.FailureMetadata;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedStream;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on the life cycle of a stream in one lane: the application's, the attempts' or the
 * picker's.
 */
@CheckReturnValue
public final class LaneSubject extends LifecycleSubject<LaneSubject, RecordedStream> {

  private final Lane lane;

  LaneSubject(
      FailureMetadata metadata,
      @Nullable RecordedStream actual,
      @Nullable Wait<RecordedStream> wait,
      Lane lane) {
    super(
        metadata,
        actual,
        wait,
        (m, a, w) -> new LaneSubject(m, a, w, lane),
        RecordedStream::latest);
    this.lane = lane;
  }

  @Override
  RecordedStream stream(RecordedStream value) {
    return value;
  }

  @Override
  Lifecycle scoped(Lifecycle lifecycle, RecordedStream value) {
    return lifecycle.on(lane);
  }

  @Override
  String what() {
    return "a lane of a stream";
  }

  @Override
  String describe(RecordedStream value) {
    return Texts.line(value);
  }
}
