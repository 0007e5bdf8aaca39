package io.github.streamleak.verdict;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.OpeningStack;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Decides what a check does about each stream: which rules it looks for, which of them fail, and
 * which streams are allowed to stay open. Immutable: each method returns a new policy.
 *
 * <p>A recorded stream only says what happened to it, and {@link StreamRule} which rules that
 * breaks. How much a breach matters is decided here. So the recorder knows no strictness, and one
 * recording can be judged twice by different policies.
 */
public final class StreamLeakPolicy {

  /** Says why an in-process stream that was seen from the transport only is undecided. */
  private static final class UnseenCancelException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnseenCancelException() {
      super(
          "only the transport's side of this in-process stream was seen, and in-process may swallow"
              + " a cancel: build its channel after the check has begun");
    }
  }

  /** Says why a stream that was judged without a wait is undecided. */
  private static final class TooEarlyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooEarlyException(Duration quiet) {
      super(
          String.format(
              Locale.ROOT,
              "its last event came only %.1f ms before, and a stream that is about to be released"
                  + " looks the same; ask again after %d ms without one, as eventually(...) and the"
                  + " recorder's check do",
              quiet.toNanos() / 1e6,
              SETTLED.toMillis()));
    }
  }

  /**
   * How long a stream must have had no event before it can be called leaked without a wait. The
   * same time as the default quiet time of a recorder, so that both ways give the same verdict.
   */
  private static final Duration SETTLED = Duration.ofMillis(200);

  /** Streams that gRPC's own libraries keep open for as long as their channel lives. */
  private static final List<StreamAllowance> GRPCS_OWN =
      List.of(
          StreamAllowance.of("grpc.health.v1.Health/Watch", "client-side health check of gRPC"),
          StreamAllowance.of("grpc.reflection.v1.ServerReflection/*", "server reflection of gRPC"),
          StreamAllowance.of(
              "grpc.reflection.v1alpha.ServerReflection/*", "server reflection of gRPC"),
          StreamAllowance.of(
              "envoy.service.discovery.v3.AggregatedDiscoveryService/*", "xDS control plane"),
          StreamAllowance.of(
              "envoy.service.load_stats.v3.LoadReportingService/*", "xDS load reports"));

  private static final StreamLeakPolicy NORMAL =
      new StreamLeakPolicy(
          Strictness.NORMAL,
          Map.of(),
          List.of(),
          new Wording(
              "the check began",
              "policy.allow(StreamAllowance.of(\"%s\", \"the reason\"))",
              "policy.rule(StreamRule.of(\"%s\"), RuleSeverity.OFF)"));

  private record Wording(String waitedAfter, String howToAllow, String howToSet) {}

  private final Strictness strictness;
  private final Map<StreamRule, RuleSeverity> overrides;
  private final List<StreamAllowance> allowances;
  private final Wording wording;

  private StreamLeakPolicy(
      Strictness strictness,
      Map<StreamRule, RuleSeverity> overrides,
      List<StreamAllowance> allowances,
      Wording wording) {
    this.strictness = strictness;
    this.overrides = overrides;
    this.allowances = allowances;
    this.wording = wording;
  }

  /**
   * Returns the default policy: a stream that is open after the wait has leaked, apart from those
   * that gRPC's own libraries keep open (health watch, reflection, ADS, LRS). The other rules are
   * held as {@link Strictness#NORMAL} says.
   */
  public static StreamLeakPolicy normal() {
    return NORMAL;
  }

  /** Returns a policy that also excuses what {@code allowance} matches. */
  public StreamLeakPolicy allow(StreamAllowance allowance) {
    List<StreamAllowance> more = new ArrayList<>(allowances);
    more.add(Objects.requireNonNull(allowance, "allowance"));
    return new StreamLeakPolicy(strictness, overrides, List.copyOf(more), wording);
  }

  /**
   * Returns a policy with another strictness. Rules that were set with {@link #rule} keep their own
   * severity.
   */
  public StreamLeakPolicy strictness(Strictness strictness) {
    Objects.requireNonNull(strictness, "strictness");
    return new StreamLeakPolicy(strictness, overrides, allowances, wording);
  }

  /**
   * Returns a policy in which one rule has this severity, whatever the strictness.
   *
   * @throws IllegalArgumentException if {@code rule} is {@link StreamRule#LEAKED_STREAM}, which
   *     always fails; excuse such a stream with an allowance
   */
  public StreamLeakPolicy rule(StreamRule rule, RuleSeverity severity) {
    if (rule == StreamRule.LEAKED_STREAM) {
      throw new IllegalArgumentException(
          "leaked-stream always fails; excuse a stream with an allowance, which has a reason");
    }
    Map<StreamRule, RuleSeverity> more = new EnumMap<>(StreamRule.class);
    more.putAll(overrides);
    more.put(rule, Objects.requireNonNull(severity, "severity"));
    return new StreamLeakPolicy(strictness, Collections.unmodifiableMap(more), allowances, wording);
  }

  /** Returns what a breach of {@code rule} does under this policy. */
  public RuleSeverity severity(StreamRule rule) {
    return overrides.getOrDefault(rule, rule.severity(strictness));
  }

  /**
   * Returns the breach of {@code rule} by {@code stream}, which is known to break it. Empty if the
   * rule is off, or if a fault of the recorder makes what was recorded unreliable.
   */
  Optional<RuleBreach> breach(RecordedStream stream, StreamRule rule) {
    RuleSeverity severity = severity(rule);
    if (severity == RuleSeverity.OFF || stream.recorderFault() != null) {
      return Optional.empty();
    }
    String detail = rule.text();
    if (rule == StreamRule.PROTOCOL) {
      detail += ": " + String.join(", ", stream.misuses());
    }
    if (rule == StreamRule.LISTENER_THREW) {
      detail = stream.thrown().map(StreamLeakPolicy::told).orElse(detail);
    }
    return Optional.of(excused(RuleBreach.of(rule, severity, stream, detail)));
  }

  /** Returns what the listener threw: the class, the message and the line. */
  private static String told(StreamEvent.ListenerThrew event) {
    Throwable thrown = event.thrown();
    StackTraceElement[] stack = thrown.getStackTrace();
    String message = thrown.getMessage();
    return "the application's listener threw "
        + thrown.getClass().getName()
        + (message == null ? "" : " (" + Texts.oneLine(message) + ")")
        + " in "
        + event.callback()
        + (stack.length == 0 ? "" : ", at " + stack[0])
        + "; gRPC cancels such a stream, and the exception reaches no test";
  }

  /**
   * Makes a breach for which there is no recorded stream: of a call that was never started, of a
   * channel, or of streams that are no longer kept.
   */
  static RuleBreach breachWithoutStream(
      StreamLeakPolicy policy, StreamRule rule, String subject, OpeningStack opening, long count) {
    return policy.excused(
        RuleBreach.withoutStream(rule, policy.severity(rule), subject, opening, count));
  }

  private RuleBreach excused(RuleBreach breach) {
    for (List<StreamAllowance> list : List.of(allowances, GRPCS_OWN)) {
      for (StreamAllowance allowance : list) {
        if (allowance.excuses(breach.rule(), breach.subject(), breach.openingLine())) {
          return breach.allowedBy(allowance);
        }
      }
    }
    return breach;
  }

  /**
   * Returns a policy whose texts use the words of the tool that runs the check, such as the name of
   * its annotation.
   *
   * @param waitedAfter what the wait came after, as in "still open 0.20 s after <b>the test</b>"
   * @param howToAllow what a user writes to allow a stream; {@code %s} stands for the full method
   *     name
   * @param howToSet what a user writes to switch a rule off; {@code %s} stands for the rule's name
   */
  public StreamLeakPolicy wording(String waitedAfter, String howToAllow, String howToSet) {
    return new StreamLeakPolicy(
        strictness,
        overrides,
        allowances,
        new Wording(
            Objects.requireNonNull(waitedAfter, "waitedAfter"),
            Objects.requireNonNull(howToAllow, "howToAllow"),
            Objects.requireNonNull(howToSet, "howToSet")));
  }

  /**
   * Returns the allowances that were added, in the order they were added. Those for gRPC's own
   * streams are not among them.
   */
  public List<StreamAllowance> allowances() {
    return allowances;
  }

  String waitedAfter() {
    return wording.waitedAfter();
  }

  String howToAllow(String fullMethodName) {
    return wording.howToAllow().replace("%s", fullMethodName);
  }

  String howToSet(StreamRule rule) {
    return wording.howToSet().replace("%s", rule.toString());
  }

  /**
   * Judges a snapshot as it is, without a wait. Returns a finding if the stream is open, and empty
   * if it is released.
   *
   * <p>The recorder's own check waits before it judges; this method cannot. So an open stream on
   * which something happened in the 200 ms before the snapshot is undecided here, unless it is
   * allowed.
   */
  public Optional<StreamFinding> finding(RecordedStream stream) {
    if (!stream.isOpen()) {
      return Optional.empty();
    }
    StreamFinding finding = judge(stream);
    Duration quiet = stream.quietFor();
    return Optional.of(
        finding instanceof StreamFinding.Leaked && quiet.compareTo(SETTLED) < 0
            ? new StreamFinding.Undecided(stream, finding.cause(), new TooEarlyException(quiet))
            : finding);
  }

  StreamFinding judge(RecordedStream stream) {
    LeakCause cause = stream.cause().orElseThrow();
    for (List<StreamAllowance> list : List.of(allowances, GRPCS_OWN)) {
      for (StreamAllowance allowance : list) {
        if (allowance.excuses(stream, cause)) {
          return new StreamFinding.Allowed(stream, cause, allowance);
        }
      }
    }
    if (stream.coverage() == Coverage.TRANSPORT_ONLY
        && stream.attempts().stream().anyMatch(RecordedAttempt::isInProcess)) {
      // The in-process transport ignores a cancel once the server has closed, and the transport's
      // side alone does not show that the application has cancelled.
      return new StreamFinding.Undecided(stream, cause, new UnseenCancelException());
    }
    Throwable fault = stream.recorderFault();
    return fault == null
        ? new StreamFinding.Leaked(stream, cause)
        : new StreamFinding.Undecided(stream, cause, fault);
  }
}
