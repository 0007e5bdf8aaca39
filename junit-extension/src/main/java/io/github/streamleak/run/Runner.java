package io.github.streamleak.run;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What runs the tests: all that the check of a run has to ask, and cannot know by itself.
 *
 * <p>A runner is one per run. Its methods may be called from several threads at once.
 */
public interface Runner {

  /** Returns the value of a configuration parameter; empty if nobody has set it. */
  Optional<String> parameter(String name);

  /** Returns whether two tests may run at the same time. */
  boolean runsInParallel();

  /**
   * Has {@code action} run when the run ends. The action that was handed over last runs first. An
   * error that it throws fails the run.
   */
  void atEnd(Runnable action);

  /**
   * Returns the exception by which this runner tells its users that they have configured something
   * wrongly. The caller throws it.
   */
  RuntimeException misuse(String message, @Nullable Throwable cause);

  /** Returns how messages name what only this runner offers. */
  Wording wording();

  /**
   * How messages name what only one runner offers.
   *
   * @param allowance what excuses a stream in code, such as the name of an annotation
   * @param howToAllow the line that excuses a method, with {@code %s} in place of its name
   * @param ownChannels the channels that are recorded even if no other channel is watched
   */
  record Wording(String allowance, String howToAllow, String ownChannels) {}
}
