package io.github.streamleak.stream;

/** Who cancelled a call. */
public enum Canceller {
  /** The application, through {@link io.grpc.ClientCall#cancel}. */
  CALL("the call"),
  /** The {@link io.grpc.Context} that the call was made in. */
  CONTEXT("its Context"),
  /** The recorder, when it was told to release what leaked. */
  RECORDER("the recorder");

  private final String text;

  Canceller(String text) {
    this.text = text;
  }

  /** Returns the words for this canceller in a report. */
  public String text() {
    return text;
  }
}
