package io.github.streamleak.lifecycle;

import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptStarted;
import static io.github.streamleak.lifecycle.ExpectedEvents.cancelled;
import static io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.headers;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.lastInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.listenerThrew;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.requested;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.recorder.Lives;
import io.github.streamleak.recorder.Lives.Entry;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamEvent;
import io.grpc.Status;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every rule on a stream that keeps it, and the whole text of one that does not. */
final class LifecycleTest {

  /** A server streaming call, read to the end. */
  private static final RecordedStream WATCH =
      Lives.of(
          EventKind.STARTED,
          EventKind.ATTEMPT_STARTED,
          EventKind.PICKED,
          EventKind.TRANSPORT_STREAM_CREATED,
          EventKind.REQUESTED,
          EventKind.SENT,
          EventKind.ATTEMPT_SENT,
          EventKind.HALF_CLOSED,
          EventKind.HEADERS_RECEIVED,
          EventKind.RECEIVED,
          EventKind.RECEIVED,
          EventKind.TRAILERS_RECEIVED,
          EventKind.ATTEMPT_CLOSED,
          EventKind.PICKER_DONE,
          EventKind.TERMINATED);

  /** A long stream: 8 events are kept at each end, and among the rest are most of its messages. */
  private static RecordedStream longStream() {
    List<Entry> life = Lives.entries(EventKind.STARTED, EventKind.ATTEMPT_STARTED);
    life.addAll(Lives.entries(EventKind.PICKED, EventKind.SENT, EventKind.HALF_CLOSED));
    life.addAll(Collections.nCopies(50, Entry.of(EventKind.RECEIVED)));
    life.add(Entry.of(EventKind.REQUESTED));
    life.addAll(Collections.nCopies(50, Entry.of(EventKind.RECEIVED)));
    life.add(Entry.of(EventKind.REQUESTED));
    life.addAll(Collections.nCopies(3, Entry.of(EventKind.RECEIVED)));
    life.addAll(
        Lives.entries(EventKind.ATTEMPT_CLOSED, EventKind.PICKER_DONE, EventKind.TERMINATED));
    return Lives.of(8, life);
  }

  /** A retry: two attempts whose events lie between each other. */
  private static RecordedStream retried() {
    List<Entry> life = Lives.entries(EventKind.STARTED, EventKind.ATTEMPT_STARTED);
    life.add(Entry.of(EventKind.ATTEMPT_STARTED).attempt(2).with(Retry.RETRY));
    life.add(Entry.of(EventKind.PICKED));
    life.add(Entry.of(EventKind.PICKED).attempt(2));
    life.add(Entry.of(EventKind.ATTEMPT_CLOSED).attempt(2));
    life.add(Entry.of(EventKind.ATTEMPT_CLOSED).status(Status.UNAVAILABLE));
    life.add(Entry.of(EventKind.TERMINATED));
    return Lives.of(100, life);
  }

  private static void matched(Lifecycle lifecycle, RecordedStream stream) {
    assertThat(lifecycle.check(stream).outcome())
        .as(lifecycle.check(stream).describe())
        .isEqualTo(Outcome.MATCHED);
    assertThat(lifecycle.check(stream).problem()).isEmpty();
  }

  private static void notMatched(Lifecycle lifecycle, RecordedStream stream, String text) {
    LifecycleResult result = lifecycle.check(stream);
    assertThat(result.describe()).isEqualTo(text);
    assertThat(result.outcome()).isEqualTo(Outcome.NOT_MATCHED);
    assertThat(result).hasToString(text);
  }

  private static void undecidable(Lifecycle lifecycle, RecordedStream stream, String text) {
    LifecycleResult result = lifecycle.check(stream);
    assertThat(result.describe()).isEqualTo(text);
    assertThat(result.outcome()).isEqualTo(Outcome.UNDECIDABLE);
  }

  @Test
  void cancelBeforeTheTerminalStatusPassesTest() {
    RecordedStream cancelled =
        Lives.of(EventKind.STARTED, EventKind.CANCELLED, EventKind.TERMINATED);
    matched(Lifecycle.cancelled(), cancelled);
    matched(Lifecycle.cancelled(Canceller.CALL), cancelled);
    matched(Lifecycle.cancelled(), Lives.of(EventKind.STARTED, EventKind.CANCELLED));
    matched(Lifecycle.notCancelled(), WATCH);
    notMatched(
        Lifecycle.notCancelled(),
        cancelled,
        """
        no cancel before any terminal status,
        but it was recorded once:

          expected | recorded
          ---------+------------------------------------------
                   |   +0.0 ms  started
        >          |   +0.1 ms  cancelled by the call (enough)  <- surplus
                   |   +0.2 ms  terminal status OK""");
  }

  @Test
  void cancelAfterTheTerminalStatusDoesNotCountTest() {
    RecordedStream refused = Lives.of(EventKind.STARTED, EventKind.TERMINATED, EventKind.CANCELLED);
    matched(Lifecycle.notCancelled(), refused);
    notMatched(
        Lifecycle.cancelled(),
        refused,
        """
        a cancel before any terminal status,
        but it was recorded 0 times before the terminal status, and once after it, which does not count:

          expected  | recorded
          ----------+------------------------------------------
                    |   +0.0 ms  started
                    |   +0.1 ms  terminal status OK
                    |   +0.2 ms  cancelled by the call (enough)  <- does not count: after the terminal status
        > cancelled |                                            <- missing""");
    assertThat(Lifecycle.cancelled(Canceller.CALL).check(refused).outcome())
        .isEqualTo(Outcome.NOT_MATCHED);
  }

