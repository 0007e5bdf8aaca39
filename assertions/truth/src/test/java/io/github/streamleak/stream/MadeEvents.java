package io.github.streamleak.stream;

/**
 * Events that no recorder has recorded, for texts that name a time or a thread. In the package of
 * the events, whose constructors nobody else can call.
 */
public final class MadeEvents {

  private MadeEvents() {}

  /** Returns inbound message {@code number}, received on the thread {@code main}. */
  public static StreamEvent received(long number, long sequence, long nanosSinceStart) {
    return new StreamEvent.Received(
        new StreamEvent.Point(sequence, nanosSinceStart, "main", 0), number);
  }
}
