package io.github.streamleak.truth;

import static com.google.common.truth.Fact.fact;

import com.google.common.truth.FailureMetadata;
import com.google.common.truth.Subject;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.StreamEvent;
import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on one event. An event does not change, and so {@link #eventually} makes no difference
 * here.
 */
@CheckReturnValue
public final class EventSubject extends LiveSubject<EventSubject, StreamEvent> {

  EventSubject(
      FailureMetadata metadata, @Nullable StreamEvent actual, @Nullable Wait<StreamEvent> wait) {
    super(metadata, actual, wait, EventSubject::new, UnaryOperator.identity());
  }

  /** Returns the factory for {@code assertAbout} and {@code check}. */
  public static Subject.Factory<EventSubject, StreamEvent> events() {
    return (metadata, actual) -> new EventSubject(metadata, actual, null);
  }

  /**
   * Checks that the event is one of those that {@code matcher} means.
   *
   * @throws IllegalArgumentException if only the first or the last of them is meant: which one that
   *     is only the stream can tell, as its {@code event(...)} does
   */
  public void matches(EventMatcher matcher) {
    Objects.requireNonNull(matcher, "matcher");
    hold(
        subject -> {
          if (!matcher.matches(subject.value())) {
            subject.failWithoutActual(
                fact("expected", matcher.describe()), fact("but was", subject.value().describe()));
          }
        });
  }

  /**
   * Checks that the event is on {@code lane}, which is that of the application, the attempts or the
   * picker.
   */
  public void isOnLane(Lane lane) {
    Objects.requireNonNull(lane, "lane");
    hold(subject -> subject.equal("lane()", lane.name(), subject.value().lane().name()));
  }

  /** Checks that the event belongs to attempt {@code number}. */
  public void isOfAttempt(int number) {
    hold(
        subject ->
            subject.equal(
                "attempt()",
                String.valueOf(number),
                String.valueOf(subject.value().at().attempt())));
  }

  /** Checks that the event happened on the thread with this name. */
  public void happenedOnThread(String name) {
    Objects.requireNonNull(name, "name");
    hold(subject -> subject.equal("thread()", name, subject.value().at().thread()));
  }

  /** Checks that the event came no later than {@code limit} after the start of the stream. */
  public void happenedWithin(Duration limit) {
    Objects.requireNonNull(limit, "limit");
    hold(
        subject -> {
          Duration was = subject.value().at().sinceStart();
          if (was.compareTo(limit) > 0) {
            subject.failWithoutActual(
                fact("expected within", Texts.millis(limit) + " of the start"),
                fact("but was after", Texts.millis(was)),
                fact("event", subject.value().describe()));
          }
        });
  }

  @Override
  String what() {
    return "an event";
  }

  @Override
  String describe(StreamEvent value) {
    return value.describe();
  }
}
