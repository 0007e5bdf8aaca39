package io.github.streamleak.report;

/**
 * Is told of each finding when it is made: for what a team does with findings beyond the report,
 * such as a count by owner or a message to somebody.
 *
 * <p>Listeners are found by {@link java.util.ServiceLoader}: name the class in {@code
 * META-INF/services/io.github.streamleak.report.FindingListener} on the class path of the tests. It
 * needs a public constructor without parameters, and there is one instance for each run of tests.
 *
 * <p>A listener changes no verdict. What it throws is logged, and stands in the report as a note.
 */
@FunctionalInterface
public interface FindingListener {

  /**
   * Takes a finding. It is called once for each, by the thread that judges, and so by several
   * threads at once if tests run in parallel. Whether a later run of the test makes the finding
   * flaky is not known then.
   */
  void found(Finding finding);

  /** A finding, with what {@code streams.json} says about it. */
  final class Finding {

    private final Entry entry;

    Finding(Entry entry) {
      this.entry = entry;
    }

    /** Returns the name of the rule, such as {@code LEAKED_STREAM}. */
    public String rule() {
      return entry.rule();
    }

    /** Returns what the finding came to. */
    public Outcome outcome() {
      return entry.outcome();
    }

    /** Returns the part of the finding that stays the same from run to run. */
    public String fingerprint() {
      return entry.fingerprint();
    }

    /**
     * Returns the finding as JSON, in the schema of an element of {@code entries} in {@code
     * streams.json}. It has its story even where the report is too long to keep it.
     */
    public String json() {
      return Json.write(entry.json());
    }

    /** Returns rule, outcome and fingerprint in one line. */
    @Override
    public String toString() {
      return rule() + " " + outcome().text() + " " + fingerprint();
    }
  }
}
