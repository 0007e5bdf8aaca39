package io.github.streamleak.truth;

import static com.google.common.truth.Truth.assertThat;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.cancelled;
import static io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.headers;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessageOnTransport;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.lastInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.requested;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static io.github.streamleak.truth.Failures.compares;
import static io.github.streamleak.truth.Failures.failure;
import static io.github.streamleak.truth.Failures.hasFacts;
import static io.github.streamleak.truth.StreamTruth.assertThat;

import com.google.common.truth.ExpectFailure;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.lifecycle.LifecycleResult;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.truth.Failures.Case;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every assertion on one stream: passes, fails with these facts, fails on null. */
final class StreamSubjectTest {

  private static final String RELEASED =
      "acme.Market/Watch (SERVER_STREAMING), released by TERMINAL_STATUS";
  private static final String OPEN = "acme.Market/Watch (SERVER_STREAMING), open, NOT_DRAINED";

  private final Market market = new Market();

  @AfterEach
  void shutDown() {
    market.close();
  }

  private static Case<StreamSubject> of(
      String method, Consumer<StreamSubject> passes, Consumer<StreamSubject> fails, String facts) {
    return new Case<>(method, passes, fails, facts);
  }

  /** Compared values of a released stream. */
  private static Case<StreamSubject> value(
      String method, Consumer<StreamSubject> passes, Consumer<StreamSubject> fails, String facts) {
    return of(method, passes, fails, "value of: stream." + facts + " | stream was: " + RELEASED);
  }

  private static final Status.Code OK = Status.Code.OK;
  private static final Status.Code CANCELLED = Status.Code.CANCELLED;

  /** On a stream that was read to the end. */
  static Stream<Case<StreamSubject>> releasedCases() {
    return Stream.of(
        value(
            "hasMethod",
            s -> s.hasMethod(Market.WATCH),
            s -> s.hasMethod(Market.QUOTE),
            "fullMethodName() | expected: acme.Market/Quote | but was: acme.Market/Watch"),
        value(
            "hasMethodType",
            s -> s.hasMethodType(MethodType.SERVER_STREAMING),
            s -> s.hasMethodType(MethodType.UNARY),
            "methodType() | expected: UNARY | but was: SERVER_STREAMING"),
        value(
            "hasAuthority",
            s -> s.hasAuthority("market"),
            s -> s.hasAuthority("bank"),
            "authority() | expected: bank | but was: market"),
        of(
            "isOpen",
            s -> s.isReleased(),
            s -> s.isOpen(),
            "expected to be open | but was: released by TERMINAL_STATUS | stream: $"),
        of(
            "isOpenBecause",
            s -> s.isReleased(),
            s -> s.isOpenBecause(LeakCause.NOT_PICKED),
            "expected to be open because: NOT_PICKED | but was: released by TERMINAL_STATUS | stream: $"),
        of(
            "wasReleasedBy",
            s -> s.wasReleasedBy(StreamRelease.TERMINAL_STATUS),
            s -> s.wasReleasedBy(StreamRelease.CANCELLED),
            "expected to be released by: CANCELLED | but was: released by TERMINAL_STATUS | stream: $"),
        of(
            "isLeaked",
            s -> s.isNotLeaked(),
            s -> s.isLeaked(),
            "expected to be leaked | but was: released by TERMINAL_STATUS | stream: $"),
        of(
            "isLeaked",
            s -> s.isNotLeaked(),
            s -> s.isLeaked(LeakCause.NOT_DRAINED),
            "expected to be leaked because: NOT_DRAINED | but was: released by TERMINAL_STATUS | stream: $"),
        value(
            "hasTerminalStatus",
            s -> s.hasTerminalStatus(OK),
            s -> s.hasTerminalStatus(CANCELLED),
            "terminalStatus() | expected: CANCELLED | but was: OK"),
        value(
            "hasTerminalStatus",
            s -> s.hasTerminalStatus(OK),
            s -> s.hasTerminalStatus(OK, "fine"),
            "terminalStatus() | expected: OK: fine | but was: OK"),
        value(
            "hasNoTerminalStatus",
            s -> s.hasTerminalStatus(OK),
            s -> s.hasNoTerminalStatus(),
            "terminalStatus() | expected: none | but was: OK"),
        value(
            "hasTrailer",
            s -> s.hasTrailer(Market.SHARD, "eu"),
            s -> s.hasTrailer(Market.SHARD, "us"),
            "trailers().get(shard) | expected: us | but was: eu"),
        value(
            "hasDeadline",
            s -> {},
            s -> s.hasDeadline(),
            "deadline() | expected: set | but was: none"),
        value(
            "hasAttemptCount",
            s -> s.hasAttemptCount(1),
            s -> s.hasAttemptCount(2),
            "attempts().size() | expected: 2 | but was: 1"),
        value(
            "hasRetryCount",
            s -> s.hasRetryCount(0),
            s -> s.hasRetryCount(1),
            "attempts().retries() | expected: 1 | but was: 0"),
        value(
            "hasHedgeCount",
            s -> s.hasHedgeCount(0),
            s -> s.hasHedgeCount(1),
            "attempts().hedges() | expected: 1 | but was: 0"),
        value(
            "hasAttemptStatuses",
            s -> s.hasAttemptStatuses(OK),
            s -> s.hasAttemptStatuses(Status.Code.UNAVAILABLE, OK),
            "attempts().status() | expected: [UNAVAILABLE, OK] | but was: [OK]"),
        of(
            "attempt",
            s -> s.attempt(1).isClosed(),
            s -> s.attempt(2).isClosed(),
            "expected attempt number: 2, counted from 1 | but was: 1 made | stream: $"),
        of(
            "attempt",
            s -> s.onlyAttempt().isClosed(),
            s -> s.attempt(0).isClosed(),
            "expected attempt number: 0, counted from 1 | but was: 1 made | stream: $"),
        of(
            "event",
            s -> s.event(inboundMessage()).matches(inboundMessage().numbered(0)),
            s -> s.event(cancelled()).matches(cancelled()),
            "expected to have: cancelled | but: it never happened | events: ~  expected"),
        of(
            "event",
            s -> s.event(lastInboundMessage()).matches(inboundMessage().numbered(2)),
            s -> s.event(lastInboundMessage()).matches(inboundMessage().numbered(1)),
            "value of: stream.event(last inbound message) | expected: inbound message #1 | but was: inbound message #2 | stream was: "
                + RELEASED));
  }

