package io.github.streamleak.truth;

import static com.google.common.truth.Fact.fact;
import static com.google.common.truth.Fact.simpleFact;

import com.google.common.truth.FailureMetadata;
import com.google.common.truth.Subject;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.ExpectedEvents;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.lifecycle.Seen;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.grpc.Status;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on one attempt: why it was made, where it was picked to, how it was closed, and the
 * life cycle of its own events. The application's events belong to no attempt.
 */
@CheckReturnValue
public final class AttemptSubject extends LifecycleSubject<AttemptSubject, RecordedAttempt> {

  AttemptSubject(
      FailureMetadata metadata,
      @Nullable RecordedAttempt actual,
      @Nullable Wait<RecordedAttempt> wait) {
    super(metadata, actual, wait, AttemptSubject::new, AttemptSubject::latest);
  }

  private static RecordedAttempt latest(RecordedAttempt attempt) {
    return attempt.stream().latest().attempts().get(attempt.number() - 1);
  }

  /** Returns the factory for {@code assertAbout} and {@code check}. */
  public static Subject.Factory<AttemptSubject, RecordedAttempt> attempts() {
    return (metadata, actual) -> new AttemptSubject(metadata, actual, null);
  }

  /** Checks that the attempt was made for this reason: first try, retry, hedge. */
  public void wasMadeAs(Retry retry) {
    Objects.requireNonNull(retry, "retry");
    hold(subject -> subject.equal("retry()", retry.name(), subject.value().retry().name()));
  }

  /**
   * Checks that the last pick chose the subchannel at {@code address}, written {@code host:port}
   * such as {@code 127.0.0.1:50051}. {@code localhost} is every loopback address.
   *
   * @throws IllegalArgumentException if it is no address, as for {@link
   *     ExpectedEvents#picked(String)}
   */
  public void wasPickedTo(String address) {
    EventMatcher unused = ExpectedEvents.picked(address); // refuses what is no address
    hold(
        subject -> {
          Pick pick = subject.value().pick();
          String expected = "picked " + address;
          subject.equal(
              "pick()", expected, pick != null && pick.isTo(address) ? expected : subject.pick());
        });
  }

  private String pick() {
    Pick pick = value().pick();
    return pick == null ? "none" : pick.describe();
  }

  /** Checks that the last pick was of this kind. */
  public void hasPick(Pick.Kind kind) {
    Objects.requireNonNull(kind, "kind");
    hold(
        subject -> {
          Pick pick = subject.value().pick();
          subject.equal("pick().kind()", kind.name(), pick == null ? "none" : pick.kind().name());
        });
  }

  /**
   * Checks that the transport that took the attempt has this remote address, written {@code
   * host:port} such as {@code 127.0.0.1:50051}. {@code localhost} is every loopback address.
   *
   * @throws IllegalArgumentException if it is no address, as for {@link
   *     ExpectedEvents#picked(String)}
   */
  public void hasRemoteAddress(String address) {
    EventMatcher unused = ExpectedEvents.picked(address); // refuses what is no address
    hold(
        subject ->
            subject.equal(
                "remoteAddress()",
                address,
                subject.value().isAt(address) ? address : subject.value().remoteAddress()));
  }

  /** Checks that the attempt was closed with {@code code}. */
  public void hasStatus(Status.Code code) {
    Objects.requireNonNull(code, "code");
    hold(subject -> subject.equal("status()", code.name(), Texts.code(subject.value().status())));
  }

  /** Checks that picker Done ran with {@code code}. */
  public void hasPickerDone(Status.Code code) {
    Objects.requireNonNull(code, "code");
    hold(
        subject ->
            subject.equal("pickerDone()", code.name(), Texts.code(subject.value().pickerStatus())));
  }

  /** Checks that the tracer of the attempt, and the picker's if there is one, were closed. */
  public void isClosed() {
    hold(subject -> subject.equal("state()", "closed", subject.state()));
  }

  /** Checks that the tracer of the attempt, or the picker's, has not been closed. */
  public void isOpen() {
    hold(
        subject -> {
          subject.equal("state()", "open", subject.state());
          String doubt = Seen.doubt(subject.value().stream());
          if (!subject.value().isClosed() && !doubt.isEmpty()) {
            subject.failWithoutActual(
                simpleFact("expected to be open"), fact("and so it seems, but", doubt));
          }
        });
  }

  /**
   * Checks that the event happened on this attempt, and goes on with it; with the first one if
   * there are several.
   *
   * @throws IllegalArgumentException for an event of the application, which belongs to no attempt
   */
  public EventSubject event(EventMatcher matcher) {
    Objects.requireNonNull(matcher, "matcher");
    RecordedAttempt attempt = actual();
    return goToEvent(attempt == null ? matcher : matcher.onAttempt(attempt.number()));
  }

  private String state() {
    return value().isClosed() ? "closed" : "open";
  }

  @Override
  RecordedStream stream(RecordedAttempt value) {
    return value.stream();
  }

  @Override
  Lifecycle scoped(Lifecycle lifecycle, RecordedAttempt value) {
    return lifecycle.onAttempt(value.number());
  }

  @Override
  String what() {
    return "an attempt";
  }

  @Override
  String describe(RecordedAttempt value) {
    return value + ", of " + Texts.line(value.stream());
  }
}
