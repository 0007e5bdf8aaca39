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
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on one stream: its method, its release, its attempts and its life cycle.
 *
 * <p>The actual value is a snapshot: what happens to the call afterwards does not change it. {@link
 * #eventually} looks at newer snapshots. A verdict, such as {@link #isLeaked}, is given without the
 * wait of a check, so that a stream on which something has just happened is undecided here.
 */
@CheckReturnValue
public final class StreamSubject extends LifecycleSubject<StreamSubject, RecordedStream> {

  StreamSubject(
      FailureMetadata metadata,
      @Nullable RecordedStream actual,
      @Nullable Wait<RecordedStream> wait) {
    super(metadata, actual, wait, StreamSubject::new, RecordedStream::latest);
  }

  /** Returns the factory for {@code assertAbout} and {@code check}. */
  public static Subject.Factory<StreamSubject, RecordedStream> streams() {
    return (metadata, actual) -> new StreamSubject(metadata, actual, null);
  }

  // ---- what was called ----

  /** Checks that the stream is a call of {@code method}. */
  public void hasMethod(MethodDescriptor<?, ?> method) {
    Objects.requireNonNull(method, "method");
    hasMethod(method.getFullMethodName());
  }

  /** Checks that the stream is a call of the method with this full name. */
  public void hasMethod(String fullMethodName) {
    Objects.requireNonNull(fullMethodName, "fullMethodName");
    hold(
        subject ->
            subject.equal("fullMethodName()", fullMethodName, subject.value().fullMethodName()));
  }

  /** Checks that the method is of type {@code type}. */
  public void hasMethodType(MethodDescriptor.MethodType type) {
    Objects.requireNonNull(type, "type");
    hold(
        subject -> subject.equal("methodType()", type.name(), subject.value().methodType().name()));
  }

  /** Checks that the call went to {@code authority}. */
  public void hasAuthority(String authority) {
    Objects.requireNonNull(authority, "authority");
    hold(subject -> subject.equal("authority()", authority, subject.value().authority()));
  }

  // ---- release and verdict ----

  /** Checks that the stream is open: none of the ways of release has happened. */
  public void isOpen() {
    hold(
        subject -> {
          if (!subject.value().isOpen()) {
            subject.wrong("expected to be open", Texts.released(subject.value()));
          } else {
            subject.believeAll("expected to be open");
          }
        });
  }

  /** Checks that the stream is open for {@code cause}. */
  public void isOpenBecause(LeakCause cause) {
    Objects.requireNonNull(cause, "cause");
    hold(
        subject -> {
          if (subject.value().cause().filter(cause::equals).isEmpty()) {
            subject.wrong(
                "expected to be open because", cause.name(), Texts.state(subject.value()));
          } else {
            subject.believeAll("expected to be open because " + cause);
          }
        });
  }

  /** Checks that the stream is released, in whichever way. */
  public void isReleased() {
    hold(
        subject -> {
          if (subject.value().isOpen()) {
            subject.wrong("expected to be released", Texts.state(subject.value()));
          }
        });
  }

  /** Checks that {@code release} decided: it was the first way in which it was released. */
  public void wasReleasedBy(StreamRelease release) {
    Objects.requireNonNull(release, "release");
    hold(
        subject -> {
          List<StreamRelease> releases = subject.value().releases();
          if (releases.isEmpty() || releases.get(0) != release) {
            subject.wrong(
                "expected to be released by", release.name(), Texts.state(subject.value()));
          } else {
            subject.believeAll("expected to be released by " + release);
          }
        });
  }

  /**
   * Checks that the stream has leaked: it is open, nothing has happened on it for 200 ms, and the
   * default policy does not allow that. Before, it is undecided, and this fails: use {@link
   * #eventually}, or call the recorder's check first. To check that a stream is released in the
   * end, use {@link #eventually} with {@link #isReleased}.
   */
  public void isLeaked() {
    hold(
        subject -> {
          if (!(subject.finding() instanceof Leaked)) {
            subject.wrong("expected to be leaked", subject.verdict());
          }
        });
  }

  /** Checks that the stream has leaked, for {@code cause}. */
  public void isLeaked(LeakCause cause) {
    Objects.requireNonNull(cause, "cause");
    hold(
        subject -> {
          StreamFinding finding = subject.finding();
          if (!(finding instanceof Leaked) || finding.cause() != cause) {
            subject.wrong("expected to be leaked because", cause.name(), subject.verdict());
          }
        });
  }

  /**
   * Checks that the stream has not leaked: it is released, or the default policy allows it to be
   * open. A stream that is undecided fails this too.
   */
  public void isNotLeaked() {
    hold(
        subject -> {
          StreamFinding finding = subject.finding();
          if (finding != null && !(finding instanceof Allowed)) {
            subject.wrong("expected not to be leaked", subject.verdict());
          }
        });
  }

  private @Nullable StreamFinding finding() {
    return StreamLeakPolicy.normal().finding(value()).orElse(null);
  }

  private String verdict() {
    StreamFinding finding = finding();
    if (finding == null) {
      return Texts.released(value());
    }
    if (finding instanceof Allowed allowed) {
      return "allowed: " + allowed.allowance().reason();
    }
    return finding instanceof Undecided undecided
        ? "undecided: " + undecided.fault().getMessage() + Snapshots.tooEarly(value())
        : "leaked: " + finding.cause();
  }

  /**
   * Checks that the call was cancelled, by the application, its Context or the recorder. A cancel
   * after the terminal status cancels nothing and does not count: the blocking stub makes one when
   * the server has refused a unary call.
   */
  public void wasCancelled() {
    meets(Lifecycle.cancelled());
  }

  /** Checks that {@code canceller} cancelled the call before its terminal status. */
  public void wasCancelledBy(Canceller canceller) {
    Objects.requireNonNull(canceller, "canceller");
    meets(Lifecycle.cancelled(canceller));
  }

  /** Checks that nobody cancelled the call before its terminal status. */
  public void wasNotCancelled() {
    meets(Lifecycle.notCancelled());
  }

  /** Checks that the effective deadline passed while the stream was open. */
  public void passedItsDeadline() {
    meets(Lifecycle.atLeast(1, ExpectedEvents.deadlinePassed()));
  }

  /** Checks that call, Context or service config set a deadline. */
  public void hasDeadline() {
    hold(
        subject ->
            subject.equal("deadline()", "set", subject.value().hasDeadline() ? "set" : "none"));
  }

  // ---- terminal status ----

  /** Checks that the application received a terminal status with {@code code}. */
  public void hasTerminalStatus(Status.Code code) {
    Objects.requireNonNull(code, "code");
    hold(
        subject ->
            subject.equal(
                "terminalStatus()", code.name(), Texts.code(subject.value().terminalStatus())));
  }

  /** Checks that the application received a terminal status with code and description. */
  public void hasTerminalStatus(Status.Code code, String description) {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(description, "description");
    hold(
        subject -> {
          Status was = subject.value().terminalStatus();
          String text = was == null ? null : was.getDescription();
          subject.equal(
              "terminalStatus()",
              code + ": " + description,
              Texts.code(was) + (text == null ? "" : ": " + text));
        });
  }

  /** Checks that the application has received no terminal status. */
  public void hasNoTerminalStatus() {
    hold(
        subject -> {
          subject.equal("terminalStatus()", "none", Texts.code(subject.value().terminalStatus()));
          if (subject.value().terminalStatus() == null) {
            subject.believeAll("expected no terminal status");
          }
        });
  }

  /** Checks that the trailers hold {@code value} under {@code key}. */
  public <V> void hasTrailer(Metadata.Key<V> key, V value) {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(value, "value");
    hold(
        subject -> {
          Metadata trailers = subject.value().trailers();
          V found = trailers == null ? null : trailers.get(key);
          subject
              .check("trailers().get(%s)", key.name())
              .that(found == null ? "none" : found)
              .isEqualTo(value);
        });
  }

  // ---- order, in short ----

  /** Checks that the application half-closed before the first {@code event}. */
  public void halfClosedBefore(EventMatcher event) {
    Objects.requireNonNull(event, "event");
    hasBefore(ExpectedEvents.halfClosed(), event);
  }

  /** Checks that the application half-closed after the first {@code event}. */
  public void halfClosedAfter(EventMatcher event) {
    Objects.requireNonNull(event, "event");
    hasAfter(ExpectedEvents.halfClosed(), event);
  }

  // ---- attempts ----

  /** Checks that every attempt is closed, and that there is at least one. */
  public void everyAttemptIsClosed() {
    hold(
        subject -> {
          List<RecordedAttempt> attempts = subject.value().attempts();
          List<RecordedAttempt> open = attempts.stream().filter(a -> !a.isClosed()).toList();
          if (attempts.isEmpty()) {
            subject.wrong("expected every attempt to be closed", "no attempt was made");
          } else if (!open.isEmpty()) {
            subject.wrong(
                "expected every attempt to be closed",
                open.stream().map(RecordedAttempt::toString).collect(Collectors.joining("; ")));
          } else {
            subject.believe(
                "expected every attempt to be closed", Seen.doubtOnAttempts(subject.value()));
          }
        });
  }

  /**
   * Checks that picker Done ran once for every pick that owes one. Done is owed for each tracer
   * that the transport asked for; a pick that was repeated owes none.
   */
  public void everyPickHasPickerDone() {
    hold(
        subject -> {
          long owed =
              subject.value().attempts().stream().filter(RecordedAttempt::hasPickerTracer).count();
          long ran = subject.value().count(EventKind.PICKER_DONE);
          if (owed != ran) {
            subject.failWithoutActual(
                fact("expected", owed + " x picker Done"),
                fact("but was", ran + " x picker Done"),
                fact("stream", subject.value().describe()));
          } else {
            String expected = "expected a picker Done for each pick that owes it";
            String picks = Seen.doubtOnPicks(subject.value());
            subject.believe(
                expected, picks.isEmpty() ? Seen.doubtOnAttempts(subject.value()) : picks);
          }
        });
  }

  /** Checks that {@code n} attempts were made. */
  public void hasAttemptCount(int n) {
    Texts.requireNotNegative("a count", n);
    hold(subject -> subject.equalCount("attempts().size()", n, subject.value().attempts().size()));
  }

  /** Checks that {@code n} of the attempts were retries, transparent ones included. */
  public void hasRetryCount(int n) {
    Texts.requireNotNegative("a count", n);
    hold(
        subject ->
            subject.equalCount(
                "attempts().retries()",
                n,
                subject.count(Retry.RETRY) + subject.count(Retry.TRANSPARENT)));
  }

  /** Checks that {@code n} of the attempts were hedges. */
  public void hasHedgeCount(int n) {
    Texts.requireNotNegative("a count", n);
    hold(subject -> subject.equalCount("attempts().hedges()", n, subject.count(Retry.HEDGE)));
  }

  private void equalCount(String path, long expected, long was) {
    equal(path, String.valueOf(expected), String.valueOf(was));
    if (expected == was) {
      believe("expected " + path + " to be " + expected, Seen.doubtOnAttempts(value()));
    }
  }

  private long count(Retry retry) {
    return value().attempts().stream().filter(attempt -> attempt.retry() == retry).count();
  }

  /** Checks that the attempts were closed with these codes, in the order they were made. */
  public void hasAttemptStatuses(Status.Code... codes) {
    for (Status.Code code : Objects.requireNonNull(codes, "codes")) {
      Objects.requireNonNull(code, "one of codes");
    }
    String expected = Arrays.toString(codes);
    hold(
        subject -> {
          String was =
              subject.value().attempts().stream()
                  .map(attempt -> Texts.code(attempt.status()))
                  .toList()
                  .toString();
          subject.equal("attempts().status()", expected, was);
          if (was.equals(expected)) {
            subject.believe(
                "expected attempts with status " + expected, Seen.doubtOnAttempts(subject.value()));
          }
        });
  }

  // ---- navigation ----

  /** Checks that attempt {@code number} was made, from 1, and goes on with it. */
  public AttemptSubject attempt(int number) {
    return goToAttempt(
        "attempt(" + number + ")",
        stream ->
            number < 1 || number > stream.attempts().size()
                ? null
                : stream.attempts().get(number - 1),
        subject ->
            subject.wrong(
                "expected attempt number",
                number + ", counted from 1",
                subject.value().attempts().size() + " made"));
  }

  /** Checks that exactly one attempt was made, and goes on with it. */
  public AttemptSubject onlyAttempt() {
    return goToAttempt(
        "onlyAttempt()",
        stream ->
            stream.attempts().size() == 1 && Seen.doubt(stream).isEmpty()
                ? stream.attempts().get(0)
                : null,
        subject -> {
          String expected = "expected to have exactly one attempt";
          int made = subject.value().attempts().size();
          if (made == 1) {
            subject.believe(expected, Seen.doubt(subject.value()));
          } else {
            subject.wrong(expected, made + " made");
          }
        });
  }

  private AttemptSubject goToAttempt(
      String path,
      Function<RecordedStream, @Nullable RecordedAttempt> find,
      Consumer<StreamSubject> missing) {
    AttemptSubject attempt = go(path, AttemptSubject::new, find, missing);
    return ignoringToo(attempt);
  }

  /**
   * Checks that the event happened, and goes on with it; with the first one if there are several.
   */
  public EventSubject event(EventMatcher matcher) {
    Objects.requireNonNull(matcher, "matcher");
    return goToEvent(matcher);
  }

  /** Goes on with what the application did and received. */
  public LaneSubject applicationLane() {
    return lane("applicationLane()", Lane.APPLICATION);
  }

  /** Goes on with what the attempts did on their transports. */
  public LaneSubject attemptLane() {
    return lane("attemptLane()", Lane.ATTEMPT);
  }

  /** Goes on with what the load balancer's picker did. */
  public LaneSubject pickerLane() {
    return lane("pickerLane()", Lane.PICKER);
  }

  private LaneSubject lane(String path, Lane lane) {
    Kind<LaneSubject, RecordedStream> kind =
        (metadata, stream, wait) -> new LaneSubject(metadata, stream, wait, lane);
    LaneSubject subject = go(path, kind, stream -> stream, any -> {});
    return ignoringToo(subject);
  }

  /** Fails if there is a doubt on what seems to hold: something may have gone unseen. */
  private void believe(String expected, String doubt) {
    if (!doubt.isEmpty()) {
      failWithoutActual(
          simpleFact(expected),
          fact("and so it seems, but", doubt),
          fact("stream", value().describe()));
    }
  }

  private void believeAll(String expected) {
    believe(expected, Seen.doubt(value()));
  }

  private void wrong(String expected, String was) {
    failWithoutActual(
        simpleFact(expected), fact("but was", was), fact("stream", value().describe()));
  }

  private void wrong(String expected, String value, String was) {
    failWithoutActual(
        fact(expected, value), fact("but was", was), fact("stream", value().describe()));
  }

  @Override
  RecordedStream stream(RecordedStream value) {
    return value;
  }

  @Override
  Lifecycle scoped(Lifecycle lifecycle, RecordedStream value) {
    return lifecycle;
  }

  @Override
  String what() {
    return "a stream";
  }

  @Override
  String describe(RecordedStream value) {
    return Texts.line(value);
  }
}
