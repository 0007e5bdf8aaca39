package io.github.streamleak.truth;

import static com.google.common.truth.Fact.fact;

import com.google.common.truth.FailureMetadata;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.lifecycle.LifecycleResult;
import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.lifecycle.Snapshots;
import io.github.streamleak.stream.RecordedStream;
import java.time.Duration;
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
 * @param <S> the type of the subject itself
 * @param <T> what it is about
 */
@CheckReturnValue
public abstract class LifecycleSubject<S extends LifecycleSubject<S, T>, T>
    extends LiveSubject<S, T> {

  private List<EventMatcher> ignored = List.of();

  LifecycleSubject(
      FailureMetadata metadata,
      @Nullable T actual,
      @Nullable Wait<T> wait,
      Kind<S, T> kind,
      UnaryOperator<T> latest) {
    super(metadata, actual, wait, kind, latest);
  }

  abstract RecordedStream stream(T value);

  @Override
  final String since(T then, T now) {
    return Snapshots.since(stream(then), stream(now));
  }

  abstract Lifecycle scoped(Lifecycle lifecycle, T value);

  /**
   * Returns a subject whose assertions on events leave these out, as if they had not been recorded.
   * It is for events whose place is a race, such as {@code ignoring(requested())} before {@link
   * #hasExactLifecycle}; see {@link Lifecycle#ignoring}.
   *
   * @throws IllegalArgumentException if no event is named, or only the first or the last one
   */
  public final S ignoring(EventMatcher... events) {
    List<EventMatcher> left = Lifecycle.ignorable(events);
    S child = again();
    LifecycleSubject<S, T> to = child;
    to.ignored = Stream.concat(ignored.stream(), left.stream()).toList();
    return child;
  }

  /** Returns {@code child} with what is ignored here. */
  final <CS extends LifecycleSubject<CS, ?>> CS ignoringToo(CS child) {
    LifecycleSubject<CS, ?> to = child;
    to.ignored = ignored;
    return child;
  }

  @Override
  public final S eventually(Duration limit) {
    S child = super.eventually(limit);
    LifecycleSubject<S, T> to = child;
    to.ignored = ignored;
    return child;
  }

  /**
   * Checks that the events are as {@code lifecycle} says. Keep a {@code Lifecycle} in a constant to
   * have an assertion of your own.
   */
  public final void meets(Lifecycle lifecycle) {
    Objects.requireNonNull(lifecycle, "lifecycle");
    List<EventMatcher> left = ignored;
    Lifecycle held =
        left.isEmpty() ? lifecycle : lifecycle.ignoring(left.toArray(new EventMatcher[0]));
    hold(subject -> subject.judge(held));
  }

  final void judge(Lifecycle lifecycle) {
    LifecycleResult result = scoped(lifecycle, value()).check(stream(value()));
    if (result.outcome() == Outcome.UNDECIDABLE) {
      failWithoutActual(
          fact("expected", result.expectation()),
          fact("but", result.problem()),
          fact("events", result.table()));
    } else if (!result.isMatched()) {
      mismatch(result);
    }
  }

  /** Goes on with the event that a matcher means. */
  final EventSubject goToEvent(EventMatcher matcher) {
    return go(
        "event(" + matcher.describe() + ")",
        EventSubject::new,
        value -> matcher.firstIn(stream(value)).orElse(null),
        subject -> subject.noEvent(matcher));
  }

  final void noEvent(EventMatcher matcher) {
    RecordedStream stream = stream(value());
    LifecycleResult result = Lifecycle.atLeast(1, matcher).check(stream);
    failWithoutActual(
        fact("expected to have", matcher.describe()),
        fact("but", matcher.whyNotIn(stream)),
        fact("events", result.table()));
  }

  /** Shows the table alone: a diff of what it says would say it twice. */
  private void mismatch(LifecycleResult result) {
    check("lifecycle()").withMessage("%s", "expected " + result.describe() + "\n").fail();
  }

  /** Checks that these events happened in this order, with any others between them. */
  public final void hasLifecycle(EventMatcher... events) {
    meets(Lifecycle.inOrder(events));
  }

  /**
   * Checks that these events happened in this order, and no others. Use it on one lane or one
   * attempt: how the transport's events fall between the application's differs from run to run. On
   * the application lane, put {@code ignoring(requested())} before it.
   */
  public final void hasExactLifecycle(EventMatcher... events) {
    meets(Lifecycle.exactly(events));
  }

  /** Checks that these events happened first, in this order, with no others between them. */
  public final void hasLifecycleStartingWith(EventMatcher... events) {
    meets(Lifecycle.startingWith(events));
  }

  /** Checks that these events happened in any order, with any others. No event counts twice. */
  public final void hasLifecycleInAnyOrder(EventMatcher... events) {
    meets(Lifecycle.inAnyOrder(events));
  }

  /** Checks that both happened, the first {@code earlier} before the first {@code later}. */
  public final void hasBefore(EventMatcher earlier, EventMatcher later) {
    meets(Lifecycle.before(earlier, later));
  }

  /** Checks that both happened, the first {@code later} after the first {@code earlier}. */
  public final void hasAfter(EventMatcher later, EventMatcher earlier) {
    meets(Lifecycle.before(earlier, later));
  }

  /** Checks that both happened, every {@code earlier} before any {@code later}. */
  public final void hasEveryBeforeAny(EventMatcher earlier, EventMatcher later) {
    meets(Lifecycle.everyBeforeAny(earlier, later));
  }

  /** Checks that {@code anchor} happened, and no {@code event} after it. */
  public final void hasNoneAfter(EventMatcher event, EventMatcher anchor) {
    meets(Lifecycle.neverAfter(event, anchor));
  }

  /**
   * Checks that all three happened, every {@code event} after the first {@code from} and before the
   * first {@code to}.
   */
  public final void hasEveryBetween(EventMatcher event, EventMatcher from, EventMatcher to) {
    meets(Lifecycle.between(event, from, to));
  }

  /** Checks that the event happened exactly {@code n} times. */
  public final void hasTimes(int n, EventMatcher event) {
    meets(Lifecycle.times(n, event));
  }

  /** Checks that the event happened at least {@code n} times. */
  public final void hasAtLeast(int n, EventMatcher event) {
    meets(Lifecycle.atLeast(n, event));
  }

  /** Checks that the event happened at most {@code n} times. */
  public final void hasAtMost(int n, EventMatcher event) {
    meets(Lifecycle.atMost(n, event));
  }

  /** Checks that the event never happened. */
  public final void hasNone(EventMatcher event) {
    meets(Lifecycle.never(event));
  }
}
