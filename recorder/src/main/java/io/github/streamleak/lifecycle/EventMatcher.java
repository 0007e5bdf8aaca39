package io.github.streamleak.lifecycle;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.lifecycle.EventCriteria.Fact;
import io.github.streamleak.lifecycle.EventCriteria.Place;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.stream.StreamEvent.AttemptClosed;
import io.github.streamleak.stream.StreamEvent.Cancelled;
import io.github.streamleak.stream.StreamEvent.PickerDone;
import io.github.streamleak.stream.StreamEvent.Terminated;
import io.grpc.Status;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One word of an expectation: which events are meant, and how many of them, one after the other.
 * {@link ExpectedEvents} has a method for each word. Immutable: each method returns a matcher of
 * its own.
 *
 * <p>A matcher carries the words of the reports, so that a failed assertion names what it missed as
 * the report names what happened. Narrow a matcher by a method of its own where there is one:
 * {@link #where} takes any condition, but no condition can be checked on an event that the bounded
 * log has dropped, and so an expectation with one is undecidable more often.
 *
 * <p>What contradicts itself is refused with an {@link IllegalArgumentException}, such as a
 * terminal status that is both OK and INTERNAL: that there is none would hold of every stream. To
 * ask for the same twice changes nothing.
 */
public final class EventMatcher {

  private final EventCriteria criteria;

  /** The words of a report for one of these events, whatever its number. */
  private final String words;

  private final String moreWords;
  private final int times;

  private EventMatcher(EventCriteria criteria, String words, String moreWords, int times) {
    this.criteria = criteria;
    this.words = words;
    this.moreWords = moreWords;
    this.times = times;
  }

  static EventMatcher of(EventKind kind) {
    return new EventMatcher(EventCriteria.of(kind), kind.words(), "", 1);
  }

  private EventMatcher with(EventCriteria other) {
    return new EventMatcher(other, words, moreWords, times);
  }

  /**
   * Returns a matcher of those among these events that belong to attempt {@code number}.
   *
   * @throws IllegalArgumentException for an event of the application, which belongs to no attempt,
   *     or if another attempt is asked for already
   */
  public EventMatcher onAttempt(int number) {
    if (number < 1) {
      throw new IllegalArgumentException(
          "attempts are counted from 1, but the number is " + number);
    }
    if (criteria.kind().lane() == Lane.APPLICATION) {
      throw refuse("onAttempt", "events of an attempt or of the picker");
    }
    boolean otherAttempt = criteria.attempt() != 0 && criteria.attempt() != number;
    boolean firstTry = criteria.value(Fact.RETRY).filter(Retry.FIRST::equals).isPresent();
    if (otherAttempt || (firstTry && number != 1)) {
      throw contradicts("be of attempt " + number);
    }
    requireNoPlace("onAttempt");
    return with(criteria.onAttempt(number));
  }

  /**
   * Returns a matcher of those among these events that carry a status with {@code code}: terminal
   * status, attempt closed, picker Done.
   *
   * @throws IllegalArgumentException for any other event
   */
  public EventMatcher withStatus(Status.Code code) {
    Objects.requireNonNull(code, "code");
    if (!carriesStatus()) {
      throw refuse("withStatus", "terminalStatus(), attemptClosed() and pickerDone()");
    }
    if (isKnown(Fact.STATUS, code, "have status " + code)) {
      return this;
    }
    requireNoPlace("withStatus");
    EventCriteria more =
        criteria.and(
            Fact.STATUS, code, event -> Objects.requireNonNull(status(event)).getCode() == code);
    // The code stands before the description, whichever was asked for first.
    return new EventMatcher(more, words, " " + code + moreWords, times);
  }

  /**
   * Returns a matcher of those among these events whose status has {@code description}.
   *
   * @throws IllegalArgumentException for an event that carries no status
   */
  public EventMatcher withDescription(String description) {
    Objects.requireNonNull(description, "description");
    if (!carriesStatus()) {
      throw refuse("withDescription", "terminalStatus(), attemptClosed() and pickerDone()");
    }
    requireNoPlace("withDescription");
    String text = Texts.oneLine(description);
    return and(
        Fact.DESCRIPTION,
        description,
        "have description \"" + text + "\"",
        ": " + text,
        event -> description.equals(Objects.requireNonNull(status(event)).getDescription()));
  }

  private boolean carriesStatus() {
    return switch (criteria.kind()) {
      case TERMINATED, ATTEMPT_CLOSED, PICKER_DONE -> true;
      default -> false;
    };
  }

  private static @Nullable Status status(StreamEvent event) {
    if (event instanceof Terminated terminated) {
      return terminated.status();
    }
    if (event instanceof AttemptClosed closed) {
      return closed.status();
    }
    return event instanceof PickerDone done ? done.status() : null;
  }

  /**
   * Returns a matcher of the cancels that came from {@code canceller}.
   *
   * @throws IllegalArgumentException for an event that is no cancel
   */
  public EventMatcher by(Canceller canceller) {
    Objects.requireNonNull(canceller, "canceller");
    if (criteria.kind() != EventKind.CANCELLED) {
      throw refuse("by", "cancelled()");
    }
    requireNoPlace("by");
    return and(
        Fact.CANCELLER,
        canceller,
        "be by " + canceller.text(),
        " by " + canceller.text(),
        event -> event instanceof Cancelled cancelled && cancelled.by() == canceller);
  }

  /**
   * Returns a matcher of the message with this number. Messages are counted from 0, those of an
   * attempt for each attempt anew.
   *
   * @throws IllegalArgumentException for an event that is no message
   */
  public EventMatcher numbered(long number) {
    if (number < 0) {
      throw new IllegalArgumentException(
          "messages are counted from 0, but the number is " + number);
    }
    if (!criteria.kind().isMessage()) {
      throw refuse(
          "numbered",
          "outboundMessage(), inboundMessage(), outboundMessageOnTransport() and"
              + " inboundMessageOnTransport()");
    }
    if (times != 1) {
      throw new IllegalArgumentException(
          "\"" + describe() + "\" are several messages; only one has the number " + number);
    }
    if (criteria.isNumbered() && criteria.number() != number) {
      throw contradicts("have number " + number);
    }
    requireNoPlace("numbered");
    return with(criteria.numbered(number));
  }

  /**
   * Returns a matcher of those among these events that {@code condition} accepts.
   *
   * @param words how it reads, after the words of this matcher; as in "outbound message <b>over 1
   *     MB</b>"
   */
  public EventMatcher where(String words, Predicate<? super StreamEvent> condition) {
    Objects.requireNonNull(words, "words");
    Objects.requireNonNull(condition, "condition");
    requireNoPlace("where");
    return and(" " + Texts.oneLine(words), condition);
  }

  /** Returns a matcher of the same events under other words. */
  EventMatcher saying(String words) {
    return new EventMatcher(criteria, words, "", times);
  }

  /** Adds what this matcher asks of an event once; another value of the same contradicts it. */
  EventMatcher and(
      Fact fact, Object value, String claim, String words, Predicate<? super StreamEvent> test) {
    return isKnown(fact, value, claim)
        ? this
        : new EventMatcher(criteria.and(fact, value, test), this.words, moreWords + words, times);
  }

  /** Returns whether {@code fact} has this value already; refuses if it has another one. */
  private boolean isKnown(Fact fact, Object value, String claim) {
    Object known = criteria.value(fact).orElse(null);
    if (known != null && !known.equals(value)) {
      throw contradicts(claim);
    }
    return known != null;
  }

  private IllegalArgumentException contradicts(String claim) {
    return new IllegalArgumentException(
        "\"" + describe() + "\" can never " + claim + " as well; ask for one of them");
  }

  private EventMatcher and(String words, Predicate<? super StreamEvent> more) {
    return new EventMatcher(criteria.and(more), this.words, moreWords + words, times);
  }

  /** Returns a matcher of the first of these events in the stream, and of no other. */
  public EventMatcher first() {
    return at(Place.FIRST);
  }

  /** Returns a matcher of the last of these events in the stream, and of no other. */
  public EventMatcher last() {
    return at(Place.LAST);
  }

  private EventMatcher at(Place place) {
    if (times != 1) {
      throw new IllegalArgumentException(
          "\""
              + describe()
              + "\" are several events; call first() or last() on a matcher of one event");
    }
    if (criteria.place() != Place.ANY && criteria.place() != place) {
      throw contradicts(place == Place.FIRST ? "be the first" : "be the last");
    }
    return with(criteria.at(place));
  }

  /**
   * Refuses to narrow what is the first or the last event already: "the first message, if it is
   * such a one" and "the first of such messages" would read the same.
   */
  private void requireNoPlace(String method) {
    if (criteria.place() != Place.ANY) {
      throw new IllegalArgumentException(
          method
              + "(...) comes after \""
              + describe()
              + "\", which is one event already; narrow the event first, and call first() or last()"
              + " at the end");
    }
  }

  /**
   * Returns a matcher of {@code n} of these events, one after the other.
   *
   * @throws IllegalArgumentException if {@code n} is less than 1, or if this matcher means one
   *     event, such as the first
   */
  public EventMatcher times(int n) {
    if (n < 1) {
      throw new IllegalArgumentException(
          "an expected event happens at least once, but times is "
              + n
              + "; use Lifecycle.never(...) for an event that must not happen");
    }
    if (isSingle()) {
      throw new IllegalArgumentException(
          "\"" + describe() + "\" is a single event, which cannot happen " + n + " times");
    }
    return new EventMatcher(criteria, words, moreWords, n);
  }

  private IllegalArgumentException refuse(String method, String fitting) {
    return new IllegalArgumentException(
        method + "(...) does not apply to \"" + describe() + "\"; it applies to " + fitting);
  }

  /**
   * Returns whether {@code event} by itself is one of these events.
   *
   * @throws IllegalArgumentException if only the first or the last event is meant: which one that
   *     is only its stream can tell, as {@link #firstIn} does
   */
  public boolean matches(StreamEvent event) {
    Objects.requireNonNull(event, "event");
    if (criteria.place() != Place.ANY) {
      throw new IllegalArgumentException(
          "an event alone cannot tell whether it is the \""
              + describe()
              + "\" of its stream; ask the stream for the event, and then look at that");
    }
    return criteria.isMetBy(event);
  }

  /**
   * Returns the event of {@code stream} that is meant, the first one if several are. Empty if it
   * has not happened, and also if the bounded log of the stream has dropped it or may have dropped
   * an earlier one: {@link Lifecycle#atLeast} tells these two cases apart. A cancel after the
   * terminal status is none.
   */
  public Optional<StreamEvent> firstIn(RecordedStream stream) {
    Objects.requireNonNull(stream, "stream");
    return Occurrences.of(criteria, new StreamPart(stream, Scope.ALL)).first();
  }

  /**
   * Returns why {@link #firstIn} finds no event: none happened, or the one that is meant was or may
   * have been dropped, together with the setting that keeps it. Empty if it finds one.
   */
  public String whyNotIn(RecordedStream stream) {
    Objects.requireNonNull(stream, "stream");
    StreamPart part = new StreamPart(stream, Scope.ALL);
    Occurrences found = Occurrences.of(criteria, part);
    if (found.first().isPresent()) {
      return "";
    }
    if (!found.isResolved() || found.most() > 0) {
      return "it may be among those that were not kept: " + part.describeDropped();
    }
    String doubt = Seen.doubt(stream, kind());
    String unseen = doubt.isEmpty() ? Seen.doubtOnRest(stream, kind(), criteria.attempt()) : doubt;
    if (!unseen.isEmpty()) {
      return "it may have happened unseen: " + unseen;
    }
    return part.hasLate(criteria)
        ? "it happened only after the terminal status, which does not count"
        : "it never happened";
  }

  /** Returns whether at most one event of a stream can be meant. */
  boolean isSingle() {
    return criteria.place() != Place.ANY || criteria.isNumbered();
  }

  /** Returns the kind of event that is meant. */
  public EventKind kind() {
    return criteria.kind();
  }

  /** Returns how many of these events in a row are meant. */
  public int times() {
    return times;
  }

  /** Returns what is meant, in the words of a report. */
  public String describe() {
    return (times == 1 ? "" : times + " x ") + describeOne();
  }

  /** Returns {@link #describe()}. */
  @Override
  public String toString() {
    return describe();
  }

  /** Returns what one of these events is called, however many are meant. */
  String describeOne() {
    String place =
        switch (criteria.place()) {
          case ANY -> "";
          case FIRST -> "first ";
          case LAST -> "last ";
        };
    String one = criteria.isNumbered() ? criteria.kind().words(criteria.number()) : words;
    String attempt = criteria.attempt() == 0 ? "" : " (attempt " + criteria.attempt() + ")";
    return place + one + moreWords + attempt;
  }

  EventCriteria criteria() {
    return criteria;
  }
}
