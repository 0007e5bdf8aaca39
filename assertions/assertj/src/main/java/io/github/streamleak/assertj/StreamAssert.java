package io.github.streamleak.assertj;

import io.github.streamleak.stream.RecordedStream;
import org.jspecify.annotations.Nullable;

/** Assertions on one stream. */
public final class StreamAssert extends AbstractStreamAssert<StreamAssert> {

  StreamAssert(@Nullable RecordedStream actual) {
    super(actual, StreamAssert.class);
  }
}
