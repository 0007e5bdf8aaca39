package io.github.streamleak.truth;

import static com.google.common.truth.Truth.assertThat;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptStarted;
import static io.github.streamleak.lifecycle.ExpectedEvents.cancelled;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static io.github.streamleak.truth.Failures.compares;
import static io.github.streamleak.truth.Failures.failure;
import static io.github.streamleak.truth.Failures.hasFacts;
import static io.github.streamleak.truth.StreamTruth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import acme.market.MarketClient;
import acme.market.MarketServer;
import com.google.common.truth.Subject;
import io.github.streamleak.lifecycle.StreamSelection;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.MadeEvents;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.truth.Failures.Case;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.Status;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Recorder, streams, attempt and event: each assertion passes, fails with facts, fails on null. */
final class SubjectsTest {

  private static final String LINE_1 =
      "acme.Market/Watch (SERVER_STREAMING), released by TERMINAL_STATUS";
  private static final String LINE_2 =
      "acme.Market/Subscribe (BIDI_STREAMING), open, NOT_HALF_CLOSED";
  private static final String LINES = "1. " + LINE_1 + "\n2. " + LINE_2;
  private static final String RECORDER = "2 streams, 1 open";
  private static final String RECORDED =
      "acme.Market/Watch: 1 stream\nacme.Market/Subscribe: 1 stream, 1 open";
  private static final String NOTHING =
      " | and so it seems, but: nothing at all was recorded: assert recordedNothing() if that is"
          + " meant; if not, this recorder is not attached to the channel that was used";

  private final Market market = new Market();

  @AfterEach
  void shutDown() {
    market.close();
  }

  private static <S extends Subject> Case<S> of(
      String method, Consumer<S> passes, Consumer<S> fails, String facts) {
    return new Case<>(method, passes, fails, facts);
  }

  /** Makes one stream that is released and one that is open. */
  private GrpcStreamRecorder recorded() {
    market.watch("3", 10);
    market.open(Market.SUBSCRIBE, 1);
    market.beQuiet();
    return market.recorder;
  }

  @Test
  void recorderWithAStreamThatHasJustMovedIsUndecidedTest() {
    market.watch("3+", 1);
    hasFacts(
        failure(RecorderSubject.recorders(), market.recorder, s -> s.hasNoLeaks()),
        "expected no leaks | but undecided: 1 | since: ~its last event came only 0.0"
            + " ms before | open streams: 1. "
            + market.stream().describe());
  }

  private static <S extends Subject, T> void run(
      Case<S> each, Subject.Factory<S, T> factory, T actual, String described) {
    AssertionError failure = failure(factory, actual, each.fails());
    hasFacts(failure, each.facts().replace("$", described));
    failsOnNull(factory, each.fails());
  }

  private static <S extends Subject, T> void failsOnNull(
      Subject.Factory<S, T> factory, Consumer<? super S> assertion) {
    @Nullable T none = null;
    AssertionError failure = failure(factory, none, assertion);
    assertThat(failure).hasMessageThat().matches("(?s)expected (a|an)? ?\\w+\nbut was: null");
  }

  private static void coversEveryAssertion(Class<?> subject, Stream<? extends Case<?>> cases) {
    List<String> assertions =
        Arrays.stream(subject.getMethods())
            .filter(method -> method.getDeclaringClass() == subject)
            .filter(method -> method.getReturnType() == void.class)
            .map(java.lang.reflect.Method::getName)
            .distinct()
            .toList();
    assertThat(assertions).isNotEmpty();
    assertThat(cases.map(Case::method).toList()).containsAtLeastElementsIn(assertions);
  }

  // ---- recorder ----

