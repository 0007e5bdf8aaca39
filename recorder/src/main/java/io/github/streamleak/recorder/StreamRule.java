package io.github.streamleak.recorder;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a check holds streams to: that none leaks, and the weaker signs of the same neglect. What a
 * breach does depends on the {@link Strictness}, unless it is set for the rule by itself.
 */
public enum StreamRule {
  /** A stream is still open when the check has waited long enough. Fails always. */
  LEAKED_STREAM(RuleSeverity.FAIL, RuleSeverity.FAIL, RuleSeverity.FAIL, "the stream is open"),

  /**
   * Picker Done ran, but the application stopped reading before the terminal status: with at most
   * one message left unread the transport ends the stream all the same. A service that sends more
   * shows the leak.
   */
  TERMINAL_NOT_READ(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "the transport is done, but the application stopped reading before the terminal status; where"
          + " the server sends more, such a stream leaks"),

  /** The stream was open until {@code ManagedChannel.shutdownNow} ended it. */
  ENDED_BY_SHUTDOWN(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "only shutdownNow of the channel ended the stream; production shuts no channel down after"
          + " each call"),

  /** The deadline passed, and the application neither read the status nor cancelled. */
  ENDED_BY_DEADLINE(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "only the deadline ended the stream: nobody cancelled it or read its terminal status"),

  /**
   * The stream was cancelled, and the tracer of an attempt was not closed within the wait. Not said
   * of an in-process attempt with messages unread: once its server has finished, that transport
   * swallows the cancel.
   */
  CANCEL_WITHOUT_DONE(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "the stream was cancelled, but the cancel did not close its attempt"),

  /** The application's listener or observer threw, upon which gRPC cancels the stream. */
  LISTENER_THREW(
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      RuleSeverity.FAIL,
      "the application's listener threw; gRPC cancels such a stream, and the exception reaches no"
          + " test"),

  /**
   * The call was used against its contract: gRPC refused a second start, or a message or half-close
   * after half-close or cancel; or a transport or interceptor delivered something after the
   * terminal status.
   */
  PROTOCOL(
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      RuleSeverity.FAIL,
      "the call was used against its contract"),

  /** A call was created, and neither started nor cancelled. */
  NOT_STARTED(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "a call was created, and neither started nor cancelled"),

  /** A channel was built and used, and is not shut down. */
  CHANNEL_LEFT_OPEN(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "a channel was built and used, and not shut down"),

  /** A stream was started without any deadline. */
  NO_DEADLINE(
      RuleSeverity.OFF,
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      "the stream was started without a deadline");

  private final RuleSeverity lenient;
  private final RuleSeverity normal;
  private final RuleSeverity strict;
  private final String text;

  StreamRule(RuleSeverity lenient, RuleSeverity normal, RuleSeverity strict, String text) {
    this.lenient = lenient;
    this.normal = normal;
    this.strict = strict;
    this.text = text;
  }

  /** Returns what a breach of this rule does at {@code strictness}, unless told otherwise. */
  public RuleSeverity severity(Strictness strictness) {
    return switch (strictness) {
      case LENIENT -> lenient;
      case NORMAL -> normal;
      case STRICT -> strict;
    };
  }

  /** Returns what a breach means, in a few words. */
  public String text() {
    return text;
  }

  /**
   * Returns the rule of a name as people write it in configuration: capitals or not, with hyphens
   * or underscores, such as {@code terminal-not-read}.
   *
   * @throws IllegalArgumentException if there is none; the message has the valid names
   */
  public static StreamRule of(String name) {
    String constant = name.trim().toUpperCase(Locale.ROOT).replace('-', '_');
    return Arrays.stream(values())
        .filter(rule -> rule.name().equals(constant))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no rule \""
                        + Texts.oneLine(name)
                        + "\"; the rules are "
                        + Arrays.stream(values())
                            .map(StreamRule::toString)
                            .collect(Collectors.joining(", "))));
  }

  /** Returns the name as it is written in configuration, such as {@code terminal-not-read}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
