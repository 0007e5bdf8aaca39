package io.github.streamleak.lifecycle;

import io.github.streamleak.stream.EventKind;
import java.util.ArrayList;
import java.util.List;

/**
 * One event that an expectation asks for, and the events of a part of a stream that can be it. A
 * matcher of three messages is three steps.
 */
final class Step {

  private final EventMatcher matcher;
  private final StepLabel label;
  private final Occurrences occurrences;

  private Step(EventMatcher matcher, int number, Occurrences occurrences) {
    this.matcher = matcher;
    this.label = new StepLabel(matcher.describeOne(), number, number, matcher.times());
    this.occurrences = occurrences;
  }

  /** Returns the steps that {@code matchers} ask for, in their order. */
  static List<Step> all(List<EventMatcher> matchers, StreamPart part) {
    List<Step> steps = new ArrayList<>();
    for (EventMatcher matcher : matchers) {
      Occurrences occurrences = Occurrences.of(matcher.criteria(), part);
      for (int i = 1; i <= matcher.times(); i++) {
        steps.add(new Step(matcher, i, occurrences));
      }
    }
    return steps;
  }

  StepLabel label() {
    return label;
  }

  String words() {
    return label.words();
  }

  Occurrences occurrences() {
    return occurrences;
  }

  EventKind kind() {
    return matcher.criteria().kind();
  }

  /** Returns whether the kept event at {@code index} can be this step. */
  boolean isMetBy(int index) {
    return occurrences.has(index);
  }

  /** Returns whether any event of its kind will do. */
  boolean isKindAlone() {
    return matcher.criteria().isKindAlone();
  }

  /** Returns whether an event in the gap can be this step. */
  boolean canBeInGap() {
    return occurrences.gapMost() > 0;
  }

  /** Returns whether this step and {@code other} can be the same events of the stream. */
  boolean isLike(Step other) {
    return matcher == other.matcher
        || (isKindAlone() && other.isKindAlone() && kind() == other.kind());
  }
}
