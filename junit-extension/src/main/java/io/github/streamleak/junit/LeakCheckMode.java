package io.github.streamleak.junit;

import io.github.streamleak.run.LeakMode;
import org.jspecify.annotations.Nullable;

/** What a leak does to the test that opened the stream. */
public enum LeakCheckMode {
  /**
   * The configuration parameter {@code streamleak.mode} decides; without it, {@link #FAIL} applies.
   */
  CONFIGURED,
  /** A leak fails the test. */
  FAIL,
  /** A leak is published as a report entry of the test. */
  WARN,
  /** Nothing is recorded or judged. Servers, channels and stubs are still injected. */
  OFF;

  /** Returns the mode that is asked for; null if the parameter is to decide. */
  @Nullable LeakMode asked() {
    return switch (this) {
      case CONFIGURED -> null;
      case FAIL -> LeakMode.FAIL;
      case WARN -> LeakMode.WARN;
      case OFF -> LeakMode.OFF;
    };
  }
}
