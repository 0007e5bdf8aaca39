package io.github.streamleak.run;

import io.github.streamleak.verdict.StreamAllowance;

/**
 * An allowance and where it was written.
 *
 * @param allowance what it excuses
 * @param place where it was written, for messages
 * @param ofRun whether it holds for the whole run, so that no single test can tell whether it is
 *     needed
 */
public record Allowance(StreamAllowance allowance, String place, boolean ofRun) {

  /** Returns the sentence that reports this allowance if it excused nothing. */
  String unused() {
    return place + " excused no stream: " + allowance + "; remove it, or correct the method";
  }
}
