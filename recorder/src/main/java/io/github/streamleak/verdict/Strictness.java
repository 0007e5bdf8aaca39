package io.github.streamleak.verdict;

/** How severe a check is about rules other than leaks. A leak fails at every strictness. */
public enum Strictness {
  /**
   * Only leaks fail. A listener that threw, a misused call and a stream that only a shutdown ended
   * give a warning; other rules are off.
   */
  LENIENT,
  /**
   * A listener that threw and a misused call fail as well. The other rules give a warning, except
   * that a missing deadline is not looked for. This is the default.
   */
  NORMAL,
  /** Every rule fails, except that a stream without a deadline gives a warning. */
  STRICT
}
