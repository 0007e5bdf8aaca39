package io.github.streamleak.stream;

/** Why an attempt was made. */
public enum Retry {
  /** The first try. */
  FIRST("first"),
  /** A retry by the retry policy. */
  RETRY("retry"),
  /** A transparent retry: the server had not seen the previous attempt. */
  TRANSPARENT("transparent retry"),
  /** A hedge: an attempt that does not wait for the previous ones to fail. */
  HEDGE("hedge");

  private final String text;

  Retry(String text) {
    this.text = text;
  }

  /** Returns the words for this reason in a report. */
  public String text() {
    return text;
  }
}
