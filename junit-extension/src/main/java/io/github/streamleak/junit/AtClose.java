package io.github.streamleak.junit;

import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;

/**
 * Runs actions when JUnit closes the context in whose store it is: after all callbacks. What was
 * put into the store last is closed first; of the actions the last one runs first.
 */
// Both interfaces are needed: JUnit before 5.13 closes only a CloseableResource, and later versions
// warn about one that is not an AutoCloseable.
final class AtClose implements CloseableResource, AutoCloseable {

  private final Deque<Runnable> actions = new ArrayDeque<>();

  static AtClose of(Runnable action) {
    AtClose one = new AtClose();
    one.add(action);
    return one;
  }

  /** Adds an action. An error that it throws fails the test, the class or the run. */
  synchronized void add(Runnable action) {
    actions.push(action);
  }

  private synchronized Runnable next() {
    return actions.isEmpty() ? () -> {} : actions.pop();
  }

  private synchronized boolean isOver() {
    return actions.isEmpty();
  }

  @Override
  public void close() {
    Error first = null;
    while (!isOver()) {
      try {
        next().run();
      } catch (Error e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