  static Stream<Case<RecorderSubject>> recorderCases() {
    return Stream.of(
        of(
            "hasNoOpenStreams",
            s -> {},
            s -> s.hasNoOpenStreams(),
            "expected no open streams | but was: 1 | open streams: $"),
        of(
            "hasNoFindings",
            s -> {},
            s -> s.hasNoFindings(),
            "expected no findings | but was: 1 | findings: $"),
        of(
            "hasNoFindings",
            s -> {},
            s -> s.hasNoFindings(allowing()),
            "expected no findings | but was: 1 | findings: $"),
        of(
            "hasNoLeaks",
            s -> {},
            s -> s.hasNoLeaks(),
            "expected no leaks | but leaked: 1 | open streams: $"),
        of(
            "hasStreamCount",
            s -> s.hasStreamCount(2),
            s -> s.hasStreamCount(1),
            "expected stream count: 1 | but was: 2 | streams: " + LINES),
        of(
            "recordedNothing",
            s -> {},
            s -> s.recordedNothing(),
            "expected to have recorded nothing | but was: 2 | streams: " + LINES),
        of(
            "hasOnlyOneStream",
            s -> s.streamsOf(Market.WATCH).hasOnlyOneStream().isReleased(),
            s -> s.hasOnlyOneStream().isReleased(),
            "value of: recorder.streams() | expected exactly one stream | but was: 2 | streams: "
                + LINES
                + " | recorder was: "
                + RECORDER),
        of(
            "streamsOf",
            s -> s.streamsOf(Market.SUBSCRIBE).hasSize(1),
            s -> s.streamsOf(Market.QUOTE).isNotEmpty(),
            "value of: recorder.streamsOf(acme.Market/Quote) | expected not to be empty | but there is none | recorded: "
                + RECORDED
                + " | recorder was: "
                + RECORDER),
        of(
            "streamsOf",
            s -> s.streamsOf("acme.Market/Watch").areReleased(),
            s -> s.streamsOf("acme.Market/Wathc").areReleased(),
            "value of: recorder.streamsOf(acme.Market/Wathc) | expected all to be released | but there is none | did you mean: acme.Market/Watch | recorded: "
                + RECORDED
                + " | recorder was: "
                + RECORDER),
        of(
            "streamsOf",
            s -> s.streamsOf(Market.QUOTE).isEmpty(),
            s -> s.streamsOf("Market/watch").isEmpty(),
            "value of: recorder.streamsOf(Market/watch) | expected to be empty | and so it seems, but: did you mean acme.Market/Watch? If not, pass the MethodDescriptor | recorded: "
                + RECORDED
                + " | recorder was: "
                + RECORDER),
        of(
            "openStreams",
            s -> s.openStreams().first().isOpen(),
            s -> s.openStreams().isEmpty(),
            "value of: recorder.openStreams() | expected to be empty | but was: 1 | streams: "
                + "1. "
                + LINE_2
                + " | recorded: "
                + RECORDED
                + " | recorder was: "
                + RECORDER),
        of(
            "streams",
            s -> s.streams().last().attempt(1).isOpen(),
            s -> s.streams().stream(1).attempt(1).hasStatus(Status.Code.ABORTED),
            "value of: recorder.streams().stream(1).attempt(1).status() | expected: ABORTED | but was: OK | recorder was: "
                + RECORDER));
  }

  private static StreamLeakPolicy allowing() {
    return StreamLeakPolicy.normal()
        .allow(StreamAllowance.of("acme.Market/Subscribe", "lives as long as the market"));
  }

  @ParameterizedTest
  @MethodSource("recorderCases")
  void assertionOnRecorderPassesOrFailsWithFactsTest(Case<RecorderSubject> each) {
    GrpcStreamRecorder recorder = recorded();
    each.passes().accept(assertThat(recorder));
    run(
        each,
        RecorderSubject.recorders(),
        recorder,
        "1. " + recorder.openStreams().get(0).describe());
  }

  @Test
  void recorderWithNothingOpenPassesTest() {
    market.watch("3", 10);
    assertThat(market.recorder).hasNoOpenStreams();
    assertThat(market.recorder).hasNoFindings();
    assertThat(market.recorder).hasNoFindings(allowing());
    assertThat(market.recorder).hasNoLeaks();
    assertThat(market.recorder).hasOnlyOneStream().isReleased();
    coversEveryAssertion(RecorderSubject.class, recorderCases());
  }

  @Test
  void wholeTextOfARecorderTest() {
    assertThat(failure(RecorderSubject.recorders(), recorded(), s -> s.hasNoOpenStreams()))
        .hasMessageThat()
        .isEqualTo(
            """
            expected no open streams
            but was:
                1
            open streams:
                1. acme.Market/Subscribe (BIDI_STREAMING, unknown stub)
                   opened at : thread "main" (no stack captured)
                   attempt   : 1, picked market-server
                   state     : not half-closed, 0 outbound messages, 0 inbound messages of 1 requested, no terminal status
                   events    :   +0.0 ms  started
                                 +0.0 ms  picked market-server
                                 +0.0 ms  requested 1
                   cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
                   owed by   : the client: half-close and read to the terminal status, or cancel""");
  }

