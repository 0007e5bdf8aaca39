package io.github.streamleak.junit;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.opentest4j.TestAbortedException;

/** Makes a test or class fail so that JUnit shows what went wrong, and nothing around it. */
final class Failures {

  private Failures() {}

  /** Throws what went wrong, but never in place of the test's own failure. */
  static void raise(List<Throwable> problems, ExtensionContext context) {
    if (problems.isEmpty()) {
      return;
    }
    Throwable problem = problems.get(0);
    problems.subList(1, problems.size()).forEach(problem::addSuppressed);
    Optional<Throwable> before = context.getExecutionException();
    if (before.isPresent() && before.get() instanceof TestAbortedException) {
      // If this threw, JUnit would turn the aborted test into a failed one.
      before.get().addSuppressed(problem);
      return;
    }
    // JUnit adds this to the failure of a test that has failed. It passes on an error as it is, but
    // since 5.13 wraps an exception in "Failed to close extension context".
    if (problem instanceof Error error) {
      throw error;
    }
    AssertionError error = new AssertionError(problem.getMessage(), problem);
    for (Throwable other : problem.getSuppressed()) {
      error.addSuppressed(other);
    }
    throw error;
  }

  /**
   * Returns what to throw instead of {@code thrown}. JUnit wraps what a resolver throws, and does
   * not say which types are valid if it has found no resolver.
   */
  static Throwable explained(Throwable thrown) {
    if (!(thrown instanceof ParameterResolutionException)) {
      return thrown;
    }
    if (thrown.getCause() instanceof ExtensionConfigurationException ours) {
      return ours;
    }
    String message = String.valueOf(thrown.getMessage());
    return message.startsWith("No ParameterResolver registered")
        ? new ExtensionConfigurationException(
            message + " What @GrpcStreamLeakCheck injects: " + Injection.VALID, thrown)
        : thrown;
  }
}
