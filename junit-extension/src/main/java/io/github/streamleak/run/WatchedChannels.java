package io.github.streamleak.run;

/** Which channels are watched, beside those that a check has made or was handed. */
public enum WatchedChannels {
  /** None. */
  OWN,
  /** All that are used while a checked test runs. */
  CHECKED,
  /** All, throughout the run, and every test is checked. */
  ALL
}
