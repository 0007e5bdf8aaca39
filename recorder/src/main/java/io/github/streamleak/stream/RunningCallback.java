package io.github.streamleak.stream;

import java.time.Duration;
import java.util.List;

/** A callback of the application's that had not returned when a snapshot was taken. */
public final class RunningCallback {

  private final String name;
  private final String thread;
  private final Duration since;
  private final List<StackTraceElement> stack;

  RunningCallback(String name, String thread, long sinceNanos, StackTraceElement[] stack) {
    this.name = name;
    this.thread = thread;
    this.since = Duration.ofNanos(sinceNanos);
    this.stack = List.of(stack);
  }

  /** Returns the name of the listener's method, such as {@code onMessage}. */
  public String name() {
    return name;
  }

  /** Returns the name of the thread that is inside. */
  public String thread() {
    return thread;
  }

  /** Returns when the thread went inside, by the time since the start of the stream. */
  public Duration since() {
    return since;
  }

  /** Returns where the thread stood when the snapshot was taken, innermost frame first. */
  public List<StackTraceElement> stack() {
    return stack;
  }

  /** Returns name, thread and time in one line. */
  @Override
  public String toString() {
    return name + " on thread \"" + thread + "\" since " + since;
  }
}
