package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.assertj.core.api.AbstractObjectAssert;
import org.assertj.core.api.AssertionErrorCollector;
import org.assertj.core.description.TextDescription;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What all subjects have in common: a path that names them in a failure, waiting, and collecting
 * failures softly. Every assertion is one {@link #check}; so is every one that you add.
 *
 * @param <SELF> the type of the assertion itself
 * @param <ACTUAL> what it is about
 */
public abstract class AbstractLiveAssert<SELF extends AbstractLiveAssert<SELF, ACTUAL>, ACTUAL>
    extends AbstractObjectAssert<SELF, ACTUAL> {

  private static final Duration POLL_INTERVAL = Duration.ofMillis(10);

  private final UnaryOperator<ACTUAL> latest;
  private final String kind;
  private String path;
  private Duration limit = Duration.ZERO;
  private @Nullable AssertionErrorCollector soft;

  /** Set where a navigation failed softly: what follows says nothing more. */
  private boolean lost;

  private @Nullable ACTUAL held;
  private @Nullable Object failedExpected;
  private @Nullable Object failedActual;

  @SuppressWarnings("NullAway") // AssertJ has null for an actual value that is missing.
  AbstractLiveAssert(
      @Nullable ACTUAL actual,
      Class<?> selfType,
      String kind,
      String path,
      UnaryOperator<ACTUAL> latest) {
    super(actual, selfType);
    this.kind = kind;
    this.path = path;
    this.latest = latest;
  }

  /**
   * Makes the assertions that follow wait: each holds if it comes true within {@code limit}. A
   * failure then is the last one, with the time that was waited. Awaitility does the waiting.
   *
   * @throws IllegalArgumentException if {@code limit} is negative
   */
  @CheckReturnValue
  public SELF eventually(Duration limit) {
    if (limit.isNegative()) {
      throw new IllegalArgumentException("the limit must not be negative, but is " + limit);
    }
    this.limit = limit;
    return myself;
  }

  /**
   * Holds the subject, as it stands now, to {@code requirement}, which throws an {@link
   * AssertionError} made by {@link #failure} if it is not met. Waits after {@link #eventually}, and
   * collects the error in soft assertions.
   */
  @CanIgnoreReturnValue
  protected final SELF check(Consumer<? super ACTUAL> requirement) {
    boolean unused = holds(requirement);
    return myself;
  }

  /** Does what {@link #check} does, and returns whether it held: a navigation goes on if so. */
  final boolean holds(Consumer<? super ACTUAL> requirement) {
    if (lost) {
      return false;
    }
    try {
      isNotNull();
      attempt(requirement);
      return true;
    } catch (AssertionError e) {
      if (soft == null) {
        throw e;
      }
      soft.collectAssertionError(e);
      lost = actual == null;
      return false;
    }
  }

  private void attempt(Consumer<? super ACTUAL> requirement) {
    if (limit.isZero()) {
      requirement.accept(actual);
      held = actual;
      return;
    }
    try {
      Awaitility.await()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .pollInterval(POLL_INTERVAL)
          .atMost(limit)
          .untilAsserted(
              () -> {
                ACTUAL now = latest.apply(actual);
                requirement.accept(now);
                held = now;
              });
    } catch (ConditionTimeoutException e) {
      Throwable last = e.getCause();
      String text = last == null ? e.getMessage() : last.getMessage();
      text += "\n\nIt was still so after " + seconds(limit) + " of waiting.";
      AssertionError error =
          failureWithActualExpected(failedActual, failedExpected, "%s", withoutDescription(text));
      if (last != null) {
        error.addSuppressed(last);
      }
      throw error;
    }
  }

  /** The text has the description of {@code as(...)} already, and would get it again. */
  private String withoutDescription(String text) {
    String description = descriptionText();
    String prefix = "[" + description + "] ";
    return !description.isEmpty() && text.startsWith(prefix)
        ? text.substring(prefix.length())
        : text;
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
  }

  /**
   * Returns a failure of this subject: "Expected stream [path] {@code text}".
   *
   * @param expected what an IDE shows as expected
   * @param actual what an IDE shows as actual
   */
  protected final AssertionError failure(
      @Nullable Object expected, @Nullable Object actual, String text) {
    failedExpected = expected;
    failedActual = actual;
    return failureWithActualExpected(actual, expected, "%s", "Expected " + name() + " " + text);
  }

  /** Returns kind and path, as in "stream [recorder > stream 1 of 2: acme.Market/Watch]". */
  final String name() {
    return path.isEmpty() ? kind : kind + " [" + path + "]";
  }

  /**
   * Returns the state that met the last requirement: what a navigation goes on from. A newer one
   * may no longer meet it.
   */
  final @Nullable ACTUAL held() {
    return held;
  }

  final boolean isLost() {
    return lost;
  }

  /** Returns {@code child} with description, path, waiting and softness of this one. */
  final <CHILD extends AbstractLiveAssert<CHILD, ?>> CHILD navigate(CHILD child, String childPath) {
    AbstractLiveAssert<CHILD, ?> to = child;
    to.path = path.isEmpty() ? childPath : path + " > " + childPath;
    to.limit = limit;
    to.soft = soft;
    if (!descriptionText().isEmpty()) {
      return child.as(new TextDescription("%s", descriptionText()));
    }
    return child;
  }

  /** Returns {@code child} as one that says nothing more: the way to it failed, softly. */
  final <CHILD extends AbstractLiveAssert<CHILD, ?>> CHILD lost(CHILD child) {
    AbstractLiveAssert<CHILD, ?> to = child;
    to.lost = true;
    return child;
  }

  final SELF softly(AssertionErrorCollector collector) {
    soft = Objects.requireNonNull(collector, "collector");
    return myself;
  }
}
