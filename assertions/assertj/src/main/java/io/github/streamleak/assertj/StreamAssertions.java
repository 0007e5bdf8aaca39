package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/**
 * Where assertions begin: AssertJ's own {@code assertThat} methods, and those for streams. Import
 * {@code assertThat} from here in place of AssertJ's.
 *
 * <p>Assertions on a collection of streams begin with {@link #assertThatStreams}, because AssertJ
 * has an {@code assertThat} for lists already. This class extends AssertJ's, so that one static
 * import serves both.
 */
public class StreamAssertions extends Assertions {

  /** For a subclass that adds entry points of its own. */
  protected StreamAssertions() {}

  /** Starts assertions on all that {@code actual} has recorded. */
  @CheckReturnValue
  public static RecorderAssert assertThat(@Nullable GrpcStreamRecorder actual) {
    return new RecorderAssert(actual);
  }

  /** Starts assertions on one stream. */
  @CheckReturnValue
  public static StreamAssert assertThat(@Nullable RecordedStream actual) {
    return new StreamAssert(actual);
  }

  /** Starts assertions on one attempt of a stream. */
  @CheckReturnValue
  public static AttemptAssert assertThat(@Nullable RecordedAttempt actual) {
    return new AttemptAssert(actual);
  }

  /** Starts assertions on one event of a stream. */
  @CheckReturnValue
  public static EventAssert assertThat(@Nullable StreamEvent actual) {
    return new EventAssert(actual);
  }

  /** Starts assertions on a collection of streams. */
  @CheckReturnValue
  public static StreamsAssert assertThatStreams(@Nullable List<RecordedStream> actual) {
    return new StreamsAssert(actual);
  }
}
