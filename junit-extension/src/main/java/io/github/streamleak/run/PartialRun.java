package io.github.streamleak.run;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Knows by the system properties of a JVM whether only a part of the suite runs in it. Maven hands
 * on to the JVM of the tests what was given on its command line. A selection that stands in the
 * build file is not one: it is what the suite is.
 */
final class PartialRun {

  /** What selects tests on Maven's command line. */
  private static final List<String> SELECTIONS =
      List.of("test", "it.test", "groups", "excludedGroups");

  /** What leaves out the tests that follow after a number of failures. */
  private static final List<String> LIMITS =
      List.of("surefire.skipAfterFailureCount", "failsafe.skipAfterFailureCount");

  /** The programs by which IDEs run what somebody has clicked on. */
  private static final List<String> IDES =
      List.of(
          "com.intellij.rt.", "org.eclipse.jdt.internal.junit", "com.microsoft.java.test.runner.");

  private PartialRun() {}

  /**
   * Returns what selects the part; empty if nothing says that there is more to run.
   *
   * @param property gives the value of a system property, or null
   */
  static Optional<String> why(UnaryOperator<@Nullable String> property) {
    String why =
        Stream.of(
                SELECTIONS.stream().filter(name -> !value(property, name).isEmpty()),
                LIMITS.stream().filter(name -> value(property, name).matches("0*[1-9]\\d*")))
            .flatMap(names -> names)
            .map(name -> "-D" + name + "=" + value(property, name))
            .collect(Collectors.joining(" "));
    if (!why.isEmpty()) {
      return Optional.of(why);
    }
    String command = value(property, "sun.java.command");
    return IDES.stream().anyMatch(command::startsWith)
        ? Optional.of("run from an IDE")
        : Optional.empty();
  }

  private static String value(UnaryOperator<@Nullable String> property, String name) {
    String value = property.apply(name);
    return value == null ? "" : value.strip();
  }
}
