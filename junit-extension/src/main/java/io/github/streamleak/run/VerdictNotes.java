package io.github.streamleak.run;

import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamVerdict;
import java.util.List;
import java.util.stream.Collectors;

/** Publishes notes on a verdict: what does not fail the test and is still to be seen. */
final class VerdictNotes {

  private VerdictNotes() {}

  /** Publishes what has come of streams since their verdict. */
  static void publishAfterwards(List<RecordedStream> judged, TestHandle test) {
    for (RecordedStream stream : judged) {
      stream
          .latest()
          .afterwards()
          .ifPresent(
              what -> test.publish("streamleak.afterwards", stream.fullMethodName() + ": " + what));
    }
  }

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
    if (verdict.recorderFault().isPresent()) {
      test.publish(
          "streamleak.recorder-fault",
          verdict.recorderFault().get()
              + "; streams that could not be judged: "
              + verdict.undecided().size());
    } else if (!verdict.undecided().isEmpty()) {
      test.publish(
          "streamleak.undecided",
          verdict.undecided().stream()
              .map(each -> each.stream().fullMethodName() + ": " + each.fault().getMessage())
              .distinct()
              .collect(Collectors.joining("\n")));
    }
  }
}
