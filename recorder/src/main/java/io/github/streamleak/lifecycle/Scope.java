package io.github.streamleak.lifecycle;

import static java.util.stream.Collectors.joining;

import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.StreamEvent;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which part of a stream an expectation speaks of: the events of one lane, those of one attempt, or
 * all; some events can be left out. Immutable.
 *
 * @param lanes the lanes whose events are meant
 * @param attempt the attempt whose events are meant, or 0 for all events, those of no attempt
 *     included
 * @param ignored the events that are left out
 */
record Scope(Set<Lane> lanes, int attempt, List<Ignored> ignored) {

  /** Events that are left out, and what they are called. */
  record Ignored(EventCriteria criteria, String words) {}

  /** The whole stream. */
  static final Scope ALL = new Scope(Set.copyOf(EnumSet.allOf(Lane.class)), 0, List.of());

  Scope on(Lane lane) {
    return new Scope(Set.of(lane), attempt, ignored);
  }

  Scope onAttempt(int number) {
    return new Scope(lanes, number, ignored);
  }

  Scope ignoring(List<Ignored> more) {
    return new Scope(lanes, attempt, Stream.concat(ignored.stream(), more.stream()).toList());
  }

  /** Returns whether {@code event} belongs to this part. */
  boolean has(StreamEvent event) {
    return lanes.contains(event.lane())
        && (attempt == 0 || event.at().attempt() == attempt)
        && ignored.stream().noneMatch(each -> each.criteria().isMetBy(event));
  }

  /** Returns whether events of {@code kind} can belong to this part. */
  boolean canHave(EventKind kind) {
    return lanes.contains(kind.lane())
        && (attempt == 0 || kind.lane() != Lane.APPLICATION)
        && ignored.stream().noneMatch(each -> isOf(each, kind, true));
  }

  /** Returns whether some events of {@code kind} are left out, and others are not. */
  boolean ignoresSome(EventKind kind) {
    return ignored.stream().anyMatch(each -> isOf(each, kind, false));
  }

  private static boolean isOf(Ignored ignored, EventKind kind, boolean all) {
    return ignored.criteria().kind() == kind && ignored.criteria().isKindAlone() == all;
  }

  /** Returns what a text calls {@code lane}. */
  static String name(Lane lane) {
    return switch (lane) {
      case APPLICATION -> "application";
      case ATTEMPT -> "attempt";
      case PICKER -> "picker";
    };
  }

  /** Returns the words that follow an expectation of this part; empty for the whole stream. */
  String describe() {
    StringBuilder text = new StringBuilder();
    if (lanes.size() == 1) {
      text.append(", on the ").append(name(lanes.iterator().next())).append(" lane");
    }
    if (attempt != 0) {
      text.append(", of attempt ").append(attempt);
    }
    if (!ignored.isEmpty()) {
      text.append(", ignoring ")
          .append(ignored.stream().map(Ignored::words).collect(joining(", ")));
    }
    return text.toString();
  }
}
