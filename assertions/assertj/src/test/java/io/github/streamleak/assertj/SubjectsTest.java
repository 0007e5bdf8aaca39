package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.assertj.StreamAssertions.assertThatStreams;
import static io.github.streamleak.assertj.Told.fails;
import static io.github.streamleak.recorder.ExpectedEvents.attemptClosed;
import static io.github.streamleak.recorder.ExpectedEvents.attemptStarted;
import static io.github.streamleak.recorder.ExpectedEvents.halfClosed;
import static io.github.streamleak.recorder.ExpectedEvents.picked;
import static io.github.streamleak.recorder.ExpectedEvents.pickerDone;
import static io.github.streamleak.recorder.ExpectedEvents.received;
import static io.github.streamleak.recorder.ExpectedEvents.started;

import io.github.streamleak.recorder.RecordedStream;
import io.github.streamleak.recorder.StreamAllowance;
import io.github.streamleak.recorder.StreamEvent;
import io.github.streamleak.recorder.StreamEvent.Lane;
import io.github.streamleak.recorder.StreamEvent.Pick;
import io.github.streamleak.recorder.StreamEvent.Retry;
import io.github.streamleak.recorder.StreamLeakPolicy;
import io.grpc.ClientCall;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Assertions on recorder, streams, attempts and events; waiting, paths and soft assertions. */
final class SubjectsTest {

  private final Market market = new Market();

  @AfterEach
  void shutDown() {
    market.close();
  }

  private RecordedStream stream() {
    return market.recorder.streams().get(0);
  }

  @Test
  void everythingReleasedPassesTest() {
    market.watch("3", 9);
    market.watch("2", 9);
    assertThat(market.recorder)
        .hasNoOpenStreams()
        .hasNoFindings()
        .hasNoFindings(StreamLeakPolicy.normal())
        .hasNoLeaks()
        .hasStreamCount(2)
        .streamsOf(Market.WATCH)
        .hasSize(2)
        .isNotEmpty()
        .areReleased()
        .allSatisfy(s -> assertThat(s).isReleased())
        .anySatisfy(s -> assertThat(s).hasTimes(2, received()))
        .first()
        .hasTimes(3, received());
    assertThat(market.recorder).openStreams().isEmpty();
    assertThatStreams(market.recorder.streams()).hasSize(2).last().hasTimes(2, received());
  }

  @Test
  void attemptPassesTest() {
    market.watch("3", 9);
    String address = String.valueOf(stream().attempts().get(0).remoteAddress());
    String picked = java.util.Objects.requireNonNull(stream().attempts().get(0).pick()).target();
    assertThat(stream())
        .onlyAttempt()
        .wasMadeAs(Retry.FIRST)
        .wasPickedTo(picked)
        .hasPick(Pick.Kind.SUBCHANNEL)
        .hasRemoteAddress(address)
        .hasStatus(Status.Code.OK)
        .hasPickerStatus(Status.Code.OK)
        .isDone()
        .hasLifecycle(attemptStarted(), picked(), attemptClosed(Status.Code.OK), pickerDone());
    market.watch("3+", 9);
    assertThat(market.recorder).streams().last().attempt(1).isOpen();
  }

  @Test
  void eventPassesTest() {
    market.watch("3", 9);
    assertThat(stream())
        .event(picked())
        .matches(picked())
        .isOnSide(Lane.PICKER)
        .isOfAttempt(1)
        .happenedOnThread(Thread.currentThread().getName())
        .happenedWithin(Duration.ZERO);
  }

  @Test
  void waitingEndsWhenItComesTrueTest() throws Exception {
    ClientCall<String, String> call = market.watch("3+", 9);
    RecordedStream before = stream();
    Thread other = new Thread(() -> call.cancel("enough", null));
    other.start();
    Duration limit = Duration.ofSeconds(30);
    assertThat(market.recorder).eventually(limit).hasNoOpenStreams();
    assertThat(before).isOpen().eventually(limit).isReleased().attempt(1).isDone();
    assertThatStreams(List.of(before)).eventually(limit).areReleased();
    assertThat(before.attempts().get(0)).eventually(limit).isDone();
    other.join();
  }

  @Test
  void navigationPassesTest() {
    market.watch("3", 9);
    market.watch("3+", 9);
    assertThat(market.recorder).streamsOf("acme.Market/Watch").element(1).isOpen();
    assertThat(market.recorder).openStreams().hasOnlyOneStream().isOpen();
    assertThat(market.recorder).eventually(Duration.ZERO).hasStreamCount(2);
    assertThat(market.recorder).streamsOf(Market.SUBSCRIBE).isEmpty();
  }

