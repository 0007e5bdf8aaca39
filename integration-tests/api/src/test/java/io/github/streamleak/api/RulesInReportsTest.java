package io.github.streamleak.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.report.StreamReport;
import io.github.streamleak.verdict.StreamRule;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The report knows no recorder, and so has a list of the rules of its own. */
class RulesInReportsTest {

  /** Not a rule: a stream that nothing was found about. */
  private static final String SHOWN = "SHOWN";

  @Test
  void reportDescribesEveryRuleTest() throws Exception {
    Class<?> descriptions = Class.forName(StreamReport.class.getPackageName() + ".RuleDescription");
    Set<String> described =
        Arrays.stream(descriptions.getEnumConstants())
            .map(each -> ((Enum<?>) each).name())
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(described.remove(SHOWN)).isTrue();
    assertThat(described)
        .isEqualTo(
            Arrays.stream(StreamRule.values())
                .map(StreamRule::name)
                .collect(Collectors.toCollection(TreeSet::new)));
  }
}
