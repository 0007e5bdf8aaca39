package io.github.streamleak.truth;

import static com.google.common.truth.Truth.assertAbout;

import com.google.common.truth.Truth;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where assertions begin: import {@code assertThat} statically, beside that of {@link Truth}.
 *
 * <pre>{@code
 * assertThat(recorder).hasOnlyOneStream().wasReleasedBy(StreamRelease.TERMINAL_STATUS);
 * assertThat(stream).hasLifecycle(started(), outboundMessage(), halfClosed(),
 *     inboundMessages(3), terminalStatus(OK));
 * assertThat(recorder).eventually(Duration.ofSeconds(2)).hasNoOpenStreams();
 * }</pre>
 *
 * <p>With {@code Expect}, {@code assertWithMessage} or a subject of your own, use the factories:
 * {@code expect.about(StreamSubject.streams()).that(stream)}.
 */
@CheckReturnValue
public final class StreamTruth {

  private StreamTruth() {}

  /** Begins assertions on all that a recorder has recorded. */
  public static RecorderSubject assertThat(@Nullable GrpcStreamRecorder actual) {
    return assertAbout(RecorderSubject.recorders()).that(actual);
  }

  /** Begins assertions on a list of streams. */
  public static StreamsSubject assertThat(@Nullable List<RecordedStream> actual) {
    return assertAbout(StreamsSubject.streamLists()).that(actual);
  }

  /** Begins assertions on one stream. */
  public static StreamSubject assertThat(@Nullable RecordedStream actual) {
    return assertAbout(StreamSubject.streams()).that(actual);
  }

  /** Begins assertions on one attempt. */
  public static AttemptSubject assertThat(@Nullable RecordedAttempt actual) {
    return assertAbout(AttemptSubject.attempts()).that(actual);
  }

  /** Begins assertions on one event. */
  public static EventSubject assertThat(@Nullable StreamEvent actual) {
    return assertAbout(EventSubject.events()).that(actual);
  }
}
