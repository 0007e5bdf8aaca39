package io.github.streamleak.junit;

import io.github.streamleak.verdict.Strictness;
import org.jspecify.annotations.Nullable;

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
  STRICT;

  /** Returns what is asked for; null where the parameter is to say. */
  @Nullable Strictness asked() {
    return switch (this) {
      case CONFIGURED -> null;
      case LENIENT -> Strictness.LENIENT;
      case NORMAL -> Strictness.NORMAL;
      case STRICT -> Strictness.STRICT;
    };
  }
}
