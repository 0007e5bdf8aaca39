package io.github.streamleak.junit;

import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;

/**
 * Runs when JUnit closes the context whose store this is in: after all callbacks, in the reverse
 * order of what the store was given.
 *
 * @param action what to run; what it throws fails the test or class
 */
// Both interfaces: JUnit before 5.13 closes only the first, later ones ask for the second.
// An InterruptedException among what it throws is one to pass on: nobody uses this in a try.
@SuppressWarnings("try")
record AtClose(Action action) implements CloseableResource, AutoCloseable {

  @FunctionalInterface
  interface Action {
    void run() throws Exception;
  }

  @Override
  public void close() throws Exception {
    action.run();
  }
}
