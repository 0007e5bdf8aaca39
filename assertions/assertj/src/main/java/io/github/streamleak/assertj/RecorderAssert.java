package io.github.streamleak.assertj;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import org.jspecify.annotations.Nullable;

/** Assertions on all that a recorder has recorded. */
public final class RecorderAssert extends AbstractRecorderAssert<RecorderAssert> {

  RecorderAssert(@Nullable GrpcStreamRecorder actual) {
    super(actual, RecorderAssert.class);
  }
}
