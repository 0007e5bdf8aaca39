package io.github.streamleak.run;

import io.github.streamleak.report.ReportWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the parameters say about the report of a run and its baseline.
 *
 * @param baseline the file of known leaks; null without one
 * @param updates whether the baseline is written anew, so that everything found counts as known
 * @param showsAll whether the report shows every stream, and not only those that something was
 *     found about
 * @param asked whether somebody asked for the report; then there is a page even if nothing was
 *     found
 * @param directory where the report goes; null for none
 */
record ReportSettings(
    @Nullable Path baseline,
    boolean updates,
    boolean showsAll,
    boolean asked,
    @Nullable Path directory) {

  private static final String NO_REPORT = "none";

  private enum YesNo {
    TRUE,
    FALSE
  }

  /** Which streams a report shows. */
  private enum Shown {
    /** Those that something was found about. */
    FOUND,
    /** All. */
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
              + " needs the report, from which a baseline is made for all forks together; "
              + ParameterNames.REPORT_DIR
              + " is none",
          null);
    }
    return new ReportSettings(
        baseline, updates, showsAll, where.isPresent() || showsAll, directory);
  }
}
