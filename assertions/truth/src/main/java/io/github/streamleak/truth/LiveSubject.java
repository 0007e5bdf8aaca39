package io.github.streamleak.truth;

import com.google.common.truth.Fact;
import com.google.common.truth.FailureMetadata;
import com.google.common.truth.StandardSubjectBuilder;
import com.google.common.truth.Subject;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.Snapshots;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What all subjects have in common: waiting, and a way to the parts of the actual value.
 *
 * <p>A stream, an attempt or a list of streams is a snapshot, which does not change. To wait means
 * to take newer snapshots of the same stream until the assertion holds. Each look must not fail the
 * test, whatever the failure strategy of the test is, so that it is made on a subject whose
 * strategy throws. The last look is made on the test's own strategy, so that {@code Expect}
 * collects it.
 *
 * <p>Without {@code eventually} an assertion must hold of the snapshot and, if more has been
 * recorded since, of the newest one too: what holds of an old snapshot alone holds by accident.
 *
 * <p>Null fails every assertion but {@code isNull()}. Assertions that come from {@link Subject}
 * never wait.
 *
 * @param <S> the type of the subject itself
 * @param <T> what it is about
 */
@CheckReturnValue
public abstract class LiveSubject<S extends LiveSubject<S, T>, T> extends Subject {

  private static final Duration POLL_INTERVAL = Duration.ofMillis(10);

  /** Makes a subject of one kind. */
  interface Kind<S extends LiveSubject<S, T>, T> {
    S create(FailureMetadata metadata, @Nullable T actual, @Nullable Wait<T> wait);
  }

  /**
   * How a subject waits.
   *
   * @param limit how long it waits; null if it looks at its own state and at nothing newer
   * @param looks counts how often the assertion that is made last was looked at
   * @param looked is told of the newer state that a failure speaks of
   */
  record Wait<T>(@Nullable Duration limit, Looks looks, Consumer<? super T> looked) {

    /** For the streams of a list, which itself sees to what is newer. */
    static <T> Wait<T> never() {
      return new Wait<>(null, new Looks(), state -> {});
    }
  }

  /** How often was looked. Truth renders a message when it fails, and so the number is right. */
  static final class Looks {
    private int number;

    @Override
    public String toString() {
      return number == 0 ? "" : ", looked at " + (number == 1 ? "once" : number + " times");
    }
  }

  // Truth advises against keeping these two. But the looks need subjects of their own: those that
  // must not fail the test on other metadata, and the last one, which fails it, on these.
  private final FailureMetadata metadata;
  private final @Nullable T actual;

  private final Kind<S, T> kind;
  private final UnaryOperator<T> latest;
  private final @Nullable Wait<T> wait;

  /** The state that a failure speaks of: the one that a waiting subject from here saw last. */
  private @Nullable T shown;

  LiveSubject(
      FailureMetadata metadata,
      @Nullable T actual,
      @Nullable Wait<T> wait,
      Kind<S, T> kind,
      UnaryOperator<T> latest) {
    super(metadata, actual);
    this.metadata = metadata;
    this.actual = actual;
    this.shown = actual;
    this.wait = wait;
    this.kind = kind;
    this.latest = latest;
  }

  /**
   * Returns a subject whose assertions wait: each passes as soon as it holds, and fails if it does
   * not hold within {@code limit}. The subjects that it leads to wait as well. The failure is that
   * of the last look, and says how long was waited and how often it was looked at. Awaitility does
   * the waiting.
   *
   * @throws IllegalArgumentException if {@code limit} is negative
   */
  public S eventually(Duration limit) {
    Objects.requireNonNull(limit, "limit");
    if (limit.isNegative()) {
      throw new IllegalArgumentException("the limit must not be negative, but is " + limit);
    }
    String text = Texts.seconds(limit);
    Looks looks = new Looks();
    Subject.Factory<S, T> waiting =
        (newMetadata, value) ->
            kind.create(newMetadata, value, new Wait<>(limit, looks, state -> this.shown = state));
    return check("eventually(%s)", text)
        .withMessage("still so after waiting %s%s", text, looks)
        .about(waiting)
        .that(actual);
  }

  /** Returns another subject like this one. */
  final S again() {
    return kind.create(metadata, actual, wait);
  }

  /** Runs one assertion on a subject that stands for one state of the actual value. */
  final void hold(Consumer<? super S> assertion) {
    T unused = holdAndShow(assertion);
  }

