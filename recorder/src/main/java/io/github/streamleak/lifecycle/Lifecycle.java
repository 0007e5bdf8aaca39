package io.github.streamleak.lifecycle;

import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What is expected of the events of a stream: which, in which order, how often. Immutable. {@link
 * #check} holds a stream to it; the assertions of AssertJ and Truth wrap that.
 *
 * <p>The order is that of the log, which is the order in which the state of the stream changed. Two
 * events may bear the same time. Events of one attempt, or of one side, are picked out by {@link
 * #onAttempt} and {@link #on}; without them the whole stream is meant.
 */
public final class Lifecycle {

  enum Rule {
    IN_ORDER,
    EXACTLY,
    STARTING_WITH,
    IN_ANY_ORDER,
    BEFORE,
    EVERY_BEFORE,
    NEVER_AFTER,
    BETWEEN,
    COUNT
  }

  private static final Set<Lane> ALL = Set.copyOf(EnumSet.allOf(Lane.class));

  private final Rule rule;
  private final String words;
  private final List<EventMatcher> events;
  private final long least;
  private final long most;
  private final Set<Lane> lanes;
  private final int attempt;

  private Lifecycle(
      Rule rule,
      String words,
      List<EventMatcher> events,
      long least,
      long most,
      Set<Lane> lanes,
      int attempt) {
    this.rule = rule;
    this.words = words;
    this.events = events;
    this.least = least;
    this.most = most;
    this.lanes = lanes;
    this.attempt = attempt;
  }

  private static Lifecycle of(Rule rule, String words, EventMatcher... events) {
    return new Lifecycle(rule, words, List.of(events), 0, 0, ALL, 0);
  }

  private static EventMatcher[] some(EventMatcher... events) {
    if (events.length == 0) {
      throw new IllegalArgumentException(
          "no event is expected, which holds for every stream; name at least one");
    }
    return events;
  }

  private static EventMatcher one(EventMatcher event) {
    if (event.times() != 1) {
      throw new IllegalArgumentException(
          "\""
              + event.describe()
              + "\" are several events, and one is asked for; leave the number away");
    }
    return event;
  }

  // ---- sequences ----

  /**
   * Expects these events in this order, with any others between them. {@code received(3)} stands
   * for three messages, with any others between them too.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Lifecycle inOrder(EventMatcher... events) {
    return of(Rule.IN_ORDER, "these events in this order, others allowed between", some(events));
  }

  /**
   * Expects these events in this order and no others. Use it with {@link #on} or {@link
   * #onAttempt}: how the transport's events fall between the application's differs from run to run.
   */
  public static Lifecycle exactly(EventMatcher... events) {
    return of(Rule.EXACTLY, "exactly these events in this order", events);
  }

  /**
   * Expects these events first, in this order, with no others between them.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Lifecycle startingWith(EventMatcher... events) {
    return of(Rule.STARTING_WITH, "these events first, with none between", some(events));
  }

  /**
   * Expects these events in any order, with any others between them. No event counts twice.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Lifecycle inAnyOrder(EventMatcher... events) {
    return of(Rule.IN_ANY_ORDER, "these events in any order, others allowed", some(events));
  }

  // ---- relations ----

  /**
   * Expects the first {@code earlier} event before the first {@code later} one. Both must have
   * happened. {@code before(received(3), halfClosed())} means the third message.
   */
  public static Lifecycle before(EventMatcher earlier, EventMatcher later) {
    return of(Rule.BEFORE, earlier.describe() + " before " + later.describe(), earlier, later);
  }

  /**
   * Expects every {@code earlier} event before any {@code later} one. Both must have happened: with
   * one of them missing it would hold by accident.
   */
  public static Lifecycle everyBeforeAny(EventMatcher earlier, EventMatcher later) {
    return of(
        Rule.EVERY_BEFORE,
        "every " + one(earlier).describe() + " before any " + one(later).describe(),
        earlier,
        later);
  }

  /**
   * Expects no {@code event} after the first {@code anchor}. The anchor must have happened: without
   * it this would hold by accident. The event need not.
   */
  public static Lifecycle neverAfter(EventMatcher event, EventMatcher anchor) {
    return of(
        Rule.NEVER_AFTER,
        "no " + one(event).describe() + " after " + one(anchor).describe(),
        event,
        anchor);
  }

  /**
   * Expects every {@code event} after the first {@code from} and before the first {@code to}. All
   * three must have happened. An event that is itself the first {@code from} or {@code to} is not
   * on the wrong side of it.
   */
  public static Lifecycle between(EventMatcher event, EventMatcher from, EventMatcher to) {
    return of(
        Rule.BETWEEN,
        "every "
            + one(event).describe()
            + " between "
            + one(from).describe()
            + " and "
            + one(to).describe(),
        event,
        from,
        to);
  }

  // ---- counts ----

  /** Expects the event exactly {@code n} times. Counts are exact whatever the log has dropped. */
  public static Lifecycle times(int n, EventMatcher event) {
    return n == 0 ? never(event) : counted(n, n, times(n), event);
  }

  /** Expects the event at least {@code n} times. */
  public static Lifecycle atLeast(int n, EventMatcher event) {
    return counted(n, Long.MAX_VALUE, "at least " + times(n), event);
  }

  /** Expects the event at most {@code n} times. */
  public static Lifecycle atMost(int n, EventMatcher event) {
    return counted(0, n, "at most " + times(n), event);
  }

  /** Expects that the event never happened. */
  public static Lifecycle never(EventMatcher event) {
    return new Lifecycle(Rule.COUNT, "no " + one(event).describe(), List.of(event), 0, 0, ALL, 0);
  }

  private static Lifecycle counted(long least, long most, String times, EventMatcher event) {
    if (most < 0 || least < 0) {
      throw new IllegalArgumentException("an event happens 0 times or more, never fewer");
    }
    return new Lifecycle(
        Rule.COUNT, one(event).describe() + " " + times, List.of(event), least, most, ALL, 0);
  }

  private static String times(int n) {
    return n == 1 ? "once" : n + " times";
  }

  // ---- the part of a stream that is meant ----

  /**
   * Returns this expectation for the events of attempt {@code number} alone. The application's
   * events belong to no attempt.
   */
  public Lifecycle onAttempt(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("attempts count from 1, but the attempt is " + number);
    }
    return new Lifecycle(rule, words, events, least, most, lanes, number);
  }

  /** Returns this expectation for the events that {@code side} saw alone. */
  public Lifecycle on(Lane side) {
    Objects.requireNonNull(side, "side");
    return new Lifecycle(rule, words, events, least, most, Set.of(side), attempt);
  }

  /** Returns what is expected, so that it reads on from "the stream has". */
  public String describe() {
    StringBuilder text = new StringBuilder(words);
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

  /** Returns {@link #describe()}. */
  @Override
  public String toString() {
    return describe();
  }

  /** Holds {@code stream} to this expectation. Never throws for a stream that does not meet it. */
  public LifecycleResult check(RecordedStream stream) {
    Objects.requireNonNull(stream, "stream");
    return LifecycleCheck.of(this, new StreamPart(stream, lanes, attempt));
  }

  Rule rule() {
    return rule;
  }

  List<EventMatcher> events() {
    return events;
  }

  long least() {
    return least;
  }

  long most() {
    return most;
  }
}
