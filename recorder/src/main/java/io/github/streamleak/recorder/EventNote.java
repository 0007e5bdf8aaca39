package io.github.streamleak.recorder;

import io.github.streamleak.stream.Canceller;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** What the log keeps of an event that says more than one thing: it has room for one object. */
sealed interface EventNote {

  /** Returns the parts, in the order in which the event takes them. */
  @Nullable Object[] details();

  /** Of a cancel. */
  record Cancel(Canceller by, @Nullable String message, @Nullable Throwable cause)
      implements EventNote {
    @Override
    public @Nullable Object[] details() {
      return new @Nullable Object[] {by, message, cause};
    }
  }

  /**
   * Of the terminal status.
   *
   * @param inTest whether a test's own code ran when it came, as against its clean-up
   */
  record Terminal(Status status, Metadata trailers, boolean inTest) implements EventNote {
    @Override
    public Object[] details() {
      return new Object[] {status, trailers};
    }
  }

  /** Of a listener that threw. */
  record Thrown(String callback, Throwable thrown) implements EventNote {
    @Override
    public Object[] details() {
      return new Object[] {callback, thrown};
    }
  }
}