  /** On a stream that the client has stopped reading. */
  static Stream<Case<StreamSubject>> openCases() {
    return Stream.of(
        of(
            "isReleased",
            s -> s.isOpen(),
            s -> s.isReleased(),
            "expected to be released | but was: open, NOT_DRAINED | stream: $"),
        of(
            "isOpenBecause",
            s -> s.isOpenBecause(LeakCause.NOT_DRAINED),
            s -> s.isOpenBecause(LeakCause.NOT_HALF_CLOSED),
            "expected to be open because: NOT_HALF_CLOSED | but was: open, NOT_DRAINED | stream: $"),
        of(
            "wasReleasedBy",
            s -> {},
            s -> s.wasReleasedBy(StreamRelease.PICKER_DONE),
            "expected to be released by: PICKER_DONE | but was: open, NOT_DRAINED | stream: $"),
        of(
            "isLeaked",
            s -> s.isLeaked(),
            s -> s.isLeaked(LeakCause.NOT_PICKED),
            "expected to be leaked because: NOT_PICKED | but was: leaked: NOT_DRAINED | stream: $"),
        of(
            "isNotLeaked",
            s -> s.isLeaked(LeakCause.NOT_DRAINED),
            s -> s.isNotLeaked(),
            "expected not to be leaked | but was: leaked: NOT_DRAINED | stream: $"),
        of(
            "everyAttemptIsClosed",
            s -> {},
            s -> s.everyAttemptIsClosed(),
            "expected every attempt to be closed | but was: attempt 1, picked market-server, open | stream: $"),
        of(
            "everyPickHasPickerDone",
            s -> {},
            s -> s.everyPickHasPickerDone(),
            "expected: 1 x picker Done | but was: 0 x picker Done | stream: $"),
        of(
            "hasTerminalStatus",
            s -> s.hasNoTerminalStatus(),
            s -> s.hasTerminalStatus(OK),
            "value of: stream.terminalStatus() | expected: OK | but was: none | stream was: "
                + OPEN),
        of(
            "hasTrailer",
            s -> {},
            s -> s.hasTrailer(Market.SHARD, "eu"),
            "value of: stream.trailers().get(shard) | expected: eu | but was: none | stream was: "
                + OPEN));
  }

