package io.github.streamleak.run;

import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.Strictness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of the settings that one place gives, such as an annotation or a builder. It may leave
 * any of them, or all, to the layers below it.
 *
 * @param mode what a leak does; null leaves it open
 * @param grace how long to wait; null leaves it open
 * @param strictness how strict the check is; null leaves it open
 * @param rules the rules that are set here
 * @param allowances the streams that are excused here; those of all layers add up
 */
public record SettingsLayer(
    @Nullable LeakMode mode,
    @Nullable Duration grace,
    @Nullable Strictness strictness,
    Map<StreamRule, RuleSeverity> rules,
    List<Allowance> allowances) {

  /** The layer that leaves everything open. */
  public static final SettingsLayer EMPTY =
      new SettingsLayer(null, null, null, Map.of(), List.of());

  /** Makes a layer that does not change when its arguments are changed later. */
  public SettingsLayer {
    rules = Map.copyOf(rules);
    allowances = List.copyOf(allowances);
  }

  /** Returns whether this layer leaves everything open. */
  public boolean isEmpty() {
    return mode == null
        && grace == null
        && strictness == null
        && rules.isEmpty()
        && allowances.isEmpty();
  }

  /** Returns a layer with the settings of both. Where they differ, {@code other} wins. */
  public SettingsLayer and(SettingsLayer other) {
    if (other.isEmpty()) {
      return this;
    }
    if (isEmpty()) {
      return other;
    }
    Map<StreamRule, RuleSeverity> bothRules = new EnumMap<>(StreamRule.class);
    bothRules.putAll(rules);
    bothRules.putAll(other.rules);
    List<Allowance> bothAllowances = new ArrayList<>(allowances);
    bothAllowances.addAll(other.allowances);
    return new SettingsLayer(
        other.mode != null ? other.mode : mode,
        other.grace != null ? other.grace : grace,
        other.strictness != null ? other.strictness : strictness,
        bothRules,
        bothAllowances);
  }
}
