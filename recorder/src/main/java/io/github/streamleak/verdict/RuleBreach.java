package io.github.streamleak.verdict;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.OpeningStack;
import io.github.streamleak.stream.RecordedStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A rule that was broken, and what broke it: a stream that is no longer open, a call that was never
 * started, or a channel. Streams that are no longer kept are one breach for each method.
 *
 * <p>An open stream is a {@link StreamFinding} and not a breach, since it has a cause and is always
 * judged. A breach that an allowance excuses stays in the verdict with that allowance, so that a
 * report can show it and tell which allowances are still needed.
 */
public final class RuleBreach {

  private final StreamRule rule;
  private final RuleSeverity severity;
  private final String subject;
  private final @Nullable RecordedStream stream;
  private final OpeningStack opening;
  private final String detail;
  private final @Nullable StreamAllowance allowance;

  private RuleBreach(
      StreamRule rule,
      RuleSeverity severity,
      String subject,
      @Nullable RecordedStream stream,
      OpeningStack opening,
      String detail,
      @Nullable StreamAllowance allowance) {
    this.rule = rule;
    this.severity = severity;
    this.subject = subject;
    this.stream = stream;
    this.opening = opening;
    this.detail = detail;
    this.allowance = allowance;
  }

  static RuleBreach of(
      StreamRule rule, RuleSeverity severity, RecordedStream stream, String detail) {
    return new RuleBreach(
        rule, severity, stream.fullMethodName(), stream, stream.opening(), detail, null);
  }

  static RuleBreach withoutStream(
      StreamRule rule, RuleSeverity severity, String subject, OpeningStack opening, long count) {
    String detail = rule.text();
    if (count > 1) {
      detail += "; " + count + " streams of this method, which are not kept";
    }
    return new RuleBreach(rule, severity, subject, null, opening, detail, null);
  }

  RuleBreach allowedBy(StreamAllowance allowance) {
    return new RuleBreach(rule, severity, subject, stream, opening, detail, allowance);
  }

  /** Returns the rule. */
  public StreamRule rule() {
    return rule;
  }

  /**
   * Returns what the breach would do if nothing excused it. Never {@link RuleSeverity#OFF}: the
   * check does not look for such breaches.
   */
  public RuleSeverity severity() {
    return severity;
  }

  /**
   * Returns whether the breach fails the check: its severity is {@link RuleSeverity#FAIL}, and
   * nothing excuses it.
   */
  public boolean fails() {
    return severity == RuleSeverity.FAIL && allowance == null;
  }

  /** Returns the full method name of the stream or call, or the target of the channel. */
  public String subject() {
    return subject;
  }

  /**
   * Returns the stream that broke the rule; empty for a call that was never started, for a channel,
   * and for streams that are no longer kept.
   */
  public Optional<RecordedStream> stream() {
    return Optional.ofNullable(stream);
  }

  /** Returns the user's line that opened the stream, created the call or built the channel. */
  public Optional<StackTraceElement> openingLine() {
    return opening.line();
  }

  /**
   * Returns the outermost of the user's lines that led to {@link #openingLine()}, such as the line
   * in the test; empty if there is no other.
   */
  public Optional<StackTraceElement> callingLine() {
    return opening.caller();
  }

  /** Returns the stack that opened the stream, created the call or built the channel. */
  public OpeningStack opening() {
    return opening;
  }

  /** Returns the whole stack of {@link #openingLine()}, innermost frame first. */
  public List<StackTraceElement> openingStack() {
    return opening.frames();
  }

  /** Returns what was found: the text of the rule, followed by details of this breach if any. */
  public String detail() {
    return detail;
  }

  /** Returns what excuses the breach; empty if nothing does. */
  public Optional<StreamAllowance> allowance() {
    return Optional.ofNullable(allowance);
  }

  /** Returns the change to the code that keeps the rule. */
  public Remedy remedy() {
    return Remedy.of(rule, stream);
  }

  /**
   * Returns the opening line in the form that an IDE and a terminal turn into a link, {@code
   * Class.method(File.java:41)}.
   */
  public Optional<String> openingLink() {
    return opening.link();
  }

  /** Returns the rule, the subject, the opening line and what called it in one line. */
  @Override
  public String toString() {
    return rule.name()
        + " "
        + Texts.oneLine(subject)
        + openingLink().map(" opened at "::concat).orElse("")
        + opening.callerLink().map(", called by "::concat).orElse("");
  }
}
