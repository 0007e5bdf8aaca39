package io.github.streamleak.stream;

/** How much of a stream was seen. */
public enum Coverage {
  /** What the application did and received, the attempts, and the picker. */
  WHOLE,
  /**
   * One attempt, from its pick on: the channel was built before a recorder could see it. What the
   * application asks for, its half-close and its cancel are not seen, so the cause is inferred, and
   * a retry counts as a stream of its own.
   */
  TRANSPORT_ONLY
}
