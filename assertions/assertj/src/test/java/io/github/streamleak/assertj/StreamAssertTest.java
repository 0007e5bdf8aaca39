package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.assertj.Told.fails;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptStarted;
import static io.github.streamleak.lifecycle.ExpectedEvents.cancelled;
import static io.github.streamleak.lifecycle.ExpectedEvents.deadlinePassed;
import static io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.headers;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.lastInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.requested;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;

import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Assertions on one stream: each with the text of its failure. */
final class StreamAssertTest {

  private final Market market = new Market();

  @AfterEach
  void shutDown() {
    market.close();
  }

  private RecordedStream stream() {
    return market.recorder.streams().get(0);
  }

  @Test
  void readStreamPassesTest() {
    market.watch("3", 9);
    assertThat(market.recorder)
        .hasOnlyOneStream()
        .hasMethod(Market.WATCH)
        .hasMethod("acme.Market/Watch")
        .hasMethodType(MethodType.SERVER_STREAMING)
        .hasAuthority("market")
        .isReleased()
        .isNotLeaked()
        .wasReleasedBy(StreamRelease.TERMINAL_STATUS)
        .wasNotCancelled()
        .hasTerminalStatus(Status.Code.OK)
        .hasTrailer(Market.SHARD, "eu")
        .everyAttemptIsClosed()
        .everyPickHasPickerDone()
        .hasAttemptCount(1)
        .hasRetryCount(0)
        .hasHedgeCount(0)
        .hasAttemptStatuses(Status.Code.OK)
        .hasLifecycle(
            started(),
            picked(),
            outboundMessages(1),
            halfClosed(),
            inboundMessages(3),
            pickerDone(),
            terminalStatus())
        .hasLifecycleStartingWith(started())
        .hasLifecycleInAnyOrder(terminalStatus(), started())
        .hasBefore(halfClosed(), firstInboundMessage())
        .hasAfter(terminalStatus(), lastInboundMessage())
        .hasEveryBeforeAny(outboundMessage(), inboundMessage())
        .hasNoneAfter(outboundMessage(), halfClosed())
        .hasEveryBetween(inboundMessage(), halfClosed(), terminalStatus())
        .hasTimes(3, inboundMessage())
        .hasAtLeast(3, inboundMessage())
        .hasAtMost(3, inboundMessage())
        .hasNone(cancelled())
        .halfClosedBefore(firstInboundMessage())
        .halfClosedAfter(started());
    assertThat(stream())
        .applicationLane()
        .hasExactLifecycle(
            started(),
            requested(9),
            outboundMessage(),
            halfClosed(),
            headers(),
            inboundMessages(3),
            terminalStatus());
  }

  @Test
  void openStreamPassesTest() {
    market.watch("3+", 9);
    market.beQuiet();
    assertThat(stream())
        .isOpen()
        .isOpenBecause(LeakCause.STILL_SUBSCRIBED)
        .isLeaked()
        .isLeaked(LeakCause.STILL_SUBSCRIBED)
        .hasNoTerminalStatus();
  }

  @Test
  void cancelledAndFailedStreamsPassTest() {
    market.watch("3+", 9).cancel("enough", null);
    market.watch("0!", 9);
    assertThat(stream()).wasCancelled().wasCancelledBy(Canceller.CALL);
    assertThat(market.recorder).streams().last().hasTerminalStatus(Status.Code.ABORTED, "told so");
  }

  @Test
  void streamWithADeadlinePassesTest() {
    long[] now = {0};
    Deadline.Ticker ticker =
        new Deadline.Ticker() {
          @Override
          public long nanoTime() {
            return now[0];
          }
        };
    market.watch(
        "3+", 9, CallOptions.DEFAULT.withDeadline(Deadline.after(1, TimeUnit.HOURS, ticker)));
    assertThat(stream()).hasDeadline().isOpen();
    now[0] = TimeUnit.HOURS.toNanos(2);
    assertThat(stream()).passedItsDeadline().wasReleasedBy(StreamRelease.DEADLINE);
  }

