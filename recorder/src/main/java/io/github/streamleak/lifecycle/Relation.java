package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import java.util.List;
import java.util.function.Function;

/**
 * An event before, after or between others.
 *
 * <p>All that a relation speaks of must have happened, but for an event that must not come after
 * another: with one of the events missing, a relation would hold by accident. {@link RelationCheck}
 * decides it.
 */
final class Relation implements Shape {

  private final Function<RelationCheck, Outcome> question;
  private final List<EventMatcher> events;

  private Relation(Function<RelationCheck, Outcome> question, EventMatcher... events) {
    this.question = question;
    this.events = List.of(events);
  }

  static Relation before(EventMatcher earlier, EventMatcher later) {
    return new Relation(check -> check.isBefore(earlier, later), earlier, later);
  }

  static Relation everyBeforeAny(EventMatcher earlier, EventMatcher later) {
    return new Relation(check -> check.isEveryBeforeAny(earlier, later), earlier, later);
  }

  static Relation neverAfter(EventMatcher event, EventMatcher anchor) {
    return new Relation(check -> check.isNeverAfter(event, anchor), event, anchor);
  }

  static Relation between(EventMatcher event, EventMatcher from, EventMatcher to) {
    return new Relation(check -> check.isEveryBetween(event, from, to), event, from, to);
  }

  @Override
  public List<EventMatcher> events() {
    return events;
  }

  @Override
  public Decision decide(StreamPart part, LifecycleTable table) {
    RelationRows rows = new RelationRows(part, table);
    Outcome outcome = question.apply(new RelationCheck(part, rows));
    rows.write();
    return Decision.of(outcome, rows.problem());
  }
}
