package io.github.streamleak.junit;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.opentest4j.TestAbortedException;

/** How a test or class fails so that JUnit shows what went wrong and nothing else. */
final class Failures {

  private Failures() {}

  /** Fails with what went wrong, without ever taking the place of the test's own failure. */
  static void raise(List<Throwable> problems, ExtensionContext context) {
    if (problems.isEmpty()) {
      return;
    }
    Throwable problem = problems.get(0);
    problems.subList(1, problems.size()).forEach(problem::addSuppressed);
    Optional<Throwable> before = context.getExecutionException();
    if (before.isPresent() && before.get() instanceof TestAbortedException) {
      // JUnit would turn the aborted test into a failed one. It has no verdict, and keeps none.
      before.get().addSuppressed(problem);
      return;
    }
    // JUnit adds this to the failure of a test that has failed. It passes an error on as it is, and
    // since 5.13 hides an exception in "Failed to close extension context".
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
   * Returns what to throw in place of {@code thrown}: JUnit wraps what a resolver throws, and names
   * no valid types where no resolver was found.
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
