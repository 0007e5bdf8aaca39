package io.github.streamleak.junit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Scopes that were made for a constructor and wait for their test.
 *
 * <p>A constructor's parameters are resolved before the test has a context. So such a scope waits
 * under the thread, which goes on to run the test. A constructor that fails leaves its scope
 * behind; the next instance that is made on that thread, or the end of the class, discards it.
 */
final class WaitingScopes {

  private final Map<Thread, LeakScope> scopes = new ConcurrentHashMap<>();

  private WaitingScopes() {}

  /** Returns those of the run that {@code context} is part of. */
  static WaitingScopes of(ExtensionContext context) {
    return Stores.ofRun(context, WaitingScopes.class, root -> new WaitingScopes());
  }

  /** Returns the scope that waits on this thread, made if there is none. */
  LeakScope onThisThread(Supplier<LeakScope> make) {
    return scopes.computeIfAbsent(Thread.currentThread(), thread -> make.get());
  }

  /** Returns the scope that waits on this thread, which waits no longer; null if there is none. */
  @Nullable LeakScope take() {
    return scopes.remove(Thread.currentThread());
  }

  /** Discards the scope that waits on this thread: its test never began. */
  void discardOnThisThread() {
    LeakScope stale = take();
    if (stale != null) {
      stale.discard();
    }
  }

  /** Discards all scopes of a class, on whatever thread: its tests are over. */
  void discardThoseOf(Class<?> testClass) {
    scopes
        .values()
        .removeIf(
            stale -> {
              boolean isOfClass = stale.testClass() == testClass;
              if (isOfClass) {
                stale.discard();
              }
              return isOfClass;
            });
  }
}
