package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.ExpectedEvents;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.lifecycle.LifecycleResult;
import io.github.streamleak.lifecycle.Seen;
import io.github.streamleak.lifecycle.Snapshots;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamFinding.Allowed;
import io.github.streamleak.verdict.StreamFinding.Leaked;
import io.github.streamleak.verdict.StreamFinding.Undecided;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on one stream: its method, its release, its attempts and its life cycle. Extend this
 * class for assertions of your own.
 *
 * <p>The stream is a snapshot: what happens to the call afterwards does not change it. {@link
 * #eventually} looks at newer snapshots. A verdict, such as {@link #isLeaked}, is given without the
 * wait of a check, so that a stream on which something has just happened is undecided here.
 *
 * @param <SELF> the type of the assertion itself
 */
public abstract class AbstractStreamAssert<SELF extends AbstractStreamAssert<SELF>>
    extends AbstractLifecycleAssert<SELF, RecordedStream> {

  /** Creates an assertion on {@code actual}; {@code selfType} is the class that extends this. */
  protected AbstractStreamAssert(@Nullable RecordedStream actual, Class<?> selfType) {
    super(
        actual,
        selfType,
        "stream",
        actual == null ? "" : actual.fullMethodName(),
        RecordedStream::latest);
  }

  @Override
  RecordedStream stream(RecordedStream actual) {
    return actual;
  }

  @Override
  Lifecycle scoped(Lifecycle lifecycle, RecordedStream actual) {
    return lifecycle;
  }

  private AssertionError failure(
      RecordedStream stream, @Nullable Object expected, @Nullable Object actual, String text) {
    return failure(expected, actual, text + "\n\n" + stream.describe());
  }

  private SELF equal(
      String what, Object expected, java.util.function.Function<RecordedStream, ?> actual) {
    return equal(what, expected, actual, stream -> "");
  }

  /**
   * Asserts that a value is the expected one.
   *
   * @param doubt returns why it may only seem to be, or nothing
   */
  private SELF equal(
      String what,
      Object expected,
      java.util.function.Function<RecordedStream, ?> actual,
      java.util.function.Function<RecordedStream, String> doubt) {
    return check(
        stream -> {
          Object was = actual.apply(stream);
          String claim = "to have " + what + " <" + expected + ">";
          if (!expected.equals(was)) {
            throw failure(stream, expected, was, claim + " but was <" + was + ">");
          }
          believe(stream, claim, doubt.apply(stream));
        });
  }

  /** Fails if there is a doubt on what seems to hold: something may have gone unseen. */
  private void believe(RecordedStream stream, String claim, String doubt) {
    if (!doubt.isEmpty()) {
      throw failure(stream, "certain", "in doubt", claim + ", and so it seems, but " + doubt);
    }
  }

  // ---- what was called ----

  /** Asserts that the stream is a call of {@code method}. */
  @CanIgnoreReturnValue
  public SELF hasMethod(MethodDescriptor<?, ?> method) {
    Objects.requireNonNull(method, "method");
    return hasMethod(method.getFullMethodName());
  }

  /** Asserts that the stream is a call of the method with this full name. */
  @CanIgnoreReturnValue
  public SELF hasMethod(String fullMethodName) {
    Objects.requireNonNull(fullMethodName, "fullMethodName");
    return equal("method", fullMethodName, RecordedStream::fullMethodName);
  }

  /** Asserts that the method is of type {@code type}. */
  @CanIgnoreReturnValue
  public SELF hasMethodType(MethodDescriptor.MethodType type) {
    Objects.requireNonNull(type, "type");
    return equal("method type", type, RecordedStream::methodType);
  }

  /** Asserts that the call went to {@code authority}. */
  @CanIgnoreReturnValue
  public SELF hasAuthority(String authority) {
    Objects.requireNonNull(authority, "authority");
    return equal("authority", authority, RecordedStream::authority);
  }

  // ---- release and verdict ----

  /** Asserts that the stream is open: none of the ways of release has happened. */
  @CanIgnoreReturnValue
  public SELF isOpen() {
    return check(
        stream -> {
          if (!stream.isOpen()) {
            throw failure(
                stream, "open", released(stream), "to be open but it was " + released(stream));
          }
          believe(stream, "to be open", Seen.doubt(stream));
        });
  }

  /** Asserts that the stream is open for {@code cause}. */
  @CanIgnoreReturnValue
  public SELF isOpenBecause(LeakCause cause) {
    Objects.requireNonNull(cause, "cause");
    return check(
        stream -> {
          String was =
              stream
                  .cause()
                  .map(c -> "it is open because <" + c + ">")
                  .orElse("it was " + released(stream));
          if (stream.cause().filter(cause::equals).isEmpty()) {
            throw failure(
                stream,
                cause,
                stream.cause().orElse(null),
                "to be open because <" + cause + "> but " + was);
          }
          believe(stream, "to be open because <" + cause + ">", Seen.doubt(stream));
        });
  }

  /** Asserts that the stream is released, in whichever way. */
  @CanIgnoreReturnValue
  public SELF isReleased() {
    return check(
        stream -> {
          if (stream.isOpen()) {
            throw failure(stream, "released", "open", "to be released but it is open");
          }
        });
  }

  /** Asserts that {@code release} decided: it was the first way in which it was released. */
  @CanIgnoreReturnValue
  public SELF wasReleasedBy(StreamRelease release) {
    Objects.requireNonNull(release, "release");
    return check(
        stream -> {
          List<StreamRelease> releases = stream.releases();
          if (releases.isEmpty() || releases.get(0) != release) {
            throw failure(
                stream,
                release,
                releases.isEmpty() ? "open" : releases.get(0),
                "to be released by <" + release + "> but it " + isOrWas(stream));
          }
          believe(stream, "to be released by <" + release + ">", Seen.doubt(stream));
        });
  }

  private static String isOrWas(RecordedStream stream) {
    return stream.isOpen() ? "is open" : "was " + released(stream);
  }

  private static String released(RecordedStream stream) {
    return stream.releases().isEmpty()
        ? "released: its start failed"
        : "released by <" + stream.releases().get(0) + ">";
  }

  /**
   * Asserts that the stream has leaked: it is open, nothing has happened on it for 200 ms, and the
   * default policy does not allow that. Before, it is undecided, and this fails: use {@link
   * #eventually}, or call the recorder's check first. To assert that a stream is released in the
   * end, use {@link #eventually} with {@link #isReleased}.
   */
  @CanIgnoreReturnValue
  public SELF isLeaked() {
    return check(
        stream -> {
          StreamFinding finding = finding(stream);
          if (!(finding instanceof Leaked)) {
            throw failure(
                stream, "leaked", verdict(stream), "to have leaked but it " + isJudged(stream));
          }
        });
  }

  /** Asserts that the stream has leaked, for {@code cause}. */
  @CanIgnoreReturnValue
  public SELF isLeaked(LeakCause cause) {
    Objects.requireNonNull(cause, "cause");
    return check(
        stream -> {
          StreamFinding finding = finding(stream);
          if (!(finding instanceof Leaked) || finding.cause() != cause) {
            throw failure(
                stream,
                "leaked: " + cause,
                verdict(stream),
                "to have leaked because <" + cause + "> but it " + isJudged(stream));
          }
        });
  }

  /**
   * Asserts that the stream has not leaked: it is released, or the default policy allows it to be
   * open. A stream that is undecided fails this too.
   */
  @CanIgnoreReturnValue
  public SELF isNotLeaked() {
    return check(
        stream -> {
          StreamFinding finding = finding(stream);
          if (finding != null && !(finding instanceof Allowed)) {
            throw failure(
                stream,
                "not leaked",
                verdict(stream),
                "not to have leaked but it " + isJudged(stream));
          }
        });
  }

  private static @Nullable StreamFinding finding(RecordedStream stream) {
    return StreamLeakPolicy.normal().finding(stream).orElse(null);
  }

  private static String verdict(RecordedStream stream) {
    StreamFinding finding = finding(stream);
    if (finding == null) {
      return released(stream);
    }
    if (finding instanceof Allowed allowed) {
      return "allowed: " + allowed.allowance().reason();
    }
    return (finding instanceof Leaked ? "leaked: " : "undecided: ") + finding.cause();
  }

  private static String isJudged(RecordedStream stream) {
    StreamFinding finding = finding(stream);
    if (finding == null) {
      return "was " + released(stream);
    }
    if (finding instanceof Allowed allowed) {
      return "is allowed: " + allowed.allowance().reason();
    }
    return finding instanceof Undecided undecided
        ? "is undecided: " + undecided.fault().getMessage() + Snapshots.tooEarly(stream)
        : "has leaked because <" + finding.cause() + ">";
  }

  /** Asserts {@code lifecycle}, with a text that reads better than that of the events. */
  private SELF happened(Lifecycle lifecycle, String text) {
    return check(
        stream -> {
          LifecycleResult result = lifecycle.check(stream);
          if (!result.isMatched()) {
            String why =
                result.outcome() == LifecycleResult.Outcome.UNDECIDABLE
                    ? "to have " + result.describe()
                    : text + ":\n\n" + result.table();
            throw failure(result.expected(), result.actual(), why);
          }
        });
  }

  /**
   * Asserts that the call was cancelled, by the application, its Context or the recorder. A cancel
   * after the terminal status cancels nothing and does not count: the blocking stub makes one when
   * the server has refused a unary call.
   */
  @CanIgnoreReturnValue
  public SELF wasCancelled() {
    return meets(Lifecycle.cancelled());
  }

  /** Asserts that {@code canceller} cancelled the call before its terminal status. */
  @CanIgnoreReturnValue
  public SELF wasCancelledBy(Canceller canceller) {
    Objects.requireNonNull(canceller, "canceller");
    return meets(Lifecycle.cancelled(canceller));
  }

  /** Asserts that nobody cancelled the call before its terminal status. */
  @CanIgnoreReturnValue
  public SELF wasNotCancelled() {
    return meets(Lifecycle.notCancelled());
  }

  /** Asserts that the effective deadline passed while the stream was open. */
  @CanIgnoreReturnValue
  public SELF passedItsDeadline() {
    return happened(
        Lifecycle.atLeast(1, ExpectedEvents.deadlinePassed()),
        "to have passed its deadline but it did not");
  }

  /** Asserts that call, Context or service config set a deadline. */
  @CanIgnoreReturnValue
  public SELF hasDeadline() {
    return check(
        stream -> {
          if (!stream.hasDeadline()) {
            throw failure(stream, "set", "not set", "to have a deadline but none was set");
          }
        });
  }

  // ---- terminal status ----

  /** Asserts that the application received a terminal status with {@code code}. */
  @CanIgnoreReturnValue
  public SELF hasTerminalStatus(Status.Code code) {
    Objects.requireNonNull(code, "code");
    return equal(
        "terminal status",
        code,
        stream -> stream.terminalStatus() == null ? "none" : stream.terminalStatus().getCode());
  }

  /** Asserts that the application received a terminal status with code and description. */
  @CanIgnoreReturnValue
  public SELF hasTerminalStatus(Status.Code code, String description) {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(description, "description");
    return equal(
        "terminal status",
        code + ": " + description,
        stream -> {
          Status status = stream.terminalStatus();
          return status == null ? "none" : status.getCode() + ": " + status.getDescription();
        });
  }

  /** Asserts that the application has received no terminal status. */
  @CanIgnoreReturnValue
  public SELF hasNoTerminalStatus() {
    return check(
        stream -> {
          Status status = stream.terminalStatus();
          if (status != null) {
            throw failure(
                stream,
                "none",
                status.getCode(),
                "to have no terminal status but it has <" + status.getCode() + ">");
          }
          believe(stream, "to have no terminal status", Seen.doubt(stream));
        });
  }

  /** Asserts that the trailers hold {@code value} under {@code key}. */
  @CanIgnoreReturnValue
  public <T> SELF hasTrailer(Metadata.Key<T> key, T value) {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(value, "value");
    return equal(
        "trailer " + key.name(),
        String.valueOf(value),
        stream -> {
          Metadata trailers = stream.trailers();
          T found = trailers == null ? null : trailers.get(key);
          return found == null ? "none" : String.valueOf(found);
        });
  }

  // ---- order, in short ----

  /** Asserts that the application half-closed before the first {@code event}. */
  @CanIgnoreReturnValue
  public SELF halfClosedBefore(EventMatcher event) {
    Objects.requireNonNull(event, "event");
    return hasBefore(ExpectedEvents.halfClosed(), event);
  }

  /** Asserts that the application half-closed after the first {@code event}. */
  @CanIgnoreReturnValue
  public SELF halfClosedAfter(EventMatcher event) {
    Objects.requireNonNull(event, "event");
    return hasAfter(ExpectedEvents.halfClosed(), event);
  }

  // ---- attempts ----

  /** Asserts that every attempt is closed, and that there is at least one. */
  @CanIgnoreReturnValue
  public SELF everyAttemptIsClosed() {
    return check(
        stream -> {
          List<Integer> open =
              stream.attempts().stream()
                  .filter(attempt -> !attempt.isClosed())
                  .map(RecordedAttempt::number)
                  .toList();
          if (stream.attempts().isEmpty() || !open.isEmpty()) {
            String was =
                stream.attempts().isEmpty()
                    ? "none was made"
                    : open.size() == 1
                        ? "attempt " + open.get(0) + " is open"
                        : "these are open: " + open;
            throw failure(stream, "all closed", was, "to have every attempt closed but " + was);
          }
          believe(stream, "to have every attempt closed", Seen.doubtOnAttempts(stream));
        });
  }

  /**
   * Asserts that picker Done ran for every pick that owes one. Done is owed for each tracer that
   * the transport asked for; a pick that was repeated owes none.
   */
  @CanIgnoreReturnValue
  public SELF everyPickHasPickerDone() {
    return check(
        stream -> {
          long owed = stream.attempts().stream().filter(RecordedAttempt::hasPickerTracer).count();
          long done = stream.count(EventKind.PICKER_DONE);
          if (owed != done) {
            throw failure(
                stream,
                owed,
                done,
                "to have picker Done <"
                    + owed
                    + "> times, once for each pick that owes it, but it ran <"
                    + done
                    + "> times");
          }
          String claim = "to have a picker Done for each pick that owes it";
          believe(stream, claim, Seen.doubtOnPicks(stream));
          believe(stream, claim, Seen.doubtOnAttempts(stream));
        });
  }

  /** Asserts that {@code n} attempts were made. */
  @CanIgnoreReturnValue
  public SELF hasAttemptCount(int n) {
    Texts.requireNotNegative("a count", n);
    return equal("attempt count", n, stream -> stream.attempts().size(), Seen::doubtOnAttempts);
  }

  /** Asserts that {@code n} of the attempts were retries, transparent ones included. */
  @CanIgnoreReturnValue
  public SELF hasRetryCount(int n) {
    Texts.requireNotNegative("a count", n);
    return equal(
        "retry count",
        n,
        stream -> count(stream, Retry.RETRY) + count(stream, Retry.TRANSPARENT),
        Seen::doubtOnAttempts);
  }

  /** Asserts that {@code n} of the attempts were hedges. */
  @CanIgnoreReturnValue
  public SELF hasHedgeCount(int n) {
    Texts.requireNotNegative("a count", n);
    return equal("hedge count", n, stream -> count(stream, Retry.HEDGE), Seen::doubtOnAttempts);
  }

  private static int count(RecordedStream stream, Retry retry) {
    return (int) stream.attempts().stream().filter(attempt -> attempt.retry() == retry).count();
  }

  /** Asserts that the attempts were closed with these codes, in the order they were made. */
  @CanIgnoreReturnValue
  public SELF hasAttemptStatuses(Status.Code... codes) {
    for (Status.Code code : Objects.requireNonNull(codes, "codes")) {
      Objects.requireNonNull(code, "one of codes");
    }
    return equal(
        "attempt statuses",
        Arrays.stream(codes).map(Status.Code::name).toList(),
        stream ->
            stream.attempts().stream()
                .map(
                    attempt ->
                        attempt.status() == null ? "open" : attempt.status().getCode().name())
                .toList(),
        Seen::doubtOnAttempts);
  }

  // ---- navigation ----

  /** Asserts that attempt {@code number} was made, from 1, and goes on with it. */
  @CheckReturnValue
  public AttemptAssert attempt(int number) {
    return goOn(
        number,
        stream -> {
          int made = stream.attempts().size();
          if (number < 1 || number > made) {
            throw failure(
                stream,
                "attempt " + number,
                made + " made",
                "to have attempt " + number + ", counted from 1, but " + Texts.thereIs(made));
          }
        });
  }

  /** Asserts that exactly one attempt was made, and goes on with it. */
  @CheckReturnValue
  public AttemptAssert onlyAttempt() {
    return goOn(
        1,
        stream -> {
          int made = stream.attempts().size();
          if (made != 1) {
            throw failure(
                stream, 1, made, "to have exactly one attempt but " + Texts.thereIs(made));
          }
          believe(stream, "to have exactly one attempt", Seen.doubt(stream));
        });
  }

  private AttemptAssert goOn(int number, Consumer<RecordedStream> requirement) {
    RecordedStream now = holds(requirement) ? held() : null;
    if (now == null || number < 1 || number > now.attempts().size()) {
      return lost(new AttemptAssert(null));
    }
    return ignoringToo(
        navigate(
            new AttemptAssert(now.attempts().get(number - 1)),
            "attempt " + number + " of " + now.attempts().size()));
  }

  /**
   * Asserts that the event happened, and goes on with it; with the first one if there are several.
   *
   * @throws AssertionError if it did not happen, or if the bounded log may have dropped the first
   *     one
   */
  @CheckReturnValue
  public EventAssert event(EventMatcher matcher) {
    Objects.requireNonNull(matcher, "matcher");
    boolean held =
        holds(
            stream -> {
              meet(Lifecycle.atLeast(1, matcher), stream);
              if (matcher.firstIn(stream).isEmpty()) {
                throw failure(
                    stream,
                    matcher.describe(),
                    "not kept",
                    "to have <" + matcher.describe() + "> but " + matcher.whyNotIn(stream));
              }
            });
    RecordedStream now = held ? held() : null;
    return now == null
        ? lost(new EventAssert(null))
        : navigate(new EventAssert(matcher.firstIn(now).orElseThrow()), matcher.describe());
  }

  /** Goes on with what the application did and received. */
  @CheckReturnValue
  public LaneAssert applicationLane() {
    return lane(Lane.APPLICATION, "application lane");
  }

  /** Goes on with what the attempts did on their transports. */
  @CheckReturnValue
  public LaneAssert attemptLane() {
    return lane(Lane.ATTEMPT, "attempt lane");
  }

  /** Goes on with what the load balancer's picker did. */
  @CheckReturnValue
  public LaneAssert pickerLane() {
    return lane(Lane.PICKER, "picker lane");
  }

  private LaneAssert lane(Lane lane, String words) {
    return holds(any -> {})
        ? ignoringToo(navigate(new LaneAssert(actual, lane), words))
        : lost(new LaneAssert(null, lane));
  }
}
