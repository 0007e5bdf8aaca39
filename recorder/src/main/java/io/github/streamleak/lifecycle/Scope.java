package io.github.streamleak.lifecycle;

import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.StreamEvent;
import java.util.EnumSet;
import java.util.Set;

/**
 * Which part of a stream an expectation speaks of: the events that one side saw, those of one
 * attempt, or all. Immutable.
 *
 * @param lanes the sides whose events are meant
 * @param attempt the attempt whose events are meant, or 0 for all events, those of no attempt
 *     included
 */
record Scope(Set<Lane> lanes, int attempt) {

  /** The whole stream. */
  static final Scope ALL = new Scope(Set.copyOf(EnumSet.allOf(Lane.class)), 0);

  Scope on(Lane lane) {
    return new Scope(Set.of(lane), attempt);
  }

  Scope onAttempt(int number) {
    return new Scope(lanes, number);
  }

  /** Returns whether {@code event} belongs to this part. */
  boolean has(StreamEvent event) {
    return lanes.contains(event.lane()) && (attempt == 0 || event.at().attempt() == attempt);
  }

  /** Returns whether events of {@code kind} can belong to this part. */
  boolean canHave(EventKind kind) {
    return lanes.contains(kind.lane()) && (attempt == 0 || kind.lane() != Lane.APPLICATION);
  }

  /** Returns the words that follow an expectation of this part; empty for the whole stream. */
  String describe() {
    StringBuilder text = new StringBuilder();
    if (lanes.size() == 1) {
      text.append(
          switch (lanes.iterator().next()) {
            case APPLICATION -> ", on the application's side";
            case ATTEMPT -> ", on the transport's side";
            case PICKER -> ", on the picker's side";
          });
    }
    if (attempt != 0) {
      text.append(", of attempt ").append(attempt);
    }
    return text.toString();
  }
}
