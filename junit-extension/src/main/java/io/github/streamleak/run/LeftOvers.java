package io.github.streamleak.run;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Judges the streams that belong to no test and no class, when the run ends. They are charged to
 * the run itself.
 *
 * <p>There are three kinds. What the run answers for fails it: streams of tests whose class is over
 * too, and those on channels that are the run's. What was alive on a channel that outlives its test
 * may be the application's as it should be, for a container closes its channels after the run: that
 * is a warning, unless the check is strict or the client has stopped asking. What nothing ties to a
 * test is a warning too. And where only some tests are checked, all of it is: nobody has asked for
 * a check of the run.
 */
final class LeftOvers {

  private static final String HOW_TO_ALLOW =
      "streamleak.ignore = %s: why it may stay open (a configuration parameter)";

  private static final int MOST_LISTED = 20;

  private final Owner run;
  private final LeakSettings settings;
  private final boolean wholeRun;
  private final RunLedger ledger;
  private final GrpcStreamRecorder ofTheRun = GrpcStreamRecorder.create();
  private final GrpcStreamRecorder longLived = GrpcStreamRecorder.create();
  private final GrpcStreamRecorder unowned = GrpcStreamRecorder.create();

  LeftOvers(Owner run, LeakSettings settings, boolean wholeRun, RunLedger ledger) {
    this.run = run;
    this.settings = settings;
    this.wholeRun = wholeRun;
    this.ledger = ledger;
  }

  /** Returns the recorder of what the run answers for. */
  GrpcStreamRecorder ofTheRun() {
    return ofTheRun;
  }

  /** Returns the recorder of what was alive when its test ended, on a channel that is shared. */
  GrpcStreamRecorder longLived() {
    return longLived;
  }

  /** Returns the recorder of what nothing ties to a test. */
  GrpcStreamRecorder unowned() {
    return unowned;
  }

  /**
   * Judges what was recorded.
   *
   * @param reach how much could be recorded of the channels in this run
   * @param channels how many channels were built
   * @throws Error if the run fails
   */
  void judge(Coverage reach, long channels) {
    boolean fails = wholeRun && settings.mode() == LeakMode.FAIL;
    StreamVerdict known = check(ofTheRun, settings.grace());
    // They have had that time too.
    StreamVerdict alive = check(longLived, Duration.ZERO);
    StreamVerdict owned = check(unowned, Duration.ZERO);
    if (wholeRun) {
      ledger.countChannels(channels);
      sayWhatWasSeen(reach);
    }
    boolean aliveFails = fails && (settings.strictness() == Strictness.STRICT || !isAwaited(alive));
    note(ofTheRun, known, fails);
    note(longLived, alive, aliveFails);
    note(unowned, owned, false);
    if (!fails) {
      say(known, "still open when the run ended; the test and the class that opened it are over");
    }
    if (!aliveFails) {
      say(alive, "still open when the run ended, on channels that nobody has shut down");
    }
    say(owned, "still open when the run ended; no test could be identified as the owner");
    List<String> unused = summarize(List.of(known, alive, owned));
    List<Error> errors = new ArrayList<>();
    if (fails) {
      known.error().map(error -> FailurePlace.in(run, error)).ifPresent(errors::add);
    }
    if (aliveFails) {
      alive.error().map(error -> FailurePlace.in(run, error)).ifPresent(errors::add);
    }
    if (fails
        && errors.isEmpty()
        && settings.strictness() == Strictness.STRICT
        && !unused.isEmpty()) {
      errors.add(new AssertionError(String.join("\n", unused)));
    }
    raise(errors);
  }

  /** Returns whether the application still waits for all that leaks. */
  private static boolean isAwaited(StreamVerdict verdict) {
    return verdict.leaks().stream().allMatch(leak -> leak.stream().isAwaited());
  }

  private StreamVerdict check(GrpcStreamRecorder recorder, Duration grace) {
    StreamLeakPolicy policy = settings.policy("the run", HOW_TO_ALLOW);
    StreamVerdict verdict = ledger.excuseKnown(recorder.check(policy, grace));
    recorder.close();
    return verdict;
  }

  private void note(GrpcStreamRecorder recorder, StreamVerdict verdict, boolean fails) {
    ledger.note(run, verdict, fails, recorder::streams, System.nanoTime());
  }

  /** Lists streams of which it cannot be said that they should have been closed by now. */
  private static void say(StreamVerdict verdict, String what) {
    if (verdict.hasLeaks()) {
      RunLog.warn(
          "{0} {1} (no test fails):{2}",
          verdict.leaks().size() == 1
              ? "1 gRPC client stream was"
              : verdict.leaks().size() + " gRPC client streams were",
          what,
          verdict.leaks().stream()
              .map(leak -> line(leak.stream()))
              .distinct()
              .limit(MOST_LISTED)
              .collect(Collectors.joining()));
    }
  }

  private static String line(RecordedStream stream) {
    return "\n  "
        + stream.fullMethodName()
        + RunSummary.where(stream)
        + stream.whyCharged().map(", "::concat).orElse("");
  }

  private static void raise(List<Error> errors) {
    if (errors.isEmpty()) {
      return;
    }
    Error first = errors.get(0);
    errors.subList(1, errors.size()).forEach(first::addSuppressed);
    throw first;
  }

  private void sayWhatWasSeen(Coverage reach) {
    if (reach == Coverage.TRANSPORT_ONLY) {
      ledger.sawTheTransportOnly();
      ledger.warn(
          "gRPC's configurators cannot be reached: only the transport's side of streams was recorded");
    }
  }

  /** Logs what was allowed, and returns the allowances that excused nothing. */
  private List<String> summarize(List<StreamVerdict> verdicts) {
    if (!wholeRun) {
      return List.of();
    }
    List<String> unused =
        settings.allowances().stream()
            .filter(allowance -> !ledger.hasUsed(allowance.allowance()))
            .map(Allowance::unused)
            .toList();
    unused.forEach(ledger::warn);
    for (StreamVerdict verdict : verdicts) {
      for (StreamFinding.Allowed allowed : verdict.allowed()) {
        StreamAllowance allowance = allowed.allowance();
        RunLog.info("allowed: {0}: {1}", allowed.stream().fullMethodName(), allowance.reason());
      }
    }
    return unused;
  }
}
