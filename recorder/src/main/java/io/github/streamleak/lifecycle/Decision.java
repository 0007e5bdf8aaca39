package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.LifecycleResult.Outcome;

/**
 * How an expectation came out on a part of a stream.
 *
 * @param problem in one line the first thing that is wrong; only told if the outcome is {@link
 *     Outcome#NOT_MATCHED}
 */
record Decision(Outcome outcome, String problem) {

  static final Decision MATCHED = new Decision(Outcome.MATCHED, "");
  static final Decision UNDECIDABLE = new Decision(Outcome.UNDECIDABLE, "");

  static Decision notMatched(String problem) {
    return new Decision(Outcome.NOT_MATCHED, problem);
  }

  static Decision of(Outcome outcome, String problem) {
    return switch (outcome) {
      case MATCHED -> MATCHED;
      case UNDECIDABLE -> UNDECIDABLE;
      case NOT_MATCHED -> notMatched(problem);
    };
  }
}
