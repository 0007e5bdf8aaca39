package io.github.streamleak.run;

import java.util.Locale;

/** What a leak does to the test, class or run that the stream is charged to. */
public enum LeakMode {
  /** It fails. */
  FAIL,
  /** The leak is reported, and nothing fails. */
  WARN,
  /** Nothing is recorded or judged. */
  OFF;

  /** Returns the mode as people write it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
