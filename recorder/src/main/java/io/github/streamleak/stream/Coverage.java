package io.github.streamleak.stream;

/** How much of a stream the recorder could see. */
public enum Coverage {
  /** Everything: what the application did and received, the attempts, and the picker. */
  WHOLE,
  /**
   * One attempt, from its pick on, because the channel was built before a recorder could see it.
   * What the application asks for, its half-close and its cancel are not seen. So the cause of a
   * leak is only the likely one, and each retry counts as a stream of its own.
   */
  TRANSPORT_ONLY
}
