package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import java.util.List;
import java.util.function.Predicate;

/**
 * What is asked of the events of a stream: a {@link Sequence}, events in {@link AnyOrder}, a {@link
 * Relation} between events, or an {@link EventCount}. A {@link Lifecycle} is a shape together with
 * its words and the part of a stream that it speaks of. A new kind of expectation is a new
 * implementation of this, and a factory method in {@link Lifecycle}.
 *
 * <p>Every shape decides with three outcomes, from the events that were kept and from what a {@link
 * StreamPart} knows of the gap. What follows from these alone is decided. The rest is undecidable,
 * which passes no assertion: a shape must not guess in favour of the test.
 */
interface Shape {

  /** Decides whether {@code part} has this shape, and puts a row for each event into the table. */
  Decision decide(StreamPart part, LifecycleTable table);

  /** Returns whether an event that was not seen, of whatever kind, could decide. */
  default boolean isDecidedByOthers() {
    return heedsOtherEvents();
  }

  /** Returns the events that this shape speaks of. */
  List<EventMatcher> events();

  /**
   * Returns whether {@code outcome} would be the same if more events had happened than were seen.
   *
   * @param more whether there can be more of the events that a matcher means
   */
  default boolean stands(Outcome outcome, Predicate<EventMatcher> more) {
    return events().stream().noneMatch(more);
  }

  /** Returns whether this shape asks for an order, which threads may race for. */
  default boolean isOrder() {
    return true;
  }

  /** Returns whether other events matter to this shape, so that none may be left out of a text. */
  default boolean heedsOtherEvents() {
    return false;
  }
}