  // ---- streams ----

  static Stream<Case<StreamsSubject>> streamsCases() {
    return Stream.of(
        of(
            "hasSize",
            s -> s.hasSize(2),
            s -> s.hasSize(3),
            "expected size: 3 | but was: 2 | streams: " + LINES),
        of(
            "isEmpty",
            s -> s.isNotEmpty(),
            s -> s.isEmpty(),
            "expected to be empty | but was: 2 | streams: " + LINES),
        of(
            "areReleased",
            s -> {},
            s -> s.areReleased(),
            "expected all to be released | but still open: 1 of 2 | open streams: $"),
        of(
            "each",
            s -> s.each(one -> one.hasAttemptCount(1)),
            s -> s.each(one -> one.hasMethod(Market.WATCH)),
            "value of: streams.stream(2).fullMethodName() | expected: acme.Market/Watch | but was: acme.Market/Subscribe | streams was: "
                + LINES),
        of(
            "any",
            s -> s.any(one -> one.isOpen()),
            s -> s.any(one -> one.hasAuthority("bank")),
            "expected at least one to meet the assertions | but none did, of: 2 | failures: ~1. value of  : stream.authority()\nexpected  : bank\nbut was   : market"),
        of(
            "hasOnlyOneStream",
            s -> {},
            s -> s.hasOnlyOneStream().isOpen(),
            "expected exactly one stream | but was: 2 | streams: " + LINES),
        of(
            "first",
            s -> s.first().isReleased(),
            s -> s.first().hasAuthority("bank"),
            "value of: streams.first().authority() | expected: bank | but was: market | streams was: "
                + LINES),
        of(
            "last",
            s -> s.last().isOpen(),
            s -> s.last().hasAuthority("bank"),
            "value of: streams.last().authority() | expected: bank | but was: market | streams was: "
                + LINES),
        of(
            "stream",
            s -> s.stream(2).isOpen(),
            s -> s.stream(3).isOpen(),
            "expected stream number: 3, counted from 1 | but was: 2 | streams: " + LINES),
        of(
            "stream",
            s -> s.stream(1).isReleased(),
            s -> s.stream(0).isOpen(),
            "expected stream number: 0, counted from 1 | but was: 2 | streams: " + LINES));
  }

  @ParameterizedTest
  @MethodSource("streamsCases")
  void assertionOnStreamsPassesOrFailsWithFactsTest(Case<StreamsSubject> each) {
    List<RecordedStream> streams = recorded().streams();
    each.passes().accept(assertThat(streams));
    run(each, StreamsSubject.streamLists(), streams, "1. " + streams.get(1).describe());
  }

  static Stream<Case<StreamsSubject>> casesWithoutStreams() {
    return Stream.of(
        of("isNotEmpty", s -> {}, s -> s.isNotEmpty(), "expected not to be empty"),
        of("areReleased", s -> {}, s -> s.areReleased(), "expected all to be released"),
        of("each", s -> {}, s -> s.each(one -> {}), "expected each to meet the assertions"),
        of("any", s -> {}, s -> s.any(one -> {}), "expected at least one to meet the assertions"),
        of("first", s -> {}, s -> s.first().isOpen(), "expected to have a first stream"),
        of("last", s -> {}, s -> s.last().isOpen(), "expected to have a last stream"));
  }

  @ParameterizedTest
  @MethodSource("casesWithoutStreams")
  void noStreamsFailWhatNeedsOneTest(Case<StreamsSubject> each) {
    assertThat(List.<RecordedStream>of()).isEmpty();
    hasFacts(
        failure(StreamsSubject.streamLists(), List.of(), each.fails()),
        each.facts() + " | but there is none");
    failsOnNull(StreamsSubject.streamLists(), each.fails());
  }

  @Test
  void everyAssertionOnStreamsHasACaseTest() {
    coversEveryAssertion(
        StreamsSubject.class, Stream.concat(streamsCases(), casesWithoutStreams()));
  }

