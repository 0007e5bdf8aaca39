package io.github.streamleak.lifecycle;

/**
 * What a step of an expectation is called, and which of several alike it is, as in "inbound message
 * (2 of 3)". Steps that follow each other can share one label, as in "inbound message (4 to 20 of
 * 20)".
 *
 * @param one the words for one of them
 * @param from the number of the first one meant, from 1
 * @param to the number of the last one meant
 * @param of how many there are; 1 if it stands alone
 */
record StepLabel(String one, int from, int to, int of) {

  String words() {
    return of == 1
        ? one
        : one + " (" + (from == to ? from : from + " to " + to) + " of " + of + ")";
  }

  boolean isFollowedBy(StepLabel next) {
    return one.equals(next.one) && of == next.of && next.from == to + 1;
  }

  /** Returns the label of all steps from this one to {@code last}. */
  StepLabel to(StepLabel last) {
    return new StepLabel(one, from, last.to, of);
  }
}
