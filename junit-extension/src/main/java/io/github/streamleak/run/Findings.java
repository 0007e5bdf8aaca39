package io.github.streamleak.run;

import io.github.streamleak.report.Outcome;
import io.github.streamleak.report.ReportEntry;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamFinding;
import java.util.List;

/** Turns what a verdict has found into entries of a report. */
final class Findings {

  private Findings() {}

  static ReportEntry.Builder entry(StreamFinding.Leaked leak, Outcome outcome) {
    return ReportEntry.leaked(leak.stream(), outcome);
  }

  static ReportEntry.Builder entry(RuleBreach breach, Outcome outcome) {
    String rule = breach.rule().name();
    return breach.stream()
        .map(stream -> ReportEntry.found(rule, stream, outcome, breach.detail()))
        .orElseGet(
            () ->
                ReportEntry.found(
                        rule,
                        breach.subject(),
                        breach.openingLine().map(List::of).orElse(List.of()),
                        outcome,
                        breach.detail())
                    .calledBy(breach.callingLine().orElse(null)))
        .remedy(breach.remedy().lines());
  }
}
