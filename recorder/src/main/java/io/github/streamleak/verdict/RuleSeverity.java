package io.github.streamleak.verdict;

/** What the breach of a {@link StreamRule} does. */
public enum RuleSeverity {
  /** Nothing: it is not looked for. */
  OFF,
  /** It is reported and fails nothing. */
  WARN,
  /** It fails the check. */
  FAIL
}
