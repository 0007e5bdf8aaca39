package io.github.streamleak.verdict;

import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;

/** What a check found about one open stream. */
public sealed interface StreamFinding {

  /** Returns the stream as it stood when the check ended its wait. */
  RecordedStream stream();

  /** Returns why the stream is open. */
  LeakCause cause();

  /**
   * The stream has leaked: it was still open when the check had waited long enough, or only the
   * shutdown of its channel ended it ({@link RecordedStream#isAbandoned}).
   *
   * @param stream the stream
   * @param cause why it is open
   */
  record Leaked(RecordedStream stream, LeakCause cause) implements StreamFinding {
    /** Returns the change to the code that stops the leak. */
    public Remedy remedy() {
      return Remedy.of(stream, cause);
    }
  }

  /**
   * The stream is open, and the user has excused it.
   *
   * @param stream the stream
   * @param cause why it is open
   * @param allowance what excuses it
   */
  record Allowed(RecordedStream stream, LeakCause cause, StreamAllowance allowance)
      implements StreamFinding {}

  /**
   * The stream seems open, but the recorder may have missed its release. This is so if an exception
   * was thrown inside the recorder, if an in-process stream was seen from the transport only
   * ({@link Coverage}), or if the stream was judged without a wait right after something had
   * happened on it. An undecided stream fails no test, since the fault may be the recorder's; but
   * it is reported, and never counts as "no leak".
   *
   * @param stream the stream
   * @param cause why it seems open
   * @param fault an exception whose message says why the stream could not be judged
   */
  record Undecided(RecordedStream stream, LeakCause cause, Throwable fault)
      implements StreamFinding {}
}
