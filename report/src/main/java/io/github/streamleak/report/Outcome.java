package io.github.streamleak.report;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What became of a finding. The order is that of reports: what needs somebody comes first. */
public enum Outcome {
  /** It failed the test, the class or the run. */
  FAILED,
  /** What was recorded did not suffice for a verdict; the reason says what was missing. */
  UNDECIDED,
  /** It was said, and failed nothing. */
  WARNED,
  /** It is in the baseline. */
  KNOWN,
  /** The user has excused it; the reason says why. */
  ALLOWED,
  /** No finding: a stream that was only asked for. */
  SHOWN;

  /** Returns the word that stands for this outcome in reports: the name in lower case. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns whether a baseline takes such a finding in: it is one, and nobody has excused it. */
  boolean isComplaint() {
    return this == FAILED || this == WARNED || this == KNOWN;
  }

  static Optional<Outcome> of(String text) {
    return Arrays.stream(values()).filter(outcome -> outcome.text().equals(text)).findFirst();
  }
}
