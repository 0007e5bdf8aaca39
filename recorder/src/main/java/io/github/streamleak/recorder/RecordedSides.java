package io.github.streamleak.recorder;

/** Which sides of a stream were recorded. */
public enum RecordedSides {
  /** What the application did and received, the attempts, the picker. */
  ALL,
  /**
   * One attempt from its pick on: the channel was built before a recorder could see it. What the
   * application asks for, its half-close and its cancel are not seen, so the cause is inferred, and
   * a retry counts as a stream of its own.
   */
  TRANSPORT_ONLY
}
