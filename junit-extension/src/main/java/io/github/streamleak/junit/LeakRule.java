package io.github.streamleak.junit;

import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamRule;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Sets one rule of a {@link GrpcStreamLeakCheck}, whatever its strictness. */
@Retention(RetentionPolicy.RUNTIME)
@Target({})
public @interface LeakRule {

  /** The rule; any but {@link StreamRule#LEAKED_STREAM}, which always fails. */
  StreamRule value();

  /** What a breach of it does. */
  RuleSeverity severity();
}
