package io.github.streamleak.verdict;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.stream.StubKind;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The rules that a check looks for: that no stream leaks, and weaker signs of the same mistake,
 * such as a stream that only its deadline or a shutdown has ended.
 *
 * <p>Each constant has its severity at the three strictnesses, its text, and the test that tells
 * from a snapshot whether a stream breaks it. A stream says what it breaks ({@link #brokenBy}), and
 * the {@link StreamLeakPolicy} how much that matters. The tests see nothing but the snapshot, so
 * that anyone can repeat them on what a report shows; the price is that rules about what is no
 * stream, an unused call or a channel, are found elsewhere.
 */
public enum StreamRule {
  /**
   * A stream is still open when the check has waited long enough, or was {@linkplain
   * RecordedStream#isAbandoned() abandoned} until the shutdown of its channel. This rule always
   * fails.
   */
  LEAKED_STREAM(
      RuleSeverity.FAIL,
      RuleSeverity.FAIL,
      RuleSeverity.FAIL,
      "the stream is open",
      stream -> stream.isOpen() || stream.isAbandoned()),

  /**
   * Picker Done ran, but the application stopped reading before the terminal status. The transport
   * ends such a stream nevertheless if at most one message was left unread; with a server that
   * sends more, the same code leaks.
   */
  TERMINAL_NOT_READ(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "the transport is done, but the application stopped reading before the terminal status; where"
          + " the server sends more, such a stream leaks",
      stream -> isUnfinishedBy(stream, StreamRelease.PICKER_DONE) || stoppedReading(stream)),

  /**
   * The stream was open until {@code shutdownNow} of its channel or its server ended it. A shutdown
   * by a test's own code, whose status the application receives, does not break the rule: there the
   * test is about the shutdown.
   */
  ENDED_BY_SHUTDOWN(
      RuleSeverity.WARN,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "only shutdownNow of the channel or the server ended the stream; production shuts neither"
          + " down after each call",
      // A call that is made after the shutdown ends at once: it was never open on a transport.
      stream ->
          !stream.isOpen()
              && stream.isEndedByShutdown()
              && stream.attempts().stream().anyMatch(RecordedAttempt::hasSubchannel)),

  /** The deadline passed, and the application neither read the status nor cancelled. */
  ENDED_BY_DEADLINE(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "only the deadline ended the stream: nobody cancelled it or read its terminal status",
      stream -> isUnfinishedBy(stream, StreamRelease.DEADLINE)),

  /**
   * The stream was cancelled, and the tracer of an attempt was not closed within the wait. An
   * in-process attempt with unread messages does not break the rule: that transport ignores the
   * cancel once its server has finished.
   */
  CANCEL_WITHOUT_DONE(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "the stream was cancelled, but the cancel did not close its attempt",
      stream -> isUnfinishedBy(stream, StreamRelease.CANCELLED)),

  /** The application's listener or observer threw an exception; gRPC then cancels the stream. */
  LISTENER_THREW(
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      RuleSeverity.FAIL,
      "the application's listener threw; gRPC cancels such a stream, and the exception reaches no"
          + " test",
      stream -> stream.count(EventKind.LISTENER_THREW) > 0),

  /**
   * The call was used against its contract. Either gRPC refused a second start, or a message or a
   * half-close that came after a half-close or cancel; or a transport or an interceptor delivered
   * something after the terminal status.
   */
  PROTOCOL(
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      RuleSeverity.FAIL,
      "the call was used against its contract",
      stream -> !stream.misuses().isEmpty()),

  /** A call was created, and neither started nor cancelled. */
  NOT_STARTED(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "a call was created, and neither started nor cancelled",
      StreamRule::byNoStream),

  /** A channel was built and used, and is not shut down. */
  CHANNEL_LEFT_OPEN(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "a channel was built and used, and not shut down",
      StreamRule::byNoStream),

  /** A stream was started without any deadline. */
  NO_DEADLINE(
      RuleSeverity.OFF,
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      "the stream was started without a deadline",
      stream -> !stream.hasDeadline() && stream.coverage() == Coverage.WHOLE);

  private final RuleSeverity lenient;
  private final RuleSeverity normal;
  private final RuleSeverity strict;
  private final String text;

  // Error Prone cannot see it, but each is a lambda that captures nothing, and so immutable.
  @SuppressWarnings("ImmutableEnumChecker")
  private final Predicate<RecordedStream> broken;

  StreamRule(
      RuleSeverity lenient,
      RuleSeverity normal,
      RuleSeverity strict,
      String text,
      Predicate<RecordedStream> broken) {
    this.lenient = lenient;
    this.normal = normal;
    this.strict = strict;
    this.text = text;
    this.broken = broken;
  }

  /**
   * The test of rules that no stream can break, since they are about a call that was never started
   * or about a channel. The recorder finds their breaches itself.
   */
  private static boolean byNoStream(RecordedStream stream) {
    return false;
  }

  /**
   * Returns whether {@code stream} lacks its end, and counts as released only by {@code release}.
   * If it was released in several ways, a cancel counts before a deadline, and a deadline before
   * picker Done: so one stream breaks only one of these rules.
   */
  private static boolean isUnfinishedBy(RecordedStream stream, StreamRelease release) {
    return !stream.isOpen()
        && stream.isUnfinished()
        && Stream.of(StreamRelease.CANCELLED, StreamRelease.DEADLINE, StreamRelease.PICKER_DONE)
            .filter(stream.releases()::contains)
            .findFirst()
            .equals(Optional.of(release));
  }

  /**
   * Returns whether a blocking iterator was left before its last message was taken. The iterator
   * asks for one more message whenever it hands one out, so if the numbers asked for and received
   * are equal, it has not handed out the last one. This says nothing of other stubs, whose
   * applications decide by themselves how many messages to ask for.
   */
  private static boolean stoppedReading(RecordedStream stream) {
    long received = stream.count(EventKind.RECEIVED);
    return !stream.isOpen()
        && stream.terminalStatus() != null
        && received > 0
        && stream.requested() == received
        && !stream.methodType().serverSendsOneMessage()
        && !stream.releases().contains(StreamRelease.CANCELLED)
        && !stream.releases().contains(StreamRelease.DEADLINE)
        // This comes last, because it reads the opening stack, which is slow.
        && stream.stubKind() == StubKind.BLOCKING_ITERATOR;
  }

  /**
   * Returns the rules that {@code stream} breaks as it stands, whatever their severity. Do not
   * believe a rule that {@link #mayMendItself()} unless the stream has had time for its end to
   * arrive.
   */
  public static Set<StreamRule> brokenBy(RecordedStream stream) {
    Set<StreamRule> rules = EnumSet.noneOf(StreamRule.class);
    for (StreamRule rule : values()) {
      if (rule.broken.test(stream)) {
        rules.add(rule);
      }
    }
    return Collections.unmodifiableSet(rules);
  }

  /**
   * Returns whether a sound stream breaks this rule for a moment: between a picker Done, a deadline
   * or a cancel, and the end that follows it. A check waits before it believes such a breach.
   */
  public boolean mayMendItself() {
    return switch (this) {
      case TERMINAL_NOT_READ, ENDED_BY_DEADLINE, CANCEL_WITHOUT_DONE -> true;
      default -> false;
    };
  }

  /**
   * Returns what a breach of this rule does at {@code strictness}, unless the policy sets the rule
   * itself.
   */
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
   * Returns the rule with this name. Upper and lower case, hyphens and underscores are all
   * accepted, since people write it in configuration: {@code terminal-not-read}.
   *
   * @throws IllegalArgumentException if there is no such rule; the message lists the valid names
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