  /** A test must not pass or fail for what gRPC's own stub does after the end. */
  @Test
  void cancelAfterTheTerminalStatusCountsInNoExpectationTest() {
    RecordedStream refused = Lives.of(EventKind.STARTED, EventKind.TERMINATED, EventKind.CANCELLED);
    matched(Lifecycle.never(cancelled()), refused);
    matched(Lifecycle.never(cancelled().by(Canceller.CALL)), refused);
    matched(Lifecycle.times(0, cancelled()), refused);
    matched(Lifecycle.exactly(started(), terminalStatus()), refused);
    matched(Lifecycle.exactly(started(), terminalStatus()).on(Lane.APPLICATION), refused);
    matched(Lifecycle.neverAfter(cancelled(), started()), refused);
    assertThat(cancelled().firstIn(refused)).isEmpty();
    assertThat(cancelled().whyNotIn(refused))
        .isEqualTo("it happened only after the terminal status, which does not count");
    for (Lifecycle wrong :
        List.of(
            Lifecycle.atLeast(1, cancelled()),
            Lifecycle.times(1, cancelled()),
            Lifecycle.exactly(started(), terminalStatus(), cancelled()),
            Lifecycle.inOrder(terminalStatus(), cancelled()),
            Lifecycle.inAnyOrder(terminalStatus(), cancelled()),
            Lifecycle.startingWith(started(), terminalStatus(), cancelled()),
            Lifecycle.before(started(), cancelled()),
            Lifecycle.before(terminalStatus(), cancelled()),
            Lifecycle.everyBeforeAny(started(), cancelled()),
            Lifecycle.neverAfter(started(), cancelled()),
            Lifecycle.between(cancelled(), started(), terminalStatus()))) {
      assertThat(wrong.check(refused).outcome()).as("%s", wrong).isEqualTo(Outcome.NOT_MATCHED);
    }
    notMatched(
        Lifecycle.inOrder(started(), cancelled()),
        refused,
        """
        these events in this order, others allowed between,
        but cancelled is missing after started at +0.0 ms:

          expected  | recorded
          ----------+------------------------------------------
          started   |   +0.0 ms  started
                    |   +0.1 ms  terminal status OK
                    |   +0.2 ms  cancelled by the call (enough)  <- does not count: after the terminal status
        > cancelled |                                            <- missing""");
    RecordedStream both =
        Lives.of(EventKind.STARTED, EventKind.CANCELLED, EventKind.TERMINATED, EventKind.CANCELLED);
    matched(Lifecycle.times(1, cancelled()), both);
    matched(Lifecycle.exactly(started(), cancelled(), terminalStatus()), both);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Lifecycle.neverAfter(cancelled(), terminalStatus()))
        .withMessage(
            "\"no cancelled after terminal status\" is true of every stream: a cancel after the"
                + " terminal status cancels nothing, and does not count");
  }

  @Test
  void cancelAfterTheTerminalStatusIsToldFromOneBeforeAcrossTheGapTest() {
    List<Entry> late = Lives.entries(EventKind.STARTED, EventKind.TERMINATED);
    late.addAll(Collections.nCopies(30, Entry.of(EventKind.CANCELLED)));
    matched(Lifecycle.never(cancelled()), Lives.of(8, late));
    matched(Lifecycle.exactly(started(), terminalStatus()), Lives.of(8, late));
    List<Entry> early = Lives.entries(EventKind.STARTED);
    early.addAll(Collections.nCopies(30, Entry.of(EventKind.CANCELLED)));
    early.add(Entry.of(EventKind.TERMINATED));
    matched(Lifecycle.times(30, cancelled()), Lives.of(8, early));
    List<Entry> inTheGap = Lives.entries(EventKind.STARTED);
    inTheGap.addAll(Collections.nCopies(9, Entry.of(EventKind.RECEIVED)));
    inTheGap.addAll(Lives.entries(EventKind.CANCELLED, EventKind.TERMINATED, EventKind.CANCELLED));
    inTheGap.addAll(Collections.nCopies(9, Entry.of(EventKind.RECEIVED)));
    assertThat(Lifecycle.times(1, cancelled()).check(Lives.of(8, inTheGap)).outcome())
        .isEqualTo(Outcome.UNDECIDABLE);
    matched(Lifecycle.times(1, cancelled()), Lives.of(1000, inTheGap));
  }

  @Test
  void laterEventsMustAllHaveHappenedTest() {
    matched(Lifecycle.before(halfClosed(), inboundMessages(2)), WATCH);
    assertThat(Lifecycle.before(halfClosed(), inboundMessages(3)).check(WATCH).problem())
        .isEqualTo("inbound message is missing: there are 2 of 3");
  }

  @Test
  void eventsInOrderPassTest() {
    matched(
        Lifecycle.inOrder(
            started(),
            picked(),
            outboundMessages(1),
            halfClosed(),
            inboundMessages(2),
            pickerDone(),
            terminalStatus()),
        WATCH);
    matched(Lifecycle.inOrder(inboundMessages(2)), WATCH);
    matched(Lifecycle.inOrder(firstInboundMessage(), lastInboundMessage()), WATCH);
    matched(Lifecycle.inOrder(attemptStarted(), attemptClosed(Status.Code.UNAVAILABLE)), retried());
  }

  @Test
  void missingEventFailsTest() {
    notMatched(
        Lifecycle.inOrder(
            started(), outboundMessages(1), halfClosed(), inboundMessages(3), terminalStatus()),
        WATCH,
        """
        these events in this order, others allowed between,
        but inbound message (3 of 3) is missing after inbound message #1 at +1.0 ms:

          expected                 | recorded
          -------------------------+---------
          started                  |   +0.0 ms  started
                                   |   +0.2 ms  picked a:1
                                   |   +0.4 ms  requested 1
          outbound message         |   +0.5 ms  outbound message #0
          half-closed              |   +0.7 ms  half-closed
                                   |   +0.8 ms  headers
          inbound message (1 of 3) |   +0.9 ms  inbound message #0
          inbound message (2 of 3) |   +1.0 ms  inbound message #1
                                   |   +1.1 ms  trailers on the transport
                                   |   +1.2 ms  attempt closed OK
                                   |   +1.3 ms  picker Done OK
        > inbound message (3 of 3) |           <- missing
          terminal status          |   +1.4 ms  terminal status OK
          (3 events of the transport not shown)""");
  }

  @Test
  void eventOutOfOrderFailsTest() {
    notMatched(
        Lifecycle.inOrder(
            started(), firstInboundMessage(), halfClosed(), terminalStatus(Status.Code.OK)),
        WATCH,
        """
        these events in this order, others allowed between,
        but half-closed is out of order: expected after inbound message #0 at +0.9 ms, recorded before it at +0.7 ms:

          expected              | recorded
          ----------------------+-----------------------
          started               |   +0.0 ms  started
                                |   +0.2 ms  picked a:1
                                |   +0.4 ms  requested 1
                                |   +0.5 ms  outbound message #0
        >                       |   +0.7 ms  half-closed  <- out of order: expected below
                                |   +0.8 ms  headers
          first inbound message |   +0.9 ms  inbound message #0
                                |   +1.0 ms  inbound message #1
                                |   +1.1 ms  trailers on the transport
                                |   +1.2 ms  attempt closed OK
                                |   +1.3 ms  picker Done OK
          half-closed           |                         <- out of order: recorded above, at +0.7 ms
          terminal status OK    |   +1.4 ms  terminal status OK
          (3 events of the transport not shown)""");
  }

  @Test
  void eventBeforeItsTurnFailsTest() {
    notMatched(
        Lifecycle.inOrder(halfClosed(), inboundMessages(2), started()),
        WATCH,
        """
        these events in this order, others allowed between,
        but started is out of order: expected after inbound message #1 at +1.0 ms, recorded before it at +0.0 ms:

          expected                 | recorded
          -------------------------+-------------------
        >                          |   +0.0 ms  started  <- out of order: expected below
                                   |   +0.2 ms  picked a:1
                                   |   +0.4 ms  requested 1
                                   |   +0.5 ms  outbound message #0
          half-closed              |   +0.7 ms  half-closed
                                   |   +0.8 ms  headers
          inbound message (1 of 2) |   +0.9 ms  inbound message #0
          inbound message (2 of 2) |   +1.0 ms  inbound message #1
                                   |   +1.1 ms  trailers on the transport
                                   |   +1.2 ms  attempt closed OK
                                   |   +1.3 ms  picker Done OK
                                   |   +1.4 ms  terminal status OK
          started                  |                     <- out of order: recorded above, at +0.0 ms
          (3 events of the transport not shown)""");
  }

  @Test
  void wholeSideInOrderPassesTest() {
    Lifecycle application =
        Lifecycle.exactly(
                started(),
                requested(1),
                outboundMessages(1),
                halfClosed(),
                ExpectedEvents.headers(),
                inboundMessages(2),
                terminalStatus(Status.Code.OK))
            .on(Lane.APPLICATION);
    matched(application, WATCH);
    matched(Lifecycle.exactly(picked("a:1"), pickerDone()).on(Lane.PICKER), WATCH);
    matched(
        Lifecycle.exactly(attemptStarted(), picked(), attemptClosed(Status.Code.OK)).onAttempt(2),
        retried());
    matched(Lifecycle.exactly().onAttempt(2), WATCH);
  }

  @Test
  void surplusEventFailsTest() {
    notMatched(
        Lifecycle.exactly(
                started(),
                requested(1),
                outboundMessages(1),
                halfClosed(),
                ExpectedEvents.headers(),
                inboundMessages(1),
                terminalStatus(Status.Code.OK))
            .on(Lane.APPLICATION),
        WATCH,
        """
        exactly these events in this order, on the application lane,
        but inbound message #1 at +1.0 ms is surplus:

          expected           | recorded
          -------------------+------------------------------
          started            |   +0.0 ms  started
          requested 1        |   +0.4 ms  requested 1
          outbound message   |   +0.5 ms  outbound message #0
          half-closed        |   +0.7 ms  half-closed
          headers            |   +0.8 ms  headers
          inbound message    |   +0.9 ms  inbound message #0
        >                    |   +1.0 ms  inbound message #1  <- surplus
          terminal status OK |   +1.4 ms  terminal status OK""");
  }

  @Test
  void swappedEventsFailTest() {
    notMatched(
        Lifecycle.exactly(attemptStarted(), attemptClosed(), picked()).onAttempt(2),
        retried(),
        """
        exactly these events in this order, of attempt 2,
        but picked is out of order: expected after attempt closed OK (attempt 2) at +0.5 ms, recorded before it at +0.4 ms:

          expected        | recorded
          ----------------+----------------------------------
          attempt started |   +0.2 ms  attempt 2 started (retry)
        >                 |   +0.4 ms  picked a:1 (attempt 2)  <- out of order: expected below
          attempt closed  |   +0.5 ms  attempt closed OK (attempt 2)
          picked          |                                    <- out of order: recorded above, at +0.4 ms""");
  }

  @Test
  void streamWithoutEventsOfThatAttemptFailsTest() {
    notMatched(
        Lifecycle.inOrder(attemptStarted()).onAttempt(3),
        retried(),
        """
        these events in this order, others allowed between, of attempt 3,
        but attempt started is missing: nothing was recorded:

          expected        | recorded
          ----------------+---------
        > attempt started |           <- missing""");
  }

  @Test
  void startPassesTest() {
    matched(Lifecycle.startingWith(started(), attemptStarted(), picked()), WATCH);
    matched(
        Lifecycle.startingWith(started(), requested(), outboundMessage()).on(Lane.APPLICATION),
        WATCH);
  }

  @Test
  void startIsDecidedAcrossTheGapTest() {
    List<Entry> life = Lives.entries(EventKind.STARTED, EventKind.SENT, EventKind.HALF_CLOSED);
    life.addAll(Collections.nCopies(100, Entry.of(EventKind.RECEIVED)));
    life.add(Entry.of(EventKind.TERMINATED));
    RecordedStream stream = Lives.of(8, life);

    matched(
        Lifecycle.startingWith(started(), outboundMessage(), halfClosed(), inboundMessages(50)),
        stream);
    matched(
        Lifecycle.startingWith(started(), outboundMessage(), halfClosed(), inboundMessages(100)),
        stream);
    matched(
        Lifecycle.exactly(
            started(), outboundMessage(), halfClosed(), inboundMessages(100), terminalStatus()),
        stream);
  }

  @Test
  void gapOfTheWrongSizeFailsTest() {
    List<Entry> life = Lives.entries(EventKind.STARTED, EventKind.SENT, EventKind.HALF_CLOSED);
    life.addAll(Collections.nCopies(100, Entry.of(EventKind.RECEIVED)));
    life.add(Entry.of(EventKind.TERMINATED));
    RecordedStream stream = Lives.of(4, life);

    notMatched(
        Lifecycle.exactly(
            started(), outboundMessage(), halfClosed(), inboundMessages(101), terminalStatus()),
        stream,
        """
        exactly these events in this order,
        but 96 x inbound message were dropped where 97 are expected:

          expected                         | recorded
          ---------------------------------+---------
          started                          |   +0.0 ms  started
          outbound message                 |   +0.1 ms  outbound message #0
          half-closed                      |   +0.2 ms  half-closed
          inbound message (1 of 101)       |   +0.3 ms  inbound message #0
        > inbound message (2 to 98 of 101) |           <- may be among the dropped events
                                           | ... 96 events dropped: 96 x inbound message
          inbound message (99 of 101)      |  +10.0 ms  inbound message #97
          inbound message (100 of 101)     |  +10.1 ms  inbound message #98
          inbound message (101 of 101)     |  +10.2 ms  inbound message #99
          terminal status                  |  +10.3 ms  terminal status OK""");
    assertThat(Lifecycle.inOrder(inboundMessages(101), terminalStatus()).check(stream).problem())
        .isEqualTo("96 x inbound message were dropped where 97 are expected");
    assertThat(Lifecycle.startingWith(started(), inboundMessages(2)).check(stream).problem())
        .isEqualTo("outbound message #0 at +0.1 ms is surplus");
    // A request may have been dropped, but not before what was kept.
    assertThat(Lifecycle.startingWith(requested()).check(longStream()).problem())
        .isEqualTo("started at +0.0 ms is surplus");
    assertThat(Lifecycle.startingWith(picked()).on(Lane.PICKER).check(stream).problem())
        .isEqualTo("picked is missing: nothing was recorded");
  }

  /** That there is none of them would hold of every stream. */
  @Test
  void eventThatCanNeverBeThereIsRefusedTest() {
    assertThatThrownBy(() -> Lifecycle.never(terminalStatus()).on(Lane.ATTEMPT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "\"terminal status\" is never on the attempt lane; it is on the application lane");
    assertThatThrownBy(() -> Lifecycle.never(terminalStatus()).onAttempt(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "\"terminal status\" is an event of the application, which belongs to no attempt; ask"
                + " for it on the stream");
    assertThatThrownBy(() -> Lifecycle.never(picked().onAttempt(2)).onAttempt(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("\"picked (attempt 2)\" can never be an event of attempt 1");
    matched(Lifecycle.atLeast(1, terminalStatus()).on(Lane.APPLICATION), WATCH);
    matched(Lifecycle.atLeast(1, picked().onAttempt(1)).onAttempt(1), WATCH);
  }

  @Test
  void eventIsNeitherBeforeNorAfterItselfTest() {
    matched(Lifecycle.neverAfter(terminalStatus(), terminalStatus()), WATCH);
    matched(Lifecycle.before(inboundMessage(), lastInboundMessage()), WATCH);
    matched(Lifecycle.neverAfter(lastInboundMessage(), inboundMessage().numbered(1)), WATCH);
    String itself = "\" can be true of no stream: it puts an event before itself";
    String every = "\" is true of every stream";
    refused(
        () -> Lifecycle.before(firstInboundMessage(), inboundMessage()),
        "\"first inbound message before inbound message" + itself);
    refused(
        () -> Lifecycle.before(inboundMessages(2), firstInboundMessage()),
        "\"2 x inbound message before first inbound message" + itself);
    refused(
        () -> Lifecycle.everyBeforeAny(requested(1), requested()),
        "\"every requested 1 before any requested" + itself);
    refused(
        () -> Lifecycle.between(inboundMessage(), halfClosed(), halfClosed()),
        "\"half-closed before half-closed" + itself);
    refused(
        () -> Lifecycle.neverAfter(inboundMessage(), lastInboundMessage()),
        "\"no inbound message after last inbound message" + every);
    refused(
        () -> Lifecycle.neverAfter(firstInboundMessage(), inboundMessage()),
        "\"no first inbound message after inbound message" + every);
    refused(
        () -> Lifecycle.neverAfter(inboundMessage().numbered(1), inboundMessage().numbered(1)),
        "\"no inbound message #1 after inbound message #1" + every);
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String text) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessage(text);
  }

  @Test
  void anchorDoesNotCountAsBetweenTest() {
    matched(Lifecycle.between(inboundMessage(), firstInboundMessage(), terminalStatus()), WATCH);
    assertThat(Lifecycle.between(started(), started(), terminalStatus()).check(WATCH).problem())
        .isEqualTo("started is missing between started and terminal status");
    notMatched(
        Lifecycle.between(inboundMessage(), firstInboundMessage(), terminalStatus()),
        Lives.of(EventKind.STARTED, EventKind.RECEIVED, EventKind.TERMINATED),
        """
        every inbound message between first inbound message and terminal status,
        but inbound message is missing between first inbound message and terminal status:

          expected              | recorded
          ----------------------+---------
                                |   +0.0 ms  started
          first inbound message |   +0.1 ms  inbound message #0
          terminal status       |   +0.2 ms  terminal status OK
        > inbound message       |           <- missing""");
  }

  @Test
  void otherStartFailsTest() {
    notMatched(
        Lifecycle.startingWith(started(), outboundMessage(), halfClosed()).on(Lane.APPLICATION),
        WATCH,
        """
        these events first, with none between, on the application lane,
        but requested 1 at +0.4 ms is surplus:

          expected         | recorded
          -----------------+-----------------------
          started          |   +0.0 ms  started
        >                  |   +0.4 ms  requested 1  <- surplus
          outbound message |   +0.5 ms  outbound message #0
          half-closed      |   +0.7 ms  half-closed
                           |   +0.8 ms  headers
                           |   +0.9 ms  inbound message #0
                           |   +1.0 ms  inbound message #1
                           |   +1.4 ms  terminal status OK

        When the application asks for messages is up to its own thread or its stub, beside what arrives; ignoring(requested()) leaves it out.""");
  }

  @Test
  void ignoredEventsAreLeftOutTest() {
    matched(
        Lifecycle.exactly(
                started(),
                outboundMessage(),
                halfClosed(),
                headers(),
                inboundMessages(2),
                terminalStatus())
            .on(Lane.APPLICATION)
            .ignoring(requested()),
        WATCH);
    // Only some of a kind, and the others count.
    matched(
        Lifecycle.times(1, inboundMessage())
            .ignoring(inboundMessage().numbered(0))
            .on(Lane.APPLICATION),
        WATCH);
    matched(
        Lifecycle.never(inboundMessage()).ignoring(inboundMessage().where("at all", e -> true)),
        WATCH);
    assertThat(Lifecycle.times(2, requested()).ignoring(outboundMessage(), halfClosed()))
        .hasToString("requested 2 times, ignoring outbound message, half-closed");
    notMatched(
        Lifecycle.exactly(started(), outboundMessage(), terminalStatus())
            .on(Lane.APPLICATION)
            .ignoring(requested(), inboundMessage(), headers()),
        WATCH,
        """
        exactly these events in this order, on the application lane, ignoring requested, inbound message, headers,
        but half-closed at +0.7 ms is surplus:

          expected         | recorded
          -----------------+-----------------------
          started          |   +0.0 ms  started
          outbound message |   +0.5 ms  outbound message #0
        >                  |   +0.7 ms  half-closed  <- surplus
          terminal status  |   +1.4 ms  terminal status OK""");
  }

  @Test
  void ignoredEventsInTheGapAreLeftOutTest() {
    RecordedStream stream = longStream();
    matched(
        Lifecycle.exactly(started(), outboundMessage(), halfClosed(), terminalStatus())
            .on(Lane.APPLICATION)
            .ignoring(requested(), inboundMessage()),
        stream);
    // Nobody can tell which of the dropped requests are for one message.
    assertThat(Lifecycle.times(2, requested()).ignoring(requested(7)).check(stream).outcome())
        .isEqualTo(Outcome.UNDECIDABLE);
    assertThat(
            Lifecycle.times(103, inboundMessage())
                .ignoring(inboundMessage().numbered(50))
                .check(stream)
                .outcome())
        .isEqualTo(Outcome.UNDECIDABLE);
  }

  @Test
  void whatIsExpectedCannotBeIgnoredTest() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Lifecycle.never(requested()).ignoring(requested()))
        .withMessage("\"requested\" is expected and ignored at once");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Lifecycle.never(requested(1)).ignoring(requested(1)))
        .withMessage("\"requested 1\" is expected and ignored at once");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Lifecycle.never(requested()).ignoring(firstInboundMessage()))
        .withMessage(
            "\"first inbound message\" cannot be ignored: name the events without number, first or"
                + " last, to ignore them all");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Lifecycle.never(requested()).ignoring())
        .withMessage("no event is named that is to be ignored");
  }

  /** Of what is left out there is none, whatever was recorded. */
  @Test
  void whatIsNarrowerThanWhatIsIgnoredCannotBeExpectedTest() {
    String refused = "\" is expected and ignored at once";
    refused(() -> Lifecycle.never(picked("a:1")).ignoring(picked()), "\"picked a:1" + refused);
    refused(
        () ->
            Lifecycle.never(terminalStatus(Status.Code.OK).withDescription("a"))
                .ignoring(terminalStatus(Status.Code.OK)),
        "\"terminal status OK: a" + refused);
    refused(
        () ->
            Lifecycle.never(listenerThrew(IllegalStateException.class))
                .ignoring(listenerThrew(RuntimeException.class)),
        "\"listener threw IllegalStateException" + refused);
    refused(
        () -> Lifecycle.neverAfter(requested(1), started()).ignoring(requested()),
        "\"requested 1" + refused);
    refused(
        () -> Lifecycle.before(firstInboundMessage(), terminalStatus()).ignoring(inboundMessage()),
        "\"first inbound message" + refused);
    EventMatcher closed = attemptClosed().onAttempt(2);
    refused(
        () -> Lifecycle.never(attemptClosed()).onAttempt(2).ignoring(closed),
        "\"attempt closed" + refused);
    refused(
        () -> Lifecycle.never(attemptClosed()).ignoring(closed).onAttempt(2),
        "\"attempt closed" + refused);
    EventMatcher odd = inboundMessage().where("odd", event -> true);
    refused(
        () -> Lifecycle.never(odd.where("and long", event -> true)).ignoring(odd),
        "\"inbound message odd and long" + refused);
    matched(Lifecycle.times(1, attemptClosed()).ignoring(closed), WATCH);
    matched(Lifecycle.times(1, picked()).ignoring(picked("b:2")), WATCH);
    matched(
        Lifecycle.times(1, terminalStatus(Status.Code.OK))
            .ignoring(terminalStatus(Status.Code.ABORTED)),
        WATCH);
  }

  @Test
  void hintIsGivenWhereThreadsRaceTest() {
    String lanes =
        "These events are of several lanes, whose threads run beside each other, so that their order"
            + " can differ from run to run. Assert each lane by itself, as on applicationLane(), or"
            + " two events of which one causes the other.";
    assertThat(Lifecycle.inOrder(halfClosed(), picked()).check(WATCH).hint()).isEqualTo(lanes);
    assertThat(Lifecycle.before(halfClosed(), picked()).check(WATCH).hint()).isEqualTo(lanes);
    assertThat(Lifecycle.exactly(started(), terminalStatus()).check(WATCH).hint())
        .startsWith(lanes);
    // What is missing is no race, and one lane has its own order.
    assertThat(Lifecycle.inOrder(picked(), inboundMessages(9)).check(WATCH).hint()).isEmpty();
    assertThat(Lifecycle.inOrder(inboundMessage(), halfClosed()).check(WATCH).hint()).isEmpty();
    assertThat(Lifecycle.never(picked()).check(WATCH).hint()).isEmpty();
    assertThat(Lifecycle.inOrder(picked(), halfClosed()).check(WATCH).hint()).isEmpty();
  }

  @Test
  void timesTellRowsApartTest() {
    assertThat(tableOf(1_501))
        .contains("+150.1 ms  inbound message #1500", "+150.2 ms  terminal status OK");
    assertThat(tableOf(10_001))
        .contains("+1.0001 s  inbound message #10000", "+1.0002 s  terminal status OK");
  }

  private static String tableOf(int messages) {
    List<Entry> life = Lives.entries(EventKind.STARTED);
    life.addAll(Collections.nCopies(messages, Entry.of(EventKind.RECEIVED)));
    life.add(Entry.of(EventKind.TERMINATED));
    return Lifecycle.times(0, started()).check(Lives.of(2000, life)).table();
  }

  @Test
  void eventsInAnyOrderPassTest() {
    matched(Lifecycle.inAnyOrder(terminalStatus(), started(), inboundMessages(2)), WATCH);
    // The general word leaves the particular event to the particular one.
    matched(Lifecycle.inAnyOrder(inboundMessage(), firstInboundMessage()), WATCH);
  }

  @Test
  void eventMissingInAnyOrderFailsTest() {
    notMatched(
        Lifecycle.inAnyOrder(terminalStatus(), cancelled(), started()),
        WATCH,
        """
        these events in any order, others allowed,
        but cancelled is missing:

          expected        | recorded
          ----------------+---------
          started         |   +0.0 ms  started
                          |   +0.2 ms  picked a:1
                          |   +0.4 ms  requested 1
                          |   +0.5 ms  outbound message #0
                          |   +0.7 ms  half-closed
                          |   +0.8 ms  headers
                          |   +0.9 ms  inbound message #0
                          |   +1.0 ms  inbound message #1
                          |   +1.1 ms  trailers on the transport
                          |   +1.2 ms  attempt closed OK
                          |   +1.3 ms  picker Done OK
          terminal status |   +1.4 ms  terminal status OK
        > cancelled       |           <- missing
          (3 events of the transport not shown)""");
  }

  @Test
  void relationsPassTest() {
    matched(Lifecycle.before(halfClosed(), firstInboundMessage()), WATCH);
    matched(Lifecycle.before(inboundMessages(2), terminalStatus()), WATCH);
    matched(Lifecycle.everyBeforeAny(outboundMessage(), inboundMessage()), WATCH);
    matched(Lifecycle.neverAfter(outboundMessage(), halfClosed()), WATCH);
    matched(Lifecycle.neverAfter(cancelled(), started()), WATCH);
    matched(Lifecycle.between(inboundMessage(), halfClosed(), terminalStatus()), WATCH);
  }

  @Test
  void beforeFailsTest() {
    notMatched(
        Lifecycle.before(firstInboundMessage(), halfClosed()),
        WATCH,
        """
        first inbound message before half-closed,
        but inbound message #0 at +0.9 ms is out of order: recorded after half-closed at +0.7 ms:

          expected              | recorded
          ----------------------+------------------------------
                                |   +0.0 ms  started
                                |   +0.2 ms  picked a:1
                                |   +0.4 ms  requested 1
                                |   +0.5 ms  outbound message #0
          half-closed           |   +0.7 ms  half-closed
                                |   +0.8 ms  headers
        > first inbound message |   +0.9 ms  inbound message #0  <- out of order: expected before half-closed
                                |   +1.0 ms  inbound message #1
                                |   +1.1 ms  trailers on the transport
                                |   +1.2 ms  attempt closed OK
                                |   +1.3 ms  picker Done OK
                                |   +1.4 ms  terminal status OK
          (3 events of the transport not shown)""");
  }

  @Test
  void beforeAnEventThatNeverHappenedFailsTest() {
    notMatched(
        Lifecycle.before(halfClosed(), cancelled()),
        WATCH,
        """
        half-closed before cancelled,
        but cancelled is missing:

          expected    | recorded
          ------------+---------
                      |   +0.0 ms  started
                      |   +0.2 ms  picked a:1
                      |   +0.4 ms  requested 1
                      |   +0.5 ms  outbound message #0
          half-closed |   +0.7 ms  half-closed
                      |   +0.8 ms  headers
                      |   +0.9 ms  inbound message #0
                      |   +1.0 ms  inbound message #1
                      |   +1.1 ms  trailers on the transport
                      |   +1.2 ms  attempt closed OK
                      |   +1.3 ms  picker Done OK
                      |   +1.4 ms  terminal status OK
        > cancelled   |           <- missing
          (3 events of the transport not shown)""");
  }

  @Test
  void tooFewBeforeFailsTest() {
    notMatched(
        Lifecycle.before(inboundMessages(3), terminalStatus()),
        WATCH,
        """
        3 x inbound message before terminal status,
        but inbound message is missing: there are 2 of 3:

          expected                 | recorded
          -------------------------+---------
                                   |   +0.0 ms  started
                                   |   +0.2 ms  picked a:1
                                   |   +0.4 ms  requested 1
                                   |   +0.5 ms  outbound message #0
                                   |   +0.7 ms  half-closed
                                   |   +0.8 ms  headers
          inbound message          |   +0.9 ms  inbound message #0
          inbound message          |   +1.0 ms  inbound message #1
                                   |   +1.1 ms  trailers on the transport
                                   |   +1.2 ms  attempt closed OK
                                   |   +1.3 ms  picker Done OK
          terminal status          |   +1.4 ms  terminal status OK
        > inbound message (3 of 3) |           <- missing
          (3 events of the transport not shown)""");
  }

  @Test
  void everyBeforeAnyFailsTest() {
    notMatched(
        Lifecycle.everyBeforeAny(outboundMessage(), inboundMessage()),
        Lives.of(
            EventKind.STARTED,
            EventKind.SENT,
            EventKind.RECEIVED,
            EventKind.SENT,
            EventKind.TERMINATED),
        """
        every outbound message before any inbound message,
        but outbound message #1 at +0.3 ms is out of order: recorded after inbound message #0 at +0.2 ms:

          expected         | recorded
          -----------------+-------------------------------
                           |   +0.0 ms  started
          outbound message |   +0.1 ms  outbound message #0
          inbound message  |   +0.2 ms  inbound message #0
        > outbound message |   +0.3 ms  outbound message #1  <- out of order: after inbound message
                           |   +0.4 ms  terminal status OK""");
  }

  @Test
  void neverAfterFailsTest() {
    notMatched(
        Lifecycle.neverAfter(outboundMessage(), halfClosed()),
        Lives.of(
            EventKind.STARTED,
            EventKind.SENT,
            EventKind.HALF_CLOSED,
            EventKind.SENT,
            EventKind.TERMINATED),
        """
        no outbound message after half-closed,
        but outbound message #1 at +0.3 ms is surplus: recorded after half-closed at +0.2 ms:

          expected    | recorded
          ------------+-------------------------------
                      |   +0.0 ms  started
                      |   +0.1 ms  outbound message #0
          half-closed |   +0.2 ms  half-closed
        >             |   +0.3 ms  outbound message #1  <- surplus: after half-closed
                      |   +0.4 ms  terminal status OK""");
  }

  @Test
  void neverAfterWhatNeverHappenedFailsTest() {
    notMatched(
        Lifecycle.neverAfter(outboundMessage(), cancelled()),
        Lives.of(EventKind.STARTED, EventKind.SENT),
        """
        no outbound message after cancelled,
        but cancelled is missing:

          expected  | recorded
          ----------+---------
                    |   +0.0 ms  started
                    |   +0.1 ms  outbound message #0
        > cancelled |           <- missing""");
  }

  @Test
  void betweenFailsTest() {
    notMatched(
        Lifecycle.between(inboundMessage(), halfClosed(), terminalStatus()),
        Lives.of(
            EventKind.STARTED,
            EventKind.RECEIVED,
            EventKind.HALF_CLOSED,
            EventKind.RECEIVED,
            EventKind.TERMINATED),
        """
        every inbound message between half-closed and terminal status,
        but inbound message #0 at +0.1 ms is out of order: recorded before half-closed at +0.2 ms:

          expected        | recorded
          ----------------+------------------------------
                          |   +0.0 ms  started
        > inbound message |   +0.1 ms  inbound message #0  <- out of order: before half-closed
          half-closed     |   +0.2 ms  half-closed
          inbound message |   +0.3 ms  inbound message #1
          terminal status |   +0.4 ms  terminal status OK""");
  }

  @Test
  void countsPassTest() {
    matched(Lifecycle.times(2, inboundMessage()), WATCH);
    matched(Lifecycle.times(0, cancelled()), WATCH);
    matched(Lifecycle.atLeast(2, inboundMessage()), WATCH);
    matched(Lifecycle.atMost(2, inboundMessage()), WATCH);
    matched(Lifecycle.never(cancelled()), WATCH);
    matched(Lifecycle.times(1, attemptClosed()).onAttempt(2), retried());
  }

  @Test
  void tooManyFailTest() {
    notMatched(
        Lifecycle.times(1, inboundMessage()),
        WATCH,
        """
        inbound message once,
        but it was recorded 2 times:

          expected        | recorded
          ----------------+------------------------------
                          |   +0.0 ms  started
                          |   +0.2 ms  picked a:1
                          |   +0.4 ms  requested 1
                          |   +0.5 ms  outbound message #0
                          |   +0.7 ms  half-closed
                          |   +0.8 ms  headers
          inbound message |   +0.9 ms  inbound message #0
        >                 |   +1.0 ms  inbound message #1  <- surplus
                          |   +1.1 ms  trailers on the transport
                          |   +1.2 ms  attempt closed OK
                          |   +1.3 ms  picker Done OK
                          |   +1.4 ms  terminal status OK
          (3 events of the transport not shown)""");
  }

  @Test
  void tooFewFailTest() {
    notMatched(
        Lifecycle.atLeast(4, inboundMessage()),
        WATCH,
        """
        inbound message at least 4 times,
        but it was recorded 2 times:

          expected            | recorded
          --------------------+---------
                              |   +0.0 ms  started
                              |   +0.2 ms  picked a:1
                              |   +0.4 ms  requested 1
                              |   +0.5 ms  outbound message #0
                              |   +0.7 ms  half-closed
                              |   +0.8 ms  headers
          inbound message     |   +0.9 ms  inbound message #0
          inbound message     |   +1.0 ms  inbound message #1
                              |   +1.1 ms  trailers on the transport
                              |   +1.2 ms  attempt closed OK
                              |   +1.3 ms  picker Done OK
                              |   +1.4 ms  terminal status OK
        > 2 x inbound message |           <- missing
          (3 events of the transport not shown)""");
  }

  @Test
  void oneThatMustNotBeFailsTest() {
    notMatched(
        Lifecycle.never(halfClosed()),
        WATCH,
        """
        no half-closed,
        but it was recorded once:

          expected | recorded
          ---------+-----------------------
                   |   +0.0 ms  started
                   |   +0.2 ms  picked a:1
                   |   +0.4 ms  requested 1
                   |   +0.5 ms  outbound message #0
        >          |   +0.7 ms  half-closed  <- surplus
                   |   +0.8 ms  headers
                   |   +0.9 ms  inbound message #0
                   |   +1.0 ms  inbound message #1
                   |   +1.1 ms  trailers on the transport
                   |   +1.2 ms  attempt closed OK
                   |   +1.3 ms  picker Done OK
                   |   +1.4 ms  terminal status OK
          (3 events of the transport not shown)""");
  }

  // ---- a log that has dropped its middle ----

  @Test
  void whatTheGapDoesNotTouchIsDecidedTest() {
    matched(Lifecycle.before(halfClosed(), firstInboundMessage()), longStream());
    matched(Lifecycle.everyBeforeAny(inboundMessage(), terminalStatus()), longStream());
    matched(Lifecycle.between(inboundMessage(), halfClosed(), terminalStatus()), longStream());
    matched(Lifecycle.neverAfter(outboundMessage(), halfClosed()), longStream());
    matched(Lifecycle.times(103, inboundMessage()), longStream());
    matched(Lifecycle.never(cancelled()), longStream());
    matched(Lifecycle.inOrder(started(), inboundMessages(50), terminalStatus()), longStream());
    matched(Lifecycle.inAnyOrder(terminalStatus(), inboundMessages(103), started()), longStream());
    matched(Lifecycle.inOrder(started(), lastInboundMessage(), terminalStatus()), longStream());
  }

  @Test
  void eventIsFoundIfItIsKnownWhichOneItIsTest() {
    StreamEvent first = WATCH.events().get(9);
    assertThat(inboundMessage().firstIn(WATCH)).contains(first);
    assertThat(inboundMessages(2).firstIn(WATCH)).contains(first);
    assertThat(lastInboundMessage().firstIn(WATCH)).contains(WATCH.events().get(10));
    assertThat(cancelled().firstIn(WATCH)).isEmpty();

    RecordedStream stream = longStream();
    List<StreamEvent> kept = stream.events();
    assertThat(inboundMessage().firstIn(stream)).contains(kept.get(5));
    assertThat(lastInboundMessage().firstIn(stream)).contains(kept.get(12));
    // One was kept, and the gap has an earlier one.
    assertThat(requested().firstIn(stream)).isEmpty();
    assertThat(requested().last().firstIn(stream)).contains(kept.get(9));
    assertThat(inboundMessage().numbered(40).firstIn(stream)).isEmpty();
  }

  @Test
  void orderInsideTheGapCannotBeToldTest() {
    undecidable(
        Lifecycle.inOrder(started(), inboundMessage().numbered(40), requested().times(2)),
        longStream(),
        """
        these events in this order, others allowed between,
        but that cannot be decided: 97 of the stream's 113 events were dropped from the middle of the log; GrpcStreamRecorder.builder().eventLimit(57) keeps them all:

          expected            | recorded
          --------------------+---------
          started             |   +0.0 ms  started
                              |   +0.2 ms  picked a:1
                              |   +0.3 ms  outbound message #0
                              |   +0.4 ms  half-closed
                              |   +0.5 ms  inbound message #0
                              |   +0.6 ms  inbound message #1
                              |   +0.7 ms  inbound message #2
        > inbound message #40 |           <- may be among the dropped events
          requested (1 of 2)  |           <- may be among the dropped events
                              | ... 97 events dropped: 1 x requested, 96 x inbound message
                              |  +10.5 ms  inbound message #99
          requested (2 of 2)  |  +10.6 ms  requested 1
                              |  +10.7 ms  inbound message #100
                              |  +10.8 ms  inbound message #101
                              |  +10.9 ms  inbound message #102
                              |  +11.0 ms  attempt closed OK
                              |  +11.1 ms  picker Done OK
                              |  +11.2 ms  terminal status OK
          (1 event of the transport not shown)""");
    assertThat(
            Lifecycle.before(inboundMessage().numbered(40), requested())
                .check(longStream())
                .outcome())
        .isEqualTo(Outcome.UNDECIDABLE);
  }

  @Test
  void firstOfThoseWithAConditionCannotBeToldTest() {
    List<Entry> life = Lives.entries(EventKind.STARTED, EventKind.HALF_CLOSED);
    life.addAll(Lives.entries(EventKind.RECEIVED, EventKind.RECEIVED, EventKind.TERMINATED));
    EventMatcher firstOdd =
        inboundMessage().where("odd", event -> event.at().sequence() % 2 == 1).first();
    Lifecycle exactly =
        Lifecycle.exactly(started(), halfClosed(), inboundMessage(), firstOdd, terminalStatus());

    matched(exactly, Lives.of(100, life));
    // The one that was dropped could have been odd as well.
    assertThat(exactly.check(Lives.of(2, life)).outcome()).isEqualTo(Outcome.UNDECIDABLE);
  }

  @Test
  void conditionOnDroppedEventsCannotBeToldTest() {
    undecidable(
        Lifecycle.never(inboundMessage().where("on a thread of mine", event -> false)),
        longStream(),
        """
        no inbound message on a thread of mine,
        but that cannot be decided: 97 of the stream's 113 events were dropped from the middle of the log; GrpcStreamRecorder.builder().eventLimit(57) keeps them all:

          expected | recorded
          ---------+---------
                   |   +0.0 ms  started
                   |   +0.2 ms  picked a:1
                   |   +0.3 ms  outbound message #0
                   |   +0.4 ms  half-closed
                   |   +0.5 ms  inbound message #0
                   |   +0.6 ms  inbound message #1
                   |   +0.7 ms  inbound message #2
        >          | ... 97 events dropped: 1 x requested, 96 x inbound message
                   |  +10.5 ms  inbound message #99
                   |  +10.6 ms  requested 1
                   |  +10.7 ms  inbound message #100
                   |  +10.8 ms  inbound message #101
                   |  +10.9 ms  inbound message #102
                   |  +11.0 ms  attempt closed OK
                   |  +11.1 ms  picker Done OK
                   |  +11.2 ms  terminal status OK
          (1 event of the transport not shown)""");
  }

  @Test
  void countThatIsWrongIsDecidedAcrossTheGapTest() {
    notMatched(
        Lifecycle.times(104, inboundMessage()),
        longStream(),
        """
        inbound message 104 times,
        but it was recorded 103 times:

          expected        | recorded
          ----------------+---------
                          |   +0.0 ms  started
                          |   +0.2 ms  picked a:1
                          |   +0.3 ms  outbound message #0
                          |   +0.4 ms  half-closed
          inbound message |   +0.5 ms  inbound message #0
          inbound message |   +0.6 ms  inbound message #1
          inbound message |   +0.7 ms  inbound message #2
                          | ... 97 events dropped: 1 x requested, 96 x inbound message
          inbound message |  +10.5 ms  inbound message #99
                          |  +10.6 ms  requested 1
          inbound message |  +10.7 ms  inbound message #100
          inbound message |  +10.8 ms  inbound message #101
          inbound message |  +10.9 ms  inbound message #102
                          |  +11.0 ms  attempt closed OK
                          |  +11.1 ms  picker Done OK
                          |  +11.2 ms  terminal status OK
        > inbound message |           <- missing
          (1 event of the transport not shown)""");
  }

  @Test
  void eventInTheGapOnTheWrongSideIsDecidedTest() {
    notMatched(
        Lifecycle.everyBeforeAny(inboundMessage(), halfClosed()),
        longStream(),
        """
        every inbound message before any half-closed,
        but inbound message #0 at +0.5 ms is out of order: recorded after half-closed at +0.4 ms:

          expected        | recorded
          ----------------+--------------------------------
                          |   +0.0 ms  started
                          |   +0.2 ms  picked a:1
                          |   +0.3 ms  outbound message #0
          half-closed     |   +0.4 ms  half-closed
        > inbound message |   +0.5 ms  inbound message #0    <- out of order: after half-closed
          inbound message |   +0.6 ms  inbound message #1    <- out of order: after half-closed
          inbound message |   +0.7 ms  inbound message #2    <- out of order: after half-closed
                          | ... 97 events dropped: 1 x requested, 96 x inbound message
          inbound message |  +10.5 ms  inbound message #99   <- out of order: after half-closed
                          |  +10.6 ms  requested 1
          inbound message |  +10.7 ms  inbound message #100  <- out of order: after half-closed
          inbound message |  +10.8 ms  inbound message #101  <- out of order: after half-closed
          inbound message |  +10.9 ms  inbound message #102  <- out of order: after half-closed
                          |  +11.0 ms  attempt closed OK
                          |  +11.1 ms  picker Done OK
                          |  +11.2 ms  terminal status OK
          (1 event of the transport not shown)""");
  }

  @Test
  void wrongStartAndNumberAreDecidedAcrossTheGapTest() {
    notMatched(
        Lifecycle.exactly(started(), inboundMessages(104), terminalStatus()).on(Lane.APPLICATION),
        longStream(),
        """
        exactly these events in this order, on the application lane,
        but outbound message #0 at +0.3 ms is surplus:

          expected                          | recorded
          ----------------------------------+-------------------------------
          started                           |   +0.0 ms  started
        >                                   |   +0.3 ms  outbound message #0  <- surplus
                                            |   +0.4 ms  half-closed          <- surplus
          inbound message (1 of 104)        |   +0.5 ms  inbound message #0
          inbound message (2 of 104)        |   +0.6 ms  inbound message #1
          inbound message (3 of 104)        |   +0.7 ms  inbound message #2
          inbound message (4 to 100 of 104) |                                 <- may be among the dropped events
                                            | ... 97 events dropped: 1 x requested, 96 x inbound message
          inbound message (101 of 104)      |  +10.5 ms  inbound message #99
                                            |  +10.6 ms  requested 1          <- surplus
          inbound message (102 of 104)      |  +10.7 ms  inbound message #100
          inbound message (103 of 104)      |  +10.8 ms  inbound message #101
          inbound message (104 of 104)      |  +10.9 ms  inbound message #102
          terminal status                   |  +11.2 ms  terminal status OK

        When the application asks for messages is up to its own thread or its stub, beside what arrives; ignoring(requested()) leaves it out.""");
  }

  @Test
  void longLifeIsCutToWhatMattersTest() {
    List<Entry> life = Lives.entries(EventKind.STARTED);
    life.addAll(Collections.nCopies(60, Entry.of(EventKind.RECEIVED)));
    life.add(Entry.of(EventKind.CANCELLED));
    life.addAll(Collections.nCopies(60, Entry.of(EventKind.SENT)));
    notMatched(
        Lifecycle.exactly(started(), inboundMessages(60), outboundMessages(60)),
        Lives.of(1000, life),
        """
        exactly these events in this order,
        but cancelled by the call (enough) at +6.1 ms is surplus:

          expected                    | recorded
          ----------------------------+------------------------------------------
          started                     |   +0.0 ms  started
          inbound message (1 of 60)   |   +0.1 ms  inbound message #0
          inbound message (2 of 60)   |   +0.2 ms  inbound message #1
          inbound message (3 of 60)   |   +0.3 ms  inbound message #2
          inbound message (4 of 60)   |   +0.4 ms  inbound message #3
          inbound message (5 of 60)   |   +0.5 ms  inbound message #4
          ...                         | ... 47 more
          inbound message (53 of 60)  |   +5.3 ms  inbound message #52
          inbound message (54 of 60)  |   +5.4 ms  inbound message #53
          inbound message (55 of 60)  |   +5.5 ms  inbound message #54
          inbound message (56 of 60)  |   +5.6 ms  inbound message #55
          inbound message (57 of 60)  |   +5.7 ms  inbound message #56
          inbound message (58 of 60)  |   +5.8 ms  inbound message #57
          inbound message (59 of 60)  |   +5.9 ms  inbound message #58
          inbound message (60 of 60)  |   +6.0 ms  inbound message #59
        >                             |   +6.1 ms  cancelled by the call (enough)  <- surplus
          outbound message (1 of 60)  |   +6.2 ms  outbound message #0
          outbound message (2 of 60)  |   +6.3 ms  outbound message #1
          outbound message (3 of 60)  |   +6.4 ms  outbound message #2
          outbound message (4 of 60)  |   +6.5 ms  outbound message #3
          outbound message (5 of 60)  |   +6.6 ms  outbound message #4
          outbound message (6 of 60)  |   +6.7 ms  outbound message #5
          outbound message (7 of 60)  |   +6.8 ms  outbound message #6
          outbound message (8 of 60)  |   +6.9 ms  outbound message #7
          ...                         | ... 46 more
          outbound message (55 of 60) |  +11.6 ms  outbound message #54
          outbound message (56 of 60) |  +11.7 ms  outbound message #55
          outbound message (57 of 60) |  +11.8 ms  outbound message #56
          outbound message (58 of 60) |  +11.9 ms  outbound message #57
          outbound message (59 of 60) |  +12.0 ms  outbound message #58
          outbound message (60 of 60) |  +12.1 ms  outbound message #59""");
  }

  @Test
  void expectedAndActualDifferOnlyInWhatIsWrongTest() {
    LifecycleResult result =
        Lifecycle.inOrder(started(), firstInboundMessage(), halfClosed(), terminalStatus())
            .check(WATCH);

    assertThat(result.expected().lines().filter(line -> !result.actual().contains(line))).isEmpty();
    assertThat(result.expected().lines().filter("half-closed"::equals)).hasSize(1);
    assertThat(result.expected()).isNotEqualTo(result.actual()).doesNotContain(" ms");
    assertThat(result.expectation())
        .isEqualTo("these events in this order, others allowed between");
  }
}
