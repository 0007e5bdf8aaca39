package io.github.streamleak.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the system properties of a JVM say about the part of the suite that runs in it. */
class PartialRunTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          test                          | One                  | -Dtest=One
          it.test                       | OneIT#opens          | -Dit.test=OneIT#opens
          groups                        | fast                 | -Dgroups=fast
          excludedGroups                | slow                 | -DexcludedGroups=slow
          surefire.skipAfterFailureCount| 1                    | -Dsurefire.skipAfterFailureCount=1
          sun.java.command              | com.intellij.rt.junit.JUnitStarter -junit5 One | run from an IDE
          """)
  void partOfTheSuiteTest(String name, String value, String why) {
    assertThat(PartialRun.why(Map.of(name, value)::get)).contains(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          test                          | ' '
          surefire.skipAfterFailureCount| 0
          sun.java.command              | /home/me/target/surefire/surefirebooter1.jar /tmp 1
          tests                         | One
          """)
  void wholeSuiteTest(String name, String value) {
    assertThat(PartialRun.why(Map.of(name, value)::get)).isEmpty();
  }
}