  static Stream<Case<StreamsSubject>> casesWithDroppedStreams() {
    return Stream.of(
        of("hasSize", s -> {}, s -> s.hasSize(1), "expected size: 1"),
        of("each", s -> {}, s -> s.each(one -> {}), "expected each to meet the assertions"),
        of(
            "hasOnlyOneStream",
            s -> {},
            s -> s.hasOnlyOneStream().isReleased(),
            "expected exactly one stream"),
        of("first", s -> {}, s -> s.first().isReleased(), "expected to have a first stream"),
        of("last", s -> {}, s -> s.last().isReleased(), "expected to have a last stream"),
        of(
            "stream",
            s -> {},
            s -> s.stream(1).isReleased(),
            "expected stream number: 1, counted from 1"));
  }

  @ParameterizedTest
  @MethodSource("casesWithDroppedStreams")
  void listOfWhichStreamsWereDroppedFailsTest(Case<StreamsSubject> each) {
    market.watch("3", 10);
    StreamSelection kept =
        StreamSelection.all(market.recorder.streams(), Map.of("acme.Market/Watch", 7L));
    hasFacts(
        failure(StreamsSubject.streamLists(), kept, each.fails()),
        each.facts()
            + " | and so it seems, but: 7 more streams were recorded and dropped, and nobody can"
            + " tell of those; GrpcStreamRecorder.builder().closedStreamLimit(4) keeps all |"
            + " recorded: acme.Market/Watch: 1 stream, 7 more dropped");
    assertThat(kept).isNotEmpty();
    assertThat(kept).areReleased();
    assertThat(kept).any(one -> one.isReleased());
    hasFacts(
        failure(
            StreamsSubject.streamLists(),
            StreamSelection.all(List.of(), Map.of("acme.Market/Watch", 7L)).ofMethod(Market.WATCH),
            s -> s.isEmpty()),
        "expected to be empty | and so it seems, but: 7 more streams were recorded and dropped, and"
            + " nobody can tell of those; GrpcStreamRecorder.builder().closedStreamLimit(4) keeps"
            + " all | recorded: acme.Market/Watch: 0 streams, 7 more dropped");
  }

  /** The number of all is known, whatever was dropped. */
  @Test
  void droppedStreamsAreCountedTest() {
    GrpcStreamRecorder recorder =
        GrpcStreamRecorder.builder().closedStreamLimit(1).clock(() -> 0).build();
    try (Wire wire = Wire.direct("dropped-of-truth", new MarketServer())) {
      MarketClient client = new MarketClient(wire.channel(recorder::attachTo));
      for (int i = 0; i < 5; i++) {
        client.blockingQuote("1");
      }
      assertThat(recorder).hasStreamCount(5);
      String line = ". acme.Market/Quote (UNARY), released by TERMINAL_STATUS";
      AssertionError failure =
          failure(RecorderSubject.recorders(), recorder, s -> s.hasStreamCount(2));
      assertThat(String.valueOf(failure.getMessage()).replaceAll(", opened at .*", ""))
          .isEqualTo(
              "expected stream count:\n    2\nbut was:\n    5\nstreams:\n    1"
                  + line
                  + "\n    2"
                  + line
                  + "\nrecorded:\n    acme.Market/Quote: 2 streams, 3 more dropped");
      assertThat(failure(RecorderSubject.recorders(), recorder, s -> s.streams().hasSize(5)))
          .hasMessageThat()
          .contains(
              "3 more streams were recorded and dropped, and nobody can tell of those;"
                  + " GrpcStreamRecorder.builder().closedStreamLimit(3) keeps all");
    }
  }

  static Stream<Case<RecorderSubject>> casesWithNothing() {
    return Stream.of(
        of("hasNoOpenStreams", s -> {}, s -> s.hasNoOpenStreams(), "expected no open streams"),
        of("hasNoFindings", s -> {}, s -> s.hasNoFindings(), "expected no findings"),
        of("hasNoLeaks", s -> {}, s -> s.hasNoLeaks(), "expected no leaks"),
        of("hasStreamCount", s -> {}, s -> s.hasStreamCount(0), "expected stream count: 0"),
        of(
            "isEmpty",
            s -> {},
            s -> s.streams().isEmpty(),
            "value of: recorder.streams() | expected to be empty"),
        of(
            "hasSize",
            s -> {},
            s -> s.streamsOf(Market.WATCH).hasSize(0),
            "value of: recorder.streamsOf(acme.Market/Watch) | expected size: 0"));
  }

