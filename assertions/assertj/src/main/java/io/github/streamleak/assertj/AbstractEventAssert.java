package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.StreamEvent;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on one event. An event does not change, and so {@link #eventually} makes no difference
 * here.
 *
 * @param <SELF> the type of the assertion itself
 */
public abstract class AbstractEventAssert<SELF extends AbstractEventAssert<SELF>>
    extends AbstractLiveAssert<SELF, StreamEvent> {

  /** Creates an assertion on {@code actual}; {@code selfType} is the class that extends this. */
  protected AbstractEventAssert(@Nullable StreamEvent actual, Class<?> selfType) {
    super(
        actual,
        selfType,
        "event",
        actual == null ? "" : actual.describe(),
        UnaryOperator.identity());
  }

  private SELF equal(String what, Object expected, Function<StreamEvent, ?> actual) {
    return check(
        event -> {
          Object was = actual.apply(event);
          if (!expected.equals(was)) {
            throw failure(
                expected, was, "to have " + what + " <" + expected + "> but was <" + was + ">");
          }
        });
  }

  /**
   * Asserts that the event is one of those that {@code matcher} means.
   *
   * @throws IllegalArgumentException if only the first or the last of them is meant: which one that
   *     is only the stream can tell, as its {@code event(...)} does
   */
  @CanIgnoreReturnValue
  public SELF matches(EventMatcher matcher) {
    Objects.requireNonNull(matcher, "matcher");
    return check(
        event -> {
          if (!matcher.matches(event)) {
            throw failure(
                matcher.describe(),
                event.describe(),
                "to be <" + matcher.describe() + "> but was <" + event.describe() + ">");
          }
        });
  }

  /**
   * Asserts that the event is on {@code lane}, which is that of the application, the attempts or
   * the picker.
   */
  @CanIgnoreReturnValue
  public SELF isOnLane(Lane lane) {
    Objects.requireNonNull(lane, "lane");
    return equal("lane", lane, StreamEvent::lane);
  }

  /** Asserts that the event belongs to attempt {@code number}. */
  @CanIgnoreReturnValue
  public SELF isOfAttempt(int number) {
    return equal("attempt", number, event -> event.at().attempt());
  }

  /** Asserts that the event happened on the thread with this name. */
  @CanIgnoreReturnValue
  public SELF happenedOnThread(String name) {
    Objects.requireNonNull(name, "name");
    return equal("thread", name, event -> event.at().thread());
  }

  /** Asserts that the event came no later than {@code limit} after the start of the stream. */
  @CanIgnoreReturnValue
  public SELF happenedWithin(Duration limit) {
    Objects.requireNonNull(limit, "limit");
    return check(
        event -> {
          Duration was = event.at().sinceStart();
          if (was.compareTo(limit) > 0) {
            String wanted = millis(limit);
            throw failure(
                "at most " + wanted,
                millis(was),
                "to come within " + wanted + " of the start but it came after " + millis(was));
          }
        });
  }

  private static String millis(Duration duration) {
    return String.format(java.util.Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
  }
}
