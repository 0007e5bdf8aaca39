package io.github.streamleak.lifecycle;

import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.stream.StreamEvent.AttemptReceived;
import io.github.streamleak.stream.StreamEvent.AttemptSent;
import io.github.streamleak.stream.StreamEvent.Received;
import io.github.streamleak.stream.StreamEvent.Sent;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which events a word of an expectation means: their kind, and what is asked of them beyond that.
 * Immutable.
 *
 * <p>This is the half of an {@link EventMatcher} that decides; the matcher adds the words and how
 * many events are meant. What is asked for is kept apart and not as one predicate, because an event
 * that the bounded log has dropped cannot be shown to a predicate. Its kind is known from the
 * counts all the same, often its attempt and its number too, and so an expectation that asks for no
 * more than these can still be decided. {@link Occurrences} does that.
 */
final class EventCriteria {

  /** Which of the events that match is meant. Only the whole stream can tell. */
  enum Place {
    ANY,
    FIRST,
    LAST
  }

  private static final long ANY_NUMBER = -1;

  private final EventKind kind;
  private final @Nullable Predicate<? super StreamEvent> condition;
  private final int attempt;
  private final long number;
  private final Place place;

  private EventCriteria(
      EventKind kind,
      @Nullable Predicate<? super StreamEvent> condition,
      int attempt,
      long number,
      Place place) {
    this.kind = kind;
    this.condition = condition;
    this.attempt = attempt;
    this.number = number;
    this.place = place;
  }

  /** Returns the criteria that any event of {@code kind} meets. */
  static EventCriteria of(EventKind kind) {
    return new EventCriteria(kind, null, 0, ANY_NUMBER, Place.ANY);
  }

  EventCriteria onAttempt(int attempt) {
    return new EventCriteria(kind, condition, attempt, number, place);
  }

  EventCriteria numbered(long number) {
    return new EventCriteria(kind, condition, attempt, number, place);
  }

  EventCriteria at(Place place) {
    return new EventCriteria(kind, condition, attempt, number, place);
  }

  EventCriteria and(Predicate<? super StreamEvent> more) {
    Predicate<? super StreamEvent> before = condition;
    Predicate<StreamEvent> both =
        before == null ? more::test : event -> before.test(event) && more.test(event);
    return new EventCriteria(kind, both, attempt, number, place);
  }

  /** Returns whether {@code event} meets these criteria, wherever it stands. */
  boolean isMetBy(StreamEvent event) {
    return event.kind() == kind
        && (attempt == 0 || event.at().attempt() == attempt)
        && (number == ANY_NUMBER || messageNumber(event) == number)
        && (condition == null || condition.test(event));
  }

  /** Returns the number of a message, from 0; no number for another event. */
  private static long messageNumber(StreamEvent event) {
    if (event instanceof Sent sent) {
      return sent.number();
    }
    if (event instanceof Received received) {
      return received.number();
    }
    if (event instanceof AttemptSent sent) {
      return sent.number();
    }
    return event instanceof AttemptReceived received ? received.number() : ANY_NUMBER;
  }

  EventKind kind() {
    return kind;
  }

  Place place() {
    return place;
  }

  /** Returns the attempt that is meant, or 0 for any. */
  int attempt() {
    return attempt;
  }

  boolean isNumbered() {
    return number != ANY_NUMBER;
  }

  long number() {
    return number;
  }

  /** Returns whether nothing but kind, attempt, number and place is asked for. */
  boolean isUnconditional() {
    return condition == null;
  }

  /** Returns whether any event of the kind will do. */
  boolean isKindAlone() {
    return isUnconditional() && !isNumbered() && attempt == 0 && place == Place.ANY;
  }
}