  @ParameterizedTest
  @MethodSource("casesWithNothing")
  void recorderThatHasNothingFailsTest(Case<RecorderSubject> each) {
    assertThat(market.recorder).recordedNothing();
    boolean ofStreams = each.facts().startsWith("value of");
    hasFacts(
        failure(RecorderSubject.recorders(), market.recorder, each.fails()),
        each.facts()
            + NOTHING
            + (ofStreams ? " | recorded: nothing at all | recorder was: 0 streams, 0 open" : ""));
  }

  @Test
  void nameThatNoMethodHasIsRefusedTest() {
    assertThat(
            assertThrows(
                IllegalArgumentException.class,
                () -> assertThat(market.recorder).streamsOf("Watch").isEmpty()))
        .hasMessageThat()
        .startsWith("\"Watch\" is no full method name; pass the MethodDescriptor, or write");
  }

  @Test
  void wholeTextOfStreamsTest() {
    assertThat(failure(StreamsSubject.streamLists(), recorded().streams(), s -> s.hasSize(3)))
        .hasMessageThat()
        .isEqualTo(
            """
            expected size:
                3
            but was:
                2
            streams:
                1. acme.Market/Watch (SERVER_STREAMING), released by TERMINAL_STATUS
                2. acme.Market/Subscribe (BIDI_STREAMING), open, NOT_HALF_CLOSED""");
  }

  // ---- attempt ----

  private static final String ATTEMPT = "attempt 1, picked market-server, closed OK, of " + LINE_1;

  private static Case<AttemptSubject> attempt(
      String method,
      Consumer<AttemptSubject> passes,
      Consumer<AttemptSubject> fails,
      String facts) {
    return of(method, passes, fails, "value of: attempt." + facts + " | attempt was: " + ATTEMPT);
  }

  static Stream<Case<AttemptSubject>> attemptCases() {
    return Stream.of(
        attempt(
            "wasMadeAs",
            s -> s.wasMadeAs(Retry.FIRST),
            s -> s.wasMadeAs(Retry.HEDGE),
            "retry() | expected: HEDGE | but was: FIRST"),
        attempt(
            "wasPickedTo",
            s -> s.wasPickedTo("market-server"),
            s -> s.wasPickedTo("other"),
            "pick() | expected: picked other | but was: picked market-server"),
        attempt(
            "hasPick",
            s -> s.hasPick(Pick.Kind.SUBCHANNEL),
            s -> s.hasPick(Pick.Kind.DROP),
            "pick().kind() | expected: DROP | but was: SUBCHANNEL"),
        attempt(
            "hasRemoteAddress",
            s -> s.hasRemoteAddress("market-server"),
            s -> s.hasRemoteAddress("other"),
            "remoteAddress() | expected: other | but was: market-server"),
        attempt(
            "hasStatus",
            s -> s.hasStatus(Status.Code.OK),
            s -> s.hasStatus(Status.Code.UNAVAILABLE),
            "status() | expected: UNAVAILABLE | but was: OK"),
        attempt(
            "hasPickerDone",
            s -> s.hasPickerDone(Status.Code.OK),
            s -> s.hasPickerDone(Status.Code.UNAVAILABLE),
            "pickerDone() | expected: UNAVAILABLE | but was: OK"),
        attempt(
            "isOpen",
            s -> s.isClosed(),
            s -> s.isOpen(),
            "state() | expected: open | but was: closed"),
        of(
            "event",
            s -> s.event(picked()).matches(picked("market-server")),
            s -> s.event(attemptClosed(Status.Code.ABORTED)).matches(attemptClosed()),
            "expected to have: attempt closed ABORTED (attempt 1) | but: it never happened | events: ~  expected"));
  }

  @ParameterizedTest
  @MethodSource("attemptCases")
  void assertionOnAttemptPassesOrFailsWithFactsTest(Case<AttemptSubject> each) {
    market.watch("3", 10);
    RecordedAttempt attempt = market.stream().attempts().get(0);
    each.passes().accept(assertThat(attempt));
    run(each, AttemptSubject.attempts(), attempt, "");
  }

