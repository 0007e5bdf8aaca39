package io.github.streamleak.verdict;

/** How much a check makes of the weaker signs of neglect. A leak fails at every strictness. */
public enum Strictness {
  /** Leaks fail; a listener that threw and a misused call are warned of; all else is let be. */
  LENIENT,
  /** Misuse fails as well, and what ended only by luck is warned of. The default. */
  NORMAL,
  /** What ended only by luck fails, and a stream without a deadline is warned of. */
  STRICT
}
