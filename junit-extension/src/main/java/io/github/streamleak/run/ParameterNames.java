package io.github.streamleak.run;

import io.github.streamleak.verdict.StreamRule;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The names of the configuration parameters. */
final class ParameterNames {

  static final String MODE = "streamleak.mode";
  static final String GRACE = "streamleak.grace";
  static final String WATCH = "streamleak.watch";
  static final String IGNORE = "streamleak.ignore";
  static final String STRICTNESS = "streamleak.strictness";
  static final String BASELINE = "streamleak.baseline";
  static final String UPDATE = "streamleak.baseline.update";
  static final String REPORT_DIR = "streamleak.report.dir";
  static final String REPORT_STREAMS = "streamleak.report.streams";

  /** What the name of a parameter for one rule begins with. */
  static final String RULE = "streamleak.rule.";

  private static final String PREFIX = "streamleak.";

  private ParameterNames() {}

  /** Returns what is wrong with a name; null if it is known, or is not one of ours. */
  static @Nullable String mistakeIn(String name) {
    if (name.startsWith(RULE)) {
      return isRule(name.substring(RULE.length()))
          ? null
          : "there is no configuration parameter " + name + "; the rules are " + rules();
    }
    if (!name.startsWith(PREFIX) || all().contains(name)) {
      return null;
    }
    return "there is no configuration parameter "
        + name
        + "; the valid ones are "
        + String.join(", ", all())
        + " and "
        + RULE
        + "<name>";
  }

  private static Set<String> all() {
    return new TreeSet<>(
        List.of(
            MODE, GRACE, WATCH, IGNORE, STRICTNESS, BASELINE, UPDATE, REPORT_DIR, REPORT_STREAMS));
  }

  /**
   * Returns whether a name is spelt as {@link StreamRule#toString} does, for which a runner is
   * asked.
   */
  private static boolean isRule(String rule) {
    return Arrays.stream(StreamRule.values()).map(StreamRule::toString).anyMatch(rule::equals);
  }

  private static String rules() {
    return Arrays.stream(StreamRule.values())
        .filter(rule -> rule != StreamRule.LEAKED_STREAM)
        .map(StreamRule::toString)
        .collect(Collectors.joining(", "));
  }
}
