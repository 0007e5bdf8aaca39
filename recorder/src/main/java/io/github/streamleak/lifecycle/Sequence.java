package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.EventCriteria.Place;
import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.stream.EventKind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Events in a given order, with other events between them or without.
 *
 * <p>Before and after the gap, steps and events are compared one by one. What is left of the steps
 * must be in the gap. It is there for sure only if they are all of one kind and the gap holds
 * enough of it, since nothing is known of the order inside; it is not there for sure if the gap
 * holds too few of a kind.
 */
final class Sequence implements Shape {

  private final OtherEvents others;
  private final List<EventMatcher> events;

  Sequence(OtherEvents others, List<EventMatcher> events) {
    this.others = others;
    this.events = events;
  }

  @Override
  public List<EventMatcher> events() {
    return events;
  }

  @Override
  public boolean heedsOtherEvents() {
    return others == OtherEvents.NOWHERE;
  }

  @Override
  public boolean isDecidedByOthers() {
    return others != OtherEvents.ANYWHERE;
  }

  @Override
  public boolean stands(Outcome outcome, Predicate<EventMatcher> more) {
    boolean found =
        outcome == Outcome.MATCHED
            && others == OtherEvents.ANYWHERE
            && events.stream().allMatch(event -> event.criteria().place() == Place.ANY);
    return found || Shape.super.stands(outcome, more);
  }

  @Override
  public Decision decide(StreamPart part, LifecycleTable table) {
    List<Step> steps = Step.all(events, part);
    Outcome outcome =
        switch (others) {
          case NOWHERE -> isWhole(steps, part);
          case AFTERWARDS -> isStart(steps, part);
          case ANYWHERE -> isThere(steps, part);
        };
    if (outcome == Outcome.NOT_MATCHED
        && steps.stream().anyMatch(step -> !step.occurrences().isResolved())) {
      outcome = Outcome.UNDECIDABLE;
    }
    Alignment alignment = new Alignment(part, steps, others);
    return Decision.of(outcome, new SequenceRows(alignment, table, outcome).write());
  }

  private static Outcome isWhole(List<Step> steps, StreamPart part) {
    int head = part.gapIndex();
    int all = part.kept().size();
    if (!part.hasGap()) {
      return decided(steps.size() == all && meet(steps, 0, 0, all));
    }
    long dropped = part.dropped();
    boolean sizeFits =
        part.knowsNumberDropped()
            ? steps.size() == all + dropped
            : steps.size() >= all && steps.size() <= all + dropped;
    int tail = steps.size() - (all - head);
    if (!sizeFits || !meet(steps, 0, 0, head) || !meet(steps, tail, head, all)) {
      return Outcome.NOT_MATCHED;
    }
    return isGap(steps.subList(head, tail), part);
  }

  private static Outcome isStart(List<Step> steps, StreamPart part) {
    int n = steps.size();
    int head = part.gapIndex();
    int all = part.kept().size();
    if (!part.hasGap()) {
      return decided(n <= all && meet(steps, 0, 0, n));
    }
    long dropped = part.dropped();
    if (!meet(steps, 0, 0, Math.min(n, head)) || n > all + dropped) {
      return Outcome.NOT_MATCHED;
    }
    if (n <= head) {
      return Outcome.MATCHED;
    }
    if (n <= head + (part.knowsNumberDropped() ? dropped : part.droppedAtLeast())) {
      return isGap(steps.subList(head, n), part);
    }
    if (!part.knowsNumberDropped()) {
      return Outcome.UNDECIDABLE; // the last steps may be events after the gap
    }
    int afterGap = (int) (head + dropped);
    if (!meet(steps, afterGap, head, head + n - afterGap)) {
      return Outcome.NOT_MATCHED;
    }
    return isGap(steps.subList(head, afterGap), part);
  }

  private static Outcome decided(boolean holds) {
    return holds ? Outcome.MATCHED : Outcome.NOT_MATCHED;
  }

  /** Returns whether the steps from {@code step} on are met by the kept events in the range. */
  private static boolean meet(List<Step> steps, int step, int from, int to) {
    if (step < 0 || step + to - from > steps.size()) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (!steps.get(step + i - from).isMetBy(i)) {
        return false;
      }
    }
    return true;
  }

  /** Decides whether the gap consists of {@code steps}, or starts with them. */
  private static Outcome isGap(List<Step> steps, StreamPart part) {
    EventKind only = part.onlyKindDropped();
    boolean sure =
        only != null
            && part.knowsNumberDropped()
            && steps.stream().allMatch(step -> step.isKindAlone() && step.kind() == only);
    return sure ? Outcome.MATCHED : unlessTooFew(steps, part);
  }

  private static Outcome isThere(List<Step> steps, StreamPart part) {
    int first = 0;
    for (int i = 0; i < part.gapIndex() && first < steps.size(); i++) {
      if (steps.get(first).isMetBy(i)) {
        first++;
      }
    }
    int last = steps.size();
    for (int i = part.kept().size() - 1; i >= part.gapIndex() && last > first; i--) {
      if (steps.get(last - 1).isMetBy(i)) {
        last--;
      }
    }
    // As few steps as possible are left for the gap: if it cannot be told whether these are in it,
    // it could not be told of more either.
    List<Step> middle = steps.subList(first, last);
    if (middle.isEmpty()) {
      return Outcome.MATCHED;
    }
    if (!part.hasGap()) {
      return Outcome.NOT_MATCHED;
    }
    Step one = middle.get(0);
    boolean sure =
        middle.stream().allMatch(step -> step.isLike(one))
            && one.occurrences().gapLeast() >= middle.size();
    return sure ? Outcome.MATCHED : unlessTooFew(middle, part);
  }

  /** Decides that {@code steps} are not in the gap if it has too few events of a kind for them. */
  private static Outcome unlessTooFew(List<Step> steps, StreamPart part) {
    Map<EventKind, Integer> needed = new EnumMap<>(EventKind.class);
    for (Step step : steps) {
      int ofKind = needed.merge(step.kind(), 1, Integer::sum);
      if (!step.canBeInGap() || ofKind > part.dropped(step.kind())) {
        return Outcome.NOT_MATCHED;
      }
    }
    return Outcome.UNDECIDABLE;
  }
}
