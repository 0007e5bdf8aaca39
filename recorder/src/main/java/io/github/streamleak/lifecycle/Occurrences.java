package io.github.streamleak.lifecycle;

import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The events in a part of a stream that meet some criteria: those that were kept, and how many more
 * are in the gap.
 */
final class Occurrences {

  private final StreamPart part;
  private final List<Integer> kept;
  private final long gapLeast;
  private final long gapMost;
  private final boolean resolved;

  private Occurrences(
      StreamPart part, List<Integer> kept, long gapLeast, long gapMost, boolean resolved) {
    this.part = part;
    this.kept = kept;
    this.gapLeast = gapLeast;
    this.gapMost = gapMost;
    this.resolved = resolved;
  }

  static Occurrences of(EventCriteria criteria, StreamPart part) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < part.kept().size(); i++) {
      if (criteria.isMetBy(part.kept().get(i))) {
        all.add(i);
      }
    }
    long most = inGapAtMost(criteria, part);
    long least = most == 0 ? 0 : inGapAtLeast(criteria, part);
    return switch (criteria.place()) {
      case ANY -> new Occurrences(part, all, least, most, true);
      case FIRST -> {
        boolean beforeGap = !all.isEmpty() && all.get(0) < part.gapIndex();
        yield one(part, all.isEmpty() ? all : List.of(all.get(0)), beforeGap, least, most);
      }
      case LAST -> {
        int last = all.size() - 1;
        boolean afterGap = last >= 0 && all.get(last) >= part.gapIndex();
        yield one(part, last < 0 ? all : List.of(all.get(last)), afterGap, least, most);
      }
    };
  }

  /**
   * Returns the first event, or the last one, of those that match.
   *
   * @param candidate the first one, or the last one, that was kept
   * @param known whether the gap cannot hold one that goes before it, or comes after it
   */
  private static Occurrences one(
      StreamPart part, List<Integer> candidate, boolean known, long least, long most) {
    if (known || most == 0) {
      return new Occurrences(part, candidate, 0, 0, true);
    }
    return least > 0
        ? new Occurrences(part, List.of(), 1, 1, true)
        : new Occurrences(part, List.of(), 0, 1, false);
  }

  private long sequenceOf(int index) {
    return part.kept().get(index).at().sequence();
  }

  private static long inGapAtMost(EventCriteria criteria, StreamPart part) {
    long most = part.droppedAtMost(criteria.kind(), criteria.attempt());
    if (most == 0 || !criteria.isNumbered()) {
      return most;
    }
    return isNumberedByTheApplication(criteria) && !isNumberInTheGap(criteria, part) ? 0 : 1;
  }

  private static long inGapAtLeast(EventCriteria criteria, StreamPart part) {
    if (!criteria.isUnconditional()) {
      return 0;
    }
    if (criteria.isNumbered()) {
      boolean there = isNumberedByTheApplication(criteria) && !part.ignoresSome(criteria.kind());
      return there ? 1 : 0;
    }
    return part.droppedAtLeast(criteria.kind(), criteria.attempt());
  }

  private static boolean isNumberedByTheApplication(EventCriteria criteria) {
    return criteria.isNumbered() && criteria.kind().lane() == Lane.APPLICATION;
  }

  /** The application's messages are numbered without gaps, whatever was dropped. */
  private static boolean isNumberInTheGap(EventCriteria criteria, StreamPart part) {
    EventCriteria ofThatNumber = EventCriteria.of(criteria.kind()).numbered(criteria.number());
    return criteria.number() < part.stream().count(criteria.kind())
        && part.stream().events().stream().noneMatch(ofThatNumber::isMetBy);
  }

  /** Returns the indices of the events that were kept, in {@link StreamPart#kept()}. */
  List<Integer> kept() {
    return kept;
  }

  /** Returns whether the kept event at {@code index} is one of these. */
  boolean has(int index) {
    return Collections.binarySearch(kept, index) >= 0;
  }

  /**
   * Returns the number of the kept event at {@code index} among these, from 1, counting in those
   * that are surely in the gap before it; 0 if it is none of these.
   */
  long number(int index) {
    int at = Collections.binarySearch(kept, index);
    return at < 0 ? 0 : at + 1 + (index < part.gapIndex() ? 0 : gapLeast);
  }

  /** Returns how many more are in the gap, at least. */
  long gapLeast() {
    return gapLeast;
  }

  /** Returns how many more can be in the gap, at most. */
  long gapMost() {
    return gapMost;
  }

  long least() {
    return kept.size() + gapLeast;
  }

  long most() {
    return kept.size() + gapMost;
  }

  /** Returns false if the gap hides which event is the first or the last. */
  boolean isResolved() {
    return resolved;
  }

  /** Returns where the {@code n}th of these events stands, from 1; null if there are fewer. */
  @Nullable Position nth(long n) {
    if (!resolved) {
      return Position.UNKNOWN;
    }
    List<Integer> head = kept.stream().filter(index -> index < part.gapIndex()).toList();
    List<Integer> rest = kept.subList(head.size(), kept.size());
    if (n <= head.size()) {
      return Position.of(part.kept().get(head.get((int) n - 1)));
    }
    long needed = n - head.size();
    if (needed > gapMost + rest.size()) {
      return null;
    }
    long from = needed <= gapMost ? part.gapFrom() : sequence(rest, needed - gapMost);
    if (needed <= gapLeast) {
      return new Position(from, part.gapTo() - 1, true);
    }
    long last = needed - gapLeast;
    return last <= rest.size()
        ? new Position(from, sequence(rest, last), true)
        : new Position(from, Long.MAX_VALUE, false);
  }

  private long sequence(List<Integer> indices, long n) {
    return sequenceOf(indices.get((int) n - 1));
  }

  /** Returns where the last of these events stands; null if there is none. */
  @Nullable Position last() {
    if (!resolved) {
      return Position.UNKNOWN;
    }
    StreamEvent last = kept.isEmpty() ? null : part.kept().get(kept.get(kept.size() - 1));
    boolean afterGap = last != null && last.at().sequence() >= part.gapTo();
    if (afterGap || gapMost == 0) {
      return last == null ? null : Position.of(last);
    }
    if (gapLeast > 0) {
      return new Position(part.gapFrom(), part.gapTo() - 1, true);
    }
    long from = last == null ? part.gapFrom() : last.at().sequence();
    return new Position(from, part.gapTo() - 1, last != null);
  }

  /** Returns the first of these events, if it is known which that is and it was kept. */
  Optional<StreamEvent> first() {
    Position first = nth(1);
    if (first == null || !first.isExact()) {
      return Optional.empty();
    }
    return part.kept().stream().filter(event -> event.at().sequence() == first.from()).findFirst();
  }
}
