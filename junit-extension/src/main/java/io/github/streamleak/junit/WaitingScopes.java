package io.github.streamleak.junit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The scopes that were made for a constructor and wait for their test.
 *
 * <p>JUnit resolves the parameters of a constructor before the test has a context. The only thing
 * that constructor and test are known to share is the thread, so a scope waits under its thread. A
 * constructor that fails leaves its scope behind. It is discarded when the next instance is made on
 * that thread, or when the class ends.
 */
final class WaitingScopes {

  private final Map<Thread, LeakScope> scopes = new ConcurrentHashMap<>();

  /** Those of tests that are only watched: they end in another way. */
  private record OfWatchedTests(WaitingScopes scopes) {}

  private WaitingScopes() {}

  /** Returns the waiting scopes of the run that {@code context} is part of. */
  static WaitingScopes of(ExtensionContext context) {
    return Stores.ofRun(context, WaitingScopes.class, root -> new WaitingScopes());
  }

  /** Returns those that the check of a whole run has made, which may have to give way. */
  static WaitingScopes ofWatchedTests(ExtensionContext context) {
    return Stores.ofRun(
            context, OfWatchedTests.class, root -> new OfWatchedTests(new WaitingScopes()))
        .scopes;
  }

  /** Returns the scope that waits on this thread. It is made if there is none. */
  LeakScope onThisThread(Supplier<LeakScope> make) {
    return scopes.computeIfAbsent(Thread.currentThread(), thread -> make.get());
  }

  /** Returns the scope that waits on this thread and removes it; null if there is none. */
  @Nullable LeakScope take() {
    return scopes.remove(Thread.currentThread());
  }

  /** Discards the scope that waits on this thread, because its test has never begun. */
  void discardOnThisThread() {
    LeakScope stale = take();
    if (stale != null) {
      stale.discard();
    }
  }

  /** Leaves the scopes of a class on every thread to the class: their tests have never begun. */
  void leaveThoseOf(Class<?> testClass, LeakScope ofClass) {
    scopes
        .values()
        .removeIf(
            stale -> {
              boolean isOfClass = stale.testClass() == testClass;
              if (isOfClass) {
                stale.leaveTo(ofClass);
              }
              return isOfClass;
            });
  }

  /** Discards the scopes of a class on every thread, because its tests are over. */
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
