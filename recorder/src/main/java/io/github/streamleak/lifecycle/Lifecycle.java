package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.EventCriteria.Place;
import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What is expected of the events of a stream: which, in which order, how often. Immutable. {@link
 * #check} holds a stream to it; the assertions for AssertJ and Truth wrap that, and so both mean
 * the same.
 *
 * <p>The order is that of the log, which is the order in which the state of the stream changed. Two
 * events can bear the same time and still have an order. An expectation speaks of the whole stream;
 * {@link #onAttempt} and {@link #on} narrow it to the events of one attempt or of one lane.
 *
 * <p>The order of events across lanes is the order in which threads got there. The transport runs
 * beside the application, and so an expectation that mixes lanes can hold in one run and fail in
 * the next, although nothing is wrong. Within one lane, or within one attempt, the order is gRPC's.
 *
 * <p>What can be true of no stream, or is true of every one, is refused with an {@link
 * IllegalArgumentException}: a test that asserts it has a mistake, and would hide it.
 */
public final class Lifecycle {

  private final Shape shape;
  private final String words;
  private final Scope scope;

  private Lifecycle(Shape shape, String words, Scope scope) {
    this.shape = shape;
    this.words = words;
    this.scope = scope;
  }

  private static Lifecycle of(Shape shape, String words) {
    return new Lifecycle(shape, words, Scope.ALL);
  }

  private static List<EventMatcher> some(EventMatcher... events) {
    List<EventMatcher> all = nonNull(events);
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          "no event is expected, which holds for every stream; name at least one");
    }
    return all;
  }

  private static List<EventMatcher> nonNull(EventMatcher... events) {
    for (EventMatcher event : Objects.requireNonNull(events, "events")) {
      Objects.requireNonNull(event, "one of events");
    }
    return List.of(events);
  }

  private static String one(EventMatcher event) {
    Objects.requireNonNull(event, "event");
    if (event.times() != 1) {
      throw new IllegalArgumentException(
          "\""
              + event.describe()
              + "\" are several events, but one is asked for; leave out the number");
    }
    return event.describe();
  }

  // ---- sequences ----

  /**
   * Expects these events in this order, with any others between them. {@code inboundMessages(3)}
   * stands for three messages, with any others between them too.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Lifecycle inOrder(EventMatcher... events) {
    return of(
        new Sequence(OtherEvents.ANYWHERE, some(events)),
        "these events in this order, others allowed between");
  }

  /**
   * Expects these events in this order and no others. Use it with {@link #on} or {@link
   * #onAttempt}: how the transport's events fall between the application's differs from run to run.
   */
  public static Lifecycle exactly(EventMatcher... events) {
    return of(
        new Sequence(OtherEvents.NOWHERE, nonNull(events)), "exactly these events in this order");
  }

  /**
   * Expects these events first, in this order, with no others between them.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Lifecycle startingWith(EventMatcher... events) {
    return of(
        new Sequence(OtherEvents.AFTERWARDS, some(events)),
        "these events first, with none between");
  }

  /**
   * Expects these events in any order, with any others between them. No event counts twice.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Lifecycle inAnyOrder(EventMatcher... events) {
    return of(new AnyOrder(some(events)), "these events in any order, others allowed");
  }

  // ---- relations ----

  /**
   * Expects the first {@code earlier} event before the first {@code later} one. Both must have
   * happened. {@code before(inboundMessages(3), halfClosed())} means the third message, {@code
   * before(halfClosed(), inboundMessages(3))} the first of three.
   */
  public static Lifecycle before(EventMatcher earlier, EventMatcher later) {
    Objects.requireNonNull(earlier, "earlier");
    Objects.requireNonNull(later, "later");
    String words = earlier.describe() + " before " + later.describe();
    requireApart(earlier, later, words);
    return of(Relation.before(earlier, later), words);
  }

  /** Refuses what would put an event before itself. */
  private static void requireApart(EventMatcher earlier, EventMatcher later, String words) {
    if (later.criteria().place() != Place.LAST
        && later.criteria().covers(earlier.criteria(), /* ofAttempt= */ 0)) {
      throw new IllegalArgumentException(
          "\"" + words + "\" can be true of no stream: it puts an event before itself");
    }
  }

  /**
   * Expects every {@code earlier} event before any {@code later} one. Both must have happened: with
   * one of them missing it would hold by accident.
   */
  public static Lifecycle everyBeforeAny(EventMatcher earlier, EventMatcher later) {
    Objects.requireNonNull(earlier, "earlier");
    Objects.requireNonNull(later, "later");
    String words = "every " + one(earlier) + " before any " + one(later);
    requireApart(earlier, later, words);
    return of(Relation.everyBeforeAny(earlier, later), words);
  }

  /**
   * Expects no {@code event} after the first {@code anchor}. The anchor must have happened: without
   * it this would hold by accident. The event need not have happened.
   */
  public static Lifecycle neverAfter(EventMatcher event, EventMatcher anchor) {
    Objects.requireNonNull(event, "event");
    Objects.requireNonNull(anchor, "anchor");
    String words = "no " + one(event) + " after " + one(anchor);
    EventCriteria one = event.criteria();
    EventCriteria other = anchor.criteria();
    boolean isFirst = one.place() == Place.FIRST || isSingleMessage(event);
    boolean afterTheLast = other.place() == Place.LAST && other.covers(one, 0);
    if (afterTheLast || (isFirst && one.covers(other, 0))) {
      throw new IllegalArgumentException("\"" + words + "\" is true of every stream");
    }
    if (one.kind() == EventKind.CANCELLED && other.kind() == EventKind.TERMINATED) {
      throw new IllegalArgumentException(
          "\""
              + words
              + "\" is true of every stream: a cancel after the terminal status cancels nothing, and"
              + " does not count");
    }
    return of(Relation.neverAfter(event, anchor), words);
  }

  private static boolean isSingleMessage(EventMatcher event) {
    return event.criteria().isNumbered() && event.kind().lane() == Lane.APPLICATION;
  }

  /**
   * Expects every {@code event} after the first {@code from} and before the first {@code to}. All
   * three must have happened. An event that is itself the first {@code from} or {@code to} is not
   * on the wrong side of it, and does not count as one between: there must be another.
   */
  public static Lifecycle between(EventMatcher event, EventMatcher from, EventMatcher to) {
    Objects.requireNonNull(event, "event");
    Objects.requireNonNull(from, "from");
    Objects.requireNonNull(to, "to");
    requireApart(from, to, from.describe() + " before " + to.describe());
    return of(
        Relation.between(event, from, to),
        "every " + one(event) + " between " + one(from) + " and " + one(to));
  }

  // ---- counts ----

  /**
   * Expects the event exactly {@code n} times. Counts are exact whatever the log has dropped.
   *
   * @throws IllegalArgumentException if {@code n} is negative, or more than 1 for a single event
   *     such as the first message
   */
  public static Lifecycle times(int n, EventMatcher event) {
    return n == 0 ? never(event) : counted(n, n, n, "", event);
  }

  /**
   * Expects the event at least {@code n} times.
   *
   * @throws IllegalArgumentException if {@code n} is less than 1, which is true of every stream, or
   *     more than 1 for a single event such as the first message
   */
  public static Lifecycle atLeast(int n, EventMatcher event) {
    if (n == 0) {
      throw new IllegalArgumentException(
          "\"" + one(event) + " at least 0 times\" is true of every stream");
    }
    return counted(n, n, Long.MAX_VALUE, "at least ", event);
  }

  /**
   * Expects the event at most {@code n} times.
   *
   * @throws IllegalArgumentException if {@code n} is negative, or more than 0 for a single event
   *     such as the first message
   */
  public static Lifecycle atMost(int n, EventMatcher event) {
    Objects.requireNonNull(event, "event");
    if (n > 0 && isAlone(event)) {
      throw new IllegalArgumentException(
          "\"" + one(event) + " at most " + times(n) + "\" is true of every stream");
    }
    return counted(n, 0, n, "at most ", event);
  }

  /** Expects that the event never happened. */
  public static Lifecycle never(EventMatcher event) {
    return of(new EventCount(event, 0, 0), "no " + one(event));
  }

  // ---- cancels ----

  /**
   * Expects that the call was cancelled before its terminal status, by the application, its Context
   * or the recorder.
   *
   * <p>A cancel after the terminal status cancels nothing, and does not count; see {@link
   * ExpectedEvents#cancelled}.
   */
  public static Lifecycle cancelled() {
    return of(
        new EventCount(ExpectedEvents.cancelled(), 1, Long.MAX_VALUE),
        "a cancel before any terminal status");
  }

  /** Expects that {@code canceller} cancelled the call before its terminal status. */
  public static Lifecycle cancelled(Canceller canceller) {
    Objects.requireNonNull(canceller, "canceller");
    return of(
        new EventCount(ExpectedEvents.cancelled().by(canceller), 1, Long.MAX_VALUE),
        "a cancel by " + canceller.text() + " before any terminal status");
  }

  /** Expects that nobody cancelled the call before its terminal status. */
  public static Lifecycle notCancelled() {
    return of(
        new EventCount(ExpectedEvents.cancelled(), 0, 0), "no cancel before any terminal status");
  }

  private static Lifecycle counted(int n, long least, long most, String bound, EventMatcher event) {
    if (n < 0) {
      throw new IllegalArgumentException("an event cannot happen " + n + " times");
    }
    String words = one(event) + " " + bound + times(n);
    if (n > 1 && isAlone(event)) {
      throw new IllegalArgumentException(
          "\"" + words + "\" can be true of no stream: it is a single event");
    }
    return of(new EventCount(event, least, most), words);
  }

  private static String times(int n) {
    return n == 1 ? "once" : n + " times";
  }

  /**
   * Messages on the transport are numbered anew for each attempt, so that several have a number.
   */
  private static boolean isAlone(EventMatcher event) {
    return event.criteria().place() != Place.ANY || isSingleMessage(event);
  }

  // ---- the part of a stream that is meant ----

  /**
   * Returns this expectation for the events of attempt {@code number} alone. The application's
   * events belong to no attempt.
   *
   * @throws IllegalArgumentException if {@code number} is less than 1, or if this expectation asks
   *     for an event that can never be one of this attempt
   */
  public Lifecycle onAttempt(int number) {
    if (number < 1) {
      throw new IllegalArgumentException(
          "attempts are counted from 1, but the number is " + number);
    }
    for (EventMatcher event : shape.events()) {
      if (event.kind().lane() == Lane.APPLICATION) {
        throw new IllegalArgumentException(
            "\""
                + event.describe()
                + "\" is an event of the application, which belongs to no attempt; ask for it on the"
                + " stream");
      }
      int wanted = event.criteria().attempt();
      if (wanted != 0 && wanted != number) {
        throw new IllegalArgumentException(
            "\"" + event.describe() + "\" can never be an event of attempt " + number);
      }
    }
    return scoped(scope.onAttempt(number));
  }

  /**
   * Returns this expectation for the events of {@code lane} alone.
   *
   * @throws IllegalArgumentException if this expectation asks for an event of another lane: that
   *     there is none here would hold of every stream
   */
  public Lifecycle on(Lane lane) {
    Objects.requireNonNull(lane, "lane");
    for (EventMatcher event : shape.events()) {
      if (event.kind().lane() != lane) {
        throw new IllegalArgumentException(
            "\""
                + event.describe()
                + "\" is never on the "
                + Scope.name(lane)
                + " lane; it is on the "
                + Scope.name(event.kind().lane())
                + " lane");
      }
    }
    return new Lifecycle(shape, words, scope.on(lane));
  }

  /**
   * Returns this expectation with these events left out, as if they had not been recorded.
   *
   * <p>It is for events whose place is a race and no part of the protocol: when an application asks
   * for its next message is up to its thread, or its stub's, beside what arrives. {@code
   * exactly(...).on(APPLICATION).ignoring(requested())} holds in every run.
   *
   * @throws IllegalArgumentException if there are none, if only the first or the last one is meant,
   *     or if this expectation asks for one of them
   */
  public Lifecycle ignoring(EventMatcher... events) {
    List<Scope.Ignored> left = new ArrayList<>();
    for (EventMatcher ignored : ignorable(events)) {
      left.add(new Scope.Ignored(ignored.criteria(), ignored.describe()));
    }
    return scoped(scope.ignoring(left));
  }

  /**
   * Returns these events.
   *
   * @throws IllegalArgumentException if there are none, or if no expectation can leave them out:
   *     several in a row, or only the first or the last one
   */
  public static List<EventMatcher> ignorable(EventMatcher... events) {
    List<EventMatcher> all = nonNull(events);
    for (EventMatcher ignored : all) {
      if (ignored.times() != 1 || ignored.criteria().place() != Place.ANY) {
        throw new IllegalArgumentException(
            "\""
                + ignored.describe()
                + "\" cannot be ignored: name the events without number, first or last, to ignore"
                + " them all");
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no event is named that is to be ignored");
    }
    return all;
  }

  /** Returns this expectation for {@code part}, unless that leaves out what it asks for. */
  private Lifecycle scoped(Scope part) {
    for (Scope.Ignored ignored : part.ignored()) {
      for (EventMatcher named : shape.events()) {
        if (ignored.criteria().covers(named.criteria(), part.attempt())) {
          throw new IllegalArgumentException(
              "\"" + named.describe() + "\" is expected and ignored at once");
        }
      }
    }
    return new Lifecycle(shape, words, part);
  }

  /** Returns what is expected, so that it reads on from "the stream has". */
  public String describe() {
    return words + scope.describe();
  }

  /** Returns {@link #describe()}. */
  @Override
  public String toString() {
    return describe();
  }

  /** Holds {@code stream} to this expectation. Never throws for a stream that does not meet it. */
  public LifecycleResult check(RecordedStream stream) {
    Objects.requireNonNull(stream, "stream");
    StreamPart part = new StreamPart(stream, scope);
    LifecycleTable table = new LifecycleTable(part);
    Decision decision = shape.decide(part, table);
    Outcome outcome = decision.outcome();
    String problem = decision.problem();
    table.addLate(part.late());
    String unseen = unseen(stream, outcome);
    if (!unseen.isEmpty()) {
      outcome = Outcome.UNDECIDABLE;
      problem = "that cannot be decided: " + unseen;
    } else if (outcome == Outcome.UNDECIDABLE) {
      problem = "that cannot be decided: " + part.describeDropped();
      table.markGap();
    }
    if (!shape.heedsOtherEvents()) {
      table.hideTransport(this::isNamed);
    }
    String hint = outcome == Outcome.NOT_MATCHED ? hint(part, table) : "";
    return new LifecycleResult(outcome, describe(), problem, table, hint);
  }

  private boolean isNamed(StreamEvent event) {
    return shape.events().stream().anyMatch(named -> named.kind() == event.kind());
  }

  /** Returns why an event that would decide may have gone unseen; empty if none has. */
  private String unseen(RecordedStream stream, Outcome outcome) {
    for (EventKind kind : EventKind.values()) {
      boolean asked =
          shape.events().stream().anyMatch(event -> event.kind() == kind)
              || (shape.isDecidedByOthers() && scope.canHave(kind));
      String doubt = asked ? Seen.doubt(stream, kind) : "";
      if (!doubt.isEmpty()) {
        return doubt;
      }
    }
    if (shape.isDecidedByOthers()) {
      for (EventKind kind : EventKind.values()) {
        String doubt = scope.canHave(kind) ? Seen.doubtOnRest(stream, kind, scope.attempt()) : "";
        if (!doubt.isEmpty()) {
          return doubt;
        }
      }
    }
    return shape.stands(outcome, event -> !doubtOnRest(stream, event).isEmpty())
        ? ""
        : shape.events().stream()
            .map(event -> doubtOnRest(stream, event))
            .filter(doubt -> !doubt.isEmpty())
            .findFirst()
            .orElse("");
  }

  /** Returns why there may be more of the events that {@code event} means than were seen. */
  private String doubtOnRest(RecordedStream stream, EventMatcher event) {
    int attempt = event.criteria().attempt();
    return Seen.doubtOnRest(stream, event.kind(), attempt == 0 ? scope.attempt() : attempt);
  }

  /** Returns what may help where the order is wrong: it may be one that threads race for. */
  private String hint(StreamPart part, LifecycleTable table) {
    List<StreamEvent> misplaced = table.misplaced();
    if (!shape.isOrder() || misplaced.isEmpty()) {
      return "";
    }
    Set<Lane> lanes = EnumSet.noneOf(Lane.class);
    shape.events().forEach(event -> lanes.add(event.kind().lane()));
    if (shape.heedsOtherEvents()) {
      part.kept().forEach(event -> lanes.add(event.lane()));
    }
    List<String> hints = new ArrayList<>();
    if (lanes.size() > 1 && scope.attempt() == 0) {
      hints.add(
          "These events are of several lanes, whose threads run beside each other, so that their"
              + " order can differ from run to run. Assert each lane by itself, as on"
              + " applicationLane(), or two events of which one causes the other.");
    }
    if (misplaced.stream().anyMatch(event -> event.kind() == EventKind.REQUESTED)) {
      hints.add(
          "When the application asks for messages is up to its own thread or its stub, beside what"
              + " arrives; ignoring(requested()) leaves it out.");
    }
    return String.join("\n", hints);
  }
}
