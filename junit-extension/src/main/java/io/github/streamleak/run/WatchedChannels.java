package io.github.streamleak.run;

/** Which channels are watched, besides those that a check has made or was given. */
public enum WatchedChannels {
  /** No other channel. */
  OWN,
  /** Every channel that is used while a checked test runs. */
  CHECKED,
  /** Every channel, throughout the run. Every test is checked. */
  ALL
}
