package io.github.streamleak.run;

import io.github.streamleak.stream.RecordedStream;

/**
 * Decides how long a stream may live: as long as the channel that it is on, unless the code of the
 * test itself has opened it, and at least until its test ends.
 */
final class Lifetime {

  private Lifetime() {}

  /** Returns whether {@code stream} may outlive {@code owner} on a channel that lives longer. */
  static boolean mayOutlive(Owner owner, RecordedStream stream) {
    Class<?> testClass = owner.testClass();
    return testClass != null
        && stream.openingLine().isPresent()
        && !isOfTest(stream.openingLine().get().getClassName(), testClass);
  }

  /**
   * Returns whether a class is the test's own: the test's class, one that it extends, one around it
   * or one in it.
   */
  private static boolean isOfTest(String className, Class<?> testClass) {
    for (Class<?> c = testClass; c != null && c != Object.class; c = c.getSuperclass()) {
      for (Class<?> around = c; around != null; around = around.getEnclosingClass()) {
        String name = around.getName();
        if (className.equals(name) || className.startsWith(name + "$")) {
          return true;
        }
      }
    }
    return false;
  }
}
