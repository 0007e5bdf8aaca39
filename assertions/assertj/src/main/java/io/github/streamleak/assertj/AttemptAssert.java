package io.github.streamleak.assertj;

import io.github.streamleak.stream.RecordedAttempt;
import org.jspecify.annotations.Nullable;

/** Assertions on one attempt of a stream. */
public final class AttemptAssert extends AbstractAttemptAssert<AttemptAssert> {

  AttemptAssert(@Nullable RecordedAttempt actual) {
    super(actual, AttemptAssert.class);
  }
}
