package io.github.streamleak.conformance;

import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The grid: every case on every transport that it concerns, and the chief ones on every policy. */
final class ConformanceTest {

  /** A regular expression for the names of the cells to run; all of them by default. */
  private static final Pattern ONLY = Pattern.compile(System.getProperty("conformance.only", ""));

  @TestFactory
  Stream<DynamicTest> everyCellComesToItsVerdictTest() {
    return Grid.cells().stream()
        .filter(cell -> ONLY.matcher(cell.toString()).find())
        .map(cell -> DynamicTest.dynamicTest(cell.toString(), cell::run));
  }
}
