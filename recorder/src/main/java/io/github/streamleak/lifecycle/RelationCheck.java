package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.lifecycle.LifecycleTable.Role;
import io.github.streamleak.lifecycle.RelationRows.Side;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides a {@link Relation} on one part of a stream, and tells {@link RelationRows} what is wrong.
 *
 * <p>An event in the gap has a {@link Position} between two sequence numbers. A relation is decided
 * if it comes out the same wherever in between the event stands.
 */
final class RelationCheck {

  private final StreamPart part;
  private final RelationRows rows;

  RelationCheck(StreamPart part, RelationRows rows) {
    this.part = part;
    this.rows = rows;
  }

  /** An event that others are before or after: the first that matches. */
  private record Anchor(EventMatcher matcher, Occurrences found, @Nullable Position position) {

    /** Returns where it is among the events that were kept; -1 if it is not known to be there. */
    int keptIndex(StreamPart part) {
      for (int i = 0; position != null && position.isExact() && i < part.kept().size(); i++) {
        if (part.kept().get(i).at().sequence() == position.from()) {
          return i;
        }
      }
      return -1;
    }
  }

  private Anchor anchor(EventMatcher matcher) {
    Occurrences found = found(matcher);
    rows.label(found, matcher);
    return new Anchor(matcher, found, found.nth(1));
  }

  private Occurrences found(EventMatcher matcher) {
    return Occurrences.of(matcher.criteria(), part);
  }

  Outcome isBefore(EventMatcher event, EventMatcher later) {
    Anchor anchor = anchor(later);
    Occurrences events = found(event);
    rows.label(events, event);
    Position position = events.nth(event.times());
    return and(
        isThere(position, event, events),
        isThere(anchor.found().nth(later.times()), later, anchor.found()),
        isBefore(position, event, anchor));
  }

  Outcome isEveryBeforeAny(EventMatcher event, EventMatcher later) {
    Anchor anchor = anchor(later);
    Occurrences events = found(event);
    rows.label(events, event);
    return and(
        isThere(events.last(), event, events),
        isThere(anchor),
        hasNone(events, event, Side.AFTER, anchor, Role.OUT_OF_ORDER));
  }

  Outcome isNeverAfter(EventMatcher event, EventMatcher earlier) {
    Anchor anchor = anchor(earlier);
    return and(isThere(anchor), hasNone(found(event), event, Side.AFTER, anchor, Role.SURPLUS));
  }

  Outcome isEveryBetween(EventMatcher event, EventMatcher start, EventMatcher end) {
    Anchor from = anchor(start);
    Anchor to = anchor(end);
    Occurrences events = found(event);
    rows.label(events, event);
    return and(
        isThereBesides(from, to, event, events),
        isThere(from),
        isThere(to),
        hasNone(events, event, Side.BEFORE, from, Role.OUT_OF_ORDER),
        hasNone(events, event, Side.AFTER, to, Role.OUT_OF_ORDER));
  }

  /**
   * Decides that there is an event that is itself neither of the anchors. An anchor is not between
   * the anchors, and with nothing else there the relation would hold by accident.
   */
  private Outcome isThereBesides(Anchor from, Anchor to, EventMatcher event, Occurrences events) {
    if (!events.isResolved()) {
      return Outcome.UNDECIDABLE;
    }
    Set<Integer> anchors = new HashSet<>();
    long perhaps = 0;
    for (Anchor anchor : List.of(from, to)) {
      int index = anchor.keptIndex(part);
      if (index >= 0 && events.has(index)) {
        anchors.add(index);
      } else if (index < 0
          && anchor.position() != null
          && anchor.matcher().kind() == event.kind()) {
        perhaps++;
      }
    }
    if (events.most() - anchors.size() <= 0) {
      rows.missing(event, from.matcher(), to.matcher());
      return Outcome.NOT_MATCHED;
    }
    return events.least() - anchors.size() - perhaps > 0 ? Outcome.MATCHED : Outcome.UNDECIDABLE;
  }

  private static Outcome and(Outcome... all) {
    List<Outcome> list = List.of(all);
    if (list.contains(Outcome.NOT_MATCHED)) {
      return Outcome.NOT_MATCHED;
    }
    return list.contains(Outcome.UNDECIDABLE) ? Outcome.UNDECIDABLE : Outcome.MATCHED;
  }

  private Outcome isThere(Anchor anchor) {
    return isThere(anchor.position(), anchor.matcher(), anchor.found());
  }

  private Outcome isThere(@Nullable Position position, EventMatcher matcher, Occurrences found) {
    if (position != null) {
      return position.sure() ? Outcome.MATCHED : Outcome.UNDECIDABLE;
    }
    rows.missing(matcher, found.most());
    return Outcome.NOT_MATCHED;
  }

  private Outcome isBefore(@Nullable Position position, EventMatcher event, Anchor anchor) {
    Position limit = anchor.position();
    if (position == null || limit == null) {
      return Outcome.MATCHED; // isThere() fails, and says what is missing
    }
    if (position.to() < limit.from()) {
      return Outcome.MATCHED;
    }
    if (position.from() < limit.to()) {
      return Outcome.UNDECIDABLE;
    }
    rows.tooLate(position, event, limit, anchor.matcher());
    return Outcome.NOT_MATCHED;
  }

  /**
   * Decides that none of {@code events} stands on one side of an anchor.
   *
   * @param fault what an event there is: one too many, or one at the wrong place
   */
  private Outcome hasNone(
      Occurrences events, EventMatcher event, Side side, Anchor anchor, Role fault) {
    Position limit = anchor.position();
    if (limit == null) {
      return Outcome.MATCHED; // isThere() fails, and says what is missing
    }
    boolean after = side == Side.AFTER;
    boolean found = false;
    for (int index : events.kept()) {
      long sequence = part.kept().get(index).at().sequence();
      if (after ? sequence > limit.to() : sequence < limit.from()) {
        found = true;
        rows.onWrongSide(index, side, limit, anchor.matcher(), fault);
      }
    }
    boolean wholeGap = after ? part.gapFrom() > limit.to() : part.gapTo() <= limit.from();
    if (!found && events.gapLeast() > 0 && wholeGap && limit.sure()) {
      found = true;
      rows.gapOnWrongSide(event, events.gapLeast(), side, limit, anchor.matcher(), fault);
    }
    if (found) {
      return limit.sure() ? Outcome.NOT_MATCHED : Outcome.UNDECIDABLE;
    }
    boolean keptUnsure =
        events.kept().stream()
            .mapToLong(index -> part.kept().get(index).at().sequence())
            .anyMatch(sequence -> after ? sequence > limit.from() : sequence < limit.to());
    boolean gapUnsure =
        events.gapMost() > 0
            && (after ? part.gapTo() - 1 > limit.from() : part.gapFrom() < limit.to());
    return keptUnsure || gapUnsure || !events.isResolved() ? Outcome.UNDECIDABLE : Outcome.MATCHED;
  }
}
