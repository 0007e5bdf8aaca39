package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.util.List;
import org.assertj.core.api.BDDAssertions;
import org.jspecify.annotations.Nullable;

/**
 * Where assertions begin for those who write {@code then} in place of {@code assertThat}. The
 * assertions are those of {@link StreamAssertions}.
 */
public class BddStreamAssertions extends BDDAssertions {

  /** For a subclass that adds entry points of its own. */
  protected BddStreamAssertions() {}

  /** Starts assertions on all that {@code actual} has recorded. */
  @CheckReturnValue
  public static RecorderAssert then(@Nullable GrpcStreamRecorder actual) {
    return new RecorderAssert(actual);
  }

  /** Starts assertions on one stream. */
  @CheckReturnValue
  public static StreamAssert then(@Nullable RecordedStream actual) {
    return new StreamAssert(actual);
  }

  /** Starts assertions on one attempt of a stream. */
  @CheckReturnValue
  public static AttemptAssert then(@Nullable RecordedAttempt actual) {
    return new AttemptAssert(actual);
  }

  /** Starts assertions on one event of a stream. */
  @CheckReturnValue
  public static EventAssert then(@Nullable StreamEvent actual) {
    return new EventAssert(actual);
  }

  /** Starts assertions on a collection of streams. */
  @CheckReturnValue
  public static StreamsAssert thenStreams(@Nullable List<RecordedStream> actual) {
    return new StreamsAssert(actual);
  }
}
