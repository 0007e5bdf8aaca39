package io.github.streamleak.assertj;

import io.github.streamleak.stream.RecordedStream;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Assertions on a collection of streams. */
public final class StreamsAssert extends AbstractStreamsAssert<StreamsAssert> {

  StreamsAssert(@Nullable List<RecordedStream> actual) {
    super(actual, StreamsAssert.class);
  }

  StreamsAssert(@Nullable List<RecordedStream> actual, UnaryOperator<List<RecordedStream>> latest) {
    super(actual, StreamsAssert.class, latest);
  }
}
