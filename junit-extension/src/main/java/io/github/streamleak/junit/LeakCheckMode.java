package io.github.streamleak.junit;

import io.github.streamleak.run.LeakMode;
import org.jspecify.annotations.Nullable;

/** What a leak does to the test that opened the stream. */
public enum LeakCheckMode {
  /** What the configuration parameter {@code streamleak.mode} says; without it, {@link #FAIL}. */
  CONFIGURED,
  /** A leak fails the test. */
  FAIL,
  /** A leak is published as a report entry of the test. */
  WARN,
  /** Nothing is recorded or judged. Servers, channels and stubs are injected all the same. */
  OFF;

  /** Returns what is asked for; null where the parameter is to say. */
  @Nullable LeakMode asked() {
    return switch (this) {
      case CONFIGURED -> null;
      case FAIL -> LeakMode.FAIL;
      case WARN -> LeakMode.WARN;
      case OFF -> LeakMode.OFF;
    };
  }
}
