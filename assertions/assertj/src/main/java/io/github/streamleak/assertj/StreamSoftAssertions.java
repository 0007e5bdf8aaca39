package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.assertj.core.api.AbstractSoftAssertions;
import org.assertj.core.api.StandardSoftAssertionsProvider;
import org.jspecify.annotations.Nullable;

/**
 * Soft assertions: failures are collected, and thrown together by {@link #assertAll} or {@link
 * #close}. AssertJ's {@code SoftAssertionsExtension} for JUnit injects this class like AssertJ's
 * own.
 *
 * <p>A navigation that fails, such as {@code attempt(2)} on a stream with one attempt, is collected
 * once. Assertions on the attempt that is not there are passed over, since they would only repeat
 * it. Assertions that AssertJ itself has for every object, such as {@code satisfies}, throw at
 * once.
 */
public class StreamSoftAssertions extends AbstractSoftAssertions
    implements StandardSoftAssertionsProvider, AutoCloseable {

  /** Creates an empty collection; AssertJ's own extension for JUnit calls this too. */
  public StreamSoftAssertions() {}

  /** Runs {@code softly}, then throws what it has collected. */
  public static void assertSoftly(Consumer<StreamSoftAssertions> softly) {
    Objects.requireNonNull(softly, "softly");
    try (StreamSoftAssertions assertions = new StreamSoftAssertions()) {
      softly.accept(assertions);
    }
  }

  /** Throws what was collected, if anything was. */
  @Override
  public void close() {
    assertAll();
  }

  /** Starts assertions on all that {@code actual} has recorded. */
  @CheckReturnValue
  public RecorderAssert assertThat(@Nullable GrpcStreamRecorder actual) {
    return new RecorderAssert(actual).softly(this);
  }

  /** Starts assertions on one stream. */
  @CheckReturnValue
  public StreamAssert assertThat(@Nullable RecordedStream actual) {
    return new StreamAssert(actual).softly(this);
  }

  /** Starts assertions on one attempt of a stream. */
  @CheckReturnValue
  public AttemptAssert assertThat(@Nullable RecordedAttempt actual) {
    return new AttemptAssert(actual).softly(this);
  }

  /** Starts assertions on one event of a stream. */
  @CheckReturnValue
  public EventAssert assertThat(@Nullable StreamEvent actual) {
    return new EventAssert(actual).softly(this);
  }

  /** Starts assertions on a collection of streams. */
  @CheckReturnValue
  public StreamsAssert assertThatStreams(@Nullable List<RecordedStream> actual) {
    return new StreamsAssert(actual).softly(this);
  }
}
