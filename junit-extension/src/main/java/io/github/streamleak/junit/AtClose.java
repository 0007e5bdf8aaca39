package io.github.streamleak.junit;

import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;

/**
 * Runs an action when JUnit closes the context in whose store it is: after all callbacks. What was
 * put into the store last is closed first.
 *
 * @param action what to run; an error that it throws fails the test, the class or the run
 */
// Both interfaces are needed: JUnit before 5.13 closes only a CloseableResource, and later versions
// warn about one that is not an AutoCloseable.
record AtClose(Runnable action) implements CloseableResource, AutoCloseable {

  @Override
  public void close() {
    action.run();
  }
}
