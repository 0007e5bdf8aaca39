package io.github.streamleak.run;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import java.util.List;
import java.util.Optional;

/**
 * The verdict on the streams that belong to no test and no class: that of the run itself, when it
 * ends.
 */
final class LeftOvers {

  private static final String HOW_TO_ALLOW =
      "streamleak.ignore = %s: why it may stay open (a configuration parameter)";

  private final Owner run;
  private final LeakSettings settings;
  private final RunLedger ledger;

  LeftOvers(Owner run, LeakSettings settings, RunLedger ledger) {
    this.run = run;
    this.settings = settings;
    this.ledger = ledger;
  }

  /**
   * Judges what {@code recorder} has recorded.
   *
   * @param reach how much was seen of the channels of this run
   * @param channels how many were built in it
   * @throws Error if the run fails
   */
  void judge(GrpcStreamRecorder recorder, Coverage reach, long channels) {
    long ended = System.nanoTime();
    StreamLeakPolicy policy = settings.policy("the run, and of no test in it", HOW_TO_ALLOW);
    StreamVerdict verdict = ledger.excuseKnown(recorder.check(policy, settings.grace()));
    recorder.close();
    boolean fails = settings.mode() == LeakMode.FAIL;
    ledger.countChannels(channels);
    sayWhatWasSeen(verdict, reach, channels);
    ledger.note(run, verdict, fails, recorder::streams, ended);
    List<String> unused = summarize(verdict);
    if (fails) {
      Optional<? extends Error> error = verdict.error();
      if (error.isEmpty() && settings.strictness() == Strictness.STRICT && !unused.isEmpty()) {
        error = Optional.of(new AssertionError(String.join("\n", unused)));
      }
      if (error.isPresent()) {
        throw error.get();
      }
    }
  }

  private void sayWhatWasSeen(StreamVerdict verdict, Coverage reach, long channels) {
    if (reach == Coverage.TRANSPORT_ONLY) {
      ledger.sawTheTransportOnly();
      ledger.warn(
          "gRPC's configurators are out of reach: only the transport's side of streams was seen");
    } else if (channels == 0 && !ledger.sawStreams() && verdict.streamCount() == 0) {
      ledger.warn("the check for gRPC stream leaks is on, and not one channel was built");
    }
  }

  /** Says what is of no test, and returns the allowances that excused nothing. */
  private List<String> summarize(StreamVerdict verdict) {
    if (verdict.hasLeaks() && settings.mode() == LeakMode.WARN) {
      RunLog.warn("{0}", verdict.describe());
    }
    List<String> unused =
        settings.allowances().stream()
            .filter(allowance -> !ledger.hasUsed(allowance.allowance()))
            .map(Allowance::unused)
            .toList();
    unused.forEach(ledger::warn);
    for (StreamFinding.Allowed allowed : verdict.allowed()) {
      StreamAllowance allowance = allowed.allowance();
      RunLog.info("allowed: {0}: {1}", allowed.stream().fullMethodName(), allowance.reason());
    }
    return unused;
  }
}
