package io.github.streamleak.run;

import io.github.streamleak.report.ReportWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The settings for the report of a run and for its baseline.
 *
 * @param baseline the file of known leaks; null if there is none
 * @param updates whether the baseline is written again, so that everything found counts as known
 * @param showsAll whether the report shows every stream, and not only those with a finding
 * @param directory where the report is written; null if none is to be written
 */
record ReportSettings(
    @Nullable Path baseline, boolean updates, boolean showsAll, @Nullable Path directory) {

  private static final String NO_REPORT = "none";

  private enum YesNo {
    TRUE,
    FALSE
  }

  /** Which streams a report shows. */
  private enum Shown {
    /** Those with a finding. */
    FOUND,
    /** All streams. */
    ALL
  }

  static ReportSettings of(LeakParameters parameters) {
    boolean updates =
        parameters.choice(ParameterNames.UPDATE, YesNo.values()).orElse(YesNo.FALSE) == YesNo.TRUE;
    Path baseline = parameters.path(ParameterNames.BASELINE).orElse(null);
    if (updates && baseline == null) {
      throw parameters.misuse(
          ParameterNames.UPDATE + " is true, but " + ParameterNames.BASELINE + " names no file",
          null);
    }
    boolean showsAll =
        parameters.choice(ParameterNames.REPORT_STREAMS, Shown.values()).orElse(Shown.FOUND)
            == Shown.ALL;
    Optional<String> where = parameters.text(ParameterNames.REPORT_DIR);
    Path directory =
        where.isPresent() && where.get().equals(NO_REPORT)
            ? null
            : parameters.path(ParameterNames.REPORT_DIR).orElseGet(ReportWriter::defaultDirectory);
    if (updates && directory == null) {
      throw parameters.misuse(
          ParameterNames.UPDATE
              + " needs the report, since the baseline is made from the reports of all forks; set "
              + ParameterNames.REPORT_DIR
              + " to a directory, or leave it out",
          null);
    }
    return new ReportSettings(baseline, updates, showsAll, directory);
  }
}
