package io.github.streamleak.recorder;

import io.github.streamleak.stream.Canceller;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * What an event carries that has more than one detail. The log keeps only one object for each
 * event, so such details are put into one of these.
 */
sealed interface EventNote {

  /** Returns the details, in the order of the event's constructor. */
  @Nullable Object[] details();

  /** The details of a cancel. */
  record Cancel(Canceller by, @Nullable String message, @Nullable Throwable cause)
      implements EventNote {
    @Override
    public @Nullable Object[] details() {
      return new @Nullable Object[] {by, message, cause};
    }
  }

  /**
   * The details of the terminal status.
   *
   * @param inTest whether the status came while a test's own code ran, and not during its clean-up
   */
  record Terminal(Status status, Metadata trailers, boolean inTest) implements EventNote {
    @Override
    public Object[] details() {
      return new Object[] {status, trailers};
    }
  }

  /** The details of a listener that threw. */
  record Thrown(String callback, Throwable thrown) implements EventNote {
    @Override
    public Object[] details() {
      return new Object[] {callback, thrown};
    }
  }
}