  private static void run(Case<StreamSubject> each, RecordedStream stream) {
    each.passes().accept(assertThat(stream));
    AssertionError failure = failure(StreamSubject.streams(), stream, each.fails());
    hasFacts(failure, each.facts().replace("$", stream.describe()));
  }

  @ParameterizedTest
  @MethodSource("releasedCases")
  void assertionOnReleasedStreamPassesOrFailsWithFactsTest(Case<StreamSubject> each) {
    market.watch("3", 10);
    run(each, market.stream());
  }

  @ParameterizedTest
  @MethodSource("openCases")
  void assertionOnOpenStreamPassesOrFailsWithFactsTest(Case<StreamSubject> each) {
    market.watch("3+", 1);
    market.beQuiet();
    run(each, market.stream());
  }

  @Test
  void streamThatHasJustMovedIsUndecidedTest() {
    market.watch("3+", 1);
    String facts =
        " | but was: undecided: its last event came only 0.0 ms before, and a stream that is about to"
            + " be released looks the same; ask again after 200 ms without one, as eventually(...)"
            + " and the recorder's check do; this snapshot stays undecided, and latest() takes a newer"
            + " one | stream: "
            + market.stream().describe();
    hasFacts(
        failure(StreamSubject.streams(), market.stream(), s -> s.isLeaked()),
        "expected to be leaked" + facts);
    hasFacts(
        failure(StreamSubject.streams(), market.stream(), s -> s.isLeaked(LeakCause.NOT_DRAINED)),
        "expected to be leaked because: NOT_DRAINED" + facts);
    hasFacts(
        failure(StreamSubject.streams(), market.stream(), s -> s.isNotLeaked()),
        "expected not to be leaked" + facts);
  }

  @Test
  void releasedStreamPassesWhatOpenOneFailsTest() {
    market.watch("3", 10);
    assertThat(market.stream()).isReleased();
    assertThat(market.stream()).isNotLeaked();
    assertThat(market.stream()).everyAttemptIsClosed();
    assertThat(market.stream()).everyPickHasPickerDone();
    // It happened too, but did not decide.
    assertThat(market.stream().releases()).contains(StreamRelease.PICKER_DONE);
    hasFacts(
        failure(
            StreamSubject.streams(),
            market.stream(),
            s -> s.wasReleasedBy(StreamRelease.PICKER_DONE)),
        "expected to be released by: PICKER_DONE | but was: released by TERMINAL_STATUS | stream: "
            + market.stream().describe());
  }

  // ---- order ----

  /**
   * An expectation, how it is asserted, and the line that says what is wrong, or "" if it holds.
   */
  private record Order(
      String method, Lifecycle means, Consumer<StreamSubject> assertion, String problem) {
    @Override
    public String toString() {
      return method + ": " + means;
    }
  }

  private static final EventMatcher[] RIGHT = {
    started(), picked(), outboundMessages(1), halfClosed(), inboundMessages(3), terminalStatus(OK)
  };
  private static final EventMatcher[] WRONG = {started(), inboundMessage(), halfClosed()};
  private static final String HALF_CLOSE_EARLY =
      "half-closed is out of order: expected after inbound message #0 at +0.0 ms, recorded before"
          + " it at +0.0 ms";

