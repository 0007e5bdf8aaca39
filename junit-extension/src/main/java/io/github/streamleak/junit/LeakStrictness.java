package io.github.streamleak.junit;

import io.github.streamleak.verdict.Strictness;
import org.jspecify.annotations.Nullable;

/** How strict a check is about the rules beyond leaks; see {@link Strictness}. */
public enum LeakStrictness {
  /**
   * The configuration parameter {@code streamleak.strictness} decides. Without it, {@link #NORMAL}
   * applies to tests that ask for the check, and {@link #LENIENT} to those that are only watched
   * with {@code streamleak.watch = all}, so that a suite that never asked fails for leaks alone.
   */
  CONFIGURED,
  /** {@link Strictness#LENIENT}. */
  LENIENT,
  /** {@link Strictness#NORMAL}. */
  NORMAL,
  /** {@link Strictness#STRICT}. In addition, an allowance that excused nothing fails the test. */
  STRICT;

  /** Returns the strictness that is asked for; null if the parameter is to decide. */
  @Nullable Strictness asked() {
    return switch (this) {
      case CONFIGURED -> null;
      case LENIENT -> Strictness.LENIENT;
      case NORMAL -> Strictness.NORMAL;
      case STRICT -> Strictness.STRICT;
    };
  }
}