  @Test
  void lanesPassTest() {
    market.watch("3", 9);
    assertThat(stream())
        .ignoring(requested(), headers())
        .applicationLane()
        .hasExactLifecycle(
            started(), outboundMessage(), halfClosed(), inboundMessages(3), terminalStatus());
    StreamAssertions.assertThatThrownBy(
            () -> assertThat(stream()).ignoring(requested()).hasNone(requested()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("\"requested\" is expected and ignored at once");
    assertThat(stream()).meets(Lifecycle.inOrder(started(), terminalStatus()));
    assertThat(stream()).attemptLane().hasTimes(1, attemptClosed(Status.Code.OK));
    assertThat(stream()).pickerLane().hasExactLifecycle(picked(), pickerDone(Status.Code.OK));
    assertThat(stream()).event(lastInboundMessage()).matches(inboundMessage().numbered(2));
    assertThat(stream()).event(inboundMessage()).matches(inboundMessage().numbered(0));
  }

  /** A failed assertion shows the stream as a report does. Here that stands whole, once. */
  @Test
  void wholeTextWithTheStreamTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream()).isReleased(),
        """
        Expected stream [acme.Market/Watch] to be released but it is open

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, no terminal status
           events    : ...
                         +0.0 ms  picked NAME
                         +0.0 ms  requested 9
                         +0.0 ms  outbound message #0
                         +0.0 ms  half-closed
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
           cause     : STILL_SUBSCRIBED: the client has half-closed and asks for more, and neither end has closed
           owed by   : the server, or the client that no longer wants it: the client cancels when it closes, or the handler closes on every path""");
  }

  /** An assertion on the order shows a table. Here that stands whole, once. */
  @Test
  void wholeTextWithTheTableTest() {
    market.watch("3", 9);
    fails(
        () ->
            assertThat(stream())
                .hasLifecycle(
                    started(),
                    picked(),
                    outboundMessages(1),
                    halfClosed(),
                    inboundMessages(4),
                    terminalStatus(Status.Code.OK),
                    pickerDone()),
        """
        Expected stream [acme.Market/Watch] to have these events in this order, others allowed between,
        but picker Done is out of order: expected after terminal status OK at +0.0 ms, recorded before it at +0.0 ms:

          expected                 | recorded
          -------------------------+--------------------------
          started                  |   +0.0 ms  started
          picked                   |   +0.0 ms  picked NAME
                                   |   +0.0 ms  requested 9
          outbound message         |   +0.0 ms  outbound message #0
          half-closed              |   +0.0 ms  half-closed
                                   |   +0.0 ms  headers
          inbound message (1 of 4) |   +0.0 ms  inbound message #0
          inbound message (2 of 4) |   +0.0 ms  inbound message #1
          inbound message (3 of 4) |   +0.0 ms  inbound message #2
                                   |   +0.0 ms  trailers on the transport
                                   |   +0.0 ms  attempt closed OK
        >                          |   +0.0 ms  picker Done OK  <- out of order: expected below
          inbound message (4 of 4) |                            <- missing
          terminal status OK       |   +0.0 ms  terminal status OK
          picker Done              |                            <- out of order: recorded above, at +0.0 ms
          (8 events of the transport not shown)

        These events are of several lanes, whose threads run beside each other, so that their order can differ from run to run. Assert each lane by itself, as on applicationLane(), or two events of which one causes the other.""");
  }

  /** An assertion that fails, and what its text says before the stream or the table. */
  private record Failing(String text, Consumer<StreamAssert> assertion) {
    @Override
    public String toString() {
      return text;
    }
  }

  private static Stream<Failing> onAReadStream() {
    return Stream.of(
        new Failing(
            "to have method <acme.Market/Subscribe> but was <acme.Market/Watch>",
            s -> s.hasMethod(Market.SUBSCRIBE)),
        new Failing("to have method <a/B> but was <acme.Market/Watch>", s -> s.hasMethod("a/B")),
        new Failing(
            "to have method type <UNARY> but was <SERVER_STREAMING>",
            s -> s.hasMethodType(MethodType.UNARY)),
        new Failing(
            "to have authority <elsewhere> but was <market>", s -> s.hasAuthority("elsewhere")),
        new Failing("to be open but it was released by <TERMINAL_STATUS>", s -> s.isOpen()),
        new Failing(
            "to be open because <NOT_DRAINED> but it was released by <TERMINAL_STATUS>",
            s -> s.isOpenBecause(LeakCause.NOT_DRAINED)),
        new Failing(
            "to be released by <CANCELLED> but it was released by <TERMINAL_STATUS>",
            s -> s.wasReleasedBy(StreamRelease.CANCELLED)),
        // It happened too, but did not decide.
        new Failing(
            "to be released by <PICKER_DONE> but it was released by <TERMINAL_STATUS>",
            s -> s.wasReleasedBy(StreamRelease.PICKER_DONE)),
        new Failing("to have leaked but it was released by <TERMINAL_STATUS>", s -> s.isLeaked()),
        new Failing("to have a deadline but none was set", s -> s.hasDeadline()),
        new Failing("to have no terminal status but it has <OK>", s -> s.hasNoTerminalStatus()),
        new Failing(
            "to have trailer shard <us> but was <eu>", s -> s.hasTrailer(Market.SHARD, "us")),
        new Failing("to have attempt count <2> but was <1>", s -> s.hasAttemptCount(2)),
        new Failing("to have retry count <1> but was <0>", s -> s.hasRetryCount(1)),
        new Failing("to have hedge count <1> but was <0>", s -> s.hasHedgeCount(1)),
        new Failing(
            "to have attempt statuses <[UNAVAILABLE, OK]> but was <[OK]>",
            s -> s.hasAttemptStatuses(Status.Code.UNAVAILABLE, Status.Code.OK)),
        new Failing(
            "to have attempt 2, counted from 1, but there is 1", s -> s.attempt(2).isClosed()));
  }

  @ParameterizedTest
  @MethodSource("onAReadStream")
  void readStreamFailsTest(Failing failing) {
    market.watch("3", 9);
    failsWithStream(failing);
  }

  private static Stream<Failing> onAnOpenStream() {
    return Stream.of(
        new Failing(
            "to be open because <NOT_DRAINED> but it is open because <STILL_SUBSCRIBED>",
            s -> s.isOpenBecause(LeakCause.NOT_DRAINED)),
        new Failing(
            "to be released by <CANCELLED> but it is open",
            s -> s.wasReleasedBy(StreamRelease.CANCELLED)),
        new Failing(
            "to have leaked because <NOT_HALF_CLOSED> but it has leaked because"
                + " <STILL_SUBSCRIBED>",
            s -> s.isLeaked(LeakCause.NOT_HALF_CLOSED)),
        new Failing(
            "not to have leaked but it has leaked because <STILL_SUBSCRIBED>",
            s -> s.isNotLeaked()),
        new Failing(
            "to have every attempt closed but attempt 1 is open", s -> s.everyAttemptIsClosed()),
        new Failing(
            "to have picker Done <1> times, once for each pick that owes it, but it ran <0> times",
            s -> s.everyPickHasPickerDone()));
  }

  @ParameterizedTest
  @MethodSource("onAnOpenStream")
  void openStreamFailsTest(Failing failing) {
    market.watch("3+", 9);
    market.beQuiet();
    failsWithStream(failing);
  }

  private static final String TOO_EARLY =
      "undecided: its last event came only 0.0 ms before, and a stream that is about to be released"
          + " looks the same; ask again after 200 ms without one, as eventually(...) and the"
          + " recorder's check do; this snapshot stays undecided, and latest() takes a newer one";

  private static Stream<Failing> onAStreamThatHasJustMoved() {
    return Stream.of(
        new Failing("to have leaked but it is " + TOO_EARLY, s -> s.isLeaked()),
        new Failing(
            "to have leaked because <STILL_SUBSCRIBED> but it is " + TOO_EARLY,
            s -> s.isLeaked(LeakCause.STILL_SUBSCRIBED)),
        new Failing("not to have leaked but it is " + TOO_EARLY, s -> s.isNotLeaked()));
  }

  @ParameterizedTest
  @MethodSource("onAStreamThatHasJustMoved")
  void streamThatHasJustMovedIsUndecidedTest(Failing failing) {
    market.watch("3+", 9);
    failsWithStream(failing);
  }

  @Test
  void waitingForALeakWaitsUntilItCanBeJudgedTest() {
    market.watch("3+", 9);
    Thread other = new Thread(market::beQuiet);
    other.start();
    assertThat(market.recorder)
        .hasOnlyOneStream()
        .eventually(Duration.ofSeconds(30))
        .isLeaked(LeakCause.STILL_SUBSCRIBED);
  }

  // ---- old snapshots ----

  @Test
  void failureOnAnOldSnapshotSaysSoTest() {
    ClientCall<String, String> call = market.watch("3+", 9);
    RecordedStream old = stream();
    call.cancel("enough", null);
    String before = old.describe();
    fails(
        () -> assertThat(old).isReleased(),
        "Expected stream [acme.Market/Watch] to be released but it is open\n\n"
            + before
            + "\n\nThis snapshot is old: 4 events have been recorded since it was taken; latest()"
            + " takes a newer one.");
    assertThat(old.latest()).isReleased();
    assertThat(old).hasMethod(Market.WATCH).hasAtLeast(3, inboundMessage());
  }

  @Test
  void whatHeldOfAnOldSnapshotAloneFailsTest() {
    ClientCall<String, String> call = market.watch("3+", 9);
    RecordedStream old = stream();
    assertThat(old).wasNotCancelled();
    call.cancel("enough", null);
    String note =
        "\n\nIt held of this snapshot, which is old, and does not hold now: 4 events have been"
            + " recorded since it was taken; latest() takes a newer one.";
    fails(
        () -> assertThat(old).isOpen(),
        "Expected stream [acme.Market/Watch] to be open but it was released by <CANCELLED>\n\n"
            + stream().describe()
            + note);
    fails(
        () -> assertThat(old).wasNotCancelled(),
        "Expected stream [acme.Market/Watch] to have no cancel before any terminal status,\n"
            + "but it was recorded once:\n\n"
            + Lifecycle.notCancelled().check(stream()).table()
            + note);
    fails(
        () -> assertThat(old).onlyAttempt().isOpen(),
        "Expected attempt [acme.Market/Watch > attempt 1 of 1] to be open but it is closed\n\n"
            + stream().describe()
            + note);
  }

  private static Stream<Failing> onAFailedStream() {
    return Stream.of(
        new Failing(
            "to have terminal status <OK> but was <ABORTED>",
            s -> s.hasTerminalStatus(Status.Code.OK)),
        new Failing(
            "to have terminal status <ABORTED: not so> but was <ABORTED: told so>",
            s -> s.hasTerminalStatus(Status.Code.ABORTED, "not so")));
  }

  @ParameterizedTest
  @MethodSource("onAFailedStream")
  void failedStreamFailsTest(Failing failing) {
    market.watch("0!", 9);
    failsWithStream(failing);
  }

  private static Stream<Failing> onAStreamWithoutAttempt() {
    return Stream.of(
        new Failing(
            "to have exactly one attempt but there is none", s -> s.onlyAttempt().isClosed()),
        new Failing(
            "to have every attempt closed but none was made", s -> s.everyAttemptIsClosed()));
  }

  @ParameterizedTest
  @MethodSource("onAStreamWithoutAttempt")
  void streamWithoutAttemptFailsTest(Failing failing) {
    market.startWithoutAttempt();
    failsWithStream(failing);
  }

  private void failsWithStream(Failing failing) {
    fails(
        () -> failing.assertion().accept(assertThat(stream())),
        "Expected stream [acme.Market/Watch] " + failing.text() + "\n\n" + stream().describe());
  }

  /** An assertion on the order that fails, what it means, and what it says before the table. */
  private record Order(String text, Lifecycle means, Consumer<StreamAssert> assertion) {
    @Override
    public String toString() {
      return text;
    }
  }

  private static Stream<Order> orders() {
    Lifecycle late = Lifecycle.before(firstInboundMessage(), halfClosed());
    String receivedLate =
        "inbound message #0 at +0.0 ms is out of order: recorded after half-closed at +0.0 ms";
    return Stream.of(
        new Order(
            """
            these events in this order, others allowed between,
            but inbound message (4 of 20) is missing after inbound message #2 at +0.0 ms""",
            Lifecycle.inOrder(inboundMessages(20), terminalStatus()),
            s -> s.meets(Lifecycle.inOrder(inboundMessages(20), terminalStatus()))),
        new Order(
            """
            exactly these events in this order,
            but attempt 1 started (first) at +0.0 ms is surplus""",
            Lifecycle.exactly(started()),
            s -> s.hasExactLifecycle(started())),
        new Order(
            """
            these events first, with none between,
            but started at +0.0 ms is surplus""",
            Lifecycle.startingWith(pickerDone()),
            s -> s.hasLifecycleStartingWith(pickerDone())),
        new Order(
            """
            these events in any order, others allowed,
            but attempt started (2 of 2) is missing""",
            Lifecycle.inAnyOrder(attemptClosed(), attemptStarted().times(2)),
            s -> s.hasLifecycleInAnyOrder(attemptClosed(), attemptStarted().times(2))),
        new Order(
            "first inbound message before half-closed,\nbut " + receivedLate,
            late,
            s -> s.hasBefore(firstInboundMessage(), halfClosed())),
        new Order(
            "first inbound message before half-closed,\nbut " + receivedLate,
            late,
            s -> s.hasAfter(halfClosed(), firstInboundMessage())),
        new Order(
            "first inbound message before half-closed,\nbut " + receivedLate,
            late,
            s -> s.halfClosedAfter(firstInboundMessage())),
        new Order(
            """
            half-closed before started,
            but half-closed at +0.0 ms is out of order: recorded after started at +0.0 ms""",
            Lifecycle.before(halfClosed(), started()),
            s -> s.halfClosedBefore(started())),
        new Order(
            "every inbound message before any half-closed,\nbut " + receivedLate,
            Lifecycle.everyBeforeAny(inboundMessage(), halfClosed()),
            s -> s.hasEveryBeforeAny(inboundMessage(), halfClosed())),
        new Order(
            "no inbound message after half-closed,\nbut "
                + receivedLate.replace("out of order", "surplus"),
            Lifecycle.neverAfter(inboundMessage(), halfClosed()),
            s -> s.hasNoneAfter(inboundMessage(), halfClosed())),
        new Order(
            "every inbound message between started and half-closed,\nbut " + receivedLate,
            Lifecycle.between(inboundMessage(), started(), halfClosed()),
            s -> s.hasEveryBetween(inboundMessage(), started(), halfClosed())),
        new Order(
            "inbound message 2 times,\nbut it was recorded 3 times",
            Lifecycle.times(2, inboundMessage()),
            s -> s.hasTimes(2, inboundMessage())),
        new Order(
            "inbound message at least 4 times,\nbut it was recorded 3 times",
            Lifecycle.atLeast(4, inboundMessage()),
            s -> s.hasAtLeast(4, inboundMessage())),
        new Order(
            "inbound message at most 2 times,\nbut it was recorded 3 times",
            Lifecycle.atMost(2, inboundMessage()),
            s -> s.hasAtMost(2, inboundMessage())),
        new Order(
            "no half-closed,\nbut it was recorded once",
            Lifecycle.never(halfClosed()),
            s -> s.hasNone(halfClosed())),
        new Order(
            "cancelled at least once,\nbut it was recorded 0 times",
            Lifecycle.atLeast(1, cancelled()),
            s -> s.event(cancelled()).isOfAttempt(1)),
        new Order(
            "a cancel before any terminal status,\nbut it was recorded 0 times",
            Lifecycle.cancelled(),
            s -> s.wasCancelled()),
        new Order(
            "passed its deadline but it did not",
            Lifecycle.atLeast(1, deadlinePassed()),
            s -> s.passedItsDeadline()));
  }

  @ParameterizedTest
  @MethodSource("orders")
  void orderFailsTest(Order order) {
    market.watch("3", 9);
    failsWithTable(order.assertion(), "to have " + order.text(), order.means());
  }

  @Test
  void cancelledStreamFailsTest() {
    market.watch("3+", 9).cancel("enough", null);
    failsWithTable(
        s -> s.wasCancelledBy(Canceller.CONTEXT),
        "to have a cancel by its Context before any terminal status,\n"
            + "but it was recorded 0 times",
        Lifecycle.cancelled(Canceller.CONTEXT));
    failsWithTable(
        s -> s.wasNotCancelled(),
        "to have no cancel before any terminal status,\nbut it was recorded once",
        Lifecycle.notCancelled());
  }

  @Test
  void cancelOfTheBlockingStubAfterARefusalDoesNotCountTest() {
    market.refused();
    assertThat(stream())
        .hasTerminalStatus(Status.Code.ABORTED)
        .wasNotCancelled()
        .hasNone(cancelled())
        .applicationLane()
        .ignoring(requested())
        .hasExactLifecycle(
            started(),
            outboundMessage(),
            halfClosed(),
            headers(),
            terminalStatus(Status.Code.ABORTED));
    String recorded =
        ",\nbut it was recorded 0 times before the terminal status, and once after it, which does not"
            + " count";
    failsWithTable(
        s -> s.wasCancelled(),
        "to have a cancel before any terminal status" + recorded,
        Lifecycle.cancelled());
    failsWithTable(
        s -> s.wasCancelledBy(Canceller.CALL),
        "to have a cancel by the call before any terminal status" + recorded,
        Lifecycle.cancelled(Canceller.CALL));
  }

  private void failsWithTable(Consumer<StreamAssert> assertion, String text, Lifecycle means) {
    String hint = means.check(stream()).hint();
    String table = means.check(stream()).table() + (hint.isEmpty() ? "" : "\n\n" + hint);
    fails(
        () -> assertion.accept(assertThat(stream())),
        "Expected stream [" + stream().fullMethodName() + "] " + text + ":\n\n" + table);
  }

  @Test
  void laneFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).pickerLane().hasExactLifecycle(pickerDone(), picked()),
        """
        Expected stream [acme.Market/Watch > picker lane] to have exactly these events in this order, on the picker lane,
        but picked is out of order: expected after picker Done OK at +0.0 ms, recorded before it at +0.0 ms:

          expected    | recorded
          ------------+-------------------------------------------------------
        >             |   +0.0 ms  picked NAME  <- out of order: expected below
          picker Done |   +0.0 ms  picker Done OK
          picked      |                                                         <- out of order: recorded above, at +0.0 ms""");
  }

  // ---- dropped events ----

  @Test
  void eventThatWasDroppedFailsAndNamesTheSettingTest() {
    try (Market small = new Market(8)) {
      small.watch("40", 99);
      StreamAssert stream = assertThat(small.recorder).hasOnlyOneStream();
      stream.event(outboundMessage()).isOfAttempt(0);
      stream.event(lastInboundMessage()).matches(inboundMessage().numbered(39));
      String notKept =
          "> but it may be among those that were not kept: 79 of the stream's 95 events were dropped from the"
              + " middle of the log; GrpcStreamRecorder.builder().eventLimit(48) keeps them all\n\n"
              + small.recorder.streams().get(0).describe();
      String path = "Expected stream [recorder > stream 1 of 1: acme.Market/Watch] to have <";
      fails(() -> stream.event(halfClosed()).isOfAttempt(7), path + "half-closed" + notKept);
      fails(
          () -> stream.event(firstInboundMessage()).matches(inboundMessage().numbered(38)),
          path + "first inbound message" + notKept);
    }
  }

  @Test
  void cancelThatMayHaveBeenDroppedFailsAndNamesTheSettingTest() {
    try (Market small = new Market(8)) {
      ClientCall<String, String> call = small.watch("40+", 99);
      call.cancel("enough", null);
      for (int i = 0; i < 9; i++) {
        call.request(1);
      }
      Lifecycle means = Lifecycle.cancelled(Canceller.CONTEXT);
      fails(
          () -> assertThat(small.recorder).hasOnlyOneStream().wasCancelledBy(Canceller.CONTEXT),
          """
          Expected stream [recorder > stream 1 of 1: acme.Market/Watch] to have a cancel by its Context before any terminal status,
          but that cannot be decided: 88 of the stream's 104 events were dropped from the middle of the log; GrpcStreamRecorder.builder().eventLimit(52) keeps them all:

          """
              + means.check(small.recorder.streams().get(0)).table());
    }
  }

  @Test
  void droppedEventFailsAndNamesTheSettingTest() {
    try (Market small = new Market(8)) {
      small.watch("40", 99);
      fails(
          () ->
              assertThat(small.recorder)
                  .hasOnlyOneStream()
                  .hasTimes(40, inboundMessage())
                  .hasLifecycle(inboundMessages(20), headers(), inboundMessages(20)),
          """
          Expected stream [recorder > stream 1 of 1: acme.Market/Watch] to have these events in this order, others allowed between,
          but that cannot be decided: 79 of the stream's 95 events were dropped from the middle of the log; GrpcStreamRecorder.builder().eventLimit(48) keeps them all:

            expected                        | recorded
            --------------------------------+---------
                                            |   +0.0 ms  started
                                            |   +0.0 ms  picked NAME
                                            |   +0.0 ms  requested 99
                                            |   +0.0 ms  outbound message #0
          > inbound message (1 to 20 of 20) |           <- may be among the dropped events
            headers                         |           <- may be among the dropped events
            inbound message (1 to 18 of 20) |           <- may be among the dropped events
                                            | ... 79 events dropped: 1 x half-closed, 1 x headers, 38 x inbound message, 1 x headers on the transport, 38 x inbound message on the transport
            inbound message (19 of 20)      |   +0.0 ms  inbound message #38
            inbound message (20 of 20)      |   +0.0 ms  inbound message #39
                                            |   +0.0 ms  trailers on the transport
                                            |   +0.0 ms  attempt closed OK
                                            |   +0.0 ms  picker Done OK
                                            |   +0.0 ms  terminal status OK
            (6 events of the transport not shown)""");
    }
  }
}