  static Stream<Order> orders() {
    Lifecycle early = Lifecycle.before(halfClosed(), firstInboundMessage());
    Lifecycle late = Lifecycle.before(firstInboundMessage(), halfClosed());
    String receivedLate =
        "inbound message #0 at +0.0 ms is out of order: recorded after half-closed at +0.0 ms";
    return Stream.of(
        new Order("meets", Lifecycle.inOrder(RIGHT), s -> s.meets(Lifecycle.inOrder(RIGHT)), ""),
        new Order("hasLifecycle", Lifecycle.inOrder(RIGHT), s -> s.hasLifecycle(RIGHT), ""),
        new Order(
            "hasLifecycle", Lifecycle.inOrder(WRONG), s -> s.hasLifecycle(WRONG), HALF_CLOSE_EARLY),
        new Order(
            "hasExactLifecycle",
            Lifecycle.exactly(started()),
            s -> s.hasExactLifecycle(started()),
            "?"),
        new Order(
            "hasLifecycleStartingWith",
            Lifecycle.startingWith(started()),
            s -> s.hasLifecycleStartingWith(started()),
            ""),
        new Order(
            "hasLifecycleStartingWith",
            Lifecycle.startingWith(outboundMessage()),
            s -> s.hasLifecycleStartingWith(outboundMessage()),
            "?"),
        new Order(
            "hasLifecycleInAnyOrder",
            Lifecycle.inAnyOrder(WRONG),
            s -> s.hasLifecycleInAnyOrder(WRONG),
            ""),
        new Order(
            "hasLifecycleInAnyOrder",
            Lifecycle.inAnyOrder(inboundMessages(4)),
            s -> s.hasLifecycleInAnyOrder(inboundMessages(4)),
            "inbound message (4 of 4) is missing"),
        new Order("hasBefore", early, s -> s.hasBefore(halfClosed(), firstInboundMessage()), ""),
        new Order("hasBefore", late, s -> s.hasBefore(firstInboundMessage(), halfClosed()), "?"),
        new Order("hasAfter", early, s -> s.hasAfter(firstInboundMessage(), halfClosed()), ""),
        new Order("hasAfter", late, s -> s.hasAfter(halfClosed(), firstInboundMessage()), "?"),
        new Order("halfClosedBefore", early, s -> s.halfClosedBefore(firstInboundMessage()), ""),
        new Order("halfClosedAfter", late, s -> s.halfClosedAfter(firstInboundMessage()), "?"),
        new Order(
            "hasEveryBeforeAny",
            Lifecycle.everyBeforeAny(outboundMessage(), inboundMessage()),
            s -> s.hasEveryBeforeAny(outboundMessage(), inboundMessage()),
            ""),
        new Order(
            "hasEveryBeforeAny",
            Lifecycle.everyBeforeAny(inboundMessage(), halfClosed()),
            s -> s.hasEveryBeforeAny(inboundMessage(), halfClosed()),
            receivedLate),
        new Order(
            "hasNoneAfter",
            Lifecycle.neverAfter(outboundMessage(), halfClosed()),
            s -> s.hasNoneAfter(outboundMessage(), halfClosed()),
            ""),
        new Order(
            "hasNoneAfter",
            Lifecycle.neverAfter(inboundMessage(), halfClosed()),
            s -> s.hasNoneAfter(inboundMessage(), halfClosed()),
            receivedLate.replace("out of order", "surplus")),
        new Order(
            "hasEveryBetween",
            Lifecycle.between(inboundMessage(), headers(), terminalStatus()),
            s -> s.hasEveryBetween(inboundMessage(), headers(), terminalStatus()),
            ""),
        new Order(
            "hasEveryBetween",
            Lifecycle.between(outboundMessage(), headers(), terminalStatus()),
            s -> s.hasEveryBetween(outboundMessage(), headers(), terminalStatus()),
            "?"),
        new Order(
            "hasTimes",
            Lifecycle.times(3, inboundMessage()),
            s -> s.hasTimes(3, inboundMessage()),
            ""),
        new Order(
            "hasTimes",
            Lifecycle.times(2, inboundMessage()),
            s -> s.hasTimes(2, inboundMessage()),
            "it was recorded 3 times"),
        new Order(
            "hasAtLeast",
            Lifecycle.atLeast(3, inboundMessage()),
            s -> s.hasAtLeast(3, inboundMessage()),
            ""),
        new Order(
            "hasAtLeast",
            Lifecycle.atLeast(4, inboundMessage()),
            s -> s.hasAtLeast(4, inboundMessage()),
            "it was recorded 3 times"),
        new Order(
            "hasAtMost",
            Lifecycle.atMost(3, inboundMessage()),
            s -> s.hasAtMost(3, inboundMessage()),
            ""),
        new Order(
            "hasAtMost",
            Lifecycle.atMost(2, inboundMessage()),
            s -> s.hasAtMost(2, inboundMessage()),
            "it was recorded 3 times"),
        new Order("hasNone", Lifecycle.never(cancelled()), s -> s.hasNone(cancelled()), ""),
        new Order(
            "hasNone",
            Lifecycle.never(halfClosed()),
            s -> s.hasNone(halfClosed()),
            "it was recorded once"),
        new Order("wasNotCancelled", Lifecycle.notCancelled(), s -> s.wasNotCancelled(), ""),
        new Order(
            "wasCancelled",
            Lifecycle.cancelled(),
            s -> s.wasCancelled(),
            "it was recorded 0 times"),
        new Order(
            "wasCancelledBy",
            Lifecycle.cancelled(Canceller.CONTEXT),
            s -> s.wasCancelledBy(Canceller.CONTEXT),
            "it was recorded 0 times"),
        new Order(
            "passedItsDeadline",
            Lifecycle.atLeast(1, io.github.streamleak.lifecycle.ExpectedEvents.deadlinePassed()),
            s -> s.passedItsDeadline(),
            "it was recorded 0 times"));
  }

