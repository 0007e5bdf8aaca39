package io.github.streamleak.recorder;

/** The callbacks that gRPC calls on the listener of a call. */
enum Callback {
  ON_HEADERS("onHeaders"),
  ON_MESSAGE("onMessage"),
  ON_CLOSE("onClose"),
  ON_READY("onReady");

  private final String text;

  Callback(String text) {
    this.text = text;
  }

  /** Returns the name of the callback's method. */
  String text() {
    return text;
  }
}
