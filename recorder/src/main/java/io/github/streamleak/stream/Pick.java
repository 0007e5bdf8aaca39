package io.github.streamleak.stream;

import io.github.streamleak.internal.Addresses;

/** The load balancer's choice for an attempt. */
public final class Pick {

  /** The kinds of choices that a picker has. */
  public enum Kind {
    /** The attempt goes to a subchannel. */
    SUBCHANNEL,
    /** There is no choice yet: the attempt waits for the next picker. */
    BUFFERED,
    /** The attempt fails, unless its call waits for ready. */
    ERROR,
    /** The attempt fails, even if its call waits for ready. */
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
   * Returns the address of the subchannel as {@code host:port}, or the status of an error or drop;
   * empty for a buffered pick. A subchannel of several addresses has them all, with commas between.
   */
  public String target() {
    return target;
  }

  /**
   * Returns whether a subchannel at {@code address} was chosen, written {@code host:port} such as
   * {@code 127.0.0.1:50051}. {@code localhost} is every loopback address.
   */
  public boolean isTo(String address) {
    return kind == Kind.SUBCHANNEL && Addresses.isAmong(target, address);
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
