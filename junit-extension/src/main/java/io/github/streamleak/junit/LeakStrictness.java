package io.github.streamleak.junit;

import io.github.streamleak.verdict.Strictness;

/** How strict a check is about the rules beyond leaks; see {@link Strictness}. */
public enum LeakStrictness {
  /**
   * What the configuration parameter {@code streamleak.strictness} says; without it, {@link
   * #NORMAL} for tests that ask for the check, and {@link #LENIENT} for those that are only watched
   * with {@code streamleak.watch = all}: a suite that never asked is failed by leaks alone.
   */
  CONFIGURED,
  /** {@link Strictness#LENIENT}. */
  LENIENT,
  /** {@link Strictness#NORMAL}. */
  NORMAL,
  /** {@link Strictness#STRICT}; also, an allowance that excused nothing fails. */
  STRICT
}
