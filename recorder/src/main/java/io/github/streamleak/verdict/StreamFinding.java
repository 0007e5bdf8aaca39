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
   * The stream has leaked: still open when the check had waited long enough.
   *
   * @param stream the stream
   * @param cause why it is open
   */
  record Leaked(RecordedStream stream, LeakCause cause) implements StreamFinding {
    /** Returns the change that mends it. */
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
   * The stream seems open, but what released it may have gone unseen: an exception was met inside
   * the recorder, or an in-process stream was seen from the transport only ({@link Coverage}). Or
   * it was judged without a wait when something had just happened on it. A fault of ours fails no
   * test; it is said, and not taken for "no leak".
   *
   * @param stream the stream
   * @param cause why it seems open
   * @param fault what the recorder met or lacks; its message says why this is undecided
   */
  record Undecided(RecordedStream stream, LeakCause cause, Throwable fault)
      implements StreamFinding {}
}
