package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.assertj.Told.fails;
import static io.github.streamleak.recorder.ExpectedEvents.attemptClosed;
import static io.github.streamleak.recorder.ExpectedEvents.attemptStarted;
import static io.github.streamleak.recorder.ExpectedEvents.cancelled;
import static io.github.streamleak.recorder.ExpectedEvents.firstReceived;
import static io.github.streamleak.recorder.ExpectedEvents.halfClosed;
import static io.github.streamleak.recorder.ExpectedEvents.headersReceived;
import static io.github.streamleak.recorder.ExpectedEvents.lastReceived;
import static io.github.streamleak.recorder.ExpectedEvents.picked;
import static io.github.streamleak.recorder.ExpectedEvents.pickerDone;
import static io.github.streamleak.recorder.ExpectedEvents.received;
import static io.github.streamleak.recorder.ExpectedEvents.requested;
import static io.github.streamleak.recorder.ExpectedEvents.sent;
import static io.github.streamleak.recorder.ExpectedEvents.started;
import static io.github.streamleak.recorder.ExpectedEvents.terminated;

import io.github.streamleak.recorder.LeakCause;
import io.github.streamleak.recorder.Lifecycle;
import io.github.streamleak.recorder.RecordedStream;
import io.github.streamleak.recorder.StreamEvent.Canceller;
import io.github.streamleak.recorder.StreamRelease;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
        .everyAttemptIsDone()
        .picksAndDonesBalance()
        .hasAttemptCount(1)
        .hasRetryCount(0)
        .hasHedgeCount(0)
        .hasAttemptStatuses(Status.Code.OK)
        .hasLifecycle(
            started(), picked(), sent(1), halfClosed(), received(3), pickerDone(), terminated())
        .hasLifecycleStartingWith(started())
        .hasLifecycleInAnyOrder(terminated(), started())
        .hasBefore(halfClosed(), firstReceived())
        .hasAfter(terminated(), lastReceived())
        .hasEveryBeforeAny(sent(), received())
        .hasNoneAfter(sent(), halfClosed())
        .hasEveryBetween(received(), halfClosed(), terminated())
        .hasTimes(3, received())
        .hasAtLeast(3, received())
        .hasAtMost(3, received())
        .hasNone(cancelled())
        .halfClosedBefore(firstReceived())
        .halfClosedAfter(started());
    assertThat(stream())
        .applicationSide()
        .hasExactLifecycle(
            started(),
            requested(9),
            sent(),
            halfClosed(),
            headersReceived(),
            received(3),
            terminated());
  }

  @Test
  void openStreamPassesTest() {
    market.watch("3+", 9);
    assertThat(stream())
        .isOpen()
        .isOpenBecause(LeakCause.SERVER_NOT_FINISHED)
        .isLeaked()
        .isLeaked(LeakCause.SERVER_NOT_FINISHED)
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
    assertThat(stream()).hitItsDeadline().wasReleasedBy(StreamRelease.DEADLINE);
  }

  @Test
  void sidesPassTest() {
    market.watch("3", 9);
    assertThat(stream()).meets(Lifecycle.inOrder(started(), terminated()));
    assertThat(stream()).transportSide().hasTimes(1, attemptClosed(Status.Code.OK));
    assertThat(stream()).pickerSide().hasExactLifecycle(picked(), pickerDone(Status.Code.OK));
    assertThat(stream()).event(lastReceived()).matches(received().numbered(2));
    assertThat(stream()).event(received()).matches(received().numbered(0));
  }

  @Test
  void meetsFailsTest() {
    market.watch("0", 9);
    fails(
        () -> assertThat(stream()).meets(Lifecycle.inOrder(received())),
        """
        Expected stream [acme.Market/Watch] to have these events in this order, others allowed between,
        but inbound message is missing:

          expected        | recorded
          ----------------+---------
                          |   +0.0 ms  started
                          |   +0.0 ms  picked NAME
                          |   +0.0 ms  requested 9
                          |   +0.0 ms  outbound message #0
                          |   +0.0 ms  half-closed
                          |   +0.0 ms  headers
                          |   +0.0 ms  trailers on the transport
                          |   +0.0 ms  attempt closed OK
                          |   +0.0 ms  picker Done OK
                          |   +0.0 ms  terminal status OK
        > inbound message |           <- missing
          (5 events of the transport not shown)""");
  }

  @Test
  void sideFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).pickerSide().hasExactLifecycle(pickerDone(), picked()),
        """
        Expected stream [acme.Market/Watch > picker's side] to have exactly these events in this order, on the picker's side,
        but picked is out of order: expected after picker Done OK at +0.0 ms, recorded before it at +0.0 ms:

          expected    | recorded
          ------------+-------------------------------------------------------
        >             |   +0.0 ms  picked NAME  <- out of order: expected below
          picker Done |   +0.0 ms  picker Done OK
          picked      |                                                         <- out of order: recorded above, at +0.0 ms""");
  }

  @Test
  void onlyAttemptOfNoneFailsTest() {
    market.startWithoutAttempt();
    fails(
        () -> assertThat(stream()).onlyAttempt().isDone(),
        """
        Expected stream [acme.Market/Watch] to have only one attempt but there is none

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : none yet: the name is not resolved
           state     : not half-closed, 0 outbound messages, 0 inbound messages of 0 requested, no terminal status
           events    :   +0.0 ms  started
           cause     : NOT_PICKED: no attempt has a subchannel
           owed by   : the channel: a name, address and policy that can be reached; the client sets a deadline""");
  }

  @Test
  void everyAttemptOfNoneFailsTest() {
    market.startWithoutAttempt();
    fails(
        () -> assertThat(stream()).everyAttemptIsDone(),
        """
        Expected stream [acme.Market/Watch] to have every attempt closed but none was made

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : none yet: the name is not resolved
           state     : not half-closed, 0 outbound messages, 0 inbound messages of 0 requested, no terminal status
           events    :   +0.0 ms  started
           cause     : NOT_PICKED: no attempt has a subchannel
           owed by   : the channel: a name, address and policy that can be reached; the client sets a deadline""");
  }

  @Test
  void eventThatWasDroppedFailsAndNamesTheSettingTest() {
    try (Market small = new Market(8)) {
      small.watch("40", 99);
      StreamAssert stream = assertThat(small.recorder).hasOnlyOneStream();
      stream.event(sent()).isOfAttempt(0);
      stream.event(lastReceived()).matches(received().numbered(39));
      fails(
          () -> stream.event(halfClosed()).isOfAttempt(7),
          """
          Expected stream [recorder > stream 1 of 1: acme.Market/Watch] to have <half-closed> among the events that were kept, but 79 of the stream's 95 events were dropped from the middle of the log; GrpcStreamRecorder.builder().eventLimit(48) keeps them all

          acme.Market/Watch (SERVER_STREAMING, unknown stub)
             opened at : thread "main" (no stack captured)
             attempt   : 1, picked NAME, closed OK
             state     : half-closed, 1 outbound message, 40 inbound messages of 99 requested, terminal status OK
             events    : ...
                           +0.0 ms  requested 99
                           +0.0 ms  outbound message #0
                           +0.0 ms  inbound message #38
                           +0.0 ms  inbound message #39
                           +0.0 ms  trailers on the transport
                           +0.0 ms  attempt closed OK
                           +0.0 ms  picker Done OK
                           +0.0 ms  terminal status OK""");
      fails(
          () -> stream.event(firstReceived()).matches(received().numbered(38)),
          """
          Expected stream [recorder > stream 1 of 1: acme.Market/Watch] to have <first inbound message> among the events that were kept, but 79 of the stream's 95 events were dropped from the middle of the log; GrpcStreamRecorder.builder().eventLimit(48) keeps them all

          acme.Market/Watch (SERVER_STREAMING, unknown stub)
             opened at : thread "main" (no stack captured)
             attempt   : 1, picked NAME, closed OK
             state     : half-closed, 1 outbound message, 40 inbound messages of 99 requested, terminal status OK
             events    : ...
                           +0.0 ms  requested 99
                           +0.0 ms  outbound message #0
                           +0.0 ms  inbound message #38
                           +0.0 ms  inbound message #39
                           +0.0 ms  trailers on the transport
                           +0.0 ms  attempt closed OK
                           +0.0 ms  picker Done OK
                           +0.0 ms  terminal status OK""");
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
      fails(
          () -> assertThat(small.recorder).hasOnlyOneStream().wasCancelledBy(Canceller.CONTEXT),
          """
          Expected stream [recorder > stream 1 of 1: acme.Market/Watch] to have cancelled by its Context at least once,
          but that cannot be decided: 88 of the stream's 104 events were dropped from the middle of the log; GrpcStreamRecorder.builder().eventLimit(52) keeps them all:

            expected | recorded
            ---------+---------
                     |   +0.0 ms  started
                     |   +0.0 ms  picked NAME
                     |   +0.0 ms  requested 99
                     |   +0.0 ms  outbound message #0
          >          | ... 88 events dropped: 1 x requested, 1 x half-closed, 1 x cancelled, 1 x headers, 40 x inbound message, 1 x terminal status, 1 x headers on the transport, 40 x inbound message on the transport, 1 x attempt closed, 1 x picker Done
                     |   +0.0 ms  requested 1
                     |   +0.0 ms  requested 1
                     |   +0.0 ms  requested 1
                     |   +0.0 ms  requested 1
                     |   +0.0 ms  requested 1
                     |   +0.0 ms  requested 1
                     |   +0.0 ms  requested 1
                     |   +0.0 ms  requested 1
            (4 events of the transport not shown)""");
    }
  }

  @Test
  void runOfMissingMessagesIsOneLineTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasLifecycle(received(20), terminated()),
        """
        Expected stream [acme.Market/Watch] to have these events in this order, others allowed between,
        but inbound message (4 of 20) is missing after inbound message #2 at +0.0 ms:

          expected                        | recorded
          --------------------------------+---------
                                          |   +0.0 ms  started
                                          |   +0.0 ms  picked NAME
                                          |   +0.0 ms  requested 9
                                          |   +0.0 ms  outbound message #0
                                          |   +0.0 ms  half-closed
                                          |   +0.0 ms  headers
          inbound message (1 of 20)       |   +0.0 ms  inbound message #0
          inbound message (2 of 20)       |   +0.0 ms  inbound message #1
          inbound message (3 of 20)       |   +0.0 ms  inbound message #2
                                          |   +0.0 ms  trailers on the transport
                                          |   +0.0 ms  attempt closed OK
                                          |   +0.0 ms  picker Done OK
        > inbound message (4 to 20 of 20) |           <- missing
          terminal status                 |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void droppedEventFailsAndNamesTheSettingTest() {
    try (Market small = new Market(8)) {
      small.watch("40", 99);
      fails(
          () ->
              assertThat(small.recorder)
                  .hasOnlyOneStream()
                  .hasTimes(40, received())
                  .hasLifecycle(received(20), headersReceived(), received(20)),
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

  @Test
  void methodFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasMethod(Market.SUBSCRIBE),
        """
        Expected stream [acme.Market/Watch] to have method <acme.Market/Subscribe> but was <acme.Market/Watch>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void methodByNameFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasMethod("acme.Market/Subscribe"),
        """
        Expected stream [acme.Market/Watch] to have method <acme.Market/Subscribe> but was <acme.Market/Watch>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void methodTypeFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasMethodType(MethodType.UNARY),
        """
        Expected stream [acme.Market/Watch] to have method type <UNARY> but was <SERVER_STREAMING>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void authorityFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasAuthority("elsewhere"),
        """
        Expected stream [acme.Market/Watch] to have authority <elsewhere> but was <market>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void isOpenFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).isOpen(),
        """
        Expected stream [acme.Market/Watch] to be open but it was released by <TERMINAL_STATUS>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void isOpenBecauseFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream()).isOpenBecause(LeakCause.NOT_DRAINED),
        """
        Expected stream [acme.Market/Watch] to be open because <NOT_DRAINED> but it is open because <SERVER_NOT_FINISHED>

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
           cause     : SERVER_NOT_FINISHED: the client has half-closed and asks for more, and the server has not closed
           owed by   : the server: the handler closes on every path; the client sets a deadline""");
  }

  @Test
  void isOpenBecauseOfAReleasedOneFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).isOpenBecause(LeakCause.NOT_DRAINED),
        """
        Expected stream [acme.Market/Watch] to be open because <NOT_DRAINED> but it was released by <TERMINAL_STATUS>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void isReleasedFailsTest() {
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
           cause     : SERVER_NOT_FINISHED: the client has half-closed and asks for more, and the server has not closed
           owed by   : the server: the handler closes on every path; the client sets a deadline""");
  }

  @Test
  void wasReleasedByFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).wasReleasedBy(StreamRelease.CANCELLED),
        """
        Expected stream [acme.Market/Watch] to be released by <CANCELLED> but it was released by <TERMINAL_STATUS>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void wasReleasedByOfAnOpenOneFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream()).wasReleasedBy(StreamRelease.CANCELLED),
        """
        Expected stream [acme.Market/Watch] to be released by <CANCELLED> but it is open

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
           cause     : SERVER_NOT_FINISHED: the client has half-closed and asks for more, and the server has not closed
           owed by   : the server: the handler closes on every path; the client sets a deadline""");
  }

  @Test
  void isLeakedFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).isLeaked(),
        """
        Expected stream [acme.Market/Watch] to have leaked but it was released by <TERMINAL_STATUS>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void isLeakedForFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream()).isLeaked(LeakCause.NOT_HALF_CLOSED),
        """
        Expected stream [acme.Market/Watch] to have leaked because <NOT_HALF_CLOSED> but it has leaked because <SERVER_NOT_FINISHED>

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
           cause     : SERVER_NOT_FINISHED: the client has half-closed and asks for more, and the server has not closed
           owed by   : the server: the handler closes on every path; the client sets a deadline""");
  }

  @Test
  void isNotLeakedFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream()).isNotLeaked(),
        """
        Expected stream [acme.Market/Watch] not to have leaked but it has leaked because <SERVER_NOT_FINISHED>

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
           cause     : SERVER_NOT_FINISHED: the client has half-closed and asks for more, and the server has not closed
           owed by   : the server: the handler closes on every path; the client sets a deadline""");
  }

  @Test
  void wasCancelledFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).wasCancelled(),
        """
        Expected stream [acme.Market/Watch] to have been cancelled but it was not:

          expected  | recorded
          ----------+---------
                    |   +0.0 ms  started
                    |   +0.0 ms  picked NAME
                    |   +0.0 ms  requested 9
                    |   +0.0 ms  outbound message #0
                    |   +0.0 ms  half-closed
                    |   +0.0 ms  headers
                    |   +0.0 ms  inbound message #0
                    |   +0.0 ms  inbound message #1
                    |   +0.0 ms  inbound message #2
                    |   +0.0 ms  trailers on the transport
                    |   +0.0 ms  attempt closed OK
                    |   +0.0 ms  picker Done OK
                    |   +0.0 ms  terminal status OK
        > cancelled |           <- missing
          (8 events of the transport not shown)""");
  }

  @Test
  void wasCancelledByFailsTest() {
    market.watch("3+", 9).cancel("enough", null);
    fails(
        () -> assertThat(stream()).wasCancelledBy(Canceller.CONTEXT),
        """
        Expected stream [acme.Market/Watch] to have been cancelled by its Context but it was not:

          expected                 | recorded
          -------------------------+---------
                                   |   +0.0 ms  started
                                   |   +0.0 ms  picked NAME
                                   |   +0.0 ms  requested 9
                                   |   +0.0 ms  outbound message #0
                                   |   +0.0 ms  half-closed
                                   |   +0.0 ms  headers
                                   |   +0.0 ms  inbound message #0
                                   |   +0.0 ms  inbound message #1
                                   |   +0.0 ms  inbound message #2
                                   |   +0.0 ms  cancelled by the call (enough)
                                   |   +0.0 ms  attempt closed CANCELLED: enough
                                   |   +0.0 ms  picker Done CANCELLED: enough
                                   |   +0.0 ms  terminal status CANCELLED: enough
        > cancelled by its Context |           <- missing
          (8 events of the transport not shown)""");
  }

  @Test
  void wasNotCancelledFailsTest() {
    market.watch("3+", 9).cancel("enough", null);
    fails(
        () -> assertThat(stream()).wasNotCancelled(),
        """
        Expected stream [acme.Market/Watch] not to have been cancelled but it was:

          expected | recorded
          ---------+------------------------------------------
                   |   +0.0 ms  started
                   |   +0.0 ms  picked NAME
                   |   +0.0 ms  requested 9
                   |   +0.0 ms  outbound message #0
                   |   +0.0 ms  half-closed
                   |   +0.0 ms  headers
                   |   +0.0 ms  inbound message #0
                   |   +0.0 ms  inbound message #1
                   |   +0.0 ms  inbound message #2
        >          |   +0.0 ms  cancelled by the call (enough)  <- surplus
                   |   +0.0 ms  attempt closed CANCELLED: enough
                   |   +0.0 ms  picker Done CANCELLED: enough
                   |   +0.0 ms  terminal status CANCELLED: enough
          (8 events of the transport not shown)""");
  }

  @Test
  void hitItsDeadlineFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hitItsDeadline(),
        """
        Expected stream [acme.Market/Watch] to have hit its deadline but it did not:

          expected        | recorded
          ----------------+---------
                          |   +0.0 ms  started
                          |   +0.0 ms  picked NAME
                          |   +0.0 ms  requested 9
                          |   +0.0 ms  outbound message #0
                          |   +0.0 ms  half-closed
                          |   +0.0 ms  headers
                          |   +0.0 ms  inbound message #0
                          |   +0.0 ms  inbound message #1
                          |   +0.0 ms  inbound message #2
                          |   +0.0 ms  trailers on the transport
                          |   +0.0 ms  attempt closed OK
                          |   +0.0 ms  picker Done OK
                          |   +0.0 ms  terminal status OK
        > deadline passed |           <- missing
          (8 events of the transport not shown)""");
  }

  @Test
  void hasDeadlineFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasDeadline(),
        """
        Expected stream [acme.Market/Watch] to have a deadline but none was set

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void terminalStatusFailsTest() {
    market.watch("0!", 9);
    fails(
        () -> assertThat(stream()).hasTerminalStatus(Status.Code.OK),
        """
        Expected stream [acme.Market/Watch] to have terminal status <OK> but was <ABORTED>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed ABORTED
           state     : half-closed, 1 outbound message, 0 inbound messages of 9 requested, terminal status ABORTED: told so
           events    : ...
                         +0.0 ms  requested 9
                         +0.0 ms  outbound message #0
                         +0.0 ms  half-closed
                         +0.0 ms  headers
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed ABORTED: told so
                         +0.0 ms  picker Done ABORTED: told so
                         +0.0 ms  terminal status ABORTED: told so""");
  }

  @Test
  void terminalStatusWithDescriptionFailsTest() {
    market.watch("0!", 9);
    fails(
        () -> assertThat(stream()).hasTerminalStatus(Status.Code.ABORTED, "not so"),
        """
        Expected stream [acme.Market/Watch] to have terminal status <ABORTED: not so> but was <ABORTED: told so>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed ABORTED
           state     : half-closed, 1 outbound message, 0 inbound messages of 9 requested, terminal status ABORTED: told so
           events    : ...
                         +0.0 ms  requested 9
                         +0.0 ms  outbound message #0
                         +0.0 ms  half-closed
                         +0.0 ms  headers
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed ABORTED: told so
                         +0.0 ms  picker Done ABORTED: told so
                         +0.0 ms  terminal status ABORTED: told so""");
  }

  @Test
  void noTerminalStatusFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasNoTerminalStatus(),
        """
        Expected stream [acme.Market/Watch] to have no terminal status but it has <OK>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void trailerFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasTrailer(Market.SHARD, "us"),
        """
        Expected stream [acme.Market/Watch] to have trailer shard <us> but was <eu>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void everyAttemptIsDoneFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream()).everyAttemptIsDone(),
        """
        Expected stream [acme.Market/Watch] to have every attempt closed but attempt 1 is open

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
           cause     : SERVER_NOT_FINISHED: the client has half-closed and asks for more, and the server has not closed
           owed by   : the server: the handler closes on every path; the client sets a deadline""");
  }

  @Test
  void picksAndDonesBalanceFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream()).picksAndDonesBalance(),
        """
        Expected stream [acme.Market/Watch] to have picker Done <1> times, once for each pick that owes it, but it ran <0> times

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
           cause     : SERVER_NOT_FINISHED: the client has half-closed and asks for more, and the server has not closed
           owed by   : the server: the handler closes on every path; the client sets a deadline""");
  }

  @Test
  void attemptCountFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasAttemptCount(2),
        """
        Expected stream [acme.Market/Watch] to have attempt count <2> but was <1>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void retryCountFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasRetryCount(1),
        """
        Expected stream [acme.Market/Watch] to have retry count <1> but was <0>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void hedgeCountFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasHedgeCount(1),
        """
        Expected stream [acme.Market/Watch] to have hedge count <1> but was <0>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void attemptStatusesFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasAttemptStatuses(Status.Code.UNAVAILABLE, Status.Code.OK),
        """
        Expected stream [acme.Market/Watch] to have attempt statuses <[UNAVAILABLE, OK]> but was <[OK]>

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void lifecycleFailsTest() {
    market.watch("3", 9);
    fails(
        () ->
            assertThat(stream())
                .hasLifecycle(
                    started(),
                    picked(),
                    sent(1),
                    halfClosed(),
                    received(4),
                    terminated(Status.Code.OK),
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
          (8 events of the transport not shown)""");
  }

  @Test
  void exactLifecycleFailsTest() {
    market.watch("3", 9);
    fails(
        () ->
            assertThat(stream())
                .applicationSide()
                .hasExactLifecycle(
                    started(),
                    sent(),
                    requested(),
                    halfClosed(),
                    headersReceived(),
                    received(3),
                    terminated()),
        """
        Expected stream [acme.Market/Watch > application's side] to have exactly these events in this order, on the application's side,
        but requested is out of order: expected after outbound message #0 at +0.0 ms, recorded before it at +0.0 ms:

          expected                 | recorded
          -------------------------+-----------------------
          started                  |   +0.0 ms  started
        >                          |   +0.0 ms  requested 9  <- out of order: expected below
          outbound message         |   +0.0 ms  outbound message #0
          requested                |                         <- out of order: recorded above, at +0.0 ms
          half-closed              |   +0.0 ms  half-closed
          headers                  |   +0.0 ms  headers
          inbound message (1 of 3) |   +0.0 ms  inbound message #0
          inbound message (2 of 3) |   +0.0 ms  inbound message #1
          inbound message (3 of 3) |   +0.0 ms  inbound message #2
          terminal status          |   +0.0 ms  terminal status OK""");
  }

  @Test
  void lifecycleStartFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).pickerSide().hasLifecycleStartingWith(pickerDone()),
        """
        Expected stream [acme.Market/Watch > picker's side] to have these events first, with none between, on the picker's side,
        but picked NAME at +0.0 ms is surplus:

          expected    | recorded
          ------------+-------------------------------------------------------
        >             |   +0.0 ms  picked NAME  <- surplus
          picker Done |   +0.0 ms  picker Done OK""");
  }

  @Test
  void lifecycleInAnyOrderFailsTest() {
    market.watch("3", 9);
    fails(
        () ->
            assertThat(stream())
                .transportSide()
                .hasLifecycleInAnyOrder(attemptClosed(), attemptStarted().times(2)),
        """
        Expected stream [acme.Market/Watch > transport's side] to have these events in any order, others allowed, on the transport's side,
        but attempt (2 of 2) is missing:

          expected         | recorded
          -----------------+---------
          attempt (1 of 2) |   +0.0 ms  attempt 1 (first)
                           |   +0.0 ms  trailers on the transport
          attempt closed   |   +0.0 ms  attempt closed OK
        > attempt (2 of 2) |           <- missing
          (7 events of the transport not shown)""");
  }

  @Test
  void beforeFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasBefore(firstReceived(), halfClosed()),
        """
        Expected stream [acme.Market/Watch] to have first inbound message before half-closed,
        but inbound message #0 at +0.0 ms is out of order: recorded after half-closed at +0.0 ms:

          expected              | recorded
          ----------------------+------------------------------
                                |   +0.0 ms  started
                                |   +0.0 ms  picked NAME
                                |   +0.0 ms  requested 9
                                |   +0.0 ms  outbound message #0
          half-closed           |   +0.0 ms  half-closed
                                |   +0.0 ms  headers
        > first inbound message |   +0.0 ms  inbound message #0  <- out of order: expected before half-closed
                                |   +0.0 ms  inbound message #1
                                |   +0.0 ms  inbound message #2
                                |   +0.0 ms  trailers on the transport
                                |   +0.0 ms  attempt closed OK
                                |   +0.0 ms  picker Done OK
                                |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void afterFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasAfter(firstReceived(), terminated()),
        """
        Expected stream [acme.Market/Watch] to have terminal status before first inbound message,
        but terminal status OK at +0.0 ms is out of order: recorded after inbound message #0 at +0.0 ms:

          expected              | recorded
          ----------------------+------------------------------
                                |   +0.0 ms  started
                                |   +0.0 ms  picked NAME
                                |   +0.0 ms  requested 9
                                |   +0.0 ms  outbound message #0
                                |   +0.0 ms  half-closed
                                |   +0.0 ms  headers
          first inbound message |   +0.0 ms  inbound message #0
                                |   +0.0 ms  inbound message #1
                                |   +0.0 ms  inbound message #2
                                |   +0.0 ms  trailers on the transport
                                |   +0.0 ms  attempt closed OK
                                |   +0.0 ms  picker Done OK
        > terminal status       |   +0.0 ms  terminal status OK  <- out of order: expected before first inbound message
          (8 events of the transport not shown)""");
  }

  @Test
  void everyBeforeAnyFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasEveryBeforeAny(received(), halfClosed()),
        """
        Expected stream [acme.Market/Watch] to have every inbound message before any half-closed,
        but inbound message #0 at +0.0 ms is out of order: recorded after half-closed at +0.0 ms:

          expected        | recorded
          ----------------+------------------------------
                          |   +0.0 ms  started
                          |   +0.0 ms  picked NAME
                          |   +0.0 ms  requested 9
                          |   +0.0 ms  outbound message #0
          half-closed     |   +0.0 ms  half-closed
                          |   +0.0 ms  headers
        > inbound message |   +0.0 ms  inbound message #0  <- out of order: after half-closed
          inbound message |   +0.0 ms  inbound message #1  <- out of order: after half-closed
          inbound message |   +0.0 ms  inbound message #2  <- out of order: after half-closed
                          |   +0.0 ms  trailers on the transport
                          |   +0.0 ms  attempt closed OK
                          |   +0.0 ms  picker Done OK
                          |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void noneAfterFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasNoneAfter(received(), halfClosed()),
        """
        Expected stream [acme.Market/Watch] to have no inbound message after half-closed,
        but inbound message #0 at +0.0 ms is surplus: recorded after half-closed at +0.0 ms:

          expected    | recorded
          ------------+------------------------------
                      |   +0.0 ms  started
                      |   +0.0 ms  picked NAME
                      |   +0.0 ms  requested 9
                      |   +0.0 ms  outbound message #0
          half-closed |   +0.0 ms  half-closed
                      |   +0.0 ms  headers
        >             |   +0.0 ms  inbound message #0  <- surplus: after half-closed
                      |   +0.0 ms  inbound message #1  <- surplus: after half-closed
                      |   +0.0 ms  inbound message #2  <- surplus: after half-closed
                      |   +0.0 ms  trailers on the transport
                      |   +0.0 ms  attempt closed OK
                      |   +0.0 ms  picker Done OK
                      |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void everyBetweenFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasEveryBetween(received(), started(), halfClosed()),
        """
        Expected stream [acme.Market/Watch] to have every inbound message between started and half-closed,
        but inbound message #0 at +0.0 ms is out of order: recorded after half-closed at +0.0 ms:

          expected        | recorded
          ----------------+------------------------------
          started         |   +0.0 ms  started
                          |   +0.0 ms  picked NAME
                          |   +0.0 ms  requested 9
                          |   +0.0 ms  outbound message #0
          half-closed     |   +0.0 ms  half-closed
                          |   +0.0 ms  headers
        > inbound message |   +0.0 ms  inbound message #0  <- out of order: after half-closed
          inbound message |   +0.0 ms  inbound message #1  <- out of order: after half-closed
          inbound message |   +0.0 ms  inbound message #2  <- out of order: after half-closed
                          |   +0.0 ms  trailers on the transport
                          |   +0.0 ms  attempt closed OK
                          |   +0.0 ms  picker Done OK
                          |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void timesFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasTimes(2, received()),
        """
        Expected stream [acme.Market/Watch] to have inbound message 2 times,
        but it was recorded 3 times:

          expected        | recorded
          ----------------+------------------------------
                          |   +0.0 ms  started
                          |   +0.0 ms  picked NAME
                          |   +0.0 ms  requested 9
                          |   +0.0 ms  outbound message #0
                          |   +0.0 ms  half-closed
                          |   +0.0 ms  headers
          inbound message |   +0.0 ms  inbound message #0
          inbound message |   +0.0 ms  inbound message #1
        >                 |   +0.0 ms  inbound message #2  <- surplus
                          |   +0.0 ms  trailers on the transport
                          |   +0.0 ms  attempt closed OK
                          |   +0.0 ms  picker Done OK
                          |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void atLeastFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasAtLeast(4, received()),
        """
        Expected stream [acme.Market/Watch] to have inbound message at least 4 times,
        but it was recorded 3 times:

          expected        | recorded
          ----------------+---------
                          |   +0.0 ms  started
                          |   +0.0 ms  picked NAME
                          |   +0.0 ms  requested 9
                          |   +0.0 ms  outbound message #0
                          |   +0.0 ms  half-closed
                          |   +0.0 ms  headers
          inbound message |   +0.0 ms  inbound message #0
          inbound message |   +0.0 ms  inbound message #1
          inbound message |   +0.0 ms  inbound message #2
                          |   +0.0 ms  trailers on the transport
                          |   +0.0 ms  attempt closed OK
                          |   +0.0 ms  picker Done OK
                          |   +0.0 ms  terminal status OK
        > inbound message |           <- missing
          (8 events of the transport not shown)""");
  }

  @Test
  void atMostFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasAtMost(2, received()),
        """
        Expected stream [acme.Market/Watch] to have inbound message at most 2 times,
        but it was recorded 3 times:

          expected        | recorded
          ----------------+------------------------------
                          |   +0.0 ms  started
                          |   +0.0 ms  picked NAME
                          |   +0.0 ms  requested 9
                          |   +0.0 ms  outbound message #0
                          |   +0.0 ms  half-closed
                          |   +0.0 ms  headers
          inbound message |   +0.0 ms  inbound message #0
          inbound message |   +0.0 ms  inbound message #1
        >                 |   +0.0 ms  inbound message #2  <- surplus
                          |   +0.0 ms  trailers on the transport
                          |   +0.0 ms  attempt closed OK
                          |   +0.0 ms  picker Done OK
                          |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void noneFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).hasNone(halfClosed()),
        """
        Expected stream [acme.Market/Watch] to have no half-closed,
        but it was recorded once:

          expected | recorded
          ---------+-----------------------
                   |   +0.0 ms  started
                   |   +0.0 ms  picked NAME
                   |   +0.0 ms  requested 9
                   |   +0.0 ms  outbound message #0
        >          |   +0.0 ms  half-closed  <- surplus
                   |   +0.0 ms  headers
                   |   +0.0 ms  inbound message #0
                   |   +0.0 ms  inbound message #1
                   |   +0.0 ms  inbound message #2
                   |   +0.0 ms  trailers on the transport
                   |   +0.0 ms  attempt closed OK
                   |   +0.0 ms  picker Done OK
                   |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void halfClosedBeforeFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).halfClosedBefore(started()),
        """
        Expected stream [acme.Market/Watch] to have half-closed before started,
        but half-closed at +0.0 ms is out of order: recorded after started at +0.0 ms:

          expected    | recorded
          ------------+-----------------------
          started     |   +0.0 ms  started
                      |   +0.0 ms  picked NAME
                      |   +0.0 ms  requested 9
                      |   +0.0 ms  outbound message #0
        > half-closed |   +0.0 ms  half-closed  <- out of order: expected before started
                      |   +0.0 ms  headers
                      |   +0.0 ms  inbound message #0
                      |   +0.0 ms  inbound message #1
                      |   +0.0 ms  inbound message #2
                      |   +0.0 ms  trailers on the transport
                      |   +0.0 ms  attempt closed OK
                      |   +0.0 ms  picker Done OK
                      |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void halfClosedAfterFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).halfClosedAfter(firstReceived()),
        """
        Expected stream [acme.Market/Watch] to have first inbound message before half-closed,
        but inbound message #0 at +0.0 ms is out of order: recorded after half-closed at +0.0 ms:

          expected              | recorded
          ----------------------+------------------------------
                                |   +0.0 ms  started
                                |   +0.0 ms  picked NAME
                                |   +0.0 ms  requested 9
                                |   +0.0 ms  outbound message #0
          half-closed           |   +0.0 ms  half-closed
                                |   +0.0 ms  headers
        > first inbound message |   +0.0 ms  inbound message #0  <- out of order: expected before half-closed
                                |   +0.0 ms  inbound message #1
                                |   +0.0 ms  inbound message #2
                                |   +0.0 ms  trailers on the transport
                                |   +0.0 ms  attempt closed OK
                                |   +0.0 ms  picker Done OK
                                |   +0.0 ms  terminal status OK
          (8 events of the transport not shown)""");
  }

  @Test
  void missingAttemptFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).attempt(2).isDone(),
        """
        Expected stream [acme.Market/Watch] to have an attempt 2, counted from 1, but there is 1

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void onlyAttemptFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).onlyAttempt().isOpen(),
        """
        Expected attempt [acme.Market/Watch > attempt 1 of 1] to be open but it is closed

        acme.Market/Watch (SERVER_STREAMING, unknown stub)
           opened at : thread "main" (no stack captured)
           attempt   : 1, picked NAME, closed OK
           state     : half-closed, 1 outbound message, 3 inbound messages of 9 requested, terminal status OK
           events    : ...
                         +0.0 ms  headers
                         +0.0 ms  inbound message #0
                         +0.0 ms  inbound message #1
                         +0.0 ms  inbound message #2
                         +0.0 ms  trailers on the transport
                         +0.0 ms  attempt closed OK
                         +0.0 ms  picker Done OK
                         +0.0 ms  terminal status OK""");
  }

  @Test
  void missingEventFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).event(cancelled()).isOfAttempt(1),
        """
        Expected stream [acme.Market/Watch] to have cancelled at least once,
        but it was recorded 0 times:

          expected  | recorded
          ----------+---------
                    |   +0.0 ms  started
                    |   +0.0 ms  picked NAME
                    |   +0.0 ms  requested 9
                    |   +0.0 ms  outbound message #0
                    |   +0.0 ms  half-closed
                    |   +0.0 ms  headers
                    |   +0.0 ms  inbound message #0
                    |   +0.0 ms  inbound message #1
                    |   +0.0 ms  inbound message #2
                    |   +0.0 ms  trailers on the transport
                    |   +0.0 ms  attempt closed OK
                    |   +0.0 ms  picker Done OK
                    |   +0.0 ms  terminal status OK
        > cancelled |           <- missing
          (8 events of the transport not shown)""");
  }
}