  @ParameterizedTest
  @MethodSource("orders")
  void orderPassesOrFailsWithTableAndComparisonTest(Order order) {
    market.watch("3", 10);
    LifecycleResult result = order.means().check(market.stream());
    if (order.problem().isEmpty()) {
      order.assertion().accept(assertThat(market.stream()));
      return;
    }
    AssertionError failure = failure(StreamSubject.streams(), market.stream(), order.assertion());
    if (!order.problem().equals("?")) {
      assertThat(result.problem()).isEqualTo(order.problem());
    }
    assertThat(failure).hasMessageThat().startsWith("expected " + result.describe() + "\n\n");
    ExpectFailure.assertThat(failure).factValue("stream was").isEqualTo(RELEASED);
    assertThat(failure).hasMessageThat().doesNotContain("diff (");
  }

  @Test
  void everyAssertionFailsOnNullTest() {
    List<Consumer<? super StreamSubject>> all = new ArrayList<>();
    releasedCases().forEach(each -> all.add(each.fails()));
    openCases().forEach(each -> all.add(each.fails()));
    orders().forEach(order -> all.add(order.assertion()));
    all.add(s -> s.onlyAttempt().isClosed());
    all.add(s -> s.applicationLane().hasNone(cancelled()));
    all.add(s -> s.attemptLane().hasNone(cancelled()));
    all.add(s -> s.pickerLane().hasNone(cancelled()));
    for (Consumer<? super StreamSubject> assertion : all) {
      hasFacts(
          failure(StreamSubject.streams(), null, assertion), "expected a stream | but was: null");
    }
  }

  @Test
  void wholeTextOfAnOrderTest() {
    market.watch("3", 10);
    AssertionError failure =
        failure(
            StreamSubject.streams(),
            market.stream(),
            s ->
                s.hasLifecycle(
                    started(),
                    outboundMessages(1),
                    halfClosed(),
                    inboundMessages(4),
                    terminalStatus(OK)));
    assertThat(failure)
        .hasMessageThat()
        .isEqualTo(
            """
            expected these events in this order, others allowed between,
            but inbound message (4 of 4) is missing after inbound message #2 at +0.0 ms:

              expected                 | recorded
              -------------------------+---------
              started                  |   +0.0 ms  started
                                       |   +0.0 ms  picked market-server
                                       |   +0.0 ms  requested 10
              outbound message         |   +0.0 ms  outbound message #0
              half-closed              |   +0.0 ms  half-closed
                                       |   +0.0 ms  headers
              inbound message (1 of 4) |   +0.0 ms  inbound message #0
              inbound message (2 of 4) |   +0.0 ms  inbound message #1
              inbound message (3 of 4) |   +0.0 ms  inbound message #2
                                       |   +0.0 ms  trailers on the transport
                                       |   +0.0 ms  attempt closed OK
                                       |   +0.0 ms  picker Done OK
            > inbound message (4 of 4) |           <- missing
              terminal status OK       |   +0.0 ms  terminal status OK
              (8 events of the transport not shown)

            value of  : stream.lifecycle()
            stream was: acme.Market/Watch (SERVER_STREAMING), released by TERMINAL_STATUS""");
  }

