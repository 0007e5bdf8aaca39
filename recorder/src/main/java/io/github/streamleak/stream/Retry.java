package io.github.streamleak.stream;

/** Why an attempt was made. */
public enum Retry {
  /** The first try. */
  FIRST("first"),
  /** A retry by the retry policy. */
  RETRY("retry"),
  /** A transparent retry: the server had not seen the attempt before. */
  TRANSPARENT("transparent retry"),
  /** A hedge, sent without waiting for the attempts before it. */
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