  /** Runs one assertion, and returns the state that was looked at last. */
  private @Nullable T holdAndShow(Consumer<? super S> assertion) {
    T value = actual;
    if (value == null) {
      failWithActual(Fact.simpleFact("expected " + what()));
      return null;
    }
    if (wait == null) {
      lookOnce(assertion, value);
      return value;
    }
    Duration limit = wait.limit();
    if (limit == null) {
      assertion.accept(kind.create(metadata, value, null));
      return value;
    }
    Look<T> look = new Look<>(value);
    if (!limit.isZero() && waitFor(limit, wait.looks(), assertion, value, look)) {
      return look.state;
    }
    if (limit.isZero()) {
      wait.looks().number = 1;
      look.state = latest.apply(value);
    }
    wait.looked().accept(look.state);
    assertion.accept(kind.create(metadata, look.state, null));
    return look.state;
  }

  /**
   * What holds of an old snapshot alone does not pass: it would hold by accident, whatever has
   * become of the call.
   */
  private void lookOnce(Consumer<? super S> assertion, T value) {
    T now = latest.apply(value);
    String since = since(value, now);
    if (since.isEmpty()) {
      assertion.accept(kind.create(metadata, value, null));
    } else if (!holds(assertion, value)) {
      assertion.accept(told("snapshot()", Snapshots.behind(since), value));
    } else if (!holds(assertion, now)) {
      assertion.accept(told("latest()", Snapshots.heldThen(since), now));
    }
  }

  private S told(String path, String message, T state) {
    return check("%s", path).withMessage("%s", message).about(once()).that(state);
  }

  private boolean holds(Consumer<? super S> assertion, T state) {
    try {
      assertion.accept(throwing().about(once()).that(state));
      return true;
    } catch (AssertionError e) {
      return false;
    }
  }

  /** Expect would collect the failure of each look and go on. */
  private static StandardSubjectBuilder throwing() {
    return StandardSubjectBuilder.forCustomFailureStrategy(
        failure -> {
          throw failure;
        });
  }

  /** Returns a factory of subjects that neither wait nor look for anything newer. */
  private Subject.Factory<S, T> once() {
    return (newMetadata, state) -> kind.create(newMetadata, state, null);
  }

  /** Returns what has happened between two states of the actual value; empty if nothing has. */
  String since(T then, T now) {
    return "";
  }

  /** Returns whether the assertion came to hold. */
  private boolean waitFor(
      Duration limit, Looks looks, Consumer<? super S> assertion, T value, Look<T> look) {
    looks.number = 0;
    try {
      Awaitility.await()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .pollInterval(POLL_INTERVAL)
          .atMost(limit)
          .untilAsserted(
              () -> {
                looks.number++;
                look.state = latest.apply(value);
                assertion.accept(throwing().about(once()).that(look.state));
              });
      return true;
    } catch (ConditionTimeoutException e) {
      return false;
    }
  }

  private static final class Look<T> {
    T state;

    Look(T state) {
      this.state = state;
    }
  }

  /**
   * Goes on with a part of the actual value.
   *
   * @param find finds it, or returns null
   * @param missing fails if there is none
   */
  final <C, CS extends LiveSubject<CS, C>> CS go(
      String path,
      Kind<CS, C> child,
      Function<? super T, ? extends @Nullable C> find,
      Consumer<? super S> missing) {
    T state =
        holdAndShow(
            subject -> {
              if (find.apply(subject.value()) == null) {
                missing.accept(subject);
              }
            });
    C found = state == null ? null : find.apply(state);
    if (found == null) {
      // It has failed already, by a strategy that does not throw.
      return ignoreCheck()
          .about((FailureMetadata m, @Nullable C none) -> child.create(m, none, null))
          .that(null);
    }
    Wait<C> childWait = wait == null ? null : new Wait<>(wait.limit(), wait.looks(), newer -> {});
    return check("%s", path)
        .about((FailureMetadata m, @Nullable C part) -> child.create(m, part, childWait))
        .that(found);
  }

  /** Fails unless both read the same; an IDE shows them side by side. */
  final void equal(String path, String expected, @Nullable String was) {
    check("%s", path).that(was).isEqualTo(expected);
  }

  final @Nullable T actual() {
    return actual;
  }

  /** Returns the actual value, where {@link #hold} has seen that there is one. */
  final T value() {
    return Objects.requireNonNull(actual);
  }

  /** Returns what the actual value should be, as in "a stream". */
  abstract String what();

  /** Returns the actual value in one line. */
  abstract String describe(T value);

  @Override
  protected final String actualCustomStringRepresentation() {
    T value = shown;
    return value == null ? "null" : describe(value);
  }
}
