package io.github.streamleak.stream;

/**
 * Events that no recorder has recorded, for texts that name a time or a thread. In the package of
 * the events, whose constructors nobody else can call.
 */
public final class MadeEvents {

  private MadeEvents() {}

  /** Returns the start of a call, noticed late, on the thread {@code main}. */
  public static StreamEvent started(long nanosSinceStart) {
    return new StreamEvent.Started(new StreamEvent.Point(0, nanosSinceStart, "main", 0));
  }
}
