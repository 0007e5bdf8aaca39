package io.github.streamleak.junit;

import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamRule;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Sets one rule of a {@link GrpcStreamLeakCheck}, whatever the strictness of that check. */
@Retention(RetentionPolicy.RUNTIME)
@Target({})
public @interface LeakRule {

  /** The rule. {@link StreamRule#LEAKED_STREAM} cannot be set, because a leak always fails. */
  StreamRule value();

  /** What a breach of it does. */
  RuleSeverity severity();
}
