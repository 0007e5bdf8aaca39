package io.github.streamleak.recorder;

import io.github.streamleak.recorder.StreamEvent.AttemptClosed;
import io.github.streamleak.recorder.StreamEvent.AttemptReceived;
import io.github.streamleak.recorder.StreamEvent.AttemptSent;
import io.github.streamleak.recorder.StreamEvent.Cancelled;
import io.github.streamleak.recorder.StreamEvent.Canceller;
import io.github.streamleak.recorder.StreamEvent.PickerDone;
import io.github.streamleak.recorder.StreamEvent.Received;
import io.github.streamleak.recorder.StreamEvent.Sent;
import io.github.streamleak.recorder.StreamEvent.Terminated;
import io.grpc.Status;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One word of the vocabulary in which a life cycle is expected: which events are meant, and how
 * many of them in a row. {@link ExpectedEvents} has them all. Immutable: each method returns a
 * matcher of its own.
 */
public final class EventMatcher {

  /** Which of the events that match is meant. */
  enum Place {
    ANY(""),
    FIRST("first "),
    LAST("last ");

    private final String text;

    Place(String text) {
      this.text = text;
    }
  }

  private static final long ANY_NUMBER = -1;

  private final EventKind kind;

  /** The words of a report, with a hole for the number of a message. */
  private final String words;

  private final @Nullable Predicate<? super StreamEvent> condition;
  private final int attempt;
  private final long number;
  private final Place place;
  private final int times;

  private EventMatcher(
      EventKind kind,
      String words,
      @Nullable Predicate<? super StreamEvent> condition,
      int attempt,
      long number,
      Place place,
      int times) {
    this.kind = kind;
    this.words = words;
    this.condition = condition;
    this.attempt = attempt;
    this.number = number;
    this.place = place;
    this.times = times;
  }

  static EventMatcher of(EventKind kind) {
    return new EventMatcher(kind, kind.words(), null, 0, ANY_NUMBER, Place.ANY, 1);
  }

  /** Returns a matcher of those among these events that belong to attempt {@code number}. */
  public EventMatcher onAttempt(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("attempts count from 1, but the attempt is " + number);
    }
    if (kind.lane() == StreamEvent.Lane.APPLICATION) {
      throw refuse("onAttempt", "an event of an attempt or of the picker");
    }
    return new EventMatcher(kind, words, condition, number, this.number, place, times);
  }

  /**
   * Returns a matcher of those among these events that carry a status with {@code code}: terminal
   * status, attempt closed, picker Done.
   */
  public EventMatcher withStatus(Status.Code code) {
    Objects.requireNonNull(code, "code");
    if (statusKind()) {
      return and(" " + code, event -> Objects.requireNonNull(status(event)).getCode() == code);
    }
    throw refuse("withStatus", "terminated(), attemptClosed() or pickerDone()");
  }

  /** Returns a matcher of those among these events whose status has {@code description}. */
  public EventMatcher withDescription(String description) {
    Objects.requireNonNull(description, "description");
    if (statusKind()) {
      return and(
          ": " + Texts.oneLine(description),
          event -> description.equals(Objects.requireNonNull(status(event)).getDescription()));
    }
    throw refuse("withDescription", "terminated(), attemptClosed() or pickerDone()");
  }

  private boolean statusKind() {
    return kind == EventKind.TERMINATED
        || kind == EventKind.ATTEMPT_CLOSED
        || kind == EventKind.PICKER_DONE;
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

  /** Returns a matcher of the cancels that came from {@code canceller}. */
  public EventMatcher by(Canceller canceller) {
    Objects.requireNonNull(canceller, "canceller");
    if (kind != EventKind.CANCELLED) {
      throw refuse("by", "cancelled()");
    }
    return and(
        " by " + canceller.text(),
        event -> event instanceof Cancelled cancelled && cancelled.by() == canceller);
  }

  /** Returns a matcher of the message with this number; messages count from 0. */
  public EventMatcher numbered(long number) {
    if (number < 0) {
      throw new IllegalArgumentException("messages count from 0, but the number is " + number);
    }
    if (!words.contains(EventKind.NUMBER)) {
      throw refuse("numbered", "a message: sent(), received(), attemptSent(), attemptReceived()");
    }
    if (times != 1) {
      throw new IllegalArgumentException("only one message has the number " + number);
    }
    return new EventMatcher(kind, words, condition, attempt, number, place, times);
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
    return and(" " + Texts.oneLine(words), condition);
  }

  EventMatcher saying(String words) {
    return new EventMatcher(kind, words, condition, attempt, number, place, times);
  }

  EventMatcher and(String moreWords, Predicate<? super StreamEvent> more) {
    Predicate<? super StreamEvent> before = condition;
    Predicate<StreamEvent> both =
        before == null ? more::test : event -> before.test(event) && more.test(event);
    return new EventMatcher(kind, words + moreWords, both, attempt, number, place, times);
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
          "\"" + describe() + "\" are several events; call first() and last() on one");
    }
    return new EventMatcher(kind, words, condition, attempt, number, place, times);
  }

  /** Returns a matcher of {@code n} of these events, one after the other. */
  public EventMatcher times(int n) {
    if (n < 1) {
      throw new IllegalArgumentException(
          "an expected event happens at least once, but times is "
              + n
              + "; Lifecycle.never(...) says that it does not happen");
    }
    if (place != Place.ANY || number != ANY_NUMBER) {
      throw new IllegalArgumentException("\"" + describe() + "\" is one event; it has no times");
    }
    return new EventMatcher(kind, words, condition, attempt, number, place, n);
  }

  private IllegalArgumentException refuse(String method, String fitting) {
    return new IllegalArgumentException(
        method + "(...) does not fit \"" + describe() + "\"; it is for " + fitting);
  }

  /**
   * Returns whether {@code event} by itself is one of these events. Which one is the first or the
   * last only the whole stream can tell.
   */
  public boolean matches(StreamEvent event) {
    return kind.type().isInstance(event)
        && (attempt == 0 || event.at().attempt() == attempt)
        && (number == ANY_NUMBER || number(event) == number)
        && (condition == null || condition.test(event));
  }

  static long number(StreamEvent event) {
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

  /** Returns the kind of event that is meant. */
  public Class<? extends StreamEvent> kind() {
    return kind.type();
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

  // ---- for the engine ----

  String describeOne() {
    return place.text
        + words.replace(EventKind.NUMBER, number == ANY_NUMBER ? "" : " #" + number)
        + (attempt == 0 ? "" : " (attempt " + attempt + ")");
  }

  EventKind eventKind() {
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

  /** Returns whether nothing but kind, attempt and number is asked for. */
  boolean isUnconditional() {
    return condition == null;
  }

  /** Returns a matcher of one of these events, wherever it stands. */
  EventMatcher one() {
    return new EventMatcher(kind, words, condition, attempt, number, Place.ANY, 1);
  }
}
