package io.github.streamleak.report;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What a finding came to. The order is that of reports: what somebody has to look at comes first.
 */
public enum Outcome {
  /** The finding failed its test, its class or the run. */
  FAILED,
  /** The recording was not enough for a verdict; the reason says what was missing. */
  UNDECIDED,
  /**
   * A run had the finding, and a later run of the same test did not; the reason says how many had.
   */
  FLAKY,
  /** The finding is a warning; it failed nothing. */
  WARNED,
  /** The finding is in the baseline; it failed nothing. */
  KNOWN,
  /** The user has allowed the finding; the reason says why. */
  ALLOWED,
  /** There is no finding: the stream is in the report because the user asked for all streams. */
  SHOWN;

  /** Returns the word for this outcome in reports: the name in lower case. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns whether a baseline takes in findings of this outcome. */
  boolean isComplaint() {
    return this == FAILED || this == FLAKY || this == WARNED || this == KNOWN;
  }

  static Optional<Outcome> of(String text) {
    return Arrays.stream(values()).filter(outcome -> outcome.text().equals(text)).findFirst();
  }
}
