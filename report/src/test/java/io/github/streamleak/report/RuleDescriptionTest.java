package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.verdict.StreamRule;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A report names the rules in words of its own, and must know each rule of the recorder. */
final class RuleDescriptionTest {

  @Test
  void everyRuleIsDescribedTest() {
    assertThat(RuleDescription.values())
        .extracting(RuleDescription::name)
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(
                    Arrays.stream(StreamRule.values()).map(StreamRule::name),
                    Stream.of(RuleDescription.SHOWN.name()))
                .toList());
  }
}
