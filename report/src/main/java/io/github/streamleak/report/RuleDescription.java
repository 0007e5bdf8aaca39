package io.github.streamleak.report;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The rules that a report knows, and what it says of each: a title, why the rule is there, and what
 * to do. The texts fit any stream; what was found on one stream stands in its entry.
 *
 * <p>The names are those of the recorder's {@code StreamRule}, and {@code SHOWN} for a stream that
 * nothing was found about. They are text in {@code streams.json}, so that a report of a later
 * version, with a rule that this one does not know, can still be read and merged.
 */
enum RuleDescription {
  LEAKED_STREAM(
      "A gRPC client stream is still open after its test",
      "A client stream lives until the caller has received its terminal status, has cancelled it, or"
          + " its deadline has passed. Until then the balancer's Done callback does not run:"
          + " in-flight counters stay up, spans do not end, and a slot of MAX_CONCURRENT_STREAMS is"
          + " taken.",
      "Read the responses to the terminal status, or cancel the call, on every path."),
  TERMINAL_NOT_READ(
      "The application stopped reading before the terminal status",
      "The balancer's Done callback ran, because the test's server sent little. A server that sends"
          + " more would leave the stream open.",
      "Read on to the terminal status, or cancel."),
  ENDED_BY_SHUTDOWN(
      "Only shutdownNow of the channel or the server ended the stream",
      "In production neither is shut down after each call, and the stream would live on.",
      "Read on to the terminal status, or cancel, before either is shut down."),
  ENDED_BY_DEADLINE(
      "Only its deadline ended the stream",
      "Neither end closed it. Without the deadline it would be open.",
      "Read on to the terminal status, or cancel."),
  CANCEL_WITHOUT_DONE(
      "The stream was cancelled, and the balancer's Done callback never ran",
      "What the load balancer holds for the stream was not given back.",
      "See that the transport, balancer or interceptor hands the cancel on."),
  LISTENER_THREW(
      "The application's listener threw",
      "gRPC cancels the call then, and what the listener was about to do is left undone.",
      "Catch it in the listener, and cancel the call there."),
  PROTOCOL(
      "The application broke the order of a call",
      "A message after half-close or cancel, a second start, or an event after the terminal status.",
      "Keep to one start, and send nothing after half-close or cancel."),
  NOT_STARTED(
      "A call was created and never started",
      "It holds nothing, but what it was created for has not happened.",
      "Start the call, or do not create it."),
  CHANNEL_LEFT_OPEN(
      "A channel that was built in the test is not shut down",
      "Its connections and threads stay until the JVM ends.",
      "Call shutdown, and await termination, when the test is over."),
  NO_DEADLINE(
      "A call was started without any deadline",
      "If the server never answers, the caller waits for ever.",
      "Use withDeadlineAfter on the stub, or a Context with a deadline."),
  SHOWN(
      "A stream that was asked for", "No rule has anything to say about it.", "Nothing to change.");

  /** The project's page. */
  static final String HOME = "https://github.com/streamleak/streamleak";

  private final String title;
  private final String why;
  private final String help;

  RuleDescription(String title, String why, String help) {
    this.title = title;
    this.why = why;
    this.help = help;
  }

  /**
   * Returns {@code name} if a rule has it.
   *
   * @throws IllegalArgumentException if no rule has that name; the message lists the rules
   */
  static String checked(String name) {
    if (of(name).isEmpty()) {
      throw new IllegalArgumentException(
          "rule must be one of " + Arrays.toString(values()) + "; was \"" + name + "\"");
    }
    return name;
  }

  static Optional<RuleDescription> of(String name) {
    return Arrays.stream(values()).filter(rule -> rule.name().equals(name)).findFirst();
  }

  String title() {
    return title;
  }

  String why() {
    return why;
  }

  String help() {
    return help;
  }

  /** Returns the address of the rule's documentation. Its headings are the names of the rules. */
  String helpUri() {
    String page =
        this == LEAKED_STREAM
            ? "fixing-leaks.md"
            : this == SHOWN
                ? "report.md"
                : "rules.md#" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    return HOME + "/blob/main/docs/" + page;
  }
}
