package io.github.streamleak.run;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.Strictness;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The configuration parameters of one run, and the settings that follow from them.
 *
 * <p>Parameters do not change during a run, and every test asks for all of them several times. So
 * the settings of the run are worked out once. A mistake is not cached, because each test has to
 * fail for it.
 */
public final class LeakParameters {

  private final Runner runner;
  private final SettingsReader reader;

  // Two threads may work these out at the same time. Both get the same result.
  private volatile @Nullable LeakSettings ofRun;
  private volatile @Nullable WatchedChannels watch;
  private volatile boolean namesAreKnown;

  LeakParameters(Runner runner) {
    this.runner = runner;
    this.reader = new SettingsReader(runner);
  }

  /** Returns a reader for settings that are written elsewhere, such as in an annotation. */
  public SettingsReader reader() {
    return reader;
  }

  /**
   * Rejects a misspelt parameter, which otherwise would have no effect and nobody would be told.
   * Once all names were right, it looks no more in this run.
   *
   * @param written gives the names of all parameters that are written down anywhere
   */
  public void requireKnownNames(Supplier<Set<String>> written) {
    if (namesAreKnown) {
      return;
    }
    for (String name : written.get()) {
      String mistake = ParameterNames.mistakeIn(name);
      if (mistake != null) {
        throw runner.misuse(mistake, null);
      }
    }
    namesAreKnown = true;
  }

  /** Returns which channels are watched. */
  public WatchedChannels watch() {
    WatchedChannels known = watch;
    if (known == null) {
      known =
          choice(ParameterNames.WATCH, WatchedChannels.values()).orElse(WatchedChannels.CHECKED);
      watch = known;
    }
    return known;
  }

  /** Returns the settings for everything that belongs to no test. */
  public LeakSettings ofRun() {
    LeakSettings known = ofRun;
    if (known == null) {
      known = settings(SettingsLayer.EMPTY, SettingsLayer.EMPTY, Strictness.LENIENT);
      ofRun = known;
    }
    return known;
  }

  /**
   * Returns the settings for a test or class. Its annotation takes precedence over what was set in
   * code, that over the parameters, and those over the defaults. Allowances add up.
   *
   * @param unasked how strict the check is if nobody has set it
   */
  public LeakSettings settings(SettingsLayer annotated, SettingsLayer inCode, Strictness unasked) {
    SettingsLayer said = inCode.and(annotated);
    LeakMode mode = said.mode();
    if (mode == null) {
      mode = choice(ParameterNames.MODE, LeakMode.values()).orElse(LeakMode.FAIL);
    }
    Duration grace = said.grace();
    if (grace == null) {
      grace = configuredGrace();
    }
    Strictness strictness = said.strictness();
    if (strictness == null) {
      strictness = choice(ParameterNames.STRICTNESS, Strictness.values()).orElse(unasked);
    }
    Map<StreamRule, RuleSeverity> rules = configuredRules();
    rules.putAll(said.rules());
    List<Allowance> allowances = new ArrayList<>(annotated.allowances());
    allowances.addAll(inCode.allowances());
    allowances.addAll(ignored());
    return new LeakSettings(mode, grace, strictness, rules, allowances);
  }

  private Duration configuredGrace() {
    return runner
        .parameter(ParameterNames.GRACE)
        .map(text -> reader.duration(text, "the configuration parameter " + ParameterNames.GRACE))
        .orElse(GrpcStreamRecorder.DEFAULT_GRACE);
  }

  private Map<StreamRule, RuleSeverity> configuredRules() {
    Map<StreamRule, RuleSeverity> rules = new EnumMap<>(StreamRule.class);
    for (StreamRule rule : StreamRule.values()) {
      String parameter = ParameterNames.RULE + rule;
      choice(parameter, RuleSeverity.values())
          .ifPresent(severity -> rules.put(reader.settable(rule, parameter), severity));
    }
    return rules;
  }

  private List<Allowance> ignored() {
    List<Allowance> ignored = new ArrayList<>();
    for (String entry : runner.parameter(ParameterNames.IGNORE).orElse("").split(";", -1)) {
      if (!entry.isBlank()) {
        ignored.add(reader.ignored(entry));
      }
    }
    return ignored;
  }

  /** Returns the value of a parameter that takes one of a few words. */
  <E extends Enum<E>> Optional<E> choice(String parameter, E[] values) {
    return runner.parameter(parameter).map(text -> reader.choice(text, parameter, values));
  }

  /** Returns the value of a parameter, without blanks around it; empty if it is blank. */
  Optional<String> text(String parameter) {
    return runner.parameter(parameter).map(String::trim).filter(text -> !text.isEmpty());
  }

  /** Returns the value of a parameter that names a file or directory. */
  Optional<Path> path(String parameter) {
    return text(parameter).map(text -> reader.path(text, parameter));
  }

  /** Returns the exception for parameters that do not fit together. */
  RuntimeException misuse(String message, @Nullable Throwable cause) {
    return runner.misuse(message, cause);
  }
}
