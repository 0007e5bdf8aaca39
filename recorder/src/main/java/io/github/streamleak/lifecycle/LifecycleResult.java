package io.github.streamleak.lifecycle;

/**
 * Whether a stream meets a {@link Lifecycle}, and where it does not. The texts are ASCII with
 * {@code \n}, and hold no ids that change from run to run.
 *
 * <p>There are three outcomes and not two. The log of a stream is bounded, so that an event which
 * would decide can be gone, and an assertion that passes on such a stream would hide the very fault
 * that it looks for. Whoever wraps this must let {@link Outcome#UNDECIDABLE} fail.
 */
public final class LifecycleResult {

  /** Whether a stream meets an expectation. */
  public enum Outcome {
    /** The stream meets the expectation. */
    MATCHED,
    /** The stream does not meet the expectation. */
    NOT_MATCHED,
    /**
     * The bounded log has dropped events that would decide. No assertion may pass on this; the text
     * names the setting that keeps more events.
     */
    UNDECIDABLE
  }

  private final Outcome outcome;
  private final String expectation;
  private final String problem;
  private final LifecycleTable table;

  LifecycleResult(Outcome outcome, String expectation, String problem, LifecycleTable table) {
    this.outcome = outcome;
    this.expectation = expectation;
    this.problem = problem;
    this.table = table;
  }

  /** Returns whether the stream meets the expectation, or whether that cannot be decided. */
  public Outcome outcome() {
    return outcome;
  }

  /** Returns whether the stream meets the expectation. */
  public boolean isMatched() {
    return outcome == Outcome.MATCHED;
  }

  /** Returns what was expected, so that it reads on from "the stream has". */
  public String expectation() {
    return expectation;
  }

  /**
   * Returns in one line the first event that is missing, surplus or out of order; or how many
   * events were dropped and which setting keeps them. Empty if the stream meets the expectation.
   */
  public String problem() {
    return problem;
  }

  /**
   * Returns the expected life cycle and the recorded one side by side, aligned where they agree.
   * Each event has its time since the start of the stream, and a {@code >} marks the first event
   * that is missing, surplus or out of order.
   */
  public String table() {
    return table.render();
  }

  /**
   * Returns the life cycle as it should have been, one event to a line and without times. An IDE
   * compares it with {@link #actual()}.
   */
  public String expected() {
    return table.expected();
  }

  /** Returns the life cycle as it was recorded, one event to a line and without times. */
  public String actual() {
    return table.actual();
  }

  /** Returns expectation, problem and table. */
  public String describe() {
    return isMatched()
        ? expectation + ", and so it was:\n\n" + table()
        : expectation + ",\nbut " + problem + ":\n\n" + table();
  }

  /** Returns {@link #describe()}. */
  @Override
  public String toString() {
    return describe();
  }
}