  @Test
  void negativeLimitIsRefusedTest() {
    StreamAssertions.assertThatThrownBy(
            () -> assertThat(market.recorder).eventually(Duration.ofMillis(-1)).hasStreamCount(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the limit must not be negative, but is PT-0.001S");
  }

  @Test
  void firstOfNoneFailsTest() {
    fails(
        () -> assertThat(market.recorder).streams().first().isOpen(),
        """
        Expected streams [recorder] not to be empty but there is none""");
  }

  @Test
  void lastOfNoneFailsTest() {
    fails(
        () -> assertThat(market.recorder).streams().last().isOpen(),
        """
        Expected streams [recorder] not to be empty but there is none""");
  }

  @Test
  void onlyOneOfACollectionFailsTest() {
    fails(
        () -> assertThatStreams(List.of()).hasOnlyOneStream().isOpen(),
        """
        Expected streams to be only one but there is none""");
  }

  @Test
  void anyOfNoneFailsTest() {
    fails(
        () -> assertThatStreams(List.of()).anySatisfy(s -> {}),
        """
        Expected streams any to meet the requirement but there is none""");
  }

  @Test
  void ownMessageTakesThePlaceOfTheTextTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream()).as("the watch").withFailMessage("still %s", 1).isOpen(),
        """
        [the watch] still 1""");
  }

  @Test
  void satisfiesAndExtractingFailAsAssertJSaysItTest() {
    market.watch("3", 9);
    StreamAssertions.assertThatThrownBy(
            () -> assertThat(stream()).satisfies(s -> assertThat(s).hasMethod("a/B")))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(
            "Expected stream [acme.Market/Watch] to have method <a/B> but was <acme.Market/Watch>");
    StreamAssertions.assertThatThrownBy(
            () ->
                assertThat(stream())
                    .as("the watch")
                    .extracting(RecordedStream::fullMethodName)
                    .isEqualTo("a/B"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("[the watch]")
        .hasMessageContaining("acme.Market/Watch");
  }

  @Test
  void waitingGoesOnFromWhatHeldTest() {
    ClientCall<String, String> call = market.watch("3+", 9);
    StreamAssert open =
        assertThat(market.recorder).openStreams().eventually(Duration.ofSeconds(30)).first();
    call.cancel("enough", null);

    open.isReleased();
  }

  @Test
  void navigationAfterWaitingHasWhatCameMeanwhileTest() {
    StreamsAssert streams = assertThat(market.recorder).streams().isEmpty();
    market.watch("3", 9);
    StreamAssert first = streams.eventually(Duration.ofSeconds(30)).first();

    assertThat(first.isLost()).isFalse();
  }

  @Test
  void expectedAndActualAreSetTest() {
    market.watch("3", 9);
    assertThat(StreamAssertions.catchThrowable(() -> assertThat(stream()).hasAttemptCount(2)))
        .isInstanceOfSatisfying(
            org.opentest4j.AssertionFailedError.class,
            e -> {
              assertThat(e.getExpected().getValue()).isEqualTo(2);
              assertThat(e.getActual().getValue()).isEqualTo(1);
            });
    assertThat(
            StreamAssertions.catchThrowable(
                () -> assertThat(stream()).eventually(Duration.ofMillis(20)).hasNone(started())))
        .isInstanceOfSatisfying(
            org.opentest4j.AssertionFailedError.class,
            e -> assertThat(e.getActual().getStringRepresentation()).startsWith("started\n"));
  }

  @Test
  void bddAndJUnitSoftAssertionsWorkTest() {
    market.watch("3", 9);
    BddStreamAssertions.then(market.recorder).hasOnlyOneStream().isReleased();
    BddStreamAssertions.then(stream()).isReleased();
    BddStreamAssertions.then(stream().attempts().get(0)).isDone();
    BddStreamAssertions.then(stream().events().get(0)).matches(started());
    BddStreamAssertions.thenStreams(market.recorder.streams()).hasSize(1);
    StreamSoftAssertions.assertSoftly(
        softly -> {
          softly.assertThat(stream().attempts().get(0)).isDone();
          softly.assertThat(stream().events().get(0)).matches(started());
          softly.assertThatStreams(market.recorder.streams()).hasSize(1);
          softly.assertThat("AssertJ's own").isNotEmpty();
        });
    assertThat(stream())
        .satisfies(s -> assertThat(s.isOpen()).isFalse())
        .extracting(RecordedStream::fullMethodName)
        .isEqualTo("acme.Market/Watch");
  }

  @Test
  void noOpenStreamsFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(market.recorder).hasNoOpenStreams(),
        """
        Expected recorder to have no open streams but 1 is open

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
  void noFindingsFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(market.recorder).hasNoFindings(),
        """
        Expected recorder to have no findings but there is 1

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
  void noFindingsByPolicyFailsTest() {
    market.watch("3+", 9);
    fails(
        () ->
            assertThat(market.recorder)
                .hasNoFindings(
                    StreamLeakPolicy.normal().allow(StreamAllowance.of("*/*", "a reason"))),
        """
        Expected recorder to have no findings but there is 1

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
  void noLeaksFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(market.recorder).hasNoLeaks(),
        """
        Expected recorder to have no leaks but 1 stream has leaked

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
  void streamCountFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(market.recorder).hasStreamCount(2),
        """
        Expected recorder to have recorded <2> streams but it has recorded <1>""");
  }

  @Test
  void onlyOneStreamFailsTest() {
    market.watch("3", 9);
    market.watch("3", 9);
    fails(
        () -> assertThat(market.recorder).hasOnlyOneStream().isReleased(),
        """
        Expected streams [recorder] to be only one but there are 2:

        1. acme.Market/Watch (SERVER_STREAMING) released by [TERMINAL_STATUS, PICKER_DONE]
        2. acme.Market/Watch (SERVER_STREAMING) released by [TERMINAL_STATUS, PICKER_DONE]""");
  }

  @Test
  void streamsOfFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(market.recorder).streamsOf(Market.SUBSCRIBE).hasSize(2),
        """
        Expected streams [recorder > streams of acme.Market/Subscribe] to have size <2> but was <0>""");
  }

  @Test
  void openStreamsFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(market.recorder).openStreams().isEmpty(),
        """
        Expected streams [recorder > open streams] to be empty but there is 1:

        1. acme.Market/Watch (SERVER_STREAMING) open, SERVER_NOT_FINISHED""");
  }

  @Test
  void isNotEmptyFailsTest() {
    fails(
        () -> assertThat(market.recorder).streams().isNotEmpty(),
        """
        Expected streams [recorder] not to be empty but there is none""");
  }

  @Test
  void elementFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(market.recorder).streams().element(1).isReleased(),
        """
        Expected streams [recorder] to have one at index <1>, counted from 0, but there is 1:

        1. acme.Market/Watch (SERVER_STREAMING) released by [TERMINAL_STATUS, PICKER_DONE]""");
  }

  @Test
  void firstFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(market.recorder).streams().first().isOpen(),
        """
        Expected stream [recorder > stream 1 of 1: acme.Market/Watch] to be open but it was released by <TERMINAL_STATUS>

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
  void lastFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(market.recorder).streamsOf(Market.WATCH).last().isOpen(),
        """
        Expected stream [recorder > streams of acme.Market/Watch > stream 1 of 1: acme.Market/Watch] to be open but it was released by <TERMINAL_STATUS>

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
  void areReleasedFailsTest() {
    market.watch("3", 9);
    market.watch("3+", 9);
    fails(
        () -> assertThat(market.recorder).streams().areReleased(),
        """
        Expected streams [recorder] all to be released but 1 of 2 is open

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
  void allSatisfyFailsTest() {
    market.watch("3", 9);
    market.watch("3+", 9);
    fails(
        () -> assertThat(market.recorder).streams().allSatisfy(s -> assertThat(s).isReleased()),
        """
        Expected streams [recorder] all to meet the requirement but 1 of 2 does not:

        2. Expected stream [acme.Market/Watch] to be released but it is open

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
  void anySatisfyFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(market.recorder).streams().anySatisfy(s -> assertThat(s).hasMethod("a/B")),
        """
        Expected streams [recorder] any to meet the requirement but none does:

        1. Expected stream [acme.Market/Watch] to have method <a/B> but was <acme.Market/Watch>

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
  void pathFailsTest() {
    market.watch("3", 9);
    fails(
        () ->
            assertThat(market.recorder)
                .as("the watch")
                .streamsOf(Market.WATCH)
                .first()
                .attempt(1)
                .hasStatus(Status.Code.ABORTED),
        """
        [the watch] Expected attempt [recorder > streams of acme.Market/Watch > stream 1 of 1: acme.Market/Watch > attempt 1 of 1] to have status <ABORTED> but was <OK>

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
  void attemptReasonFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().attempts().get(0)).wasMadeAs(Retry.HEDGE),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to have reason <HEDGE> but was <FIRST>

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
  void attemptAddressFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().attempts().get(0)).wasPickedTo("b:2"),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to have picked address <b:2> but was <NAME>

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
  void attemptPickFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().attempts().get(0)).hasPick(Pick.Kind.DROP),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to have pick <DROP> but was <SUBCHANNEL>

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
  void attemptRemoteAddressFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().attempts().get(0)).hasRemoteAddress("b:2"),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to have remote address <b:2> but was <NAME>

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
  void attemptStatusFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().attempts().get(0)).hasStatus(Status.Code.ABORTED),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to have status <ABORTED> but was <OK>

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
  void attemptPickerStatusFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().attempts().get(0)).hasPickerStatus(Status.Code.ABORTED),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to have picker status <ABORTED> but was <OK>

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
  void attemptIsDoneFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream().attempts().get(0)).isDone(),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to be closed but it is open

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
  void attemptIsOpenFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().attempts().get(0)).isOpen(),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to be open but it is closed

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
  void attemptLifecycleFailsTest() {
    market.watch("3", 9);
    fails(
        () ->
            assertThat(stream().attempts().get(0)).hasLifecycle(attemptClosed(), attemptStarted()),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to have these events in this order, others allowed between, of attempt 1,
        but attempt is out of order: expected after attempt closed OK at +0.0 ms, recorded before it at +0.0 ms:

          expected       | recorded
          ---------------+-----------------------------
        >                |   +0.0 ms  attempt 1 (first)  <- out of order: expected below
                         |   +0.0 ms  picked NAME
                         |   +0.0 ms  trailers on the transport
          attempt closed |   +0.0 ms  attempt closed OK
                         |   +0.0 ms  picker Done OK
          attempt        |                               <- out of order: recorded above, at +0.0 ms
          (7 events of the transport not shown)""");
  }

  @Test
  void eventMatchesFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().events().get(0)).matches(halfClosed()),
        """
        Expected event [started] to be <half-closed> but was <started>""");
  }

  @Test
  void eventSideFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().events().get(0)).isOnSide(Lane.PICKER),
        """
        Expected event [started] to have side <PICKER> but was <APPLICATION>""");
  }

  @Test
  void eventAttemptFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().events().get(0)).isOfAttempt(1),
        """
        Expected event [started] to have attempt <1> but was <0>""");
  }

  @Test
  void eventThreadFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(stream().events().get(0)).happenedOnThread("elsewhere"),
        """
        Expected event [started] to have thread <elsewhere> but was <main>""");
  }

  @Test
  void eventTimeFailsTest() {
    fails(
        () ->
            assertThat(
                    new StreamEvent.Started(
                        new StreamEvent.Point(0, Duration.ofMillis(3), "main", 0)))
                .happenedWithin(Duration.ofMillis(2)),
        """
        Expected event [started] to come within 2.0 ms of the start but it came after 3.0 ms""");
  }

  @Test
  void eventuallyOnTheRecorderFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(market.recorder).eventually(Duration.ofMillis(30)).hasNoOpenStreams(),
        """
        Expected recorder to have no open streams but 1 is open

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
           owed by   : the server: the handler closes on every path; the client sets a deadline

        It was still so after 0.03 s of waiting.""");
  }

  @Test
  void eventuallyOnStreamsFailsTest() {
    market.watch("3", 9);
    fails(
        () -> assertThat(market.recorder).streams().eventually(Duration.ofMillis(30)).hasSize(2),
        """
        Expected streams [recorder] to have size <2> but was <1>:

        1. acme.Market/Watch (SERVER_STREAMING) released by [TERMINAL_STATUS, PICKER_DONE]

        It was still so after 0.03 s of waiting.""");
  }

  @Test
  void eventuallyOnAStreamFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream()).as("the watch").eventually(Duration.ofMillis(30)).isReleased(),
        """
        [the watch] Expected stream [acme.Market/Watch] to be released but it is open

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
           owed by   : the server: the handler closes on every path; the client sets a deadline

        It was still so after 0.03 s of waiting.""");
  }

  @Test
  void eventuallyOnAnAttemptFailsTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(stream().attempts().get(0)).eventually(Duration.ofMillis(30)).isDone(),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to be closed but it is open

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
           owed by   : the server: the handler closes on every path; the client sets a deadline

        It was still so after 0.03 s of waiting.""");
  }

  @Test
  void softFailuresAreCollectedAndANavigationThatFailedIsSilentTest() {
    market.watch("3", 9);
    StreamSoftAssertions softly = new StreamSoftAssertions();
    softly.assertThat(stream()).isOpen().hasAttemptCount(2);
    softly.assertThat(market.recorder).streamsOf("a/B").first().isOpen().isReleased();
    softly.assertThat(market.recorder).hasStreamCount(2);
    softly.assertThat((RecordedStream) null).isOpen().isReleased();

    StringBuilder firstLines = new StringBuilder();
    for (Throwable error : softly.errorsCollected()) {
      firstLines.append(String.valueOf(error.getMessage()).strip().lines().findFirst().orElse(""));
      firstLines.append('\n');
    }
    assertThat(firstLines.toString())
        .isEqualTo(
            """
            Expected stream [acme.Market/Watch] to be open but it was released by <TERMINAL_STATUS>
            Expected stream [acme.Market/Watch] to have attempt count <2> but was <1>
            Expected streams [recorder > streams of a/B] not to be empty but there is none
            Expected recorder to have recorded <2> streams but it has recorded <1>
            Expecting actual not to be null
            """);
    StreamAssertions.assertThatThrownBy(softly::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContainingAll(firstLines.toString().split("\n"));
  }
}
