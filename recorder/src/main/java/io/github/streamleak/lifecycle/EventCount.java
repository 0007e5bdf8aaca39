package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.EventCriteria.Place;
import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.lifecycle.LifecycleTable.Role;
import java.util.List;
import java.util.function.Predicate;

/**
 * One event a number of times. The log counts what it drops, so that this is decided on the longest
 * stream, unless something is asked of the event that a dropped one cannot answer.
 */
final class EventCount implements Shape {

  private final EventMatcher event;
  private final long least;
  private final long most;

  /** Expects {@code event} at least {@code least} times and at most {@code most} times. */
  EventCount(EventMatcher event, long least, long most) {
    this.event = event;
    this.least = least;
    this.most = most;
  }

  @Override
  public List<EventMatcher> events() {
    return List.of(event);
  }

  @Override
  public boolean isOrder() {
    return false;
  }

  @Override
  public boolean stands(Outcome outcome, Predicate<EventMatcher> more) {
    boolean enough = outcome == Outcome.MATCHED && most == Long.MAX_VALUE;
    boolean tooMany = outcome == Outcome.NOT_MATCHED && least == 0;
    boolean settled = (enough || tooMany) && event.criteria().place() == Place.ANY;
    return settled || Shape.super.stands(outcome, more);
  }

  @Override
  public Decision decide(StreamPart part, LifecycleTable table) {
    Occurrences found = Occurrences.of(event.criteria(), part);
    boolean tooFew = found.isResolved() && found.most() < least;
    boolean tooMany = found.isResolved() && found.least() > most;
    table.addRecorded(
        (recorded, index) -> {
          if (tooMany && found.number(index) > most) {
            table.add(Role.SURPLUS, "", recorded, "surplus");
          } else {
            table.add(Role.AGREES, found.has(index) ? event.describeOne() : "", recorded, "");
          }
        });
    if (tooFew) {
      long missing = least - found.most();
      String times = missing == 1 ? "" : missing + " x ";
      table.add(Role.MISSING, times + event.describeOne(), null, "missing");
    }
    if (tooFew || tooMany) {
      return Decision.notMatched(problem(found) + late(part));
    }
    boolean fits = found.isResolved() && found.least() >= least && found.most() <= most;
    return fits ? Decision.MATCHED : Decision.UNDECIDABLE;
  }

  private String problem(Occurrences found) {
    String times =
        found.most() == found.least()
            ? String.valueOf(found.most())
            : found.most() < least ? "at most " + found.most() : "at least " + found.least();
    return "it was recorded " + (times.equals("1") ? "once" : times + " times");
  }

  private String late(StreamPart part) {
    long late = part.late().stream().filter(event.criteria()::isMetBy).count();
    return late == 0
        ? ""
        : " before the terminal status, and "
            + (late == 1 ? "once" : late + " times")
            + " after it, which does not count";
  }
}
