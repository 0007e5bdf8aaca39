package io.github.streamleak.junit;

import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;

/**
 * Runs when JUnit closes the context whose store this is in: after all callbacks, in the reverse
 * order of what the store was given.
 *
 * @param action what to run; an error that it throws fails the test or class
 */
// Both interfaces: JUnit before 5.13 closes only the first, later ones ask for the second.
record AtClose(Runnable action) implements CloseableResource, AutoCloseable {

  @Override
  public void close() {
    action.run();
  }
}
