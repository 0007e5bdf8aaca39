package io.github.streamleak.lifecycle;

/**
 * Whether a stream meets a {@link Lifecycle}, and where it does not. The texts are ASCII with
 * {@code \n}, and hold no ids that change from run to run.
 */
public final class LifecycleResult {

  /** How it came out. */
  public enum Outcome {
    /** The stream meets the expectation. */
    MATCHED,
    /** It does not. */
    NOT_MATCHED,
    /**
     * The bounded log has dropped events that would decide. No assertion may pass on this; the text
     * says which setting keeps more.
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

  /** Returns how it came out. */
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
   * Returns in one line the first event that is missing, surplus or out of order; or what cannot be
   * told and which setting helps. Empty if the stream meets the expectation.
   */
  public String problem() {
    return problem;
  }

  /**
   * Returns the expected life cycle and the recorded one side by side, aligned where they agree,
   * with the times since the start of the stream and a {@code >} at the first event that is
   * missing, surplus or out of order.
   */
  public String table() {
    return table.render();
  }

  /**
   * Returns the life cycle as it would have to be, an event to a line and without times: what an
   * IDE compares with {@link #actual()}.
   */
  public String expected() {
    return table.expected();
  }

  /** Returns the life cycle as it was recorded, an event to a line and without times. */
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