  @Test
  void wholeTextOfAValueTest() {
    market.watch("0!", 10);
    AssertionError failure =
        failure(StreamSubject.streams(), market.stream(), s -> s.hasTerminalStatus(OK, "fine"));
    assertThat(failure)
        .hasMessageThat()
        .isEqualTo(
            """
            value of  : stream.terminalStatus()
            expected  : OK: fine
            but was   : ABORTED: told so
            stream was: acme.Market/Watch (SERVER_STREAMING), released by TERMINAL_STATUS""");
    assertThat(market.stream()).hasTerminalStatus(Status.Code.ABORTED, "told so");
    compares(failure, "OK: fine", "ABORTED: told so");
  }

  @Test
  void wholeTextOfAnOpenStreamTest() {
    market.watch("3+", 1);
    AssertionError failure = failure(StreamSubject.streams(), market.stream(), s -> s.isReleased());
    assertThat(failure)
        .hasMessageThat()
        .isEqualTo(
            """
            expected to be released
            but was:
                open, NOT_DRAINED
            stream:
                acme.Market/Watch (SERVER_STREAMING, unknown stub)
                   opened at : thread "main" (no stack captured)
                   attempt   : 1, picked market-server
                   state     : half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal status
                   events    :   +0.0 ms  started
                                 +0.0 ms  picked market-server
                                 +0.0 ms  requested 1
                                 +0.0 ms  outbound message #0
                                 +0.0 ms  half-closed
                                 +0.0 ms  headers
                                 +0.0 ms  inbound message #0
                   cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
                   owed by   : the client: read on to the terminal status, or cancel""");
  }

  // ---- lanes ----

  @Test
  void laneHasAnOrderOfItsOwnTest() {
    market.watch("2", 10);
    assertThat(market.stream())
        .applicationLane()
        .hasExactLifecycle(
            started(),
            requested(10),
            outboundMessages(1),
            halfClosed(),
            headers(),
            inboundMessages(2),
            terminalStatus(OK));
    assertThat(market.stream())
        .pickerLane()
        .hasExactLifecycle(picked("market-server"), pickerDone(OK));
    assertThat(market.stream()).attemptLane().hasTimes(2, inboundMessageOnTransport());
    assertThat(market.stream())
        .ignoring(requested(), headers())
        .applicationLane()
        .hasExactLifecycle(
            started(), outboundMessages(1), halfClosed(), inboundMessages(2), terminalStatus(OK));
    assertThat(market.stream())
        .ignoring(inboundMessage())
        .eventually(Duration.ofSeconds(1))
        .hasBefore(halfClosed(), terminalStatus());
    AssertionError failure =
        failure(
            StreamSubject.streams(),
            market.stream(),
            s -> s.pickerLane().hasExactLifecycle(picked(), pickerDone(CANCELLED)));
    assertThat(failure)
        .hasMessageThat()
        .startsWith("expected exactly these events in this order, on the picker lane,\n");
    hasFacts(failure, "value of: stream.pickerLane().lifecycle() | stream was: " + RELEASED);
  }

  // ---- cancel and deadline ----

  @Test
  void cancelOfTheCallIsKnownTest() {
    ClientCall<String, String> call = market.watch("3+", 1);
    call.cancel("enough", null);
    assertThat(market.stream()).wasCancelled();
    assertThat(market.stream()).wasCancelledBy(Canceller.CALL);
    assertThat(market.stream()).wasReleasedBy(StreamRelease.CANCELLED);
    AssertionError failure =
        failure(StreamSubject.streams(), market.stream(), s -> s.wasCancelledBy(Canceller.CONTEXT));
    assertThat(failure)
        .hasMessageThat()
        .startsWith(
            "expected a cancel by its Context before any terminal status,\n"
                + "but it was recorded 0 times:");
    AssertionError not =
        failure(StreamSubject.streams(), market.stream(), s -> s.wasNotCancelled());
    assertThat(not)
        .hasMessageThat()
        .startsWith("expected no cancel before any terminal status,\nbut it was recorded once:");
  }

  @Test
  void cancelOfTheBlockingStubAfterARefusalDoesNotCountTest() {
    market.refused();
    assertThat(market.stream()).hasNone(cancelled());
    assertThat(market.stream()).wasNotCancelled();
    assertThat(failure(StreamSubject.streams(), market.stream(), s -> s.wasCancelled()))
        .hasMessageThat()
        .startsWith(
            "expected a cancel before any terminal status,\n"
                + "but it was recorded 0 times before the terminal status, and once after it, which"
                + " does not count:");
  }

