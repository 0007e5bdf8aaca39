package io.github.streamleak.api;

import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.cancelled;
import static io.github.streamleak.lifecycle.ExpectedEvents.deadlinePassed;
import static io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.headers;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.requested;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.MarketClient;
import acme.market.MarketClient.Manual;
import acme.market.MarketClient.Raw;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.assertj.RecorderAssert;
import io.github.streamleak.assertj.StreamAssert;
import io.github.streamleak.assertj.StreamAssertions;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.ServiceConfig;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.truth.RecorderSubject;
import io.github.streamleak.truth.StreamSubject;
import io.github.streamleak.truth.StreamTruth;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Programs as someone writes them who has read docs/assertions.md and no source: each with what has
 * to pass and what has to fail, in both libraries, in-process and on Netty. Of a failure the words
 * are held that tell the reader what to do.
 */
final class StrangersProgramsTest {

  /** Only so that a broken test ends. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** How long a claim that never comes true is looked at. */
  private static final Duration SHORT = Duration.ofMillis(20);

  private static final Metadata.Key<String> SHARD =
      Metadata.Key.of("shard", Metadata.ASCII_STRING_MARSHALLER);

  private final List<AutoCloseable> toClose = new ArrayList<>();
  private GrpcStreamRecorder recorder = GrpcStreamRecorder.create();

  @AfterEach
  void close() throws Exception {
    boolean unused = recorder.releaseLeaked();
    for (int i = toClose.size() - 1; i >= 0; i--) {
      toClose.get(i).close();
    }
    recorder.close();
  }

  private Wire wire(Transport transport) {
    MarketServer server = new MarketServer();
    server.trailers.put(SHARD, "eu");
    Wire wire =
        transport == Transport.NETTY
            ? Wire.to(transport, server)
            : Wire.direct("strangers-" + System.identityHashCode(this), server);
    toClose.add(wire);
    return wire;
  }

  private MarketClient client(Transport transport) {
    return new MarketClient(wire(transport).channel(builder -> recorder.attachTo(builder)));
  }

  /** Passes in both libraries. */
  private void passes(Consumer<StreamAssert> assertj, Consumer<StreamSubject> truth) {
    assertj.accept(StreamAssertions.assertThat(recorder).eventually(LIMIT).hasOnlyOneStream());
    truth.accept(StreamTruth.assertThat(recorder).eventually(LIMIT).hasOnlyOneStream());
  }

  /** Fails in both libraries, with words that match. */
  private void fails(String words, Consumer<StreamAssert> assertj, Consumer<StreamSubject> truth) {
    RecordedStream stream = recorder.streams().get(0);
    fails(words, () -> assertj.accept(StreamAssertions.assertThat(stream)));
    fails(words, () -> truth.accept(StreamTruth.assertThat(stream)));
  }

  private void recorderFails(
      String words, Consumer<RecorderAssert> assertj, Consumer<RecorderSubject> truth) {
    fails(words, () -> assertj.accept(StreamAssertions.assertThat(recorder)));
    fails(words, () -> truth.accept(StreamTruth.assertThat(recorder)));
  }

