package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.EventCriteria.Place;
import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.Arrays;
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
 */
public final class Lifecycle {

  private static final EventMatcher TERMINAL = ExpectedEvents.terminalStatus();

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
    if (events.length == 0) {
      throw new IllegalArgumentException(
          "no event is expected, which holds for every stream; name at least one");
    }
    return List.of(events);
  }

  private static String one(EventMatcher event) {
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
        new Sequence(OtherEvents.NOWHERE, List.of(events)), "exactly these events in this order");
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
   * happened. {@code before(inboundMessages(3), halfClosed())} means the third message.
   */
  public static Lifecycle before(EventMatcher earlier, EventMatcher later) {
    return of(Relation.before(earlier, later), earlier.describe() + " before " + later.describe());
  }

  /**
   * Expects every {@code earlier} event before any {@code later} one. Both must have happened: with
   * one of them missing it would hold by accident.
   */
  public static Lifecycle everyBeforeAny(EventMatcher earlier, EventMatcher later) {
    return of(
        Relation.everyBeforeAny(earlier, later),
        "every " + one(earlier) + " before any " + one(later));
  }

  /**
   * Expects no {@code event} after the first {@code anchor}. The anchor must have happened: without
   * it this would hold by accident. The event need not have happened.
   */
  public static Lifecycle neverAfter(EventMatcher event, EventMatcher anchor) {
    return of(Relation.neverAfter(event, anchor), "no " + one(event) + " after " + one(anchor));
  }

  /**
   * Expects every {@code event} after the first {@code from} and before the first {@code to}. All
   * three must have happened. An event that is itself the first {@code from} or {@code to} is not
   * on the wrong side of it, and does not count as one between: there must be another.
   */
  public static Lifecycle between(EventMatcher event, EventMatcher from, EventMatcher to) {
    return of(
        Relation.between(event, from, to),
        "every " + one(event) + " between " + one(from) + " and " + one(to));
  }

  // ---- counts ----

  /**
   * Expects the event exactly {@code n} times. Counts are exact whatever the log has dropped.
   *
   * @throws IllegalArgumentException if {@code n} is negative
   */
  public static Lifecycle times(int n, EventMatcher event) {
    return n == 0 ? never(event) : counted(n, n, n, "", event);
  }

  /**
   * Expects the event at least {@code n} times.
   *
   * @throws IllegalArgumentException if {@code n} is negative
   */
  public static Lifecycle atLeast(int n, EventMatcher event) {
    return counted(n, n, Long.MAX_VALUE, "at least ", event);
  }

  /**
   * Expects the event at most {@code n} times.
   *
   * @throws IllegalArgumentException if {@code n} is negative
   */
  public static Lifecycle atMost(int n, EventMatcher event) {
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
   * <p>A cancel after the terminal status cancels nothing, and does not count. gRPC makes such
   * cancels itself: the blocking stub of a unary method cancels the call when it throws the status
   * that the server has sent. Use {@link #atLeast} with {@link ExpectedEvents#cancelled} to expect
   * the event, whenever it came.
   */
  public static Lifecycle cancelled() {
    return of(
        new EventCount(ExpectedEvents.cancelled(), 1, Long.MAX_VALUE).before(TERMINAL),
        "a cancel before any terminal status");
  }

  /** Expects that {@code canceller} cancelled the call before its terminal status. */
  public static Lifecycle cancelled(Canceller canceller) {
    return of(
        new EventCount(ExpectedEvents.cancelled().by(canceller), 1, Long.MAX_VALUE)
            .before(TERMINAL),
        "a cancel by " + canceller.text() + " before any terminal status");
  }

  /** Expects that nobody cancelled the call before its terminal status. */
  public static Lifecycle notCancelled() {
    return of(
        new EventCount(ExpectedEvents.cancelled(), 0, 0).before(TERMINAL),
        "no cancel before any terminal status");
  }

  private static Lifecycle counted(int n, long least, long most, String bound, EventMatcher event) {
    if (n < 0) {
      throw new IllegalArgumentException("an event cannot happen " + n + " times");
    }
    return of(
        new EventCount(event, least, most),
        one(event) + " " + bound + (n == 1 ? "once" : n + " times"));
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
    return new Lifecycle(shape, words, scope.onAttempt(number));
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
    for (EventMatcher ignored : some(events)) {
      if (ignored.times() != 1 || ignored.criteria().place() != Place.ANY) {
        throw new IllegalArgumentException(
            "\""
                + ignored.describe()
                + "\" cannot be ignored: name the events without number, first or last, to ignore"
                + " them all");
      }
      for (EventMatcher named : shape.events()) {
        boolean same = ignored.describe().equals(named.describe());
        if (same || (named.kind() == ignored.kind() && ignored.criteria().isKindAlone())) {
          throw new IllegalArgumentException(
              "\"" + named.describe() + "\" is expected and ignored at once");
        }
      }
    }
    List<Scope.Ignored> left =
        Arrays.stream(events)
            .map(event -> new Scope.Ignored(event.criteria(), event.describe()))
            .toList();
    return new Lifecycle(shape, words, scope.ignoring(left));
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
    String unseen = unseen(stream);
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
  private String unseen(RecordedStream stream) {
    for (EventKind kind : EventKind.values()) {
      boolean asked =
          shape.events().stream().anyMatch(event -> event.kind() == kind)
              || (shape.isDecidedByOthers() && scope.canHave(kind));
      String doubt = asked ? Seen.doubt(stream, kind) : "";
      if (!doubt.isEmpty()) {
        return doubt;
      }
    }
    return "";
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
