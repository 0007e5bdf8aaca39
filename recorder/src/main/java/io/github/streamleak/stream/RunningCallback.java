package io.github.streamleak.stream;

import java.time.Duration;
import java.util.List;

/**
 * A callback of the application that had not returned when a snapshot was taken.
 *
 * <p>A check waits for it, since it may still ask for more messages or start another call. If it
 * never returns, its thread and stack tell what it waits for.
 */
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

  /** Returns the name of the listener's method that is running, such as {@code onMessage}. */
  public String name() {
    return name;
  }

  /**
   * Returns the name under which the user has written the callback, if the call was made by {@code
   * kind}: a {@code StreamObserver} has {@code onNext} where a listener has {@code onMessage}.
   */
  public String nameFor(StubKind kind) {
    if (kind != StubKind.ASYNC) {
      return name;
    }
    return switch (name) {
      case "onMessage" -> "onNext";
      case "onClose" -> "onError or onCompleted";
      case "onReady" -> "the onReadyHandler";
      default -> name;
    };
  }

  /** Returns the name of the thread that runs the callback. */
  public String thread() {
    return thread;
  }

  /** Returns when the callback began, as the time since the start of the stream. */
  public Duration since() {
    return since;
  }

  /** Returns the stack of that thread when the snapshot was taken, innermost frame first. */
  public List<StackTraceElement> stack() {
    return stack;
  }

  /** Returns the callback, the thread and the time in one line. */
  @Override
  public String toString() {
    return name + " on thread \"" + thread + "\" since " + since;
  }
}
