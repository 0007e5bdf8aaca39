package io.github.streamleak.lifecycle;

import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.stream.StreamEvent.AttemptReceived;
import io.github.streamleak.stream.StreamEvent.AttemptSent;
import io.github.streamleak.stream.StreamEvent.Received;
import io.github.streamleak.stream.StreamEvent.Sent;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which events a word of an expectation means: their kind, and what is asked of them beyond that.
 * Immutable.
 *
 * <p>This is the half of an {@link EventMatcher} that decides; the matcher adds the words and how
 * many events are meant. What is asked for is kept apart and not as one predicate, because an event
 * that the bounded log has dropped cannot be shown to a predicate. Its kind is known from the
 * counts all the same, often its attempt and its number too, and so an expectation that asks for no
 * more than these can still be decided. {@link Occurrences} does that. And two criteria can be
 * compared: what {@link #covers} another one makes it meaningless to ask for both at once.
 */
final class EventCriteria {

  /** Which of the events that match is meant. Only the whole stream can tell. */
  enum Place {
    ANY,
    FIRST,
    LAST
  }

  /**
   * What is asked of an event beyond its kind.
   *
   * @param fact what of the event must have a value, or null for a condition of the user's own
   * @param value the value that it must have, or the condition itself
   * @param test whether an event has it
   */
  private record Condition(@Nullable Fact fact, Object value, Predicate<? super StreamEvent> test) {

    /** Returns whether an event that meets {@code other} meets this one too. */
    boolean follows(Condition other) {
      return fact == other.fact
          && (value.equals(other.value)
              || (value instanceof Class<?> type
                  && other.value instanceof Class<?> narrower
                  && type.isAssignableFrom(narrower)));
    }
  }

  /** What an event has one value of, so that two values contradict each other. */
  enum Fact {
    STATUS,
    DESCRIPTION,
    CANCELLER,
    RETRY,
    REQUEST,
    PICK,
    ADDRESS,
    EXCEPTION
  }

  private static final long ANY_NUMBER = -1;

  private final EventKind kind;
  private final List<Condition> conditions;
  private final int attempt;
  private final long number;
  private final Place place;

  private EventCriteria(
      EventKind kind, List<Condition> conditions, int attempt, long number, Place place) {
    this.kind = kind;
    this.conditions = conditions;
    this.attempt = attempt;
    this.number = number;
    this.place = place;
  }

  /** Returns the criteria that any event of {@code kind} meets. */
  static EventCriteria of(EventKind kind) {
    return new EventCriteria(kind, List.of(), 0, ANY_NUMBER, Place.ANY);
  }

  EventCriteria onAttempt(int attempt) {
    return new EventCriteria(kind, conditions, attempt, number, place);
  }

  EventCriteria numbered(long number) {
    return new EventCriteria(kind, conditions, attempt, number, place);
  }

  EventCriteria at(Place place) {
    return new EventCriteria(kind, conditions, attempt, number, place);
  }

  EventCriteria and(Predicate<? super StreamEvent> condition) {
    return and(new Condition(null, condition, condition));
  }

  EventCriteria and(Fact fact, Object value, Predicate<? super StreamEvent> test) {
    return and(new Condition(fact, value, test));
  }

  private EventCriteria and(Condition more) {
    List<Condition> all = Stream.concat(conditions.stream(), Stream.of(more)).toList();
    return new EventCriteria(kind, all, attempt, number, place);
  }

  /** Returns the value that {@code fact} must have; empty if it may have any. */
  Optional<Object> value(Fact fact) {
    return conditions.stream().filter(each -> each.fact() == fact).map(Condition::value).findAny();
  }

  /** Returns whether {@code event} meets these criteria, wherever it stands. */
  boolean isMetBy(StreamEvent event) {
    return event.kind() == kind
        && (attempt == 0 || event.at().attempt() == attempt)
        && (number == ANY_NUMBER || messageNumber(event) == number)
        && conditions.stream().allMatch(each -> each.test().test(event));
  }

  /**
   * Returns whether every event that meets {@code other} meets these criteria too. The place does
   * not count: neither that of this one nor that of the other.
   *
   * @param ofAttempt the attempt that {@code other} is of if it does not say, or 0 for any
   */
  boolean covers(EventCriteria other, int ofAttempt) {
    int othersAttempt = other.attempt == 0 ? ofAttempt : other.attempt;
    return kind == other.kind
        && (attempt == 0 || attempt == othersAttempt)
        && (number == ANY_NUMBER || number == other.number)
        && conditions.stream().allMatch(each -> other.conditions.stream().anyMatch(each::follows));
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
    return conditions.isEmpty();
  }

  /** Returns whether any event of the kind will do. */
  boolean isKindAlone() {
    return isUnconditional() && !isNumbered() && attempt == 0 && place == Place.ANY;
  }
}
