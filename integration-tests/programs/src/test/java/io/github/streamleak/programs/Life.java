package io.github.streamleak.programs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The state of a stream after a step: what the model predicts, and what was recorded. The lists are
 * the events so far, each in its own order; how the three lanes mix is left to the transport.
 *
 * @param application what the application did and received
 * @param attempt what the transport did
 * @param picker what the picker was asked and told
 * @param counts how many events of every kind there were
 * @param open whether the stream is open
 * @param releases the ways of release, the deciding one first
 * @param cause why it is open, or "-"
 * @param terminal the code of the terminal status, or "-"
 */
record Life(
    List<String> application,
    List<String> attempt,
    List<String> picker,
    Map<String, Long> counts,
    boolean open,
    List<String> releases,
    String cause,
    String terminal) {

  /** Returns how often each kind occurs; an event's kind is its first word. */
  static Map<String, Long> count(List<List<String>> lanes) {
    Map<String, Long> counts = new TreeMap<>();
    for (List<String> lane : lanes) {
      for (String event : lane) {
        counts.merge(event.split(" ", -1)[0], 1L, Long::sum);
      }
    }
    return counts;
  }

  /** Returns the differences between this prediction and what was recorded, one in a line. */
  List<String> differences(Life recorded, boolean withEvents) {
    List<String> found = new ArrayList<>();
    if (withEvents) {
      compare(found, "application", application, recorded.application);
      compare(found, "attempt", attempt, recorded.attempt);
      compare(found, "picker", picker, recorded.picker);
    }
    compare(found, "counts", counts, recorded.counts);
    compare(found, "open", open, recorded.open);
    compare(found, "releases", releases, recorded.releases);
    compare(found, "cause", cause, recorded.cause);
    compare(found, "terminal", terminal, recorded.terminal);
    return found;
  }

  private static void compare(List<String> found, String what, Object predicted, Object recorded) {
    if (!predicted.equals(recorded)) {
      found.add(what + ": predicted " + predicted + ", recorded " + recorded);
    }
  }
}
