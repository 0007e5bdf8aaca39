package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.lifecycle.LifecycleResult;
import io.github.streamleak.lifecycle.Snapshots;
import io.github.streamleak.stream.RecordedStream;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on which events happened, in which order, and how often. Each is a method of {@link
 * Lifecycle}, which says what it means in full.
 *
 * <p>The log of a stream is bounded. An assertion that needs an event which the log has dropped
 * fails and names the setting that keeps more events; it never passes because nothing was seen.
 *
 * @param <SELF> the type of the assertion itself
 * @param <ACTUAL> what it is about
 */
public abstract class AbstractLifecycleAssert<
        SELF extends AbstractLifecycleAssert<SELF, ACTUAL>, ACTUAL>
    extends AbstractLiveAssert<SELF, ACTUAL> {

  private List<EventMatcher> ignored = List.of();

  AbstractLifecycleAssert(
      @Nullable ACTUAL actual,
      Class<?> selfType,
      String kind,
      String path,
      UnaryOperator<ACTUAL> latest) {
    super(actual, selfType, kind, path, latest);
  }

  abstract RecordedStream stream(ACTUAL actual);

  @Override
  final String since(ACTUAL then, ACTUAL now) {
    return Snapshots.since(stream(then), stream(now));
  }

  abstract Lifecycle scoped(Lifecycle lifecycle, ACTUAL actual);

  /**
   * Leaves these events out of the assertions on events that follow, as if they had not been
   * recorded. It is for events whose place is a race, such as {@code ignoring(requested())} before
   * {@link #hasExactLifecycle}; see {@link Lifecycle#ignoring}.
   *
   * @throws IllegalArgumentException if no event is named, or only the first or the last one
   */
  @CheckReturnValue
  public SELF ignoring(EventMatcher... events) {
    ignored = Stream.concat(ignored.stream(), Lifecycle.ignorable(events).stream()).toList();
    return myself;
  }

  /** Returns {@code child} with what is ignored here. */
  final <CHILD extends AbstractLifecycleAssert<CHILD, ?>> CHILD ignoringToo(CHILD child) {
    AbstractLifecycleAssert<CHILD, ?> to = child;
    to.ignored = ignored;
    return child;
  }

  /**
   * Asserts that the events are as {@code lifecycle} says. Keep a {@code Lifecycle} in a constant
   * to have an assertion of your own.
   *
   * @throws AssertionError if they are not, or if that cannot be decided because of dropped events
   */
  @CanIgnoreReturnValue
  public SELF meets(Lifecycle lifecycle) {
    Objects.requireNonNull(lifecycle, "lifecycle");
    return check(actual -> meet(lifecycle, actual));
  }

  final void meet(Lifecycle lifecycle, ACTUAL actual) {
    Lifecycle held = scoped(lifecycle, actual);
    if (!ignored.isEmpty()) {
      held = held.ignoring(ignored.toArray(new EventMatcher[0]));
    }
    LifecycleResult result = held.check(stream(actual));
    if (!result.isMatched()) {
      throw failure(result.expected(), result.actual(), "to have " + result.describe());
    }
  }

  /** Asserts that these events happened in this order, with any others between them. */
  @CanIgnoreReturnValue
  public SELF hasLifecycle(EventMatcher... events) {
    return meets(Lifecycle.inOrder(events));
  }

  /**
   * Asserts that these events happened in this order, and no others. Use it on one lane or one
   * attempt: how the transport's events fall between the application's differs from run to run. On
   * the application lane, put {@code ignoring(requested())} before it.
   */
  @CanIgnoreReturnValue
  public SELF hasExactLifecycle(EventMatcher... events) {
    return meets(Lifecycle.exactly(events));
  }

  /** Asserts that these events happened first, in this order, with no others between them. */
  @CanIgnoreReturnValue
  public SELF hasLifecycleStartingWith(EventMatcher... events) {
    return meets(Lifecycle.startingWith(events));
  }

  /** Asserts that these events happened in any order, with any others. No event counts twice. */
  @CanIgnoreReturnValue
  public SELF hasLifecycleInAnyOrder(EventMatcher... events) {
    return meets(Lifecycle.inAnyOrder(events));
  }

  /** Asserts that both happened, the first {@code earlier} before the first {@code later}. */
  @CanIgnoreReturnValue
  public SELF hasBefore(EventMatcher earlier, EventMatcher later) {
    return meets(Lifecycle.before(earlier, later));
  }

  /** Asserts that both happened, the first {@code later} after the first {@code earlier}. */
  @CanIgnoreReturnValue
  public SELF hasAfter(EventMatcher later, EventMatcher earlier) {
    return meets(Lifecycle.before(earlier, later));
  }

  /** Asserts that both happened, every {@code earlier} before any {@code later}. */
  @CanIgnoreReturnValue
  public SELF hasEveryBeforeAny(EventMatcher earlier, EventMatcher later) {
    return meets(Lifecycle.everyBeforeAny(earlier, later));
  }

  /** Asserts that {@code anchor} happened, and no {@code event} after it. */
  @CanIgnoreReturnValue
  public SELF hasNoneAfter(EventMatcher event, EventMatcher anchor) {
    return meets(Lifecycle.neverAfter(event, anchor));
  }

  /**
   * Asserts that all three happened, every {@code event} after the first {@code from} and before
   * the first {@code to}.
   */
  @CanIgnoreReturnValue
  public SELF hasEveryBetween(EventMatcher event, EventMatcher from, EventMatcher to) {
    return meets(Lifecycle.between(event, from, to));
  }

  /** Asserts that the event happened exactly {@code n} times. */
  @CanIgnoreReturnValue
  public SELF hasTimes(int n, EventMatcher event) {
    return meets(Lifecycle.times(n, event));
  }

  /** Asserts that the event happened at least {@code n} times. */
  @CanIgnoreReturnValue
  public SELF hasAtLeast(int n, EventMatcher event) {
    return meets(Lifecycle.atLeast(n, event));
  }

  /** Asserts that the event happened at most {@code n} times. */
  @CanIgnoreReturnValue
  public SELF hasAtMost(int n, EventMatcher event) {
    return meets(Lifecycle.atMost(n, event));
  }

  /** Asserts that the event never happened. */
  @CanIgnoreReturnValue
  public SELF hasNone(EventMatcher event) {
    return meets(Lifecycle.never(event));
  }
}
