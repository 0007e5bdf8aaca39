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
     * The bounded log has dropped events that would decide, or they were not seen. No assertion may
     * pass on this; the text says which it is, and names the setting that keeps more events.
     */
    UNDECIDABLE
  }

  private final Outcome outcome;
  private final String expectation;
  private final String problem;
  private final LifecycleTable table;
  private final String hint;

  LifecycleResult(
      Outcome outcome, String expectation, String problem, LifecycleTable table, String hint) {
    this.outcome = outcome;
    this.expectation = expectation;
    this.problem = problem;
    this.table = table;
    this.hint = hint;
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
   * Returns in one line the first event that is missing, surplus or out of order; or why that
   * cannot be decided: how many events were dropped and which setting keeps them, or what was not
   * seen. Empty if the stream meets the expectation.
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

  /**
   * Returns what may help where the order is wrong, because threads may race for it; empty where
   * that is not known.
   */
  public String hint() {
    return hint;
  }

  /** Returns expectation, problem, table and hint. */
  public String describe() {
    return isMatched()
        ? expectation + ", and so it was:\n\n" + table()
        : expectation
            + ",\nbut "
            + problem
            + ":\n\n"
            + table()
            + (hint.isEmpty() ? "" : "\n\n" + hint);
  }

  /** Returns {@link #describe()}. */
  @Override
  public String toString() {
    return describe();
  }
}
