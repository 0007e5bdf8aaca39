package io.github.streamleak.api;

import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptStarted;
import static io.github.streamleak.lifecycle.ExpectedEvents.cancelled;
import static io.github.streamleak.lifecycle.ExpectedEvents.deadlinePassed;
import static io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.headers;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessageOnTransport;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.lastInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickBuffered;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickFailed;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.requested;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.truth.ExpectFailure;
import io.github.streamleak.assertj.StreamAssertions;
import io.github.streamleak.assertj.StreamSoftAssertions;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.ServiceConfig;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.truth.StreamSubject;
import io.github.streamleak.truth.StreamTruth;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * More programs of someone who has read README and docs/assertions.md alone: retries, hedging, a
 * server that is not there, several recorders, dropped streams, soft assertions. Each has what has
 * to pass and, with the words that tell the reader what is wrong, what has to fail. Run it with
 * {@code -Dstrangers.print=true} to read the failures.
 */
// A watch sees the calls of the whole JVM, so those of a class that runs beside this one too.
@Isolated
final class StrangersTableTest {

  /** Only so that a broken test ends. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** How long a claim that never comes true is looked at. */
  private static final Duration SHORT = Duration.ofMillis(20);

  private final List<AutoCloseable> toClose = new ArrayList<>();
  private final GrpcStreamRecorder recorder = closing(GrpcStreamRecorder.create());

  @AfterEach
  void close() throws Exception {
    boolean unused = recorder.releaseLeaked();
    for (int i = toClose.size() - 1; i >= 0; i--) {
      toClose.get(i).close();
    }
  }

  private <T extends AutoCloseable> T closing(T closeable) {
    toClose.add(closeable);
    return closeable;
  }

  private Wire wire(Transport transport) {
    return closing(
        transport == Transport.NETTY
            ? Wire.to(transport, new MarketServer())
            : Wire.direct("table-" + toClose.size(), new MarketServer()));
  }

  private MarketClient client(Transport transport) {
    return new MarketClient(wire(transport).channel(recorder::attachTo));
  }

  private MarketClient client(Map<String, ?> policy) {
    Channel channel =
        wire(Transport.NETTY)
            .channel(
                builder ->
                    recorder.attachTo(
                        builder
                            .enableRetry()
                            .maxHedgedAttempts(5)
                            .defaultServiceConfig(ServiceConfig.of(policy))));
    return new MarketClient(channel);
  }

  private static void fails(String words, Runnable assertion) {
    String text = null;
    try {
      assertion.run();
    } catch (AssertionError failure) {
      text = String.valueOf(failure.getMessage());
    }
    if (Boolean.getBoolean("strangers.print")) {
      System.out.println("======== " + words + "\n" + text);
    }
    assertThat(text)
        .as("the failure; none means that it passes by accident")
        .containsPattern(words);
  }

  private RecordedStream released() {
    StreamAssertions.assertThat(recorder).eventually(LIMIT).hasOnlyOneStream().isReleased();
    return recorder.streams().get(0);
  }

  // ---- retries and hedges ----

