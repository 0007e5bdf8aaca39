package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on one attempt: why it was made, where it was picked to, how it was closed, and the
 * life cycle of its own events. The application's events belong to no attempt.
 *
 * @param <SELF> the type of the assertion itself
 */
public abstract class AbstractAttemptAssert<SELF extends AbstractAttemptAssert<SELF>>
    extends AbstractLifecycleAssert<SELF, RecordedAttempt> {

  /** Creates an assertion on {@code actual}; {@code selfType} is the class that extends this. */
  protected AbstractAttemptAssert(@Nullable RecordedAttempt actual, Class<?> selfType) {
    super(
        actual,
        selfType,
        "attempt",
        actual == null ? "" : actual.stream().fullMethodName() + " > attempt " + actual.number(),
        attempt -> attempt.stream().latest().attempts().get(attempt.number() - 1));
  }

  @Override
  RecordedStream stream(RecordedAttempt actual) {
    return actual.stream();
  }

  @Override
  Lifecycle scoped(Lifecycle lifecycle, RecordedAttempt actual) {
    return lifecycle.onAttempt(actual.number());
  }

  private SELF equal(String what, Object expected, Function<RecordedAttempt, ?> actual) {
    return check(
        attempt -> {
          Object was = actual.apply(attempt);
          if (!expected.equals(was)) {
            throw failure(
                expected,
                was,
                "to have "
                    + what
                    + " <"
                    + expected
                    + "> but was <"
                    + was
                    + ">"
                    + described(attempt));
          }
        });
  }

  private static String described(RecordedAttempt attempt) {
    return "\n\n" + attempt.stream().describe();
  }

  /** Asserts that the attempt was made for this reason: first try, retry, hedge. */
  @CanIgnoreReturnValue
  public SELF wasMadeAs(Retry retry) {
    Objects.requireNonNull(retry, "retry");
    return equal("reason", retry, RecordedAttempt::retry);
  }

  /**
   * Asserts that the last pick chose the subchannel at {@code address}, written {@code host:port}
   * such as {@code 127.0.0.1:50051}. {@code localhost} is every loopback address.
   *
   * @throws IllegalArgumentException if it is no address, as for {@link
   *     ExpectedEvents#picked(String)}
   */
  @CanIgnoreReturnValue
  public SELF wasPickedTo(String address) {
    EventMatcher unused = ExpectedEvents.picked(address); // refuses what is no address
    return equal(
        "picked address",
        address,
        attempt -> {
          Pick pick = attempt.pick();
          if (pick == null) {
            return "not picked";
          }
          return pick.isTo(address)
              ? address
              : pick.kind() == Pick.Kind.SUBCHANNEL ? pick.target() : pick.describe();
        });
  }

  /** Asserts that the last pick was of this kind. */
  @CanIgnoreReturnValue
  public SELF hasPick(Pick.Kind kind) {
    Objects.requireNonNull(kind, "kind");
    return equal("pick", kind, attempt -> attempt.pick() == null ? "none" : attempt.pick().kind());
  }

  /**
   * Asserts that the transport that took the attempt has this remote address, written {@code
   * host:port} such as {@code 127.0.0.1:50051}. {@code localhost} is every loopback address.
   *
   * @throws IllegalArgumentException if it is no address, as for {@link
   *     ExpectedEvents#picked(String)}
   */
  @CanIgnoreReturnValue
  public SELF hasRemoteAddress(String address) {
    EventMatcher unused = ExpectedEvents.picked(address); // refuses what is no address
    return equal(
        "remote address",
        address,
        attempt ->
            attempt.remoteAddress() == null
                ? "none"
                : attempt.isAt(address) ? address : attempt.remoteAddress());
  }

  /** Asserts that the attempt was closed with {@code code}. */
  @CanIgnoreReturnValue
  public SELF hasStatus(Status.Code code) {
    Objects.requireNonNull(code, "code");
    return equal(
        "status", code, attempt -> attempt.status() == null ? "none" : attempt.status().getCode());
  }

  /** Asserts that picker Done ran with {@code code}. */
  @CanIgnoreReturnValue
  public SELF hasPickerDone(Status.Code code) {
    Objects.requireNonNull(code, "code");
    return equal(
        "picker Done",
        code,
        attempt -> attempt.pickerStatus() == null ? "none" : attempt.pickerStatus().getCode());
  }

  /** Asserts that the tracer of the attempt, and the picker's if there is one, were closed. */
  @CanIgnoreReturnValue
  public SELF isClosed() {
    return check(
        attempt -> {
          if (!attempt.isClosed()) {
            throw failure("closed", "open", "to be closed but it is open" + described(attempt));
          }
        });
  }

  /** Asserts that the tracer of the attempt, or the picker's, has not been closed. */
  @CanIgnoreReturnValue
  public SELF isOpen() {
    return check(
        attempt -> {
          if (attempt.isClosed()) {
            throw failure("open", "closed", "to be open but it is closed" + described(attempt));
          }
          String doubt = Seen.doubt(attempt.stream());
          if (!doubt.isEmpty()) {
            throw failure(
                "certain",
                "in doubt",
                "to be open, and so it seems, but " + doubt + described(attempt));
          }
        });
  }
}