  /** Can hold of no stream, or of every one: an error of the test, and no failure. */
  private void misuse(
      String message, Consumer<StreamAssert> assertj, Consumer<StreamSubject> truth) {
    RecordedStream stream = recorder.streams().get(0);
    assertThatThrownBy(() -> assertj.accept(StreamAssertions.assertThat(stream)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> truth.accept(StreamTruth.assertThat(stream)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  private static void fails(String words, Runnable assertion) {
    String text = null;
    try {
      assertion.run();
    } catch (AssertionError failure) {
      text = String.valueOf(failure.getMessage());
    }
    assertThat(text)
        .as("the failure; none means that it passes by accident")
        .containsPattern(words);
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void unaryCallTest(Transport transport) {
    String price = client(transport).blockingQuote("1");
    assertThat(price).isNotEmpty();

    passes(
        s -> s.isReleased().hasTerminalStatus(Code.OK).wasNotCancelled().hasTrailer(SHARD, "eu"),
        s -> {
          s.isReleased();
          s.hasTerminalStatus(Code.OK);
          s.wasNotCancelled();
          s.hasTrailer(SHARD, "eu");
        });
    fails("cancelled", s -> s.wasCancelled(), s -> s.wasCancelled());
    fails("released by <?TERMINAL_STATUS", s -> s.isOpen(), s -> s.isOpen());
    fails(
        "NOT_FOUND",
        s -> s.hasTerminalStatus(Code.NOT_FOUND),
        s -> s.hasTerminalStatus(Code.NOT_FOUND));
    fails(
        "inbound message",
        s -> s.hasTimes(2, inboundMessage()),
        s -> s.hasTimes(2, inboundMessage()));
    fails("us", s -> s.hasTrailer(SHARD, "us"), s -> s.hasTrailer(SHARD, "us"));
    fails("deadline", s -> s.hasDeadline(), s -> s.hasDeadline());
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void refusedCallTest(Transport transport) {
    MarketClient client = client(transport);
    assertThatThrownBy(() -> client.blockingQuote("0!")).isInstanceOf(StatusRuntimeException.class);

    passes(
        s -> s.hasTerminalStatus(Code.ABORTED, "told so").wasNotCancelled().isNotLeaked(),
        s -> {
          s.hasTerminalStatus(Code.ABORTED, "told so");
          s.wasNotCancelled();
          s.isNotLeaked();
        });
    fails("cancelled", s -> s.wasCancelled(), s -> s.wasCancelled());
    fails(
        "ABORTED: told so",
        s -> s.hasTerminalStatus(Code.ABORTED, "sold out"),
        s -> s.hasTerminalStatus(Code.ABORTED, "sold out"));
    fails(
        "terminal status OK",
        s -> s.hasLifecycle(started(), terminalStatus(Code.OK)),
        s -> s.hasLifecycle(started(), terminalStatus(Code.OK)));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void iteratorLeftAfterTheFirstPriceTest(Transport transport) {
    Iterator<String> prices = client(transport).iterate("3+");
    assertThat(prices.next()).isNotEmpty();

    fails("undecided|leaked", s -> s.isNotLeaked(), s -> s.isNotLeaked());
    passes(
        s -> s.isLeaked(LeakCause.NOT_DRAINED).isOpenBecause(LeakCause.NOT_DRAINED),
        s -> {
          s.isLeaked(LeakCause.NOT_DRAINED);
          s.isOpenBecause(LeakCause.NOT_DRAINED);
        });
    fails("open", s -> s.isReleased(), s -> s.isReleased());
    recorderFails("open", r -> r.hasNoOpenStreams(), r -> r.hasNoOpenStreams());
    recorderFails("leaked", r -> r.hasNoLeaks(), r -> r.hasNoLeaks());
    recorderFails(
        "(?s)still so after|waited 0.02 s|.*open",
        r -> r.eventually(SHORT).streams().areReleased(),
        r -> r.eventually(SHORT).streams().areReleased());
    recorderFails(
        "open",
        r ->
            r.streamsOf(MarketGrpc.WATCH)
                .allSatisfy(s -> StreamAssertions.assertThat(s).isReleased()),
        r -> r.streamsOf(MarketGrpc.WATCH).each(s -> s.isReleased()));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void orderThatNobodyHalfClosesTest(Transport transport) {
    Received answers = new Received();
    StreamObserver<String> orders = client(transport).subscribeAsync(answers);
    orders.onNext("echo");
    MarketClient.await(answers.first);

    passes(
        s ->
            s.isLeaked(LeakCause.NOT_HALF_CLOSED).hasLifecycle(outboundMessage(), inboundMessage()),
        s -> {
          s.isLeaked(LeakCause.NOT_HALF_CLOSED);
          s.hasLifecycle(outboundMessage(), inboundMessage());
        });
    fails(
        "half-closed is missing",
        s -> s.hasLifecycle(outboundMessage(), halfClosed()),
        s -> s.hasLifecycle(outboundMessage(), halfClosed()));
    fails(
        "half-closed",
        s -> s.halfClosedBefore(inboundMessage()),
        s -> s.halfClosedBefore(inboundMessage()));
    fails(
        "NOT_HALF_CLOSED",
        s -> s.isLeaked(LeakCause.NOT_DRAINED),
        s -> s.isLeaked(LeakCause.NOT_DRAINED));
    fails(
        "CANCELLED|open",
        s -> s.wasReleasedBy(StreamRelease.CANCELLED),
        s -> s.wasReleasedBy(StreamRelease.CANCELLED));
    orders.onCompleted();
    passes(s -> s.hasTerminalStatus(Code.OK), s -> s.hasTerminalStatus(Code.OK));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void cancelOfTheCallTest(Transport transport) {
    Raw watch = client(transport).raw(MarketGrpc.WATCH, 9).send("1+").halfClose();
    // The only one: another would race with the cancel.
    MarketClient.await(watch.first);
    watch.call.cancel("seen enough", null);

    passes(
        s ->
            s.wasCancelledBy(Canceller.CALL)
                .hasTerminalStatus(Code.CANCELLED)
                .hasNoneAfter(inboundMessage(), cancelled()),
        s -> {
          s.wasCancelledBy(Canceller.CALL);
          s.hasTerminalStatus(Code.CANCELLED);
          s.hasNoneAfter(inboundMessage(), cancelled());
        });
    fails("seen enough", s -> s.wasNotCancelled(), s -> s.wasNotCancelled());
    fails(
        "Context",
        s -> s.wasCancelledBy(Canceller.CONTEXT),
        s -> s.wasCancelledBy(Canceller.CONTEXT));
    fails("deadline passed", s -> s.passedItsDeadline(), s -> s.passedItsDeadline());
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void cancelOfTheContextTest(Transport transport) {
    MarketClient client = client(transport);
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(
        () -> {
          Raw unused = client.raw(MarketGrpc.WATCH, 9).send("3+").halfClose();
        });
    boolean unused = context.cancel(new IllegalStateException("shop closes"));

    passes(
        s -> s.wasCancelledBy(Canceller.CONTEXT).hasTerminalStatus(Code.CANCELLED),
        s -> {
          s.wasCancelledBy(Canceller.CONTEXT);
          s.hasTerminalStatus(Code.CANCELLED);
        });
    fails(
        "cancelled by",
        s -> s.wasCancelledBy(Canceller.CALL),
        s -> s.wasCancelledBy(Canceller.CALL));
    fails("cancelled", s -> s.hasNone(cancelled()), s -> s.hasNone(cancelled()));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void deadlineTest(Transport transport) {
    Raw watch =
        client(transport)
            .raw(
                MarketGrpc.WATCH,
                CallOptions.DEFAULT.withDeadlineAfter(50, TimeUnit.MILLISECONDS),
                9)
            .send("silent")
            .halfClose();
    watch.awaitClosed();

    passes(
        s -> s.hasDeadline().passedItsDeadline().hasTerminalStatus(Code.DEADLINE_EXCEEDED),
        s -> {
          s.hasDeadline();
          s.passedItsDeadline();
          s.hasTerminalStatus(Code.DEADLINE_EXCEEDED);
        });
    fails("cancelled", s -> s.wasCancelled(), s -> s.wasCancelled());
    fails(
        "inbound message",
        s -> s.hasAtLeast(1, inboundMessage()),
        s -> s.hasAtLeast(1, inboundMessage()));
    fails(
        "inbound message",
        s -> s.hasBefore(inboundMessage(), deadlinePassed()),
        s -> s.hasBefore(inboundMessage(), deadlinePassed()));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void twoOfThreePricesTest(Transport transport) {
    Manual prices = client(transport).watchManually("3", 2);

    passes(
        s -> s.hasTimes(2, inboundMessage()).hasLifecycle(headers(), inboundMessages(2)),
        s -> {
          s.hasTimes(2, inboundMessage());
          s.hasLifecycle(headers(), inboundMessages(2));
        });
    passes(s -> s.isLeaked(LeakCause.NOT_DRAINED), s -> s.isLeaked(LeakCause.NOT_DRAINED));
    fails(
        "inbound message",
        s -> s.hasTimes(3, inboundMessage()),
        s -> s.hasTimes(3, inboundMessage()));
    fails(
        "1 of 3|inbound message",
        s -> s.hasLifecycle(halfClosed(), inboundMessages(3)),
        s -> s.hasLifecycle(halfClosed(), inboundMessages(3)));
    fails(
        "#2",
        s -> s.hasAtLeast(1, inboundMessage().numbered(2)),
        s -> s.hasAtLeast(1, inboundMessage().numbered(2)));
    prices.requests().request(1);
    MarketClient.await(prices.closed);
    passes(s -> s.hasTimes(3, inboundMessage()), s -> s.hasTimes(3, inboundMessage()));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void twoStreamsTest(Transport transport) {
    MarketClient client = client(transport);
    Raw first = client.raw(MarketGrpc.WATCH, 9).send("3").halfClose();
    first.awaitClosed();
    Raw second = client.raw(MarketGrpc.WATCH, 9).send("2+").halfClose();
    MarketClient.await(second.first);

    StreamAssertions.assertThat(recorder).streamsOf(MarketGrpc.WATCH).hasSize(2).stream(1)
        .isReleased();
    StreamAssertions.assertThat(recorder).streams().stream(2).isOpen();
    StreamTruth.assertThat(recorder).streamsOf(MarketGrpc.WATCH).hasSize(2);
    StreamTruth.assertThat(recorder).streams().stream(2).isOpen();
    StreamTruth.assertThat(recorder).streams().any(s -> s.isOpen());
    recorderFails("2", r -> r.hasOnlyOneStream().isOpen(), r -> r.hasOnlyOneStream().isOpen());
    recorderFails("2", r -> r.hasStreamCount(3), r -> r.hasStreamCount(3));
    recorderFails(
        "counted from 1", r -> r.streams().stream(3).isOpen(), r -> r.streams().stream(3).isOpen());
    recorderFails(
        "counted from 1", r -> r.streams().stream(0).isOpen(), r -> r.streams().stream(0).isOpen());
    recorderFails("1 of 2", r -> r.streams().areReleased(), r -> r.streams().areReleased());
    recorderFails(
        "there is none",
        r -> r.streamsOf(MarketGrpc.SUBSCRIBE).first().isReleased(),
        r -> r.streamsOf(MarketGrpc.SUBSCRIBE).first().isReleased());
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void misspeltMethodTest(Transport transport) {
    client(transport).raw(MarketGrpc.WATCH, 9).send("3").halfClose().awaitClosed();

    recorderFails(
        "did you mean:? *acme.Market/Watch",
        r -> r.streamsOf("acme.Market/Wach").isEmpty(),
        r -> r.streamsOf("acme.Market/Wach").isEmpty());
    recorderFails(
        "did you mean:? *acme.Market/Watch",
        r -> r.streamsOf("acme.v1.Market/watch").areReleased(),
        r -> r.streamsOf("acme.v1.Market/watch").areReleased());
    recorderFails(
        "acme.Market/Watch: 1 stream",
        r -> r.streamsOf("bank.Accounts/List").hasSize(1),
        r -> r.streamsOf("bank.Accounts/List").hasSize(1));
    StreamAssertions.assertThat(recorder).streamsOf("bank.Accounts/List").isEmpty();
    StreamTruth.assertThat(recorder).streamsOf("bank.Accounts/List").isEmpty();
    assertThatThrownBy(() -> StreamAssertions.assertThat(recorder).streamsOf("Watch"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no full method name");
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void recorderThatNobodyAttachedTest(Transport transport) {
    Channel channel = wire(transport).channel(builder -> {});
    new MarketClient(channel).raw(MarketGrpc.WATCH, 9).send("3").halfClose().awaitClosed();

    String words = "not attached to the channel";
    recorderFails(words, r -> r.hasNoOpenStreams(), r -> r.hasNoOpenStreams());
    recorderFails(words, r -> r.hasNoLeaks(), r -> r.hasNoLeaks());
    recorderFails(words, r -> r.hasNoFindings(), r -> r.hasNoFindings());
    recorderFails(words, r -> r.hasStreamCount(0), r -> r.hasStreamCount(0));
    recorderFails(
        words,
        r -> r.streamsOf(MarketGrpc.QUOTE).isEmpty(),
        r -> r.streamsOf(MarketGrpc.QUOTE).isEmpty());
    StreamAssertions.assertThat(recorder).recordedNothing();
    StreamTruth.assertThat(recorder).recordedNothing();
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void orderOfOneLaneTest(Transport transport) {
    client(transport).raw(MarketGrpc.WATCH, 9).send("1").halfClose().awaitClosed();

    passes(
        s ->
            s.applicationLane()
                .ignoring(requested())
                .hasExactLifecycle(
                    started(),
                    outboundMessage(),
                    halfClosed(),
                    headers(),
                    inboundMessage(),
                    terminalStatus(Code.OK)),
        s ->
            s.applicationLane()
                .ignoring(requested())
                .hasExactLifecycle(
                    started(),
                    outboundMessage(),
                    halfClosed(),
                    headers(),
                    inboundMessage(),
                    terminalStatus(Code.OK)));
    passes(
        s -> s.pickerLane().hasLifecycle(picked(), pickerDone(Code.OK)),
        s -> s.pickerLane().hasLifecycle(picked(), pickerDone(Code.OK)));
    fails(
        "headers",
        s ->
            s.applicationLane()
                .ignoring(requested())
                .hasExactLifecycle(
                    started(), outboundMessage(), halfClosed(), inboundMessage(), terminalStatus()),
        s ->
            s.applicationLane()
                .ignoring(requested())
                .hasExactLifecycle(
                    started(),
                    outboundMessage(),
                    halfClosed(),
                    inboundMessage(),
                    terminalStatus()));
    fails(
        "out of order",
        s -> s.applicationLane().hasLifecycle(inboundMessage(), halfClosed()),
        s -> s.applicationLane().hasLifecycle(inboundMessage(), halfClosed()));
    fails(
        "events are of several lanes",
        s -> s.hasLifecycle(terminalStatus(), picked()),
        s -> s.hasLifecycle(terminalStatus(), picked()));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void eventOfAnotherLaneTest(Transport transport) {
    Raw watch = client(transport).raw(MarketGrpc.WATCH, 9).send("1+").halfClose();
    MarketClient.await(watch.first);
    watch.call.cancel("seen enough", null);
    watch.awaitClosed();

    misuse(
        "\"cancelled\" is never on the picker lane; it is on the application lane",
        s -> s.pickerLane().hasNone(cancelled()),
        s -> s.pickerLane().hasNone(cancelled()));
    misuse(
        "\"picker Done\" is never on the application lane; it is on the picker lane",
        s -> s.applicationLane().hasNone(pickerDone()),
        s -> s.applicationLane().hasNone(pickerDone()));
    misuse(
        "\"cancelled\" is an event of the application, which belongs to no attempt; ask for it on"
            + " the stream",
        s -> s.attempt(1).hasNone(cancelled()),
        s -> s.attempt(1).hasNone(cancelled()));
    misuse(
        "\"attempt closed (attempt 2)\" can never be an event of attempt 1",
        s -> s.attempt(1).hasNone(attemptClosed().onAttempt(2)),
        s -> s.attempt(1).hasNone(attemptClosed().onAttempt(2)));
    passes(
        s -> s.attempt(1).hasTimes(1, attemptClosed().onAttempt(1)),
        s -> s.attempt(1).hasTimes(1, attemptClosed().onAttempt(1)));
    passes(
        s -> s.applicationLane().hasTimes(1, cancelled()),
        s -> s.applicationLane().hasTimes(1, cancelled()));
  }

  @Test
  void retryTest() {
    Wire wire = wire(Transport.NETTY);
    Channel channel =
        wire.channel(
            builder ->
                recorder.attachTo(
                    builder
                        .enableRetry()
                        .defaultServiceConfig(
                            ServiceConfig.of(ServiceConfig.retry(3, "0.001s", MarketGrpc.WATCH)))));
    new MarketClient(channel).raw(MarketGrpc.WATCH, 9).send("1?").halfClose().awaitClosed();

    passes(
        s ->
            s.hasAttemptCount(2)
                .hasRetryCount(1)
                .hasAttemptStatuses(Code.UNAVAILABLE, Code.OK)
                .attempt(2)
                .wasMadeAs(Retry.RETRY)
                .isClosed(),
        s -> {
          s.hasAttemptCount(2);
          s.hasRetryCount(1);
          s.hasAttemptStatuses(Code.UNAVAILABLE, Code.OK);
          s.attempt(2).wasMadeAs(Retry.RETRY);
          s.attempt(2).isClosed();
        });
    fails("2", s -> s.hasAttemptCount(3), s -> s.hasAttemptCount(3));
    fails("attempt", s -> s.attempt(3).isClosed(), s -> s.attempt(3).isClosed());
    fails("attempt", s -> s.attempt(0).isClosed(), s -> s.attempt(0).isClosed());
    fails("exactly one", s -> s.onlyAttempt().isClosed(), s -> s.onlyAttempt().isClosed());
    fails(
        "UNAVAILABLE, OK", s -> s.hasAttemptStatuses(Code.OK), s -> s.hasAttemptStatuses(Code.OK));
    fails(
        "attempt closed UNAVAILABLE",
        s -> s.attempt(2).hasAtLeast(1, attemptClosed(Code.UNAVAILABLE)),
        s -> s.attempt(2).hasAtLeast(1, attemptClosed(Code.UNAVAILABLE)));
    fails(
        "picked",
        s -> s.attempt(1).wasPickedTo("127.0.0.1:1"),
        s -> s.attempt(1).wasPickedTo("127.0.0.1:1"));
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void serverThatIsNotThereTest(Transport transport) {
    Wire wire = wire(transport);
    wire.server().shutdownNow();
    Channel channel = wire.channel(builder -> recorder.attachTo(builder));
    Raw unused =
        new MarketClient(channel)
            .raw(MarketGrpc.WATCH, CallOptions.DEFAULT.withWaitForReady(), 9)
            .send("3")
            .halfClose();

    passes(
        s -> s.isOpenBecause(LeakCause.NOT_PICKED).hasNone(picked()),
        s -> {
          s.isOpenBecause(LeakCause.NOT_PICKED);
          s.hasNone(picked());
        });
    fails(
        "picked",
        s -> s.hasBefore(picked(), firstInboundMessage()),
        s -> s.hasBefore(picked(), firstInboundMessage()));
    fails("NOT_PICKED", s -> s.isReleased(), s -> s.isReleased());
    fails("attempt", s -> s.everyAttemptIsClosed(), s -> s.everyAttemptIsClosed());
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void oldSnapshotTest(Transport transport) {
    Raw watch = client(transport).raw(MarketGrpc.WATCH, 9).send("1+").halfClose();
    MarketClient.await(watch.first);
    RecordedStream old = recorder.streams().get(0);
    StreamAssertions.assertThat(old).isOpen().wasNotCancelled();
    watch.call.cancel("seen enough", null);
    watch.awaitClosed();

    fails("latest", () -> StreamAssertions.assertThat(old).isReleased());
    fails("latest", () -> StreamTruth.assertThat(old).isReleased());
    fails("latest", () -> StreamAssertions.assertThat(old).isOpen());
    fails("latest", () -> StreamTruth.assertThat(old).isOpen());
    fails("latest", () -> StreamAssertions.assertThat(old).wasNotCancelled());
    fails("latest", () -> StreamTruth.assertThat(old).wasNotCancelled());
    StreamAssertions.assertThat(old).eventually(LIMIT).isReleased();
    StreamTruth.assertThat(old).eventually(LIMIT).isReleased();
    StreamAssertions.assertThat(old.latest()).isReleased().wasCancelled();
    StreamTruth.assertThat(old.latest()).isReleased();
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void streamOfAHundredPricesTest(Transport transport) {
    recorder.close();
    recorder = GrpcStreamRecorder.builder().eventLimit(8).build();
    client(transport).raw(MarketGrpc.WATCH, 200).send("100").halfClose().awaitClosed();

    passes(
        s -> s.hasTimes(100, inboundMessage()).hasNoneAfter(inboundMessage(), terminalStatus()),
        s -> {
          s.hasTimes(100, inboundMessage());
          s.hasNoneAfter(inboundMessage(), terminalStatus());
        });
    fails("99", s -> s.hasTimes(99, inboundMessage()), s -> s.hasTimes(99, inboundMessage()));
    fails(
        "eventLimit",
        s -> s.hasNone(inboundMessage().where("of a price below 0", event -> false)),
        s -> s.hasNone(inboundMessage().where("of a price below 0", event -> false)));
    fails(
        "eventLimit",
        s -> s.event(inboundMessage().numbered(50)).isOfAttempt(1),
        s -> s.event(inboundMessage().numbered(50)).isOfAttempt(1));
  }
}