  @Test
  void cancelOfTheContextIsKnownTest() {
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(() -> market.watch("3+", 1));
    context.cancel(null);
    assertThat(market.stream()).wasCancelledBy(Canceller.CONTEXT);
  }

  @Test
  void deadlineIsKnownTest() {
    market.callTooLate();
    assertThat(market.stream()).passedItsDeadline();
    assertThat(market.stream()).hasDeadline();
  }

  // ---- dropped events ----

  @Test
  void droppedEventThatWouldDecideFailsTest() {
    try (Market small = market(8)) {
      small.watch("60", 100);
      RecordedStream stream = small.stream();
      assertThat(stream).hasTimes(60, inboundMessage());
      assertThat(stream).event(lastInboundMessage()).matches(inboundMessage().numbered(59));
      assertThat(stream).event(inboundMessage().numbered(59)).matches(inboundMessage());
      assertThat(stream).event(started()).matches(started());
      String problem =
          "that cannot be decided: 119 of the stream's 135 events were dropped from the middle of the"
              + " log; GrpcStreamRecorder.builder().eventLimit(68) keeps them all";
      hasFacts(
          failure(
              StreamSubject.streams(), stream, s -> s.hasBefore(headers(), firstInboundMessage())),
          "expected: headers before first inbound message | but: "
              + problem
              + " | events: ~  expected");
      for (EventMatcher unsure :
          List.of(
              inboundMessage(),
              firstInboundMessage(),
              halfClosed(),
              inboundMessage().numbered(30))) {
        hasFacts(
            failure(StreamSubject.streams(), stream, s -> s.event(unsure).matches(unsure)),
            "expected to have: "
                + unsure.describe()
                + " | but: it may be among those that were not kept: "
                + problem.substring(problem.indexOf("119"))
                + " | events: ~  expected");
      }
    }
  }

  @Test
  void lastEventThatWasDroppedIsNotTheOneBeforeTheGapTest() {
    try (Market small = market(8)) {
      ClientCall<String, String> call = small.watch("60", 1);
      call.request(100);
      RecordedStream stream = small.stream();
      assertThat(stream).hasTimes(2, requested());
      assertThat(stream).event(requested()).matches(requested(1));
      AssertionError failure =
          failure(
              StreamSubject.streams(),
              stream,
              s -> s.event(requested().last()).matches(requested(1)));
      ExpectFailure.assertThat(failure).factValue("but").contains("eventLimit(");
    }
  }

  private Market market(int eventLimit) {
    market.close();
    return new Market(eventLimit);
  }

  // ---- attempts ----

  @Test
  void retriesAreCountedAndHaveTheirStatusTest() throws InterruptedException {
    market.call(Market.QUOTE, 2);
    RecordedStream stream = market.stream();
    assertThat(stream).hasAttemptCount(3);
    assertThat(stream).hasRetryCount(2);
    assertThat(stream).hasAttemptStatuses(Status.Code.UNAVAILABLE, Status.Code.UNAVAILABLE, OK);
    assertThat(stream).attempt(2).hasLifecycle(attemptClosed(Status.Code.UNAVAILABLE));
    hasFacts(
        failure(StreamSubject.streams(), stream, s -> s.onlyAttempt().isClosed()),
        "expected to have exactly one attempt | but was: 3 made | stream: " + stream.describe());
  }

  @Test
  void hedgesAreCountedTest() throws InterruptedException {
    market.call(Market.HEDGED, 0);
    assertThat(market.stream()).hasHedgeCount(1);
    assertThat(market.stream()).hasRetryCount(0);
  }

  @Test
  void everyAssertionHasACaseTest() {
    List<String> tested =
        Stream.concat(
                Stream.concat(releasedCases(), openCases()).map(Case::method),
                orders().map(Order::method))
            .distinct()
            .toList();
    List<String> assertions =
        Arrays.stream(StreamSubject.class.getMethods())
            .filter(method -> method.getReturnType() == void.class)
            .filter(method -> LiveSubject.class.isAssignableFrom(method.getDeclaringClass()))
            .map(java.lang.reflect.Method::getName)
            .distinct()
            .toList();
    assertThat(tested).containsAtLeastElementsIn(assertions);
  }
}