  @Test
  void retriesThatAllFailTest() {
    client(ServiceConfig.retry(3, "0.001s", MarketGrpc.WATCH))
        .raw(MarketGrpc.WATCH, 9)
        .send("!UNAVAILABLE")
        .halfClose()
        .awaitClosed();
    RecordedStream stream = released();

    StreamAssertions.assertThat(stream)
        .hasTerminalStatus(Code.UNAVAILABLE)
        .hasAttemptStatuses(Code.UNAVAILABLE, Code.UNAVAILABLE, Code.UNAVAILABLE)
        .hasRetryCount(2)
        .hasHedgeCount(0)
        .hasTimes(2, attemptStarted(Retry.RETRY))
        .hasLifecycle(
            attemptClosed().onAttempt(1), attemptStarted(Retry.RETRY), attemptClosed().onAttempt(2))
        .everyAttemptIsClosed()
        .attempt(3)
        .wasMadeAs(Retry.RETRY)
        .hasNone(inboundMessageOnTransport());
    StreamSubject truth = StreamTruth.assertThat(stream);
    truth.hasAttemptCount(3);
    truth.hasTimes(2, attemptStarted(Retry.RETRY));
    truth.attempt(1).wasMadeAs(Retry.FIRST);
    truth.attempt(3).hasLifecycle(attemptStarted(), picked(), attemptClosed(Code.UNAVAILABLE));
    fails(
        "no attempt started \\(retry\\),\nbut it was recorded 2 times",
        () -> StreamAssertions.assertThat(stream).hasNone(attemptStarted(Retry.RETRY)));
    fails(
        "retries.*(?s).*expected *: 1\nbut was *: 2",
        () -> StreamTruth.assertThat(stream).hasRetryCount(1));
    fails(
        "attempt closed OK \\(attempt 2\\) is missing",
        () ->
            StreamAssertions.assertThat(stream)
                .hasLifecycle(attemptStarted(), attemptClosed(Code.OK).onAttempt(2)));
    fails("expected attempt number", () -> StreamTruth.assertThat(stream).attempt(4).isClosed());
  }

  @Test
  void hedgeThatAnswersTest() {
    client(ServiceConfig.hedge(2, "0.005s", MarketGrpc.WATCH))
        .raw(MarketGrpc.WATCH, 9)
        .send("1~")
        .halfClose()
        .awaitClosed();
    RecordedStream stream = released();

    StreamAssertions.assertThat(stream)
        .eventually(LIMIT)
        .hasHedgeCount(1)
        .hasRetryCount(0)
        .everyAttemptIsClosed()
        .hasTerminalStatus(Code.OK);
    StreamAssertions.assertThat(stream.latest())
        .attempt(2)
        .wasMadeAs(Retry.HEDGE)
        .hasStatus(Code.OK);
    StreamTruth.assertThat(stream).eventually(LIMIT).attempt(1).hasStatus(Code.CANCELLED);
    StreamTruth.assertThat(stream.latest()).wasNotCancelled();
    RecordedStream now = stream.latest();
    fails(
        "to have reason <FIRST> but was <HEDGE>",
        () -> StreamAssertions.assertThat(now).attempt(2).wasMadeAs(Retry.FIRST));
    fails(
        "status\\(\\)(?s).*but was *: CANCELLED",
        () -> StreamTruth.assertThat(now).attempt(1).hasStatus(Code.OK));
    fails("cancel(?s).*recorded 0 times", () -> StreamAssertions.assertThat(now).wasCancelled());
  }

