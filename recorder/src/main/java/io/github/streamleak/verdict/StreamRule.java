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
 * What a check holds streams to: that none leaks, and the weaker signs of the same neglect. What a
 * breach does depends on the {@link Strictness}, unless it is set for the rule by itself.
 */
public enum StreamRule {
  /**
   * A stream is still open when the check has waited long enough, or was {@linkplain
   * RecordedStream#isAbandoned() abandoned} until the shutdown of its channel. Fails always.
   */
  LEAKED_STREAM(
      RuleSeverity.FAIL,
      RuleSeverity.FAIL,
      RuleSeverity.FAIL,
      "the stream is open",
      stream -> stream.isOpen() || stream.isAbandoned()),

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
          + " the server sends more, such a stream leaks",
      stream -> isUnfinishedBy(stream, StreamRelease.PICKER_DONE) || stoppedReading(stream)),

  /**
   * The stream was open until {@code shutdownNow} of its channel or its server ended it. Not said
   * where a test's own code shuts down and the application receives the status: that is what the
   * test tries.
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
   * The stream was cancelled, and the tracer of an attempt was not closed within the wait. Not said
   * of an in-process attempt with messages unread: once its server has finished, that transport
   * swallows the cancel.
   */
  CANCEL_WITHOUT_DONE(
      RuleSeverity.OFF,
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      "the stream was cancelled, but the cancel did not close its attempt",
      stream -> isUnfinishedBy(stream, StreamRelease.CANCELLED)),

  /** The application's listener or observer threw, upon which gRPC cancels the stream. */
  LISTENER_THREW(
      RuleSeverity.WARN,
      RuleSeverity.FAIL,
      RuleSeverity.FAIL,
      "the application's listener threw; gRPC cancels such a stream, and the exception reaches no"
          + " test",
      stream -> stream.count(EventKind.LISTENER_THREW) > 0),

  /**
   * The call was used against its contract: gRPC refused a second start, or a message or half-close
   * after half-close or cancel; or a transport or interceptor delivered something after the
   * terminal status.
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

  // Immutable: each is a lambda that captures nothing.
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

  /** Of a call that was never started, or of a channel: there is no stream to look at. */
  private static boolean byNoStream(RecordedStream stream) {
    return false;
  }

  /**
   * Returns whether {@code release} is why a stream counts as released that lacks its end. A cancel
   * comes before a deadline, and a deadline before picker Done.
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
   * Returns whether the application has taken no more than it was given before the status came. A
   * blocking iterator asks for one message beyond each that it hands out: with none asked for, the
   * last one was never taken. Others may count by themselves.
   */
  private static boolean stoppedReading(RecordedStream stream) {
    long received = stream.count(EventKind.RECEIVED);
    return !stream.isOpen()
        && stream.terminalStatus() != null
        && received > 0
        && stream.requested() == received
        && !stream.methodType().serverSendsOneMessage()
        && !stream.releases().contains(StreamRelease.CANCELLED)
        // Last: to ask for it reads the stack.
        && stream.stubKind() == StubKind.BLOCKING_ITERATOR;
  }

  /**
   * Returns the rules that {@code stream} breaks as it stands, whatever their severity. One that
   * {@link #mayMendItself()} is to be believed only if the stream has had the time for that.
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
   * Returns whether what breaks this rule follows within a moment in a sound stream: right after a
   * picker Done, a deadline or a cancel the next moment may mend it. A check waits before it
   * believes such a breach.
   */
  public boolean mayMendItself() {
    return switch (this) {
      case TERMINAL_NOT_READ, ENDED_BY_DEADLINE, CANCEL_WITHOUT_DONE -> true;
      default -> false;
    };
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
