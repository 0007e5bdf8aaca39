package io.github.streamleak.stream;

/** The load balancer's choice for an attempt. */
public final class Pick {

  /** What a picker can choose. */
  public enum Kind {
    /** A subchannel. */
    SUBCHANNEL,
    /** None yet: the attempt waits for the next picker. */
    BUFFERED,
    /** The attempt fails, unless it waits for ready. */
    ERROR,
    /** The attempt fails, whatever it waits for. */
    DROP
  }

  private final Kind kind;
  private final String target;

  Pick(Kind kind, String target) {
    this.kind = kind;
    this.target = target;
  }

  /** Returns what was chosen. */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns the address of the subchannel, or the status of an error or drop; empty for a buffered
   * pick.
   */
  public String target() {
    return target;
  }

  /** Returns the pick in the words of a report. */
  public String describe() {
    return switch (kind) {
      case SUBCHANNEL -> "picked " + target;
      case BUFFERED -> "pick buffered";
      case ERROR -> "pick failed " + target;
      case DROP -> "pick dropped " + target;
    };
  }

  /** Returns {@link #describe()}. */
  @Override
  public String toString() {
    return describe();
  }
}
