package io.github.streamleak.conformance.reactive;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.StreamRelease;
import java.util.Set;

/** What the rules say about a cell, whatever the transport. */
public sealed interface Expected {

  /** Returns the verdict in the words of the table. */
  default String verdictText() {
    return toString().replaceAll(",.*", "");
  }

  /** Returns the releases that may decide, as the table has them. */
  default String releaseText() {
    return "-";
  }

  /** Returns the cause as the table has it. */
  default String causeText() {
    return "-";
  }

  /** No call was started, so there is no stream. */
  record NoStream() implements Expected {
    @Override
    public String toString() {
      return "no stream";
    }
  }

  /**
   * The stream has leaked.
   *
   * @param cause why it is open
   */
  record Leaked(LeakCause cause) implements Expected {
    @Override
    public String causeText() {
      return cause.name();
    }

    @Override
    public String toString() {
      return "leaked, " + cause;
    }
  }

  /**
   * Each stream was released.
   *
   * @param first what decides; more than one where client and server race by the very program
   * @param streams how many streams the program starts
   */
  record Released(Set<StreamRelease> first, int streams) implements Expected {
    @Override
    public String verdictText() {
      return streams == 1 ? "released" : "all " + streams + " released";
    }

    @Override
    public String releaseText() {
      return String.join(" or ", first.stream().map(Enum::name).sorted().toList());
    }

    @Override
    public String toString() {
      return verdictText() + ", " + releaseText();
    }
  }

  /** Returns that there is no stream. */
  static Expected noStream() {
    return new NoStream();
  }

  /** Returns that the stream has leaked for {@code cause}. */
  static Expected leaked(LeakCause cause) {
    return new Leaked(cause);
  }

  /** Returns that the one stream was released by {@code release}. */
  static Expected released(StreamRelease release) {
    return new Released(Set.of(release), 1);
  }

  /** Returns that each of {@code streams} streams was released by {@code release}. */
  static Expected allReleased(int streams, StreamRelease release) {
    return new Released(Set.of(release), streams);
  }

  /**
   * Returns that the client cancels while the server closes, and that whichever comes first
   * releases: a program whose author does not know which.
   */
  static Expected cancelledOrTerminal() {
    return new Released(Set.of(StreamRelease.CANCELLED, StreamRelease.TERMINAL_STATUS), 1);
  }
}
