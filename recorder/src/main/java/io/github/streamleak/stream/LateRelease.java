package io.github.streamleak.stream;

import java.time.Duration;

/**
 * What the application did first on a stream that a check had found open: a leak that is only late
 * is told by it from one that stays. What the recorder did to release the stream is none.
 */
public final class LateRelease {

  private final EventKind act;
  private final Duration after;

  LateRelease(EventKind act, long afterNanos) {
    this.act = act;
    this.after = Duration.ofNanos(afterNanos);
  }

  /**
   * Returns what was done: {@link EventKind#CANCELLED}, {@link EventKind#HALF_CLOSED} or {@link
   * EventKind#REQUESTED}.
   */
  public EventKind act() {
    return act;
  }

  /** Returns how long after the verdict it was done. */
  public Duration after() {
    return after;
  }

  /**
   * Returns this in the words of a report, such as "released 340 ms after the verdict by cancel".
   */
  public String describe() {
    String by =
        switch (act) {
          case CANCELLED -> "cancel";
          case HALF_CLOSED -> "half-close";
          default -> "a request for messages";
        };
    return "released " + after.toMillis() + " ms after the verdict by " + by;
  }

  /** Returns {@link #describe()}. */
  @Override
  public String toString() {
    return describe();
  }
}
