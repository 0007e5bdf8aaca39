package io.github.streamleak.verdict;

/** What happens when a {@link StreamRule} is broken. */
public enum RuleSeverity {
  /** Nothing: the check does not look for such breaches. */
  OFF,
  /** The breach is reported, and does not fail the check. */
  WARN,
  /** The breach fails the check. */
  FAIL
}
