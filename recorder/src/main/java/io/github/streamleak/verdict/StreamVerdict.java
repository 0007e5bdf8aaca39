package io.github.streamleak.verdict;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.StreamFinding.Allowed;
import io.github.streamleak.verdict.StreamFinding.Leaked;
import io.github.streamleak.verdict.StreamFinding.Undecided;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one check: a finding for every stream that was open, and the breaches of other
 * rules.
 *
 * <p>A verdict is a plain value. The check returns it and throws nothing, so that an annotation, an
 * assertion library and a {@code main} can each decide what to do with it: {@link #throwIfLeaked()}
 * fails, {@link #describe()} gives the text. It keeps the policy that it was judged by, since the
 * texts need that policy's wording; and it keeps what was allowed or could not be judged, since
 * "could not tell" must never look like "no leak".
 */
public final class StreamVerdict {

  private final StreamLeakPolicy policy;
  private final List<StreamFinding> findings;
  private final List<RuleBreach> breaches;
  private final int streamCount;
  private final Duration waited;
  private final @Nullable Throwable recorderFault;

  private StreamVerdict(
      StreamLeakPolicy policy,
      List<StreamFinding> findings,
      List<RuleBreach> breaches,
      int streamCount,
      Duration waited,
      @Nullable Throwable recorderFault) {
    this.policy = policy;
    this.findings = findings;
    this.breaches = List.copyOf(breaches);
    this.streamCount = streamCount;
    this.waited = waited;
    this.recorderFault = recorderFault;
  }

  /**
   * Judges the streams of one check.
   *
   * @param open the streams that were open when the wait ended
   * @param looked the other streams that may break a rule
   * @param believed whether those have had the time for what {@linkplain StreamRule#mayMendItself()
   *     may mend itself}
   * @param further breaches for which there is no recorded stream
   */
  static StreamVerdict of(
      StreamLeakPolicy policy,
      List<RecordedStream> open,
      List<RecordedStream> looked,
      boolean believed,
      List<RuleBreach> further,
      int streamCount,
      Duration waited,
      @Nullable Throwable recorderFault) {
    List<StreamFinding> findings =
        Stream.concat(
                // A stream may have been released between the end of the wait and its snapshot.
                open.stream().filter(RecordedStream::isOpen),
                looked.stream().filter(RecordedStream::isAbandoned))
            .map(policy::judge)
            .toList();
    List<RuleBreach> breaches = new ArrayList<>();
    for (RecordedStream stream : looked) {
      if (stream.isAbandoned()) {
        continue; // It is a leak, and among the findings already.
      }
      for (StreamRule rule : StreamRule.brokenBy(stream)) {
        // A stream that has leaked is told once, and what would have ended it stands in its remedy.
        boolean toldAlready =
            rule == StreamRule.LEAKED_STREAM || (rule == StreamRule.NO_DEADLINE && stream.isOpen());
        if (!toldAlready && (believed || !rule.mayMendItself())) {
          policy.breach(stream, rule).ifPresent(breaches::add);
        }
      }
    }
    breaches.addAll(further);
    return new StreamVerdict(policy, findings, breaches, streamCount, waited, recorderFault);
  }

  /** Returns whether a stream has leaked. */
  public boolean hasLeaks() {
    return findings.stream().anyMatch(Leaked.class::isInstance);
  }

  /** Returns the streams that have leaked, in the order they were started. */
  public List<Leaked> leaks() {
    return only(Leaked.class);
  }

  /** Returns the open streams that an allowance excuses. */
  public List<Allowed> allowed() {
    return only(Allowed.class);
  }

  /** Returns the streams that seem open but could not be judged. */
  public List<Undecided> undecided() {
    return only(Undecided.class);
  }

  /**
   * Returns a finding for every stream that was open when the wait ended, and for every {@linkplain
   * RecordedStream#isAbandoned() abandoned} one.
   */
  public List<StreamFinding> findings() {
    return findings;
  }

  /**
   * Returns the breaches of all rules other than {@link StreamRule#LEAKED_STREAM} that the policy
   * looks for, including those that an allowance excuses. Those of streams come first, in the order
   * the streams were started.
   */
  public List<RuleBreach> breaches() {
    return breaches;
  }

  /** Returns this verdict with further breaches, such as those of channels. */
  public StreamVerdict with(List<RuleBreach> more) {
    if (more.isEmpty()) {
      return this;
    }
    List<RuleBreach> all = new ArrayList<>(breaches);
    all.addAll(more);
    return new StreamVerdict(policy, findings, all, streamCount, waited, recorderFault);
  }

  /**
   * Returns this verdict with some leaks and breaches excused afterwards, such as those that a
   * baseline knows.
   *
   * @param leaks whether to excuse a leak
   * @param rules whether to excuse a breach
   * @param as the allowance that is shown as what excuses them
   */
  public StreamVerdict excuse(
      Predicate<Leaked> leaks, Predicate<RuleBreach> rules, StreamAllowance as) {
    List<StreamFinding> judged = new ArrayList<>();
    for (StreamFinding finding : findings) {
      judged.add(
          finding instanceof Leaked leak && leaks.test(leak)
              ? new Allowed(leak.stream(), leak.cause(), as)
              : finding);
    }
    List<RuleBreach> held = new ArrayList<>();
    for (RuleBreach breach : breaches) {
      held.add(breach.allowance().isEmpty() && rules.test(breach) ? breach.allowedBy(as) : breach);
    }
    return new StreamVerdict(policy, List.copyOf(judged), held, streamCount, waited, recorderFault);
  }

  /** Returns whether the check fails: a stream has leaked, or a rule was broken that fails. */
  public boolean fails() {
    return hasLeaks() || breaches.stream().anyMatch(RuleBreach::fails);
  }

  private <T extends StreamFinding> List<T> only(Class<T> kind) {
    return findings.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /**
   * Returns how many streams had been recorded. Zero means that the check saw no call at all, and
   * so proves nothing.
   */
  public int streamCount() {
    return streamCount;
  }

  /** Returns how long the check waited for streams to be released. */
  public Duration waited() {
    return waited;
  }

  /** Returns the last exception that was thrown inside the recorder; empty if there was none. */
  public Optional<Throwable> recorderFault() {
    return Optional.ofNullable(recorderFault);
  }

  /**
   * Returns the whole verdict as text. First comes each leak with its opening line, state, events,
   * cause and remedy, or one line if nothing has leaked; then the breaches of other rules that
   * nothing excuses.
   */
  public String describe() {
    String text = hasLeaks() ? LeakText.of(leaks(), waited, policy) : noLeaks();
    List<RuleBreach> told = breaches.stream().filter(b -> b.allowance().isEmpty()).toList();
    return told.isEmpty() ? text : text + "\n\n" + BreachText.of(told, policy);
  }

  private String noLeaks() {
    if (streamCount == 0) {
      return "no gRPC client stream was recorded";
    }
    String text = Texts.count(streamCount, "gRPC client stream") + " recorded, none leaked";
    if (!allowed().isEmpty()) {
      text += ", " + allowed().size() + " open and allowed";
    }
    if (!undecided().isEmpty()) {
      text += ", " + undecided().size() + " could not be judged";
    }
    return text;
  }

  /**
   * Returns the text of the breaches that only warn and that nothing excuses; empty if there are
   * none.
   *
   * @param all whether to include breaches that fail, for a caller who only warns and fails nothing
   */
  public Optional<String> warnings(boolean all) {
    List<RuleBreach> told =
        breaches.stream().filter(b -> b.allowance().isEmpty() && (all || !b.fails())).toList();
    return told.isEmpty() ? Optional.empty() : Optional.of(BreachText.of(told, policy));
  }

  /**
   * Returns an error with everything that fails the check, leaks first; empty if the check passes.
   */
  public Optional<StreamLeakError> error() {
    List<String> parts = new ArrayList<>();
    if (hasLeaks()) {
      parts.add(LeakText.of(leaks(), waited, policy));
    }
    List<RuleBreach> failing = breaches.stream().filter(RuleBreach::fails).toList();
    if (!failing.isEmpty()) {
      parts.add(BreachText.of(failing, policy));
    }
    return parts.isEmpty()
        ? Optional.empty()
        : Optional.of(new StreamLeakError(String.join("\n\n", parts), leaks(), failing));
  }

  /**
   * Does nothing unless the check {@linkplain #fails() fails}.
   *
   * @throws StreamLeakError if a stream has leaked, or a rule was broken that fails
   */
  public void throwIfLeaked() {
    Optional<StreamLeakError> error = error();
    if (error.isPresent()) {
      throw error.get();
    }
  }

  /** Returns {@link #describe()}. */
  @Override
  public String toString() {
    return describe();
  }
}
