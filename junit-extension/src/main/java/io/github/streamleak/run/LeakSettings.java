package io.github.streamleak.run;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.Strictness;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The settings for a test, a class or the run.
 *
 * <p>This is only a value. {@link LeakParameters} works it out from what people have written.
 *
 * @param mode what a leak does
 * @param grace how long to wait for streams to be released
 * @param strictness how strict the check is about the rules that are not set one by one
 * @param rules the rules that are set one by one
 * @param allowances the streams that may stay open
 */
public record LeakSettings(
    LeakMode mode,
    Duration grace,
    Strictness strictness,
    Map<StreamRule, RuleSeverity> rules,
    List<Allowance> allowances) {

  private static final String HOW_TO_SET = "streamleak.rule.%s = off (a configuration parameter)";

  /**
   * Returns a policy that holds streams to these settings.
   *
   * @param waitedAfter what was over when the check began to wait, such as {@code the test}
   * @param howToAllow the line that excuses a method, with {@code %s} in place of its name
   */
  StreamLeakPolicy policy(String waitedAfter, String howToAllow) {
    StreamLeakPolicy policy =
        StreamLeakPolicy.normal()
            .strictness(strictness)
            .wording(waitedAfter, howToAllow, HOW_TO_SET);
    for (Map.Entry<StreamRule, RuleSeverity> rule : rules.entrySet()) {
      policy = policy.rule(rule.getKey(), rule.getValue());
    }
    for (Allowance allowance : allowances) {
      policy = policy.allow(allowance.allowance());
    }
    return policy;
  }

  /** Returns a recorder that records what these settings ask for. */
  public GrpcStreamRecorder newRecorder() {
    RuleSeverity unstarted =
        rules.getOrDefault(StreamRule.NOT_STARTED, StreamRule.NOT_STARTED.severity(strictness));
    return GrpcStreamRecorder.builder()
        .grace(grace)
        .captureUnstarted(unstarted == RuleSeverity.FAIL)
        .build();
  }
}
