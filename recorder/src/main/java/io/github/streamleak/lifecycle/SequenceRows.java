package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.lifecycle.LifecycleTable.Role;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.StreamEvent;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the rows of a sequence into a table, from an {@link Alignment}, and finds the first event
 * that is missing, surplus or out of order.
 *
 * <p>Between two rows that agree there is a block of steps that no event agrees with and of events
 * that no step agrees with. The events of a block stand first where other events are allowed
 * anywhere, so that a missing step is shown as late as it could have come; otherwise the steps
 * stand first. In the block with the gap the steps stand right before the gap, since they may be in
 * it.
 */
final class SequenceRows {

  private final Alignment alignment;
  private final List<Step> steps;
  private final List<StreamEvent> kept;
  private final StreamPart part;
  private final LifecycleTable table;
  private final Outcome outcome;
  private final Map<EventKind, Integer> leftToTheGap = new EnumMap<>(EventKind.class);
  private String problem = "";

  SequenceRows(Alignment alignment, LifecycleTable table, Outcome outcome) {
    this.alignment = alignment;
    this.steps = alignment.steps();
    this.part = alignment.part();
    this.kept = part.kept();
    this.table = table;
    this.outcome = outcome;
  }

  /** Writes the rows, and returns the problem in one line; empty if the sequence is met. */
  String write() {
    boolean gapLeft = part.hasGap();
    int event = 0;
    int step = 0;
    while (step <= steps.size()) {
      int blockEnd = step;
      while (blockEnd < steps.size() && alignment.eventOf(blockEnd) < 0) {
        blockEnd++;
      }
      int nextEvent = blockEnd < steps.size() ? alignment.eventOf(blockEnd) : kept.size();
      boolean gapInBlock = gapLeft && nextEvent >= part.gapIndex();
      int stepsStandBefore =
          gapInBlock
              ? part.gapIndex()
              : alignment.others() == OtherEvents.ANYWHERE ? nextEvent : event;
      event = addEvents(event, stepsStandBefore, step);
      for (; step < blockEnd; step++) {
        addStep(step, event, gapInBlock);
      }
      if (gapInBlock) {
        table.addGap();
        gapLeft = false;
      }
      event = addEvents(event, nextEvent, step);
      if (step < steps.size()) {
        table.add(Role.AGREES, steps.get(step).words(), kept.get(event), "");
        event++;
      }
      step++;
    }
    if (outcome == Outcome.NOT_MATCHED && problem.isEmpty()) {
      note(whatIsWrongWithTheGap());
      table.markGap();
    }
    return problem;
  }

  /** All that was kept agrees, so the gap has too few events of a kind, or too many. */
  private String whatIsWrongWithTheGap() {
    boolean othersAllowed = alignment.others() != OtherEvents.NOWHERE;
    for (EventKind kind : EventKind.values()) {
      long wanted = leftToTheGap.getOrDefault(kind, 0);
      long dropped = part.dropped(kind);
      if (wanted > dropped || (wanted < dropped && !othersAllowed && part.knowsNumberDropped())) {
        return dropped
            + " x "
            + kind.words()
            + (dropped == 1 ? " was" : " were")
            + " dropped where "
            + (wanted == 0 ? "none is" : wanted == 1 ? "1 is" : wanted + " are")
            + " expected";
      }
    }
    return "other events were dropped than are expected there";
  }

  /** Adds the events from {@code event} to {@code end}, and returns {@code end}. */
  private int addEvents(int event, int end, int nextStep) {
    for (int i = event; i < end; i++) {
      addEvent(i, nextStep);
    }
    return Math.max(event, end);
  }

  private void addStep(int index, int nextEvent, boolean besideTheGap) {
    Step step = steps.get(index);
    int elsewhere = alignment.elsewhere(index);
    if (outcome == Outcome.MATCHED) {
      table.add(Role.GAP, step.label(), "");
    } else if (outcome == Outcome.UNDECIDABLE
        || (besideTheGap && step.canBeInGap() && elsewhere < 0)) {
      leftToTheGap.merge(step.kind(), 1, Integer::sum);
      table.add(Role.GAP, step.label(), LifecycleTable.MAYBE_DROPPED);
    } else if (elsewhere < 0) {
      note(step.words() + " is missing" + placeOf(index));
      table.add(Role.MISSING, step.label(), "missing");
    } else {
      noteOutOfOrder(index, elsewhere);
      String where = elsewhere < nextEvent ? "above" : "below";
      table.add(
          Role.OUT_OF_ORDER,
          step.words(),
          null,
          "out of order: recorded " + where + ", at " + LifecycleTable.time(kept.get(elsewhere)));
    }
  }

  private void addEvent(int index, int nextStep) {
    StreamEvent event = kept.get(index);
    int claimant = alignment.claimant(index);
    boolean unsure = outcome == Outcome.UNDECIDABLE;
    if (claimant >= 0 && !unsure) {
      noteOutOfOrder(claimant, index);
      String where = claimant < nextStep ? "above" : "below";
      table.add(Role.OUT_OF_ORDER, "", event, "out of order: expected " + where);
    } else if (unsure || isOtherAllowed(nextStep)) {
      table.add(Role.AGREES, "", event, "");
    } else {
      note(table.named(event) + " is surplus");
      table.add(Role.SURPLUS, "", event, "surplus");
    }
  }

  private boolean isOtherAllowed(int nextStep) {
    return switch (alignment.others()) {
      case NOWHERE -> false;
      case AFTERWARDS -> nextStep == steps.size();
      case ANYWHERE -> true;
    };
  }

  private void note(String first) {
    if (problem.isEmpty()) {
      problem = first;
    }
  }

  private String placeOf(int missingStep) {
    for (int step = missingStep - 1; step >= 0; step--) {
      if (alignment.eventOf(step) >= 0) {
        return " after " + table.named(kept.get(alignment.eventOf(step)));
      }
    }
    return kept.isEmpty() ? ": nothing was recorded" : "";
  }

  private void noteOutOfOrder(int step, int event) {
    note(steps.get(step).words() + " is out of order: " + wrongPlace(step, event));
  }

  private String wrongPlace(int step, int event) {
    String time = LifecycleTable.time(kept.get(event));
    for (int later = step + 1; later < steps.size(); later++) {
      int agreeing = alignment.eventOf(later);
      if (agreeing >= 0 && agreeing < event) {
        return "expected before "
            + table.named(kept.get(agreeing))
            + ", recorded after it at "
            + time;
      }
    }
    for (int earlier = step - 1; earlier >= 0; earlier--) {
      int agreeing = alignment.eventOf(earlier);
      if (agreeing > event) {
        return "expected after "
            + table.named(kept.get(agreeing))
            + ", recorded before it at "
            + time;
      }
    }
    return "recorded at " + time;
  }
}
