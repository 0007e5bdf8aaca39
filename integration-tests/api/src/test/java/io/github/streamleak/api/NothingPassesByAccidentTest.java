package io.github.streamleak.api;

import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptStarted;
import static io.github.streamleak.lifecycle.ExpectedEvents.cancelled;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.headers;
import static io.github.streamleak.lifecycle.ExpectedEvents.headersOnTransport;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickBuffered;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickDropped;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickFailed;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.requested;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static io.github.streamleak.lifecycle.ExpectedEvents.trailersOnTransport;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.MarketClient;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.assertj.AbstractAttemptAssert;
import io.github.streamleak.assertj.AbstractEventAssert;
import io.github.streamleak.assertj.AbstractLifecycleAssert;
import io.github.streamleak.assertj.AbstractRecorderAssert;
import io.github.streamleak.assertj.AbstractStreamAssert;
import io.github.streamleak.assertj.AbstractStreamsAssert;
import io.github.streamleak.assertj.StreamAssertions;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.lifecycle.StreamSelection;
import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.truth.AttemptSubject;
import io.github.streamleak.truth.EventSubject;
import io.github.streamleak.truth.LifecycleSubject;
import io.github.streamleak.truth.RecorderSubject;
import io.github.streamleak.truth.StreamSubject;
import io.github.streamleak.truth.StreamTruth;
import io.github.streamleak.truth.StreamsSubject;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every assertion of AssertJ's and of Truth's, against streams on which it could hold by accident:
 * there is no such stream, it was seen from the transport only, its picks were not seen, the
 * recorder had a fault, the snapshot is old, its log has dropped its middle, or nobody can decide
 * yet.
 *
 * <p>An assertion here is a chain of methods by name, which both libraries have under the same
 * names. So one table holds both, and {@link #everyAssertionStandsInTheTableTest} finds one that is
 * missing in it.
 */
// A watch sees the calls of the whole JVM, so those of a class that runs beside this one too.
@Isolated
final class NothingPassesByAccidentTest {

  private static final Status.Code OK = Status.Code.OK;
  private static final Metadata.Key<String> SHARD =
      Metadata.Key.of("shard", Metadata.ASCII_STRING_MARSHALLER);
  private static final EventMatcher UNSEEN = cancelled().where("at all", event -> true);
  private static final String POLICY = "policy-of-which-no-recorder-knows";

  private enum Library {
    ASSERTJ,
    TRUTH
  }

  /** What happened on the stream. */
  private enum Course {
    /** Three messages came, the application asked for one, the server has not closed. */
    OPEN("3+", 1),
    /** Read to the end. */
    CLOSED("3", 9);

    private final String command;
    private final int wanted;

    Course(String command, int wanted) {
      this.command = command;
      this.wanted = wanted;
    }
  }

  /** What may be wrong with a claim. */
  private enum Kind {
    /** True of what was seen; if something went unseen, nobody can tell. */
    NEEDS_ALL,
    /** The same, and what went unseen are the picks. */
    NEEDS_PICKS,
    /** Not true of the course, so that it may never pass. */
    FALSE
  }

  private record Step(String method, List<Object> arguments) {}

  /** Methods that are called one after the other, each on what the one before returned. */
  private record Claim(Library library, Kind kind, Course course, List<Step> steps) {
    Claim then(String method, Object... arguments) {
      List<Step> more = new ArrayList<>(steps);
      more.add(new Step(method, List.of(arguments)));
      return new Claim(library, kind, course, more);
    }

    Claim with(Library other) {
      return new Claim(other, kind, course, steps);
    }

    void on(RecordedStream stream) {
      follow(
          library == Library.ASSERTJ
              ? StreamAssertions.assertThat(stream)
              : StreamTruth.assertThat(stream));
    }

    void on(GrpcStreamRecorder recorder) {
      follow(
          library == Library.ASSERTJ
              ? StreamAssertions.assertThat(recorder)
              : StreamTruth.assertThat(recorder));
    }

    void on(List<RecordedStream> streams) {
      follow(
          library == Library.ASSERTJ
              ? StreamAssertions.assertThatStreams(streams)
              : StreamTruth.assertThat(streams));
    }

    private void follow(Object subject) {
      Object on = subject;
      for (Step step : steps) {
        on = call(Objects.requireNonNull(on, "what " + this + " goes on with"), step);
      }
    }

    @Override
    public String toString() {
      return library
          + " "
          + steps.stream()
              .map(step -> step.method() + step.arguments().toString().replaceAll("\\R", " "))
              .collect(Collectors.joining("."))
          + " on "
          + course;
    }
  }

  private static Object call(Object on, Step step) {
    for (Method method : on.getClass().getMethods()) {
      if (!method.getName().equals(step.method())) {
        continue;
      }
      Object[] arguments = fitting(method, step);
      if (arguments.length == method.getParameterCount()) {
        try {
          return method.invoke(on, arguments);
        } catch (InvocationTargetException e) {
          if (e.getCause() instanceof AssertionError failure) {
            throw failure;
          }
          throw new IllegalStateException("misuse of " + step.method(), e);
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    throw new IllegalStateException(step + " of " + on.getClass());
  }

  /** Returns the arguments for {@code method}; of another length than it wants if none fit. */
  private static Object[] fitting(Method method, Step step) {
    Class<?>[] types = method.getParameterTypes();
    Object[] given = step.arguments().toArray();
    if (types.length == 1 && types[0].isArray()) {
      Object[] all = Arrays.copyOf(given, given.length, types[0].asSubclass(Object[].class));
      return new Object[] {all};
    }
    if (types.length != given.length) {
      return new Object[types.length + 1];
    }
    for (int i = 0; i < types.length; i++) {
      boolean number = types[i] == int.class && given[i] instanceof Integer;
      if (!number && !types[i].isInstance(given[i])) {
        return new Object[types.length + 1];
      }
    }
    return given;
  }

  private static Claim open(String method, Object... arguments) {
    return new Claim(Library.ASSERTJ, Kind.NEEDS_ALL, Course.OPEN, List.of())
        .then(method, arguments);
  }

  private static Claim closed(Kind kind, String method, Object... arguments) {
    return new Claim(Library.ASSERTJ, kind, Course.CLOSED, List.of()).then(method, arguments);
  }

  private static Claim no(String method, Object... arguments) {
    return new Claim(Library.ASSERTJ, Kind.FALSE, Course.OPEN, List.of()).then(method, arguments);
  }

  // ---- the table ----

  private static Stream<Claim> claims() {
    return inBoth(
        // True, if nothing went unseen.
        open("isOpen"),
        open("isOpenBecause", LeakCause.NOT_DRAINED),
        open("isLeaked"),
        open("isLeaked", LeakCause.NOT_DRAINED),
        open("hasNoTerminalStatus"),
        open("wasNotCancelled"),
        open("hasNone", cancelled().by(Canceller.CALL)),
        open("hasNone", terminalStatus()),
        open("hasTimes", 0, terminalStatus()),
        open("hasAtMost", 9, UNSEEN),
        open("hasAtMost", 9, inboundMessage()),
        // From the transport one attempt is seen, and its last pick.
        open("hasNone", attemptStarted(Retry.RETRY)),
        open("hasTimes", 1, attemptStarted()),
        open("attemptLane").then("hasNone", attemptStarted(Retry.HEDGE)),
        open("hasNone", attemptClosed()),
        open("hasNone", pickBuffered()),
        open("hasNone", pickFailed()),
        open("hasTimes", 0, pickDropped()),
        open("hasTimes", 1, picked()),
        open("pickerLane").then("hasNone", pickBuffered()),
        open("attempt", 1).then("hasNone", pickBuffered()),
        open("attempt", 1).then("hasTimes", 1, picked()),
        open("pickerLane").then("hasExactLifecycle", picked()),
        closed(Kind.NEEDS_ALL, "hasNone", attemptClosed(Status.Code.UNAVAILABLE)),
        closed(Kind.NEEDS_ALL, "hasNone", pickerDone(Status.Code.ABORTED)),
        closed(Kind.NEEDS_ALL, "hasAtMost", 1, trailersOnTransport()),
        closed(Kind.NEEDS_ALL, "hasNoneAfter", picked(), attemptClosed()),
        closed(Kind.NEEDS_ALL, "hasEveryBeforeAny", picked(), pickerDone()),
        closed(Kind.NEEDS_ALL, "hasEveryBetween", attemptClosed(), picked(), pickerDone()),
        open("meets", Lifecycle.never(terminalStatus())),
        open("hasNoneAfter", cancelled(), started()),
        open("applicationLane").then("hasLifecycleStartingWith", started()),
        open("applicationLane").then("hasNone", cancelled()),
        open("attemptLane").then("hasAtMost", 9, headersOnTransport()),
        open("attempt", 1).then("hasAtMost", 9, headersOnTransport()),
        open("attempt", 1).then("isOpen"),
        open("onlyAttempt").then("hasPick", Pick.Kind.SUBCHANNEL),
        open("hasAttemptCount", 1),
        open("hasRetryCount", 0),
        open("hasHedgeCount", 0),
        open("hasLifecycle", started(), halfClosed(), inboundMessage()),
        open("applicationLane")
            .then("ignoring", requested())
            .then(
                "hasExactLifecycle",
                started(),
                outboundMessage(),
                halfClosed(),
                headers(),
                inboundMessage()),
        closed(Kind.NEEDS_ALL, "wasReleasedBy", StreamRelease.TERMINAL_STATUS),
        closed(Kind.NEEDS_ALL, "everyAttemptIsClosed"),
        closed(Kind.NEEDS_ALL, "hasAttemptStatuses", OK),
        closed(Kind.NEEDS_ALL, "hasEveryBeforeAny", inboundMessage(), terminalStatus()),
        closed(Kind.NEEDS_ALL, "hasEveryBetween", inboundMessage(), started(), terminalStatus()),
        closed(Kind.NEEDS_ALL, "hasNoneAfter", inboundMessage(), terminalStatus()),
        closed(Kind.NEEDS_PICKS, "everyPickHasPickerDone"),
        closed(Kind.NEEDS_PICKS, "hasNone", pickFailed()),
        closed(Kind.NEEDS_PICKS, "pickerLane").then("hasAtMost", 9, picked()),
        closed(Kind.NEEDS_PICKS, "attempt", 1).then("hasAtMost", 9, pickerDone()),
        // Not true, whatever was seen.
        no("hasMethod", MarketGrpc.SUBSCRIBE),
        no("hasMethod", "acme.Market/Wach"),
        no("hasMethodType", MethodType.UNARY),
        no("hasAuthority", "bank"),
        no("isReleased"),
        no("wasReleasedBy", StreamRelease.CANCELLED),
        no("isNotLeaked"),
        no("isLeaked", LeakCause.NOT_PICKED),
        no("wasCancelled"),
        no("wasCancelledBy", Canceller.CALL),
        no("passedItsDeadline"),
        no("hasDeadline"),
        no("hasTerminalStatus", OK),
        no("hasTerminalStatus", OK, "told so"),
        no("hasTrailer", SHARD, "eu"),
        no("halfClosedBefore", started()),
        no("halfClosedAfter", inboundMessage()),
        no("everyAttemptIsClosed"),
        no("everyPickHasPickerDone"),
        no("hasAttemptStatuses"),
        no("hasAttemptStatuses", OK),
        no("hasLifecycle", terminalStatus()),
        no("hasExactLifecycle", terminalStatus()),
        no("hasLifecycleStartingWith", halfClosed()),
        no("hasLifecycleInAnyOrder", started(), terminalStatus()),
        no("hasBefore", terminalStatus(), started()),
        no("hasAfter", started(), halfClosed()),
        no("hasEveryBeforeAny", inboundMessage(), terminalStatus()),
        no("hasEveryBetween", inboundMessage(), started(), terminalStatus()),
        no("hasNoneAfter", inboundMessage(), terminalStatus()),
        no("hasTimes", 1, terminalStatus()),
        no("hasAtLeast", 2, inboundMessage()),
        no("hasAtLeast", 1, attemptClosed()),
        no("attempt", 2).then("isOpen"),
        no("attempt", 1).then("wasMadeAs", Retry.RETRY),
        no("attempt", 1).then("wasPickedTo", "bank"),
        no("attempt", 1).then("hasPick", Pick.Kind.DROP),
        no("attempt", 1).then("hasRemoteAddress", "10.0.0.1:1"),
        no("attempt", 1).then("hasStatus", OK),
        no("attempt", 1).then("hasPickerDone", OK),
        no("attempt", 1).then("isClosed"),
        no("event", started()).then("matches", cancelled()),
        no("event", started()).then("isOnLane", Lane.PICKER),
        no("event", started()).then("isOfAttempt", 7),
        no("event", started()).then("happenedOnThread", "nobody's"),
        no("event", started()).then("happenedWithin", Duration.ofNanos(-1)),
        no("event", terminalStatus()).then("isOnLane", Lane.APPLICATION));
  }

  private static Stream<Claim> inBoth(Claim... claims) {
    return Arrays.stream(Library.values())
        .flatMap(library -> Arrays.stream(claims).map(claim -> claim.with(library)));
  }

  private static Stream<Claim> claims(Predicate<Claim> fitting) {
    return claims().filter(fitting);
  }

  private static Stream<Claim> claimsThatNeedAll() {
    return claims(claim -> claim.kind() == Kind.NEEDS_ALL);
  }

  private static Stream<Claim> claimsThatNeedPicks() {
    return claims(claim -> claim.kind() == Kind.NEEDS_PICKS);
  }

  private static Stream<Claim> falseClaims() {
    return claims(claim -> claim.kind() == Kind.FALSE);
  }

  private static Stream<Claim> verdicts() {
    return inBoth(open("isLeaked"), open("isLeaked", LeakCause.NOT_DRAINED), open("isNotLeaked"));
  }

  @Test
  void everyAssertionStandsInTheTableTest() {
    Set<String> inTheTable = new TreeSet<>();
    Stream.of(claims(), claimsOnARecorder(), claimsOnStreams(), claimsOnNoStreams())
        .flatMap(all -> all)
        .flatMap(claim -> claim.steps().stream())
        .forEach(step -> inTheTable.add(step.method()));
    Set<String> wanted =
        publicMethods(
            AbstractRecorderAssert.class,
            AbstractStreamsAssert.class,
            AbstractStreamAssert.class,
            AbstractLifecycleAssert.class,
            AbstractAttemptAssert.class,
            AbstractEventAssert.class,
            RecorderSubject.class,
            StreamsSubject.class,
            StreamSubject.class,
            LifecycleSubject.class,
            AttemptSubject.class,
            EventSubject.class);
    // Says only how the assertions that follow look.
    wanted.remove("eventually");

    assertThat(inTheTable).isEqualTo(wanted);
  }

  private static Set<String> publicMethods(Class<?>... types) {
    return Arrays.stream(types)
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isSynthetic())
        .map(Method::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  // ---- streams ----

  private final List<AutoCloseable> toClose = new ArrayList<>();
  private final AtomicLong now = new AtomicLong();
  private final AtomicBoolean clockIsBroken = new AtomicBoolean();

  @AfterEach
  void close() throws Exception {
    for (int i = toClose.size() - 1; i >= 0; i--) {
      toClose.get(i).close();
    }
  }

  private <T extends AutoCloseable> T closing(T closeable) {
    toClose.add(closeable);
    return closeable;
  }

  private GrpcStreamRecorder recorder(int eventLimit) {
    return closing(
        GrpcStreamRecorder.builder()
            .eventLimit(eventLimit)
            .clock(
                () -> {
                  if (clockIsBroken.get()) {
                    throw new IllegalStateException("no time");
                  }
                  return now.get();
                })
            .build());
  }

  private Wire wire() {
    return closing(Wire.direct("market-" + toClose.size(), new MarketServer()));
  }

  private Channel attached(GrpcStreamRecorder recorder) {
    return wire()
        .channel(
            builder -> recorder.attachTo(builder.directExecutor().overrideAuthority("market")));
  }

  /** Lets time pass in which nothing happens, so that what is open can be judged. */
  private void beQuiet() {
    now.addAndGet(Duration.ofSeconds(1).toNanos());
  }

  private static ClientCall<String, String> watch(Channel channel, Course course) {
    return watch(channel, course.command, course.wanted);
  }

  private static ClientCall<String, String> watch(Channel channel, String command, int wanted) {
    return new MarketClient(channel).raw(MarketGrpc.WATCH, wanted).send(command).halfClose().call;
  }

  private RecordedStream seen(Course course) {
    GrpcStreamRecorder recorder = recorder(200);
    ClientCall<String, String> unused = watch(attached(recorder), course);
    beQuiet();
    return recorder.streams().get(0);
  }

  private static boolean passes(Claim claim, RecordedStream stream) {
    try {
      claim.on(stream);
      return true;
    } catch (AssertionError e) {
      return false;
    }
  }

  private static void fails(Runnable assertion) {
    fails(assertion, "");
  }

  /** The text matters: it must fail for what was not seen, and not for something else. */
  private static void fails(Runnable assertion, String why) {
    try {
      assertion.run();
    } catch (AssertionError failure) {
      assertThat(failure.getMessage()).containsPattern(why);
      return;
    }
    throw new AssertionError("passes by accident");
  }

  /** The twin of all others: what is true passes on a stream of which all was seen. */
  @ParameterizedTest
  @MethodSource("claims")
  void streamThatWasSeenIsJudgedRightTest(Claim claim) {
    assertThat(passes(claim, seen(claim.course()))).isEqualTo(claim.kind() != Kind.FALSE);
  }

  @ParameterizedTest
  @MethodSource("claims")
  void streamThatIsNotThereFailsTest(Claim claim) {
    GrpcStreamRecorder recorder = recorder(200);
    ClientCall<String, String> unused = watch(attached(recorder), claim.course());
    beQuiet();
    boolean assertj = claim.library() == Library.ASSERTJ;
    for (String method : List.of("hasOnlyOneStream", "first", "last")) {
      Claim way =
          new Claim(claim.library(), claim.kind(), claim.course(), List.of())
              .then("streamsOf", MarketGrpc.SUBSCRIBE)
              .then(method);
      for (Step step : claim.steps()) {
        way = way.then(step.method(), step.arguments().toArray());
      }
      Claim whole = way;
      fails(() -> whole.on(recorder), "there is none|but was *: 0");
    }
    Consumer<RecordedStream> each = claim::on;
    Consumer<StreamSubject> eachSubject = claim::follow;
    for (boolean all : List.of(true, false)) {
      Claim way =
          new Claim(claim.library(), claim.kind(), claim.course(), List.of())
              .then("streamsOf", MarketGrpc.SUBSCRIBE)
              .then(
                  assertj ? all ? "allSatisfy" : "anySatisfy" : all ? "each" : "any",
                  assertj ? each : eachSubject);
      fails(() -> way.on(recorder), "there is none");
    }
  }

  @ParameterizedTest
  @MethodSource("claims")
  void oldSnapshotPassesOnlyIfTheNewestDoesTest(Claim claim) {
    GrpcStreamRecorder recorder = recorder(200);
    ClientCall<String, String> call = watch(attached(recorder), claim.course());
    beQuiet();
    RecordedStream old = recorder.streams().get(0);
    call.cancel("enough", null);
    call.request(9);
    beQuiet();

    assertThat(passes(claim, old) && !passes(claim, old.latest())).isFalse();
  }

  @ParameterizedTest
  @MethodSource("claims")
  void cutLogPassesOnlyIfTheWholeOneDoesTest(Claim claim) {
    boolean[] passed = new boolean[2];
    int[] limits = {8, 200};
    for (int i = 0; i < 2; i++) {
      GrpcStreamRecorder recorder = recorder(limits[i]);
      ClientCall<String, String> call =
          watch(attached(recorder), claim.course() == Course.OPEN ? "40+" : "40", 39);
      call.cancel("enough", null);
      call.request(9);
      beQuiet();
      passed[i] = passes(claim, recorder.streams().get(0));
    }
    assertThat(passed[0] && !passed[1]).isFalse();
  }

  private RecordedStream seenFromTheTransport(Course course) {
    GrpcStreamRecorder recorder = recorder(200);
    Channel before = wire().channel(ManagedChannelBuilder::directExecutor);
    ChannelWatch unused = closing(ChannelWatch.start(() -> recorder));
    ClientCall<String, String> unusedCall = watch(before, course);
    beQuiet();
    RecordedStream stream = recorder.streams().get(0);
    assertThat(stream.coverage()).isEqualTo(Coverage.TRANSPORT_ONLY);
    return stream;
  }

  @ParameterizedTest
  @MethodSource("claimsThatNeedAll")
  void streamSeenFromTheTransportOnlyFailsTest(Claim claim) {
    RecordedStream stream = seenFromTheTransport(claim.course());
    // Released by picker Done: what is said of its release is wrong there, and not in doubt.
    String why =
        claim.course() == Course.OPEN
            ? "only the transport's part|on the transport"
            : "only the transport's part|PICKER_DONE";
    fails(() -> claim.on(stream), why);
  }

  @ParameterizedTest
  @MethodSource("falseClaims")
  void falseClaimOnAStreamSeenFromTheTransportOnlyFailsTest(Claim claim) {
    RecordedStream stream = seenFromTheTransport(claim.course());
    fails(() -> claim.on(stream));
  }

  /** The twin: what was seen from the transport is not in doubt. */
  private static Stream<Claim> claimsThatTheTransportShows() {
    return inBoth(
        closed(Kind.FALSE, "hasAtLeast", 1, attemptStarted()),
        closed(Kind.FALSE, "hasLifecycle", attemptStarted(), picked(), attemptClosed(OK)),
        closed(Kind.FALSE, "hasLifecycleInAnyOrder", pickerDone(), picked()),
        closed(Kind.FALSE, "hasBefore", picked(), attemptClosed().onAttempt(1)),
        closed(Kind.FALSE, "hasNone", attemptClosed(Status.Code.UNAVAILABLE).onAttempt(1)),
        closed(Kind.FALSE, "attempt", 1).then("hasTimes", 1, attemptStarted()),
        closed(Kind.FALSE, "attempt", 1).then("hasNone", attemptClosed(Status.Code.UNAVAILABLE)),
        closed(Kind.FALSE, "event", picked()).then("isOfAttempt", 1));
  }

  @ParameterizedTest
  @MethodSource("claimsThatTheTransportShows")
  void whatTheTransportShowsPassesTest(Claim claim) {
    claim.on(seenFromTheTransport(Course.CLOSED));
  }

  // ---- what comes after the end ----

  private RecordedStream refused() {
    GrpcStreamRecorder recorder = recorder(200);
    MarketClient client = new MarketClient(attached(recorder));
    assertThatThrownBy(() -> client.blockingQuote("0!")).isInstanceOf(StatusRuntimeException.class);
    RecordedStream stream = recorder.streams().get(0);
    assertThat(stream.count(EventKind.CANCELLED)).isEqualTo(1);
    return stream;
  }

  private static Stream<Claim> claimsOfACancel() {
    return inBoth(
        no("wasCancelled"),
        no("wasCancelledBy", Canceller.CALL),
        no("hasTimes", 1, cancelled()),
        no("hasAtLeast", 1, cancelled()),
        no("hasAtLeast", 1, cancelled().by(Canceller.CALL)),
        no("hasLifecycle", terminalStatus(), cancelled()),
        no("hasLifecycleInAnyOrder", cancelled(), started()),
        no("applicationLane")
            .then("ignoring", requested())
            .then(
                "hasExactLifecycle",
                started(),
                outboundMessage(),
                halfClosed(),
                headers(),
                terminalStatus(),
                cancelled()),
        no("hasBefore", started(), cancelled()),
        no("hasAfter", cancelled(), terminalStatus()),
        no("hasEveryBeforeAny", started(), cancelled()),
        no("hasNoneAfter", started(), cancelled()),
        no("hasEveryBetween", cancelled(), started(), terminalStatus()),
        no("halfClosedBefore", cancelled()),
        no("event", cancelled()).then("isOnLane", Lane.APPLICATION));
  }

  @ParameterizedTest
  @MethodSource("claimsOfACancel")
  void cancelAfterTheTerminalStatusDoesNotCountTest(Claim claim) {
    fails(() -> claim.on(refused()), "(?i)does not count");
  }

  private static Stream<Claim> claimsOfNoCancel() {
    return inBoth(
        no("wasNotCancelled"),
        no("hasNone", cancelled()),
        no("hasTimes", 0, cancelled()),
        no("hasNoneAfter", cancelled(), started()),
        no("applicationLane").then("hasNone", cancelled().by(Canceller.CALL)),
        no("applicationLane")
            .then("ignoring", requested())
            .then(
                "hasExactLifecycle",
                started(),
                outboundMessage(),
                halfClosed(),
                headers(),
                terminalStatus()));
  }

  @ParameterizedTest
  @MethodSource("claimsOfNoCancel")
  void streamCancelledOnlyAfterTheTerminalStatusWasNotCancelledTest(Claim claim) {
    claim.on(refused());
    RecordedStream inTime = cancelledInTime();
    fails(() -> claim.on(inTime), "cancelled");
  }

  private RecordedStream cancelledInTime() {
    GrpcStreamRecorder recorder = recorder(200);
    watch(attached(recorder), Course.OPEN).cancel("enough", null);
    return recorder.streams().get(0);
  }

  // ---- what can be true of no stream, or is true of every one ----

  private static Claim ignoring(String method, Object... arguments) {
    return open("ignoring", requested()).then(method, arguments);
  }

  private static Stream<Claim> misuses() {
    return inBoth(
        ignoring("hasNone", requested()),
        ignoring("hasNone", requested(1)),
        ignoring("hasTimes", 1, requested()),
        ignoring("hasAtLeast", 1, requested()),
        ignoring("hasAtMost", 1, requested()),
        ignoring("hasLifecycle", started(), requested()),
        ignoring("hasExactLifecycle", started(), requested()),
        ignoring("hasLifecycleStartingWith", started(), requested()),
        ignoring("hasLifecycleInAnyOrder", started(), requested()),
        ignoring("hasBefore", requested(), terminalStatus()),
        ignoring("hasBefore", started(), requested()),
        ignoring("hasAfter", requested(), started()),
        ignoring("hasEveryBeforeAny", requested(), terminalStatus()),
        ignoring("hasNoneAfter", requested(), started()),
        ignoring("hasNoneAfter", started(), requested()),
        ignoring("hasEveryBetween", requested(), started(), terminalStatus()),
        ignoring("hasEveryBetween", headers(), requested(), terminalStatus()),
        ignoring("hasEveryBetween", headers(), started(), requested()),
        ignoring("halfClosedBefore", requested()),
        ignoring("halfClosedAfter", requested()),
        ignoring("meets", Lifecycle.never(requested())),
        open("ignoring", cancelled()).then("hasNone", cancelled().by(Canceller.CALL)),
        open("ignoring", picked()).then("pickerLane").then("hasNone", picked("a:1")),
        open("ignoring", cancelled()).then("wasNotCancelled"),
        open("ignoring"),
        open("ignoring", inboundMessage().first()),
        open("hasAtLeast", 0, inboundMessage()),
        open("hasAtMost", 1, inboundMessage().first()),
        open("hasTimes", 2, inboundMessage().last()),
        open("hasTimes", -1, inboundMessage()),
        open("hasLifecycle"),
        open("hasBefore", inboundMessage(), inboundMessage()),
        open("hasNoneAfter", inboundMessage(), inboundMessage().last()),
        open("hasNoneAfter", cancelled(), terminalStatus()),
        open("halfClosedBefore", halfClosed()),
        open("hasAttemptCount", -1),
        open("hasRetryCount", -1),
        open("hasHedgeCount", -1),
        open("attempt", 1).then("wasPickedTo", ""),
        open("attempt", 1).then("hasRemoteAddress", "localhost"),
        open("event", started()).then("matches", started().first()));
  }

  @ParameterizedTest
  @MethodSource("misuses")
  void whatCanBeTrueOfNoStreamOrIsTrueOfEveryOneIsRefusedTest(Claim claim) {
    RecordedStream stream = seen(claim.course());
    assertThatThrownBy(() -> claim.on(stream))
        .hasMessageStartingWith("misuse of")
        .hasRootCauseInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void matcherThatContradictsItselfIsRefusedTest() {
    assertThatThrownBy(() -> terminalStatus(OK).withStatus(Status.Code.INTERNAL))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> picked("")).isInstanceOf(IllegalArgumentException.class);
  }

  private RecordedStream withAFault(Course course) {
    GrpcStreamRecorder recorder = recorder(200);
    MarketClient.Raw raw =
        new MarketClient(attached(recorder))
            .raw(MarketGrpc.WATCH, course.wanted)
            .send(course.command);
    clockIsBroken.set(true);
    raw.call.request(0);
    clockIsBroken.set(false);
    MarketClient.Raw unused = raw.halfClose();
    beQuiet();
    RecordedStream stream = recorder.streams().get(0);
    assertThat(stream.recorderFault()).hasMessage("no time");
    return stream;
  }

  private static Stream<Claim> claimsThatNeedSomething() {
    return claims(claim -> claim.kind() != Kind.FALSE);
  }

  @ParameterizedTest
  @MethodSource("claimsThatNeedSomething")
  void streamWithAFaultOfTheRecorderFailsTest(Claim claim) {
    RecordedStream stream = withAFault(claim.course());
    fails(() -> claim.on(stream), "recorder met an exception|no time");
  }

  @ParameterizedTest
  @MethodSource("falseClaims")
  void falseClaimOnAStreamWithAFaultFailsTest(Claim claim) {
    RecordedStream stream = withAFault(claim.course());
    fails(() -> claim.on(stream));
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void streamThatHasJustMovedIsUndecidedTest(Claim claim) {
    GrpcStreamRecorder recorder = recorder(200);
    ClientCall<String, String> unused = watch(attached(recorder), claim.course());
    fails(() -> claim.on(recorder.streams().get(0)), "undecided");
  }

  @ParameterizedTest
  @MethodSource("claimsThatNeedPicks")
  void streamOfWhichNoPickWasSeenFailsTest(Claim claim) {
    GrpcStreamRecorder recorder = recorder(200);
    // No recorder looks for policies after this one, so that none wraps it.
    LoadBalancerProvider provider = new LatePolicy();
    LoadBalancerRegistry.getDefaultRegistry().register(provider);
    closing(() -> LoadBalancerRegistry.getDefaultRegistry().deregister(provider));
    Wire wire = closing(Wire.to(Transport.NETTY, new MarketServer()));
    // A channel to an address, and not to a name, takes no policy.
    Channel channel =
        wire.closing(
            NettyChannelBuilder.forTarget("dns:///127.0.0.1:" + wire.address().getPort())
                .defaultLoadBalancingPolicy(POLICY)
                .usePlaintext()
                .build());
    new MarketClient(recorder.intercept(channel))
        .raw(MarketGrpc.WATCH, claim.course().wanted)
        .send(claim.course().command)
        .halfClose()
        .awaitClosed();
    beQuiet();
    RecordedStream stream = recorder.streams().get(0);
    assertThat(stream.attempts().get(0).pick()).isNull();

    fails(() -> claim.on(stream), "picks of this stream were not seen");
  }

  private static Stream<Claim> claimsOnAttempts() {
    return inBoth(
        closed(Kind.NEEDS_ALL, "hasAttemptCount", 0),
        closed(Kind.NEEDS_ALL, "hasRetryCount", 0),
        closed(Kind.NEEDS_ALL, "hasHedgeCount", 0),
        closed(Kind.NEEDS_ALL, "hasNone", attemptClosed()),
        closed(Kind.NEEDS_ALL, "hasNone", attemptStarted(Retry.RETRY)),
        closed(Kind.NEEDS_ALL, "hasNone", pickFailed()),
        closed(Kind.NEEDS_ALL, "everyPickHasPickerDone"),
        closed(Kind.NEEDS_ALL, "pickerLane").then("hasNone", pickFailed()),
        closed(Kind.NEEDS_ALL, "attemptLane").then("hasAtMost", 2, attemptClosed()));
  }

  /** An interceptor that makes the call anew takes the recorder's tracers from it. */
  @ParameterizedTest
  @MethodSource("claimsOnAttempts")
  void streamOfWhichNoAttemptWasSeenFailsTest(Claim claim) {
    GrpcStreamRecorder recorder = recorder(200);
    Channel channel =
        wire()
            .channel(
                builder ->
                    recorder.attachTo(
                        builder
                            .directExecutor()
                            .intercept(
                                new ClientInterceptor() {
                                  @Override
                                  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
                                      MethodDescriptor<ReqT, RespT> method,
                                      CallOptions options,
                                      Channel next) {
                                    return next.newCall(method, CallOptions.DEFAULT);
                                  }
                                })));
    ClientCall<String, String> unused = watch(channel, claim.course());
    beQuiet();
    RecordedStream stream = recorder.streams().get(0);
    assertThat(stream.attempts()).isEmpty();
    assertThat(stream.isOpen()).isFalse();

    fails(() -> claim.on(stream), "attempts of this stream were not seen");
  }

  /** gRPC's pick_first, under a name of its own. */
  private static final class LatePolicy extends LoadBalancerProvider {
    @Override
    public boolean isAvailable() {
      return true;
    }

    @Override
    public int getPriority() {
      return 5;
    }

    @Override
    public String getPolicyName() {
      return POLICY;
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
      // A recorder wraps what the registry has; this one is gRPC's own.
      return new io.grpc.internal.PickFirstLoadBalancerProvider().newLoadBalancer(helper);
    }
  }

  // ---- recorder and streams ----

  private static Stream<Claim> claimsOnARecorder() {
    return inBoth(
        open("hasNoOpenStreams"),
        open("hasNoFindings"),
        open("hasNoLeaks"),
        open("hasStreamCount", 0),
        open("hasOnlyOneStream").then("isOpen"),
        open("streams").then("isEmpty"),
        open("openStreams").then("isEmpty"),
        open("streamsOf", MarketGrpc.SUBSCRIBE).then("isEmpty"),
        open("streamsOf", "acme.Market/Subscribe").then("hasSize", 0));
  }

  @ParameterizedTest
  @MethodSource("claimsOnARecorder")
  void recorderThatRecordedNothingFailsTest(Claim claim) {
    GrpcStreamRecorder recorder = recorder(200);
    fails(() -> claim.on(recorder), "nothing at all|there is none|but was *: 0");
  }

  @ParameterizedTest
  @MethodSource("recordedNothing")
  void recorderThatRecordedNothingSaysSoTest(Claim claim) {
    GrpcStreamRecorder recorder = recorder(200);
    claim.on(recorder);
    ClientCall<String, String> unused = watch(attached(recorder), Course.CLOSED);
    fails(() -> claim.on(recorder), "nothing");
  }

  private static Stream<Claim> recordedNothing() {
    return inBoth(open("recordedNothing"));
  }

  /** An assertion on a stream that holds of every stream. */
  private enum Anything implements Consumer<Object> {
    ANYTHING;

    @Override
    public void accept(Object stream) {}
  }

  /** On a list of one stream, which is released. */
  private static Stream<Claim> claimsOnStreams() {
    return Stream.concat(
        inBoth(
            open("hasSize", 1),
            open("hasOnlyOneStream").then("isReleased"),
            open("first").then("isReleased"),
            open("last").then("isReleased"),
            open("stream", 1).then("isReleased")),
        Stream.of(
            open("allSatisfy", Anything.ANYTHING),
            open("each", Anything.ANYTHING).with(Library.TRUTH)));
  }

  /** What streams that were dropped cannot change: they were there, and are released. */
  private static Stream<Claim> claimsOnStreamsOfWhichSomeWereDropped() {
    return Stream.concat(
        inBoth(open("isNotEmpty"), open("areReleased")),
        Stream.of(
            open("anySatisfy", Anything.ANYTHING),
            open("any", Anything.ANYTHING).with(Library.TRUTH)));
  }

  private static Stream<Claim> claimsOnNoStreams() {
    return Stream.of(claimsOnStreams(), claimsOnStreamsOfWhichSomeWereDropped(), recordedNothing())
        .flatMap(all -> all);
  }

  private StreamSelection released(Map<String, Long> dropped) {
    return StreamSelection.all(List.of(seen(Course.CLOSED)), dropped);
  }

  @ParameterizedTest
  @MethodSource({"claimsOnStreams", "claimsOnStreamsOfWhichSomeWereDropped"})
  void streamsThatAreAllKeptPassTest(Claim claim) {
    claim.on(released(Map.of()));
  }

  @ParameterizedTest
  @MethodSource({"claimsOnStreams", "claimsOnStreamsOfWhichSomeWereDropped"})
  void streamsThatAreNotThereFailTest(Claim claim) {
    StreamSelection none = released(Map.of()).ofMethod(MarketGrpc.SUBSCRIBE);
    fails(() -> claim.on(none), "there is none|but was *<?:? ?0");
  }

  @ParameterizedTest
  @MethodSource("claimsOnStreams")
  void streamsOfWhichSomeWereDroppedFailTest(Claim claim) {
    StreamSelection kept = released(Map.of("acme.Market/Watch", 7L));
    fails(() -> claim.on(kept), "7 more streams were recorded and dropped");
  }

  @ParameterizedTest
  @MethodSource("claimsOnStreamsOfWhichSomeWereDropped")
  void streamsOfWhichSomeWereDroppedDecideWhatTheyCanTest(Claim claim) {
    claim.on(released(Map.of("acme.Market/Watch", 7L)));
  }

  private GrpcStreamRecorder recorderThatHasDroppedThreeOfFive() {
    GrpcStreamRecorder recorder =
        closing(GrpcStreamRecorder.builder().closedStreamLimit(1).clock(now::get).build());
    Channel channel = attached(recorder);
    for (int i = 0; i < 5; i++) {
      ClientCall<String, String> unused = watch(channel, Course.CLOSED);
    }
    assertThat(recorder.streams()).hasSize(2);
    return recorder;
  }

  private static Stream<Claim> claimsOfTheStreamsThatAreKept() {
    return inBoth(
        open("hasStreamCount", 2),
        open("recordedNothing"),
        open("hasOnlyOneStream").then("isReleased"),
        open("streams").then("hasSize", 2),
        open("streams").then("hasSize", 5),
        open("streams").then("isEmpty"),
        open("streams").then("first").then("isReleased"),
        open("streams").then("last").then("isReleased"),
        open("streams").then("stream", 2).then("isReleased"),
        open("streamsOf", MarketGrpc.WATCH).then("hasSize", 2));
  }

  @ParameterizedTest
  @MethodSource("claimsOfTheStreamsThatAreKept")
  void recorderThatHasDroppedStreamsSpeaksOfAllTest(Claim claim) {
    GrpcStreamRecorder recorder = recorderThatHasDroppedThreeOfFive();
    fails(() -> claim.on(recorder), "3 more (streams were recorded and )?dropped");
  }

  /** The recorder knows the exact number of all, and that what it has dropped was released. */
  @Test
  void recorderThatHasDroppedStreamsDecidesWhatItKnowsTest() {
    GrpcStreamRecorder recorder = recorderThatHasDroppedThreeOfFive();
    inBoth(
            open("hasStreamCount", 5),
            open("hasNoOpenStreams"),
            open("hasNoLeaks"),
            open("openStreams").then("isEmpty"),
            open("streams").then("areReleased"),
            open("streamsOf", MarketGrpc.SUBSCRIBE).then("isEmpty"))
        .forEach(claim -> claim.on(recorder));
  }

  @ParameterizedTest
  @MethodSource("emptiness")
  void emptinessOfWhatWasDroppedFailsTest(Claim claim) {
    StreamSelection none =
        StreamSelection.all(List.of(), Map.of("acme.Market/Watch", 7L)).ofMethod(MarketGrpc.WATCH);
    fails(() -> claim.on(none), "7 more streams were recorded and dropped");
  }

  private static Stream<Claim> emptiness() {
    return inBoth(open("isEmpty"), open("hasSize", 0));
  }
}
