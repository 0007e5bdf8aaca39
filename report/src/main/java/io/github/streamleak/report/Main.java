package io.github.streamleak.report;

/** Placeholder. */
public final class Main {
  private Main() {}
}
