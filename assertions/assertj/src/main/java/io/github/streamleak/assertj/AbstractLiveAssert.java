package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.Snapshots;
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
 * What the assertions on all subjects have in common: a path that names the subject in a failure,
 * waiting, and collecting failures softly.
 *
 * <p>Every assertion is one call of {@link #check}, and so is every assertion that you add: it then
 * waits after {@link #eventually} and works in soft assertions like the rest. What AssertJ itself
 * has for every object, such as {@code satisfies}, does neither.
 *
 * <p>A stream, an attempt or a list of streams is a snapshot, which does not change. To wait means
 * to take newer snapshots of the same stream until the assertion holds. Without {@code eventually}
 * an assertion must hold of the snapshot and, if more has been recorded since, of the newest one
 * too: what holds of an old snapshot alone holds by accident.
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

  /** Set if the way to this subject failed softly: nothing that follows can be asserted. */
  private boolean lost;

  private @Nullable ACTUAL held;

  // Awaitility keeps the last failure and not what an IDE compares, so that is kept here.
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
   * Makes the assertions that follow wait: each passes as soon as it holds, and fails if it does
   * not hold within {@code limit}. The failure is that of the last look, and says how long was
   * waited. Awaitility does the waiting.
   *
   * @throws IllegalArgumentException if {@code limit} is negative
   */
  @CheckReturnValue
  public SELF eventually(Duration limit) {
    Objects.requireNonNull(limit, "limit");
    if (limit.isNegative()) {
      throw new IllegalArgumentException("the limit must not be negative, but is " + limit);
    }
    this.limit = limit;
    return myself;
  }

  /**
   * Asserts {@code requirement}, which throws an {@link AssertionError} made by {@link #failure} if
   * it is not met. Waits after {@link #eventually}, and collects the error in soft assertions.
   */
  @CanIgnoreReturnValue
  protected final SELF check(Consumer<? super ACTUAL> requirement) {
    Objects.requireNonNull(requirement, "requirement");
    boolean unused = holds(requirement);
    return myself;
  }

  /** Does what {@link #check} does, and returns whether it held, so that a navigation can go on. */
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
      soft.collectAssertionError(onANewLine(e));
      lost = actual == null;
      return false;
    }
  }

  private void attempt(Consumer<? super ACTUAL> requirement) {
    if (limit.isZero()) {
      lookOnce(requirement);
      return;
    }
    int[] looks = {0};
    try {
      Awaitility.await()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .pollInterval(POLL_INTERVAL)
          .atMost(limit)
          .untilAsserted(
              () -> {
                looks[0]++;
                ACTUAL now = latest.apply(actual);
                requirement.accept(now);
                held = now;
              });
    } catch (ConditionTimeoutException e) {
      Throwable last = e.getCause();
      String text = last == null ? e.getMessage() : last.getMessage();
      text += "\n\nIt was still so after " + seconds(limit) + " of waiting, looked at ";
      text += (looks[0] == 1 ? "once" : looks[0] + " times") + ".";
      throw failureWithActualExpected(
          failedActual, failedExpected, "%s", withoutDescription(String.valueOf(text)));
    }
  }

  /**
   * What holds of an old snapshot alone does not pass: it would hold by accident, whatever has
   * become of the call.
   */
  private void lookOnce(Consumer<? super ACTUAL> requirement) {
    ACTUAL now = latest.apply(actual);
    String since = since(actual, now);
    try {
      requirement.accept(actual);
    } catch (AssertionError e) {
      throw since.isEmpty() ? e : withNote(e, Snapshots.behind(since));
    }
    if (!since.isEmpty()) {
      try {
        requirement.accept(now);
      } catch (AssertionError e) {
        throw withNote(e, Snapshots.heldThen(since));
      }
    }
    held = actual;
  }

  private AssertionError withNote(AssertionError failed, String note) {
    String text = withoutDescription(String.valueOf(failed.getMessage()));
    String sentence = Character.toUpperCase(note.charAt(0)) + note.substring(1) + ".";
    return failureWithActualExpected(failedActual, failedExpected, "%s", text + "\n\n" + sentence);
  }

  /** Returns what has happened between two states of the actual value; empty if nothing has. */
  String since(ACTUAL then, ACTUAL now) {
    return "";
  }

  /** AssertJ puts the text right behind the heading of a failure, and begins its own so. */
  private AssertionError onANewLine(AssertionError failed) {
    String text = String.valueOf(failed.getMessage());
    return text.startsWith("\n") || !descriptionText().isEmpty()
        ? failed
        : failureWithActualExpected(failedActual, failedExpected, "%s", "\n" + text);
  }

  /** Takes the description of {@code as(...)} away, which AssertJ would put before it once more. */
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
   * Returns the state that met the last requirement. A navigation goes on from this one, since a
   * newer one may no longer meet the requirement.
   */
  final @Nullable ACTUAL held() {
    return held;
  }

  final boolean isLost() {
    return lost;
  }

  /** Returns {@code child} with the description, path, limit and collector of this one. */
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

  /** Returns {@code child} as one that asserts nothing, because the way to it failed softly. */
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
