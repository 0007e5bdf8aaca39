package io.github.streamleak.run;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whatever runs the tests. Answers what the check of a run has to ask and cannot know itself.
 *
 * <p>There is one runner in each run. Its methods may be called by several threads at once.
 */
public interface Runner {

  /** Returns the value of a configuration parameter; empty if it is not set. */
  Optional<String> parameter(String name);

  /** Returns whether two tests may run at the same time. */
  boolean runsInParallel();

  /**
   * Runs {@code action} when the run ends. The action that was registered last runs first. An error
   * that it throws fails the run.
   */
  void atEnd(Runnable action);

  /**
   * Returns the exception by which this runner tells its users that something is configured
   * wrongly. It is the caller that throws it.
   */
  RuntimeException misuse(String message, @Nullable Throwable cause);

  /** Returns the words for what only this runner has. */
  Wording wording();

  /**
   * The words in messages for what only one runner has.
   *
   * @param allowance what excuses a stream in code, such as the name of an annotation
   * @param howToAllow the line that excuses a method, with {@code %s} in place of the method's name
   * @param ownChannels which channels are recorded even if no other channel is watched
   */
  record Wording(String allowance, String howToAllow, String ownChannels) {}
}
