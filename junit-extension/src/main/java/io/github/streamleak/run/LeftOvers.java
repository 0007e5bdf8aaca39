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
 * Judges the streams that belong to no test and no class, when the run ends. They are charged to
 * the run itself.
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
   * @param reach how much could be recorded of the channels in this run
   * @param channels how many channels were built
   * @throws Error if the run fails
   */
  void judge(GrpcStreamRecorder recorder, Coverage reach, long channels) {
    long ended = System.nanoTime();
    StreamLeakPolicy policy =
        settings.policy("the run; no test could be identified as the owner", HOW_TO_ALLOW);
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
          "gRPC's configurators cannot be reached: only the transport's side of streams was recorded");
    } else if (channels == 0 && !ledger.sawStreams() && verdict.streamCount() == 0) {
      ledger.warn("the check for gRPC stream leaks is on, but no channel was built");
    }
  }

  /** Logs what belongs to no test, and returns the allowances that excused nothing. */
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
