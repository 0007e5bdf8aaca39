package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.assertj.StreamAssertions.assertThatStreams;
import static io.github.streamleak.assertj.Told.fails;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptStarted;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;

import acme.market.MarketClient;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.lifecycle.StreamSelection;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.MadeEvents;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.ClientCall;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        .anySatisfy(s -> assertThat(s).hasTimes(2, inboundMessage()))
        .first()
        .hasTimes(3, inboundMessage());
    assertThat(market.recorder).openStreams().isEmpty();
    assertThatStreams(market.recorder.streams()).hasSize(2).last().hasTimes(2, inboundMessage());
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
        .hasPickerDone(Status.Code.OK)
        .isClosed()
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
        .isOnLane(Lane.PICKER)
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
    assertThat(before).eventually(limit).isReleased().attempt(1).isClosed();
    assertThatStreams(List.of(before)).eventually(limit).areReleased();
    assertThat(before.attempts().get(0)).eventually(limit).isClosed();
    other.join();
  }

  @Test
  void navigationPassesTest() {
    market.watch("3", 9);
    market.watch("3+", 9);
    assertThat(market.recorder).streamsOf("acme.Market/Watch").stream(2).isOpen();
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
    StreamsAssert streams = assertThat(market.recorder).streams();
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
    BddStreamAssertions.then(stream().attempts().get(0)).isClosed();
    BddStreamAssertions.then(stream().events().get(0)).matches(started());
    BddStreamAssertions.thenStreams(market.recorder.streams()).hasSize(1);
    StreamSoftAssertions.assertSoftly(
        softly -> {
          softly.assertThat(stream().attempts().get(0)).isClosed();
          softly.assertThat(stream().events().get(0)).matches(started());
          softly.assertThatStreams(market.recorder.streams()).hasSize(1);
          softly.assertThat("AssertJ's own").isNotEmpty();
        });
    assertThat(stream())
        .satisfies(s -> assertThat(s.isOpen()).isFalse())
        .extracting(RecordedStream::fullMethodName)
        .isEqualTo("acme.Market/Watch");
  }

  // ---- what a failure says ----

  /** An assertion that fails, and what its text says before what stands in each of its kind. */
  private record Failing<T>(String text, Consumer<T> assertion) {
    @Override
    public String toString() {
      return text;
    }
  }

  private static Stream<Failing<RecorderAssert>> onARecorderWithAnOpenStream() {
    return Stream.of(
        new Failing<>("recorder to have no open streams but 1 is open", r -> r.hasNoOpenStreams()),
        new Failing<>("recorder to have no findings but there is 1", r -> r.hasNoFindings()),
        new Failing<>(
            "recorder to have no findings but there is 1",
            r ->
                r.hasNoFindings(
                    StreamLeakPolicy.normal().allow(StreamAllowance.of("*/*", "a reason")))),
        new Failing<>("recorder to have no leaks but 1 stream has leaked", r -> r.hasNoLeaks()),
        new Failing<>(
            "streams [recorder] all to be released but 1 of 2 is open",
            r -> r.streams().areReleased()),
        new Failing<>(
            """
            streams [recorder] all to meet the requirement but 1 of 2 does not:

            2. Expected stream [acme.Market/Watch] to be released but it is open""",
            r -> r.streams().allSatisfy(s -> assertThat(s).isReleased())),
        new Failing<>(
            "stream [recorder > stream 2 of 2: acme.Market/Watch] to be released but it is open",
            r -> r.streams().last().isReleased()),
        new Failing<>(
            """
            streams [recorder > open streams] at least one to meet the requirement but none does:

            1. Expected stream [acme.Market/Watch] to have method <a/B> but was <acme.Market/Watch>""",
            r -> r.openStreams().anySatisfy(s -> assertThat(s).hasMethod("a/B"))));
  }

  @ParameterizedTest
  @MethodSource("onARecorderWithAnOpenStream")
  void recorderWithAnOpenStreamFailsTest(Failing<RecorderAssert> failing) {
    market.watch("3", 9);
    market.watch("3+", 9);
    market.beQuiet();
    String open = market.recorder.openStreams().get(0).describe();
    fails(
        () -> failing.assertion().accept(assertThat(market.recorder)),
        "Expected " + failing.text() + "\n\n" + open);
  }

  @Test
  void recorderWithAStreamThatHasJustMovedIsUndecidedTest() {
    market.watch("3+", 9);
    fails(
        () -> assertThat(market.recorder).hasNoLeaks(),
        "Expected recorder to have no leaks but 1 stream is undecided: its last event came only 0.0"
            + " ms before, and a stream that is about to be released looks the same; ask again after"
            + " 200 ms without one, as eventually(...) and the recorder's check do\n\n"
            + stream().describe());
  }

  @Test
  void oldListSaysSoTest() {
    ClientCall<String, String> call = market.watch("3+", 9);
    List<RecordedStream> old = market.recorder.streams();
    StreamsAssert open = assertThat(market.recorder).openStreams().hasSize(1);
    call.cancel("enough", null);
    fails(
        () -> assertThatStreams(old).areReleased(),
        "Expected streams all to be released but 1 of 1 is open\n\n"
            + old.get(0).describe()
            + "\n\nThis snapshot is old: 4 events have been recorded since it was taken; ask the"
            + " recorder again, or latest() of a stream.");
    fails(
        () -> open.hasSize(1),
        "Expected streams [recorder > open streams] to have size <1> but was <0>\n\n"
            + "recorded:\n   acme.Market/Watch: 1 stream\n\n"
            + "It held of this snapshot, which is old, and does not hold now: there are 0 streams by"
            + " now; ask the recorder again.");
  }

  private static final String LIST =
      """
      :

      1. acme.Market/Watch (SERVER_STREAMING) released by [TERMINAL_STATUS, PICKER_DONE]
      2. acme.Market/Watch (SERVER_STREAMING) open, STILL_SUBSCRIBED""";

  private static final String RECORDED =
      """


      recorded:
         acme.Market/Watch: 2 streams, 1 open""";

  private static final String NOTHING =
      ", and so it seems, but nothing at all was recorded: assert recordedNothing() if that is meant;"
          + " if not, this recorder is not attached to the channel that was used";

  private static final String DID_YOU_MEAN =
      ", and so it seems, but did you mean acme.Market/Watch? If not, pass the MethodDescriptor";

  private static Stream<Failing<RecorderAssert>> onARecorder() {
    return Stream.of(
        new Failing<>(
            "recorder to have recorded <3> streams but it has recorded <2>" + LIST,
            r -> r.hasStreamCount(3)),
        new Failing<>(
            "recorder to have recorded nothing but there are 2" + LIST, r -> r.recordedNothing()),
        new Failing<>(
            "streams [recorder] to be exactly one but there are 2" + LIST,
            r -> r.hasOnlyOneStream().isReleased()),
        new Failing<>(
            "streams [recorder] to be exactly one but there are 2" + LIST,
            r -> r.streams().hasOnlyOneStream().isReleased()),
        new Failing<>(
            "streams [recorder] to be empty but there are 2" + LIST, r -> r.streams().isEmpty()),
        new Failing<>(
            "streams [recorder] to have stream <3>, counted from 1, but there are 2" + LIST,
            r -> r.streams().stream(3).isReleased()),
        new Failing<>(
            "streams [recorder > streams of acme.Market/Subscribe] to have size <2> but was <0>"
                + RECORDED,
            r -> r.streamsOf(Market.SUBSCRIBE).hasSize(2)),
        new Failing<>(
            "streams [recorder > streams of a/B] not to be empty but there is none" + RECORDED,
            r -> r.streamsOf("a/B").isNotEmpty()),
        new Failing<>(
            "streams [recorder > streams of a/B] to have a first one but there is none" + RECORDED,
            r -> r.streamsOf("a/B").first().isOpen()),
        new Failing<>(
            "streams [recorder > streams of a/B] to have a last one but there is none" + RECORDED,
            r -> r.streamsOf("a/B").last().isOpen()),
        new Failing<>(
            "streams [recorder > streams of a/B] to be exactly one but there is none" + RECORDED,
            r -> r.streamsOf("a/B").hasOnlyOneStream().isOpen()),
        new Failing<>(
            "streams [recorder > streams of a/B] to have stream <1>, counted from 1, but there is none"
                + RECORDED,
            r -> r.streamsOf("a/B").stream(1).isOpen()),
        new Failing<>(
            "streams [recorder > streams of a/B] at least one to meet the requirement but there is none"
                + RECORDED,
            r -> r.streamsOf("a/B").anySatisfy(s -> {})),
        new Failing<>(
            "streams [recorder > streams of a/B] all to meet the requirement but there is none"
                + RECORDED,
            r -> r.streamsOf("a/B").allSatisfy(s -> {})),
        new Failing<>(
            "streams [recorder > streams of a/B] all to be released but there is none" + RECORDED,
            r -> r.streamsOf("a/B").areReleased()),
        new Failing<>(
            "streams [recorder > streams of acme.Market/Wathc] all to be released but there is none; did you mean acme.Market/Watch?"
                + RECORDED,
            r -> r.streamsOf("acme.Market/Wathc").areReleased()),
        new Failing<>(
            "streams [recorder > streams of acme.Market/Wathc] to have size <2> but was <0>; did you mean acme.Market/Watch?"
                + RECORDED,
            r -> r.streamsOf("acme.Market/Wathc").hasSize(2)),
        new Failing<>(
            "streams [recorder > streams of acme.Market/Wathc] to be empty"
                + DID_YOU_MEAN
                + RECORDED,
            r -> r.streamsOf("acme.Market/Wathc").isEmpty()),
        new Failing<>(
            "streams [recorder > streams of Market/Watch] to be empty" + DID_YOU_MEAN + RECORDED,
            r -> r.streamsOf("Market/Watch").isEmpty()),
        new Failing<>(
            "streams [recorder > streams of acme.market/watch] to have size <0>"
                + DID_YOU_MEAN
                + RECORDED,
            r -> r.streamsOf("acme.market/watch").hasSize(0)));
  }

  @ParameterizedTest
  @MethodSource("onARecorder")
  void recorderFailsTest(Failing<RecorderAssert> failing) {
    market.watch("3", 9);
    market.watch("3+", 9);
    fails(
        () -> failing.assertion().accept(assertThat(market.recorder)),
        "Expected " + failing.text());
  }

  private static Stream<Failing<RecorderAssert>> onARecorderThatHasNothing() {
    return Stream.of(
        new Failing<>("recorder to have no open streams" + NOTHING, r -> r.hasNoOpenStreams()),
        new Failing<>("recorder to have no findings" + NOTHING, r -> r.hasNoFindings()),
        new Failing<>("recorder to have no leaks" + NOTHING, r -> r.hasNoLeaks()),
        new Failing<>("recorder to have recorded <0> streams" + NOTHING, r -> r.hasStreamCount(0)),
        new Failing<>(
            "streams [recorder] to be empty" + NOTHING + "\n\nrecorded:\n   nothing at all",
            r -> r.streams().isEmpty()),
        new Failing<>(
            "streams [recorder > open streams] to have size <0>"
                + NOTHING
                + "\n\nrecorded:\n   nothing at all",
            r -> r.openStreams().hasSize(0)),
        new Failing<>(
            "streams [recorder > streams of acme.Market/Watch] to be empty"
                + NOTHING
                + "\n\nrecorded:\n   nothing at all",
            r -> r.streamsOf(Market.WATCH).isEmpty()));
  }

  @ParameterizedTest
  @MethodSource("onARecorderThatHasNothing")
  void recorderThatHasNothingFailsTest(Failing<RecorderAssert> failing) {
    fails(
        () -> failing.assertion().accept(assertThat(market.recorder)),
        "Expected " + failing.text());
  }

  @Test
  void recorderThatHasNothingPassesIfThatIsAskedTest() {
    assertThat(market.recorder).recordedNothing();
  }

  @Test
  void recorderThatHasDroppedStreamsIsAskedForThemTest() {
    GrpcStreamRecorder recorder =
        GrpcStreamRecorder.builder().closedStreamLimit(1).clock(() -> 0).build();
    try (Wire wire = Wire.direct("dropped", new MarketServer())) {
      MarketClient client = new MarketClient(wire.channel(recorder::attachTo));
      for (int i = 0; i < 5; i++) {
        client.blockingQuote("1");
      }

      fails(
          () -> assertThat(recorder).streamsOf(MarketGrpc.QUOTE).allSatisfy(one -> {}),
          "Expected streams [recorder > streams of acme.Market/Quote] all to meet the requirement,"
              + " and so it seems, but 3 more streams were recorded and dropped, and nobody can tell"
              + " of those; GrpcStreamRecorder.builder().closedStreamLimit(3) keeps all\n\n"
              + "recorded:\n   acme.Market/Quote: 2 streams, 3 more dropped");
      // The number of all is known, whatever was dropped.
      assertThat(recorder).hasStreamCount(5);
      fails(
          () -> assertThat(recorder).hasStreamCount(2),
          """
          Expected recorder to have recorded <2> streams but it has recorded <5>:

          1. acme.Market/Quote (UNARY) released by [TERMINAL_STATUS, PICKER_DONE]
          2. acme.Market/Quote (UNARY) released by [TERMINAL_STATUS, PICKER_DONE]

          recorded:
             acme.Market/Quote: 2 streams, 3 more dropped""");
      fails(
          () -> assertThat(recorder).streams().hasSize(5),
          """
          Expected streams [recorder] to have size <5> but was <2>, and 3 more streams were recorded \
          and dropped, and nobody can tell of those; \
          GrpcStreamRecorder.builder().closedStreamLimit(3) keeps all:

          1. acme.Market/Quote (UNARY) released by [TERMINAL_STATUS, PICKER_DONE]
          2. acme.Market/Quote (UNARY) released by [TERMINAL_STATUS, PICKER_DONE]

          recorded:
             acme.Market/Quote: 2 streams, 3 more dropped""");
      assertThat(recorder).streamsOf(MarketGrpc.QUOTE).isNotEmpty();
    }
  }

  private static Stream<Failing<StreamsAssert>> onAListOfWhichStreamsWereDropped() {
    return Stream.of(
        new Failing<>("to have size <1>", s -> s.hasSize(1)),
        new Failing<>("all to meet the requirement", s -> s.allSatisfy(one -> {})),
        new Failing<>("to be exactly one", s -> s.hasOnlyOneStream().isReleased()),
        new Failing<>("to have a first one", s -> s.first().isReleased()),
        new Failing<>("to have a last one", s -> s.last().isReleased()),
        new Failing<>("to have stream <1>, counted from 1,", s -> s.stream(1).isReleased()));
  }

  @ParameterizedTest
  @MethodSource("onAListOfWhichStreamsWereDropped")
  void listOfWhichStreamsWereDroppedFailsTest(Failing<StreamsAssert> failing) {
    market.watch("3", 9);
    StreamSelection kept =
        StreamSelection.all(market.recorder.streams(), Map.of("acme.Market/Watch", 7L));
    String text =
        ", and so it seems, but 7 more streams were recorded and dropped, and nobody can tell of"
            + " those; GrpcStreamRecorder.builder().closedStreamLimit(4) keeps all\n\n"
            + "recorded:\n   acme.Market/Watch: 1 stream, 7 more dropped";
    fails(
        () -> failing.assertion().accept(assertThatStreams(kept)),
        "Expected streams " + failing.text() + text);
    fails(
        () -> failing.assertion().accept(assertThatStreams(kept).eventually(Duration.ofMillis(30))),
        "Expected streams " + failing.text() + text + STILL);
    assertThatStreams(kept).isNotEmpty().areReleased().anySatisfy(s -> assertThat(s).isReleased());
    fails(
        () ->
            assertThatStreams(
                    StreamSelection.all(List.of(), Map.of("acme.Market/Watch", 7L))
                        .ofMethod(Market.WATCH))
                .isEmpty(),
        "Expected streams to be empty" + text.replace(": 1 stream, 7 more", ": 0 streams, 7 more"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Watch", "/Watch", "acme.Market/", "a/b/c", "acme.Market/*", "a /b"})
  void nameThatNoMethodHasIsRefusedTest(String name) {
    StreamAssertions.assertThatThrownBy(() -> assertThat(market.recorder).streamsOf(name).isEmpty())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "\""
                + name
                + "\" is no full method name; pass the MethodDescriptor, or write"
                + " \"package.Service/Method\"; * is not understood here");
  }

  @Test
  void collectionWithoutAPathFailsTest() {
    fails(
        () -> assertThatStreams(List.of()).hasOnlyOneStream().isOpen(),
        "Expected streams to be exactly one but there is none");
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
        "[the watch] Expected attempt [recorder > streams of acme.Market/Watch > stream 1 of 1:"
            + " acme.Market/Watch > attempt 1 of 1] to have status <ABORTED> but was <OK>\n\n"
            + stream().describe());
  }

  private static Stream<Failing<AttemptAssert>> onAClosedAttempt() {
    return Stream.of(
        new Failing<>("to have reason <HEDGE> but was <FIRST>", a -> a.wasMadeAs(Retry.HEDGE)),
        new Failing<>("to have picked address <b:2> but was <NAME>", a -> a.wasPickedTo("b:2")),
        new Failing<>("to have pick <DROP> but was <SUBCHANNEL>", a -> a.hasPick(Pick.Kind.DROP)),
        new Failing<>(
            "to have remote address <b:2> but was <NAME>", a -> a.hasRemoteAddress("b:2")),
        new Failing<>(
            "to have status <ABORTED> but was <OK>", a -> a.hasStatus(Status.Code.ABORTED)),
        new Failing<>(
            "to have picker Done <ABORTED> but was <OK>",
            a -> a.hasPickerDone(Status.Code.ABORTED)),
        new Failing<>("to be open but it is closed", a -> a.isOpen()));
  }

  @ParameterizedTest
  @MethodSource("onAClosedAttempt")
  void closedAttemptFailsTest(Failing<AttemptAssert> failing) {
    market.watch("3", 9);
    failsWithStream(failing);
  }

  @Test
  void openAttemptFailsTest() {
    market.watch("3+", 9);
    failsWithStream(new Failing<>("to be closed but it is open", a -> a.isClosed()));
  }

  private void failsWithStream(Failing<AttemptAssert> failing) {
    fails(
        () -> failing.assertion().accept(assertThat(stream().attempts().get(0))),
        "Expected attempt [acme.Market/Watch > attempt 1] "
            + failing.text()
            + "\n\n"
            + stream().describe());
  }

  @Test
  void attemptLifecycleFailsTest() {
    market.watch("3", 9);
    fails(
        () ->
            assertThat(stream().attempts().get(0)).hasLifecycle(attemptClosed(), attemptStarted()),
        """
        Expected attempt [acme.Market/Watch > attempt 1] to have these events in this order, others allowed between, of attempt 1,
        but attempt started is out of order: expected after attempt closed OK at +0.0 ms, recorded before it at +0.0 ms:

        """
            + Lifecycle.inOrder(attemptClosed(), attemptStarted())
                .onAttempt(1)
                .check(stream())
                .table());
  }

  private static Stream<Failing<EventAssert>> onAnEvent() {
    return Stream.of(
        new Failing<>("to be <half-closed> but was <started>", e -> e.matches(halfClosed())),
        new Failing<>("to have lane <PICKER> but was <APPLICATION>", e -> e.isOnLane(Lane.PICKER)),
        new Failing<>("to have attempt <1> but was <0>", e -> e.isOfAttempt(1)),
        new Failing<>(
            "to have thread <elsewhere> but was <main>", e -> e.happenedOnThread("elsewhere")),
        new Failing<>(
            "to come within 2.0 ms of the start but it came after 3.0 ms",
            e -> e.happenedWithin(Duration.ofMillis(2))));
  }

  @ParameterizedTest
  @MethodSource("onAnEvent")
  void eventFailsTest(Failing<EventAssert> failing) {
    StreamEvent event = MadeEvents.started(3_000_000);
    fails(
        () -> failing.assertion().accept(assertThat(event)),
        "Expected event [started] " + failing.text());
  }

  // ---- waiting ----

  private static final String STILL =
      "\n\nIt was still so after 0.03 s of waiting, looked at N times.";

  @Test
  void everySubjectWaitsAndSaysSoTest() {
    market.watch("3+", 9);
    Duration limit = Duration.ofMillis(30);
    String open = "\n\n" + stream().describe() + STILL;
    fails(
        () -> assertThat(market.recorder).eventually(limit).hasNoOpenStreams(),
        "Expected recorder to have no open streams but 1 is open" + open);
    fails(
        () -> assertThat(market.recorder).openStreams().eventually(limit).hasSize(2),
        "Expected streams [recorder > open streams] to have size <2> but was <1>:\n\n"
            + "1. acme.Market/Watch (SERVER_STREAMING) open, STILL_SUBSCRIBED\n\n"
            + "recorded:\n   acme.Market/Watch: 1 stream, 1 open"
            + STILL);
    fails(
        () -> assertThat(stream()).as("the watch").eventually(limit).isReleased(),
        "[the watch] Expected stream [acme.Market/Watch] to be released but it is open" + open);
    fails(
        () -> assertThat(stream().attempts().get(0)).eventually(limit).isClosed(),
        "Expected attempt [acme.Market/Watch > attempt 1] to be closed but it is open" + open);
  }

  @Test
  void waitingShowsOneFailureTest() {
    market.watch("3+", 9);
    Throwable error =
        StreamAssertions.catchThrowable(
            () -> assertThat(stream()).eventually(Duration.ofMillis(30)).isReleased());
    assertThat(error.getSuppressed()).isEmpty();
    assertThat(error.getCause()).isNull();
  }

  // ---- soft assertions ----

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
    assertThat(softly.errorsCollected())
        .allSatisfy(error -> assertThat(error.getMessage()).startsWith("\n"));
    assertThat(firstLines.toString())
        .isEqualTo(
            """
            Expected stream [acme.Market/Watch] to be open but it was released by <TERMINAL_STATUS>
            Expected stream [acme.Market/Watch] to have attempt count <2> but was <1>
            Expected streams [recorder > streams of a/B] to have a first one but there is none
            Expected recorder to have recorded <2> streams but it has recorded <1>:
            Expecting actual not to be null
            """);
    StreamAssertions.assertThatThrownBy(softly::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContainingAll(firstLines.toString().split("\n"));
  }
}