  @Test
  void openAttemptIsNotClosedTest() {
    market.watch("3+", 1);
    RecordedAttempt attempt = market.stream().attempts().get(0);
    assertThat(attempt).isOpen();
    String line =
        "attempt 1, picked market-server, open, of"
            + " acme.Market/Watch (SERVER_STREAMING), open, NOT_DRAINED";
    hasFacts(
        failure(AttemptSubject.attempts(), attempt, s -> s.isClosed()),
        "value of: attempt.state() | expected: closed | but was: open | attempt was: " + line);
    hasFacts(
        failure(AttemptSubject.attempts(), attempt, s -> s.hasStatus(Status.Code.OK)),
        "value of: attempt.status() | expected: OK | but was: none | attempt was: " + line);
    coversEveryAssertion(
        AttemptSubject.class,
        Stream.concat(attemptCases(), Stream.of(of("isClosed", s -> {}, s -> {}, ""))));
  }

  @Test
  void attemptHasALifecycleOfItsOwnTest() throws InterruptedException {
    market.call(Market.QUOTE, 1);
    RecordedAttempt second = market.stream().attempts().get(1);
    assertThat(second).wasMadeAs(Retry.RETRY);
    assertThat(second).hasLifecycle(attemptStarted(Retry.RETRY), picked(), pickerDone());
    assertThat(second).event(pickerDone()).isOfAttempt(2);
    AssertionError failure =
        failure(
            AttemptSubject.attempts(),
            second,
            s -> s.hasLifecycle(picked(), attemptStarted(Retry.RETRY)));
    assertThat(failure)
        .hasMessageThat()
        .startsWith("expected these events in this order, others allowed between, of attempt 2,\n");
    assertThrows(
        IllegalArgumentException.class, () -> assertThat(second).event(started()).isOfAttempt(2));
  }

  @Test
  void wholeTextOfAnAttemptTest() {
    market.watch("3", 10);
    AssertionError failure =
        failure(
            StreamSubject.streams(),
            market.stream(),
            s -> s.attempt(1).hasStatus(Status.Code.CANCELLED));
    assertThat(failure)
        .hasMessageThat()
        .isEqualTo(
            """
            value of  : stream.attempt(1).status()
            expected  : CANCELLED
            but was   : OK
            stream was: acme.Market/Watch (SERVER_STREAMING), released by TERMINAL_STATUS""");
    compares(failure, "CANCELLED", "OK");
  }

  // ---- event ----

  private static final StreamEvent EVENT = MadeEvents.received(2, 7, 3_000_000);

  static Stream<Case<EventSubject>> eventCases() {
    return Stream.of(
        of(
            "matches",
            s -> s.matches(inboundMessage().numbered(2)),
            s -> s.matches(halfClosed()),
            "expected: half-closed | but was: inbound message #2"),
        of(
            "isOnLane",
            s -> s.isOnLane(Lane.APPLICATION),
            s -> s.isOnLane(Lane.PICKER),
            "value of: event.lane() | expected: PICKER | but was: APPLICATION | event was: inbound message #2"),
        of(
            "isOfAttempt",
            s -> s.isOfAttempt(0),
            s -> s.isOfAttempt(1),
            "value of: event.attempt() | expected: 1 | but was: 0 | event was: inbound message #2"),
        of(
            "happenedOnThread",
            s -> s.happenedOnThread("main"),
            s -> s.happenedOnThread("other"),
            "value of: event.thread() | expected: other | but was: main | event was: inbound message #2"),
        of(
            "happenedWithin",
            s -> s.happenedWithin(Duration.ofMillis(3)),
            s -> s.happenedWithin(Duration.ofMillis(2)),
            "expected within: 2.0 ms of the start | but was after: 3.0 ms | event: inbound message #2"));
  }

  @ParameterizedTest
  @MethodSource("eventCases")
  void assertionOnEventPassesOrFailsWithFactsTest(Case<EventSubject> each) {
    each.passes().accept(assertThat(EVENT));
    run(each, EventSubject.events(), EVENT, "");
    coversEveryAssertion(EventSubject.class, eventCases());
  }

  @Test
  void wholeTextOfAnEventTest() {
    market.watch("3", 10);
    assertThat(
            failure(
                StreamSubject.streams(),
                market.stream(),
                s -> s.event(terminalStatus()).matches(cancelled())))
        .hasMessageThat()
        .isEqualTo(
            """
            value of  : stream.event(terminal status)
            expected  : cancelled
            but was   : terminal status OK
            stream was: acme.Market/Watch (SERVER_STREAMING), released by TERMINAL_STATUS""");
  }
}
