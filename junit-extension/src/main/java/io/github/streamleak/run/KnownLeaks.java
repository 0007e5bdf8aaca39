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

/**
 * The baseline of a run: leaks and warnings that are known, and therefore excused.
 *
 * <p>They are excused by an allowance, as if somebody had written one for each: so the rest of the
 * check needs no further kind of verdict.
 */
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
   * @param updates whether it is written again when the run ends. It need not exist yet then, and
   *     everything that is found counts as known
   */
  static KnownLeaks read(Path file, boolean updates, LeakParameters parameters) {
    try {
      return new KnownLeaks(
          file, updates ? Baseline.readIfThere(file) : Baseline.read(file), updates);
    } catch (ReportFileException e) {
      throw parameters.misuse(ParameterNames.BASELINE + ": " + e.getMessage(), e);
    }
  }

  /** Returns {@code verdict} with everything excused that is in the baseline, or will be. */
  StreamVerdict excuse(StreamVerdict verdict) {
    return verdict.excuse(
        leak -> isKnown(Findings.entry(leak, Outcome.KNOWN)),
        breach -> isKnown(Findings.entry(breach, Outcome.KNOWN)),
        allowance);
  }

  private boolean isKnown(ReportEntry.Builder entry) {
    return takesAllIn || findings.contains(entry.build());
  }

  /** Returns whether {@code by} is the allowance of the baseline. */
  boolean isBehind(StreamAllowance by) {
    return by.equals(allowance);
  }

  void countExcused() {
    excused.incrementAndGet();
  }

  /**
   * Logs how many findings were known, and how many entries of the baseline were not found.
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
        "leaks and warnings that the baseline {0} excused: {1}{2}",
        String.valueOf(file),
        String.valueOf(excused.get()),
        gone == 0
            ? ""
            : "; "
                + gone
                + (gone == 1 ? " of its entries was" : " of its entries were")
                + " not found in this JVM. To remove what is gone, run the whole suite with "
                + ParameterNames.UPDATE
                + " = true");
  }
}
