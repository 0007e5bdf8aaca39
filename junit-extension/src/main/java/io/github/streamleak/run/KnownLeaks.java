package io.github.streamleak.run;

import io.github.streamleak.report.Baseline;
import io.github.streamleak.report.KnownFindings;
import io.github.streamleak.report.Outcome;
import io.github.streamleak.report.ReportEntry;
import io.github.streamleak.report.ReportFileException;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamVerdict;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** What the baseline of a run knows of its leaks, and excuses. */
final class KnownLeaks {

  private final Path file;
  private final Baseline baseline;
  private final KnownFindings findings;
  private final boolean takesAllIn;
  private final StreamAllowance allowance;
  private final AtomicInteger excused = new AtomicInteger();

  private KnownLeaks(Path file, Baseline baseline, boolean takesAllIn) {
    this.file = file;
    this.baseline = baseline;
    this.findings = KnownFindings.of(baseline);
    this.takesAllIn = takesAllIn;
    this.allowance = StreamAllowance.of("*", "known: in the baseline " + file);
  }

  /**
   * Reads the baseline.
   *
   * @param updates whether it is written anew at the end: then it need not be there yet, and
   *     whatever is found counts as known
   */
  static KnownLeaks read(Path file, boolean updates, LeakParameters parameters) {
    try {
      return new KnownLeaks(
          file, updates ? Baseline.readIfThere(file) : Baseline.read(file), updates);
    } catch (ReportFileException e) {
      throw parameters.misuse(ParameterNames.BASELINE + ": " + e.getMessage(), e);
    }
  }

  /** Returns {@code verdict} with what the baseline knows, or is about to take in, excused. */
  StreamVerdict excuse(StreamVerdict verdict) {
    return verdict.excuse(
        leak -> isKnown(Findings.entry(leak, Outcome.KNOWN)),
        breach -> isKnown(Findings.entry(breach, Outcome.KNOWN)),
        allowance);
  }

  private boolean isKnown(ReportEntry.Builder entry) {
    return takesAllIn || findings.contains(entry.build());
  }

  /** Returns whether it is the baseline that has excused something. */
  boolean isBehind(StreamAllowance by) {
    return by.equals(allowance);
  }

  void countExcused() {
    excused.incrementAndGet();
  }

  /**
   * Says in the log how much was known, and how much of what is known was not found.
   *
   * @param seen the fingerprints of all that was found
   */
  void summarize(Set<String> seen) {
    if (takesAllIn) {
      return;
    }
    int gone = baseline.gone(seen).size();
    if (excused.get() == 0 && gone == 0) {
      return;
    }
    RunLog.info(
        "known in {1}: {0} of the streams found{2}",
        String.valueOf(excused.get()),
        String.valueOf(file),
        gone == 0
            ? ""
            : "; of its entries "
                + gone
                + (gone == 1 ? " was" : " were")
                + " not seen in this JVM. After a whole run, "
                + ParameterNames.UPDATE
                + " = true takes off what is gone");
  }
}
