package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.EventCriteria.Place;
import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An event before, after or between others.
 *
 * <p>All that a relation speaks of must have happened, but for an event that must not come after
 * another: with one of the events missing, a relation would hold by accident. {@link RelationCheck}
 * decides it.
 */
final class Relation implements Shape {

  private final Function<RelationCheck, Outcome> question;

  /** The first of these, if more of it cannot undo the relation once it holds; else null. */
  private final @Nullable EventMatcher harmless;

  private final List<EventMatcher> events;

  private Relation(
      Function<RelationCheck, Outcome> question,
      @Nullable EventMatcher harmless,
      EventMatcher... events) {
    this.question = question;
    this.harmless = harmless;
    this.events = List.of(events);
  }

  static Relation before(EventMatcher earlier, EventMatcher later) {
    return new Relation(check -> check.isBefore(earlier, later), earlier, earlier, later);
  }

  static Relation everyBeforeAny(EventMatcher earlier, EventMatcher later) {
    return new Relation(check -> check.isEveryBeforeAny(earlier, later), null, earlier, later);
  }

  static Relation neverAfter(EventMatcher event, EventMatcher anchor) {
    return new Relation(check -> check.isNeverAfter(event, anchor), null, event, anchor);
  }

  static Relation between(EventMatcher event, EventMatcher from, EventMatcher to) {
    return new Relation(check -> check.isEveryBetween(event, from, to), null, event, from, to);
  }

  @Override
  public List<EventMatcher> events() {
    return events;
  }

  @Override
  public boolean stands(Outcome outcome, Predicate<EventMatcher> more) {
    boolean holds = outcome == Outcome.MATCHED;
    return events.stream()
        .filter(event -> !(holds && event == harmless && event.criteria().place() == Place.ANY))
        .noneMatch(more);
  }

  @Override
  public Decision decide(StreamPart part, LifecycleTable table) {
    RelationRows rows = new RelationRows(part, table);
    Outcome outcome = question.apply(new RelationCheck(part, rows));
    rows.write();
    return Decision.of(outcome, rows.problem());
  }
}