  // ---- a server that is not there, or refuses ----

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void callThatWaitsForReadyTest(Transport transport) {
    // Over Netty the pick may be buffered first, while gRPC connects; it fails when that is
    // refused.
    EventMatcher waiting = pickFailed();
    Wire wire = wire(transport);
    wire.server().shutdownNow();
    Raw call =
        new MarketClient(wire.channel(recorder::attachTo))
            .raw(MarketGrpc.QUOTE, CallOptions.DEFAULT.withWaitForReady(), 2)
            .send("1")
            .halfClose();

    StreamAssertions.assertThat(recorder)
        .eventually(LIMIT)
        .hasOnlyOneStream()
        .isLeaked(LeakCause.NOT_PICKED)
        .hasAtLeast(1, waiting)
        .hasNone(picked());
    StreamTruth.assertThat(recorder).eventually(LIMIT).hasOnlyOneStream().hasNone(attemptClosed());
    RecordedStream stream = recorder.streams().get(0);
    fails(
        "no pick (buffered|failed),\nbut it was recorded (once|\\d+ times):",
        () -> StreamAssertions.assertThat(stream).hasNone(waiting));
    fails(
        "picked is missing",
        () -> StreamTruth.assertThat(stream).hasLifecycle(started(), picked()));
    fails(
        "waited|waiting, looked at (once|\\d+ times)",
        () -> StreamAssertions.assertThat(stream).eventually(SHORT).isReleased());
    fails(
        "still so after waiting 0.02 s, looked at (once|\\d+ times)",
        () -> StreamTruth.assertThat(stream).eventually(SHORT).isReleased());
    call.call.cancel("nobody there", null);
    StreamTruth.assertThat(stream).eventually(LIMIT).wasCancelledBy(Canceller.CALL);
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void unaryCallThatIsRefusedTest(Transport transport) {
    MarketClient client = client(transport);
    StreamAssertions.assertThatThrownBy(() -> client.blockingQuote("!NOT_FOUND"))
        .hasMessageContaining("NOT_FOUND");
    RecordedStream stream = released();

    StreamAssertions.assertThat(stream)
        .hasNone(cancelled())
        .hasNone(inboundMessage())
        .wasReleasedBy(StreamRelease.TERMINAL_STATUS)
        .applicationLane()
        .ignoring(requested())
        .hasLifecycleStartingWith(started(), outboundMessage(), halfClosed());
    StreamTruth.assertThat(stream).hasTimes(0, cancelled());
    StreamTruth.assertThat(stream)
        .applicationLane()
        .ignoring(requested(), headers())
        .hasExactLifecycle(
            started(), outboundMessage(), halfClosed(), terminalStatus(Code.NOT_FOUND));
    fails(
        "0 times before the terminal status, and once after it, which does not count",
        () -> StreamAssertions.assertThat(stream).hasTimes(1, cancelled()));
    fails(
        "cancelled is missing(?s).*does not count: after the terminal status",
        () -> StreamTruth.assertThat(stream).hasLifecycle(terminalStatus(), cancelled()));
    fails(
        "terminal status OK is missing",
        () ->
            StreamAssertions.assertThat(stream)
                .hasLifecycle(halfClosed(), terminalStatus(Code.OK)));
  }

  // ---- cancels and deadlines ----

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void contextThatIsCancelledTest(Transport transport) {
    MarketClient client = client(transport);
    Context.CancellableContext context = Context.current().withCancellation();
    Received prices = new Received();
    context.run(
        () -> {
          StreamObserver<String> unused = client.subscribeAsync(prices);
          unused.onNext("echo");
        });
    MarketClient.await(prices.first);
    boolean unused = context.cancel(new IllegalStateException("closing time"));

    StreamAssertions.assertThat(recorder)
        .eventually(LIMIT)
        .hasOnlyOneStream()
        .wasCancelledBy(Canceller.CONTEXT)
        .hasLifecycle(firstInboundMessage(), cancelled().by(Canceller.CONTEXT), terminalStatus())
        .hasNone(halfClosed());
    StreamTruth.assertThat(recorder)
        .eventually(LIMIT)
        .hasOnlyOneStream()
        .hasTerminalStatus(Code.CANCELLED);
    RecordedStream stream = recorder.streams().get(0);
    fails(
        "a cancel by the call before any terminal status,\nbut it was recorded 0 times",
        () -> StreamTruth.assertThat(stream).wasCancelledBy(Canceller.CALL));
    fails(
        "half-closed is missing",
        () -> StreamAssertions.assertThat(stream).halfClosedBefore(cancelled()));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void deadlineOfAUnaryCallTest(Transport transport) {
    Raw call =
        client(transport)
            .raw(
                MarketGrpc.QUOTE,
                CallOptions.DEFAULT.withDeadlineAfter(40, TimeUnit.MILLISECONDS),
                2)
            .send("silent")
            .halfClose();
    call.awaitClosed();

    StreamAssertions.assertThat(recorder)
        .eventually(LIMIT)
        .hasOnlyOneStream()
        .hasDeadline()
        .passedItsDeadline()
        .hasTerminalStatus(Code.DEADLINE_EXCEEDED)
        .hasTimes(1, deadlinePassed());
    StreamTruth.assertThat(recorder).eventually(LIMIT).hasOnlyOneStream().passedItsDeadline();
    RecordedStream stream = recorder.streams().get(0);
    fails(
        "no deadline passed,\nbut it was recorded once",
        () -> StreamTruth.assertThat(stream).hasNone(deadlinePassed()));
    fails(
        "to have terminal status <OK> but was <DEADLINE_EXCEEDED>",
        () -> StreamAssertions.assertThat(stream).hasTerminalStatus(Code.OK));
  }

  // ---- both ways ----

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void ordersAndTheirAnswersTest(Transport transport) {
    Received answers = new Received();
    StreamObserver<String> orders = client(transport).subscribeAsync(answers);
    orders.onNext("echo");
    MarketClient.await(answers.first);
    orders.onNext("buy");
    orders.onCompleted();
    MarketClient.await(answers.closed);
    RecordedStream stream = released();

    StreamAssertions.assertThat(stream)
        .hasTimes(2, outboundMessage())
        .hasTimes(2, inboundMessage())
        .hasBefore(firstInboundMessage(), halfClosed())
        .hasBefore(outboundMessage().numbered(0), firstInboundMessage())
        .hasEveryBeforeAny(outboundMessage(), halfClosed())
        .hasEveryBetween(inboundMessage(), outboundMessage(), terminalStatus())
        .event(lastInboundMessage())
        .matches(inboundMessage().numbered(1));
    StreamSubject truth = StreamTruth.assertThat(stream);
    truth.halfClosedAfter(firstInboundMessage());
    truth.hasLifecycleInAnyOrder(inboundMessages(2), halfClosed(), terminalStatus(Code.OK));
    truth.event(firstInboundMessage()).happenedWithin(LIMIT);
    fails(
        "half-closed .*is out of order: recorded after",
        () -> StreamAssertions.assertThat(stream).halfClosedBefore(firstInboundMessage()));
    fails(
        "inbound message \\(3 of 3\\) is missing",
        () -> StreamTruth.assertThat(stream).hasLifecycle(inboundMessages(3)));
    fails(
        "outbound message #1 .* surplus",
        () ->
            StreamAssertions.assertThat(stream)
                .hasNoneAfter(outboundMessage(), firstInboundMessage()));
    fails(
        "expected *: inbound message #0(?s).*but was *: inbound message #1",
        () ->
            StreamTruth.assertThat(stream)
                .event(lastInboundMessage())
                .matches(inboundMessage().numbered(0)));
  }

  @Test
  void addressesTest() {
    Wire wire = wire(Transport.NETTY);
    int port = wire.address().getPort();
    String price = new MarketClient(wire.channel(recorder::attachTo)).blockingQuote("1");
    assertThat(price).isNotEmpty();
    RecordedStream stream = released();

    StreamAssertions.assertThat(stream)
        .hasAtLeast(1, picked("127.0.0.1:" + port))
        .hasAtLeast(1, picked("localhost:" + port))
        .onlyAttempt()
        .wasPickedTo("127.0.0.1:" + port)
        .hasRemoteAddress("localhost:" + port)
        .hasPickerDone(Code.OK);
    StreamTruth.assertThat(stream).onlyAttempt().wasPickedTo("localhost:" + port);
    fails(
        "to have picked address <127.0.0.1:1> but was <127.0.0.1:" + port + ">",
        () -> StreamAssertions.assertThat(stream).onlyAttempt().wasPickedTo("127.0.0.1:1"));
    fails(
        "picked 127.0.0.1:1 is missing",
        () -> StreamTruth.assertThat(stream).hasLifecycle(started(), picked("127.0.0.1:1")));
    StreamAssertions.assertThatThrownBy(
            () -> StreamAssertions.assertThat(stream).hasNone(picked("localhost")))
        .hasMessage(
            "\"localhost\" is no address; write host:port, or the name of an in-process server");
  }

  // ---- recorders ----

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void twoRecordersTest(Transport transport) {
    GrpcStreamRecorder other = closing(GrpcStreamRecorder.create());
    Wire wire = wire(transport);
    MarketClient mine = new MarketClient(wire.channel(recorder::attachTo));
    MarketClient others = new MarketClient(wire.channel(other::attachTo));
    mine.raw(MarketGrpc.WATCH, 9).send("1").halfClose().awaitClosed();
    StreamAssertions.assertThat(other).recordedNothing();
    StreamTruth.assertThat(other).recordedNothing();
    fails(
        "not attached to the channel that was used",
        () -> StreamAssertions.assertThat(other).hasNoOpenStreams());
    fails(
        "not attached to the channel that was used",
        () -> StreamTruth.assertThat(other).streams().isEmpty());
    others.raw(MarketGrpc.QUOTE, 9).send("1").halfClose().awaitClosed();

    StreamAssertions.assertThat(recorder).eventually(LIMIT).hasNoOpenStreams().hasStreamCount(1);
    StreamAssertions.assertThat(other).streamsOf(MarketGrpc.WATCH).isEmpty();
    StreamTruth.assertThat(other).eventually(LIMIT).streamsOf(MarketGrpc.QUOTE).areReleased();
    fails(
        "there is none\n\nrecorded:\n   acme.Market/Quote: 1 stream",
        () -> StreamAssertions.assertThat(other).streamsOf(MarketGrpc.WATCH).first().isOpen());
    fails(
        "expected stream count: 2\nbut was *: 1\nstreams",
        () -> StreamTruth.assertThat(recorder).hasStreamCount(2));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void streamsThatWereDroppedTest(Transport transport) {
    GrpcStreamRecorder small = closing(GrpcStreamRecorder.builder().closedStreamLimit(1).build());
    MarketClient client = new MarketClient(wire(transport).channel(small::attachTo));
    for (int i = 0; i < 4; i++) {
      client.raw(MarketGrpc.WATCH, 9).send("1").halfClose().awaitClosed();
    }
    StreamAssertions.assertThat(small).eventually(LIMIT).hasNoOpenStreams();

    StreamAssertions.assertThat(small).hasStreamCount(4).hasNoLeaks().streams().areReleased();
    StreamTruth.assertThat(small).hasStreamCount(4);
    StreamTruth.assertThat(small).streamsOf(MarketGrpc.QUOTE).isEmpty();
    String words = "2 more streams were recorded and dropped.*closedStreamLimit\\(2\\) keeps all";
    fails(
        words,
        () ->
            StreamAssertions.assertThat(small)
                .streams()
                .allSatisfy(s -> StreamAssertions.assertThat(s).isReleased()));
    fails(words, () -> StreamTruth.assertThat(small).streams().each(s -> s.isReleased()));
    fails(words, () -> StreamAssertions.assertThat(small).streams().hasSize(2));
    fails(words, () -> StreamTruth.assertThat(small).streams().first().isReleased());
    fails("but it has recorded <4>", () -> StreamAssertions.assertThat(small).hasStreamCount(2));
  }

  @Test
  void channelThatWasBuiltBeforeTest() {
    Channel before = wire(Transport.NETTY).channel(ManagedChannelBuilder::directExecutor);
    ChannelWatch unused = closing(ChannelWatch.start(() -> recorder));
    new MarketClient(before).raw(MarketGrpc.WATCH, 9).send("2").halfClose().awaitClosed();
    RecordedStream stream = released();

    StreamAssertions.assertThat(stream)
        .hasLifecycle(picked(), attemptClosed(Code.OK), pickerDone())
        .attempt(1)
        .hasStatus(Code.OK)
        .hasNone(attemptClosed(Code.UNAVAILABLE));
    StreamTruth.assertThat(stream).hasAtLeast(1, picked());
    String words = "only the transport's part of this stream was seen";
    fails(words, () -> StreamAssertions.assertThat(stream).hasNone(attemptStarted(Retry.RETRY)));
    fails(words, () -> StreamTruth.assertThat(stream).hasNone(pickBuffered()));
    fails(words, () -> StreamAssertions.assertThat(stream).wasNotCancelled());
    fails(words, () -> StreamTruth.assertThat(stream).hasLifecycle(halfClosed()));
    fails(words, () -> StreamAssertions.assertThat(stream).hasRetryCount(0));
    fails(words, () -> StreamTruth.assertThat(stream).event(pickBuffered()).isOfAttempt(1));
    fails(words, () -> StreamAssertions.assertThat(stream).event(headers()).isOfAttempt(0));
  }

  // ---- how it is asserted ----

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void softAssertionsTest(Transport transport) {
    client(transport).raw(MarketGrpc.WATCH, 9).send("2").halfClose().awaitClosed();
    RecordedStream stream = released();

    StreamSoftAssertions.assertSoftly(
        softly -> {
          softly.assertThat(recorder).hasNoOpenStreams();
          softly.assertThat(stream).hasTimes(2, inboundMessage()).attempt(1).isClosed();
        });
    fails(
        "(?s)Multiple Failures \\(3 failures\\).*\nExpected stream .*to be open.*\nExpected stream"
            + " .*inbound message 3 times.*\nExpected stream .*to have attempt 2",
        () ->
            StreamSoftAssertions.assertSoftly(
                softly -> {
                  softly.assertThat(stream).isOpen().hasTimes(3, inboundMessage());
                  softly.assertThat(stream).attempt(2).isClosed().hasStatus(Code.OK);
                }));
    AssertionError truth =
        ExpectFailure.expectFailure(
            expect ->
                expect
                    .withMessage("the watch")
                    .about(StreamSubject.streams())
                    .that(stream)
                    .isOpen());
    fails(
        "the watch\nexpected to be open\nbut was:\n *released by TERMINAL_STATUS",
        () -> {
          throw truth;
        });
    fails(
        "^\\[the watch\\] Expected stream",
        () -> StreamAssertions.assertThat(stream).as("the watch").isOpen());
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void callOfAnotherThreadTest(Transport transport) throws InterruptedException {
    MarketClient client = client(transport);
    Thread caller =
        new Thread(() -> client.raw(MarketGrpc.WATCH, 9).send("3").halfClose().awaitClosed());
    caller.start();

    StreamAssertions.assertThat(recorder)
        .eventually(LIMIT)
        .streamsOf(MarketGrpc.WATCH)
        .hasSize(1)
        .areReleased()
        .first()
        .hasTimes(3, inboundMessage());
    StreamTruth.assertThat(recorder)
        .eventually(LIMIT)
        .streamsOf(MarketGrpc.WATCH)
        .first()
        .hasLifecycle(started(), inboundMessages(3), terminalStatus(Code.OK));
    caller.join();
    fails(
        "have size <2> but was <1>(?s).*looked at (once|\\d+ times)\\.$",
        () ->
            StreamAssertions.assertThat(recorder)
                .eventually(SHORT)
                .streamsOf(MarketGrpc.WATCH)
                .hasSize(2));
    fails(
        "looked at (once|\\d+ times)\n(?s).*expected size",
        () -> StreamTruth.assertThat(recorder).eventually(SHORT).streams().hasSize(2));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void youngSnapshotTest(Transport transport) {
    Raw watch = client(transport).raw(MarketGrpc.WATCH, 1).send("3").halfClose();
    MarketClient.await(watch.first);
    RecordedStream young = recorder.streams().get(0);
    StreamAssertions.assertThat(young).eventually(LIMIT).isLeaked(LeakCause.NOT_DRAINED);
    StreamTruth.assertThat(young).eventually(LIMIT).isLeaked();

    fails(
        "undecided.*latest\\(\\) takes a newer one",
        () -> StreamAssertions.assertThat(young).isLeaked());
    fails(
        "undecided.*latest\\(\\) takes a newer one",
        () -> StreamTruth.assertThat(young).isNotLeaked());
    StreamAssertions.assertThat(young.latest()).isLeaked();
    StreamTruth.assertThat(young.latest()).isOpenBecause(LeakCause.NOT_DRAINED);
  }
}
