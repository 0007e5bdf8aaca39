package io.github.streamleak.run;

import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamVerdict;

/** Publishes notes on a verdict: what does not fail the test and is still to be seen. */
final class VerdictNotes {

  private VerdictNotes() {}

  static void publish(StreamVerdict verdict, LeakMode mode, TestHandle test) {
    for (StreamFinding.Allowed allowed : verdict.allowed()) {
      test.publish(
          "streamleak.allowed",
          allowed.stream().fullMethodName() + ": " + allowed.allowance().reason());
    }
    if (verdict.hasLeaks() && mode == LeakMode.WARN) {
      test.publish("streamleak.leak", verdict.describe());
    } else {
      verdict
          .warnings(mode == LeakMode.WARN)
          .ifPresent(text -> test.publish("streamleak.warning", text));
    }
    for (RuleBreach breach : verdict.breaches()) {
      breach
          .allowance()
          .ifPresent(
              by ->
                  test.publish(
                      "streamleak.allowed",
                      breach.subject() + ": " + breach.rule() + ": " + by.reason()));
    }
    if (verdict.recorderFault().isPresent() || !verdict.undecided().isEmpty()) {
      test.publish(
          "streamleak.recorder-fault",
          verdict.recorderFault().map(Throwable::toString).orElse("unknown")
              + "; streams that could not be judged: "
              + verdict.undecided().size());
    }
  }
}
