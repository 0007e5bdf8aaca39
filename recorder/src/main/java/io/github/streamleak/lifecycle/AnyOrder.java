package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.EventCriteria.Place;
import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.lifecycle.LifecycleTable.Role;
import io.github.streamleak.stream.EventKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;

/**
 * Events in any order, no event counting twice.
 *
 * <p>One event can be what several steps ask for: the first message is a message, too. Taking
 * events greedily could use up the one that a later step alone can be, so that steps are assigned
 * to events as in a bipartite matching. It is done twice: with what the gap surely holds, which
 * decides a pass, and with what it may hold, which decides a failure.
 */
final class AnyOrder implements Shape {

  private final List<EventMatcher> events;

  AnyOrder(List<EventMatcher> events) {
    this.events = events;
  }

  @Override
  public List<EventMatcher> events() {
    return events;
  }

  @Override
  public boolean isOrder() {
    return false;
  }

  @Override
  public boolean stands(Outcome outcome, Predicate<EventMatcher> more) {
    boolean found =
        outcome == Outcome.MATCHED
            && events.stream().allMatch(event -> event.criteria().place() == Place.ANY);
    return found || Shape.super.stands(outcome, more);
  }

  @Override
  public Decision decide(StreamPart part, LifecycleTable table) {
    List<Step> steps = Step.all(events, part);
    Assignment assignment = new Assignment(steps, part, true);
    Outcome outcome = Outcome.MATCHED;
    if (!assignment.isComplete()) {
      assignment = new Assignment(steps, part, false);
      boolean unsure =
          assignment.isComplete()
              || steps.stream().anyMatch(step -> !step.occurrences().isResolved());
      outcome = unsure ? Outcome.UNDECIDABLE : Outcome.NOT_MATCHED;
    }
    int[] stepOf = assignment.stepOf;
    table.addRecorded(
        (event, index) ->
            table.add(
                Role.AGREES, stepOf[index] < 0 ? "" : steps.get(stepOf[index]).words(), event, ""));
    String problem = "";
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      int event = assignment.eventOf[i];
      if (outcome == Outcome.NOT_MATCHED && event < 0) {
        problem = problem.isEmpty() ? step.words() + " is missing" : problem;
        table.add(Role.MISSING, step.label(), "missing");
      } else if (event < 0 || event >= part.kept().size()) {
        table.add(Role.GAP, step.label(), LifecycleTable.MAYBE_DROPPED);
      }
    }
    return Decision.of(outcome, problem);
  }

  /** As many steps as possible, each with an event of its own. */
  private static final class Assignment {
    private final List<Step> steps;
    private final int kept;

    /** The kinds of the events in the gap, which follow those that were kept. */
    private final List<EventKind> inGap = new ArrayList<>();

    private final boolean surely;
    final int[] eventOf;
    final int[] stepOf;

    /**
     * Assigns the steps.
     *
     * @param surely whether to count on no more than the gap surely holds
     */
    Assignment(List<Step> steps, StreamPart part, boolean surely) {
      this.steps = steps;
      this.kept = part.kept().size();
      this.surely = surely;
      for (EventKind kind : EventKind.values()) {
        long there = surely ? part.droppedAtLeast(kind, 0) : part.droppedAtMost(kind, 0);
        inGap.addAll(Collections.nCopies((int) Math.min(there, steps.size()), kind));
      }
      this.eventOf = new int[steps.size()];
      this.stepOf = new int[kept + inGap.size()];
      Arrays.fill(eventOf, -1);
      Arrays.fill(stepOf, -1);
      for (int i = 0; i < steps.size(); i++) {
        boolean unused = claim(i, new boolean[stepOf.length]);
      }
    }

    boolean isComplete() {
      return Arrays.stream(eventOf).allMatch(event -> event >= 0);
    }

    /** Finds an event for a step, moving other steps to other events where needed. */
    private boolean claim(int step, boolean[] tried) {
      for (int event = 0; event < stepOf.length; event++) {
        if (tried[event] || !canBe(steps.get(step), event)) {
          continue;
        }
        tried[event] = true;
        if (stepOf[event] < 0 || claim(stepOf[event], tried)) {
          stepOf[event] = step;
          eventOf[step] = event;
          return true;
        }
      }
      return false;
    }

    private boolean canBe(Step step, int event) {
      if (event < kept) {
        return step.isMetBy(event);
      }
      return step.kind() == inGap.get(event - kept)
          && (surely ? step.isKindAlone() : step.canBeInGap());
    }
  }
}
