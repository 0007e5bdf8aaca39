package io.github.streamleak.truth;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.truth.ExpectFailure;
import com.google.common.truth.Subject;
import com.google.common.truth.TruthFailureSubject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.ComparisonFailure;

/** Failures as facts. */
final class Failures {

  private Failures() {}

  /** One assertion: a use of it that passes, and one that fails with these keys and values. */
  record Case<S extends Subject>(
      String method, Consumer<? super S> passes, Consumer<? super S> fails, String facts) {
    @Override
    public String toString() {
      return method;
    }
  }

  static <S extends Subject, T> AssertionError failure(
      Subject.Factory<S, T> factory, @Nullable T actual, Consumer<? super S> assertion) {
    return ExpectFailure.expectFailureAbout(
        factory, expect -> assertion.accept(expect.that(actual)));
  }

  /**
   * Checks all keys, in order, and all values. {@code expected} has the facts as Truth writes them,
   * "key: value" or a key alone, with " | " between. A value that begins with "~" is its start.
   */
  static void hasFacts(AssertionError failure, String expected) {
    List<String> keys = new ArrayList<>();
    TruthFailureSubject facts = ExpectFailure.assertThat(failure);
    for (String each : expected.split(" \\| ", -1)) {
      int end = each.indexOf(": ");
      if (end < 0) {
        keys.add(each);
        continue;
      }
      String key = each.substring(0, end);
      String value = each.substring(end + 2);
      keys.add(key);
      if (value.startsWith("~")) {
        facts.factValue(key).startsWith(value.substring(1));
      } else {
        facts.factValue(key).isEqualTo(value);
      }
    }
    facts.factKeys().containsExactlyElementsIn(keys).inOrder();
    assertWithMessage("keys in lower case").that(keys).isEqualTo(lower(keys));
    assertThat(failure).hasMessageThat().doesNotContain("io.github.streamleak.recorder");
  }

  private static List<String> lower(List<String> keys) {
    return keys.stream().map(key -> key.toLowerCase(java.util.Locale.ROOT)).toList();
  }

  /** Checks what an IDE shows as a diff. */
  static void compares(AssertionError failure, String expected, String actual) {
    assertThat(failure).isInstanceOf(ComparisonFailure.class);
    ComparisonFailure comparison = (ComparisonFailure) failure;
    assertThat(comparison.getExpected()).isEqualTo(expected);
    assertThat(comparison.getActual()).isEqualTo(actual);
  }
}
