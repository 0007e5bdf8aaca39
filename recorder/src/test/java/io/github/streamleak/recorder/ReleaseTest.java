package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.MarketClient;
import acme.market.MarketClient.Manual;
import acme.market.MarketClient.Raw;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent.Cancelled;
import io.github.streamleak.stream.StreamEvent.DeadlinePassed;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.BlockingClientCall;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way of release, on every transport. */
final class ReleaseTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
  private final MarketServer service = new MarketServer();
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
  private Wire wire = Wire.direct(service);

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
    timer.shutdownNow();
  }

  private MarketClient on(Transport transport) {
    return new MarketClient(channelOn(transport));
  }

  private ManagedChannel channelOn(Transport transport) {
    wire.close();
    wire = Wire.to(transport, service);
    return wire.channel(recorder::attachTo);
  }

  private RecordedStream onlyStream() {
    List<RecordedStream> all = recorder.streams();
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  private RecordedStream released() {
    assertThat(recorder.awaitReleased(LONG)).isTrue();
    RecordedStream stream = onlyStream();
    assertThat(stream.isOpen()).isFalse();
    assertThat(stream.cause()).isEmpty();
    assertThat(recorder.openStreams()).isEmpty();
    return stream;
  }

  /** Two messages and the status wait, whatever the transport has prefetched. */
  private void serverHasFinished() throws InterruptedException {
    service.closed.await();
  }

  /** A deadline may pass before the first message comes, on a machine that stands still. */
  private static void firstMessageOrEnd(Raw raw) {
    Await.until(() -> raw.first.getCount() == 0 || raw.closed.getCount() == 0);
  }

  @ParameterizedTest
  @EnumSource
  void terminalStatusReleasesTest(Transport transport) throws Exception {
    Raw raw = on(transport).raw(MarketGrpc.WATCH, 9).send("3").halfClose();
    raw.closed.await();
    RecordedStream stream = released();

    assertThat(stream.terminalStatus()).isEqualTo(Status.OK);
    assertThat(stream.trailers()).isNotNull();
    Await.until(() -> onlyStream().releases().contains(StreamRelease.TERMINAL_STATUS));
    assertThat(onlyStream().releases())
        .containsExactly(StreamRelease.TERMINAL_STATUS, StreamRelease.PICKER_DONE);
  }

  @ParameterizedTest
  @EnumSource
  void errorFromTheServerReleasesTest(Transport transport) throws Exception {
    Raw raw = on(transport).raw(MarketGrpc.WATCH, 9).send("0!INTERNAL").halfClose();
    raw.closed.await();

    Await.until(() -> onlyStream().releases().contains(StreamRelease.TERMINAL_STATUS));
    assertThat(released().terminalStatus())
        .isNotNull()
        .returns(Status.Code.INTERNAL, Status::getCode);
  }

  @ParameterizedTest
  @EnumSource
  void cancelThroughTheCallReleasesAlthoughMessagesWaitTest(Transport transport) throws Exception {
    Raw raw = on(transport).raw(MarketGrpc.WATCH, 1).send("3").halfClose();
    raw.first.await();
    serverHasFinished();
    assertThat(onlyStream().isOpen()).isTrue();
    raw.call.cancel("read enough", null);
    RecordedStream stream = onlyStream();

    // At once, without a wait: in-process swallows this cancel and never says a word about it.
    assertThat(stream.isOpen()).isFalse();
    assertThat(stream.releases().get(0)).isEqualTo(StreamRelease.CANCELLED);
    assertThat(cancelled(stream).by()).isEqualTo(Canceller.CALL);
    assertThat(cancelled(stream).message()).isEqualTo("read enough");
    assertThat(cancelled(stream).describe()).isEqualTo("cancelled by the call (read enough)");
  }

  private static Cancelled cancelled(RecordedStream stream) {
    return stream.events().stream()
        .filter(Cancelled.class::isInstance)
        .map(Cancelled.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void cancelThroughTheContextReleasesAlthoughMessagesWaitTest(Transport transport)
      throws Exception {
    MarketClient client = on(transport);
    CancellableContext context = Context.current().withCancellation();
    Iterator<String> prices = context.call(() -> client.iterate("3"));
    prices.next();
    serverHasFinished();
    assertThat(onlyStream().isOpen()).isTrue();
    context.cancel(new IllegalStateException("read enough"));
    RecordedStream stream = onlyStream();

    assertThat(stream.isOpen()).isFalse();
    assertThat(stream.releases().get(0)).isEqualTo(StreamRelease.CANCELLED);
    assertThat(cancelled(stream).by()).isEqualTo(Canceller.CONTEXT);
    assertThat(cancelled(stream).cause()).hasMessage("read enough");
    assertThat(cancelled(stream).describe()).isEqualTo("cancelled by its Context");
  }

  @ParameterizedTest
  @EnumSource
  void cancelThroughAParentOfTheContextReleasesTest(Transport transport) throws Exception {
    MarketClient client = on(transport);
    CancellableContext parent = Context.current().withCancellation();
    parent.call(() -> Context.current().withCancellation().call(() -> client.iterate("3+")));
    parent.cancel(null);

    assertThat(released().releases()).contains(StreamRelease.CANCELLED);
  }

  @ParameterizedTest
  @EnumSource
  void cancelThroughTheFutureReleasesTest(Transport transport) {
    ListenableFuture<String> quote = on(transport).future("0+");
    quote.cancel(true);
    RecordedStream stream = onlyStream();

    assertThat(stream.isOpen()).isFalse();
    assertThat(stream.releases().get(0)).isEqualTo(StreamRelease.CANCELLED);
  }

  @ParameterizedTest
  @EnumSource
  void deadlineOfTheCallReleasesAlthoughMessagesWaitTest(Transport transport) throws Exception {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS);
    Raw raw = on(transport).raw(MarketGrpc.WATCH, options, 1).send("3").halfClose();
    firstMessageOrEnd(raw);
    RecordedStream stream = released();

    assertThat(stream.hasDeadline()).isTrue();
    assertThat(stream.releases()).contains(StreamRelease.DEADLINE);
    assertThat(stream.count(EventKind.DEADLINE_PASSED)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void deadlineOfTheContextReleasesAlthoughMessagesWaitTest(Transport transport) throws Exception {
    MarketClient client = on(transport);
    CancellableContext context =
        Context.current().withDeadlineAfter(300, TimeUnit.MILLISECONDS, timer);
    Raw raw = context.call(() -> client.raw(MarketGrpc.WATCH, 1).send("3").halfClose());
    firstMessageOrEnd(raw);
    RecordedStream stream = released();

    assertThat(stream.hasDeadline()).isTrue();
    assertThat(stream.releases().get(0)).isEqualTo(StreamRelease.DEADLINE);
    assertThat(stream.releases()).doesNotContain(StreamRelease.CANCELLED);
    assertThat(stream.count(EventKind.DEADLINE_PASSED)).isEqualTo(1);
  }

  @Test
  void deadlineThatIsNoticedLateHasPassedAtItsTimeTest() {
    AtomicLong now = new AtomicLong();
    Deadline.Ticker ticker =
        new Deadline.Ticker() {
          @Override
          public long nanoTime() {
            return now.get();
          }
        };
    try (GrpcStreamRecorder late = GrpcStreamRecorder.builder().clock(now::get).build()) {
      MarketClient client = new MarketClient(wire.channel(late::attachTo));
      // The timer of gRPC is set by the time that the deadline tells, and never goes off here.
      Deadline deadline = Deadline.after(60, TimeUnit.SECONDS, ticker);
      client
          .raw(MarketGrpc.WATCH, CallOptions.DEFAULT.withDeadline(deadline), 1)
          .send(MarketServer.NEVER)
          .halfClose();
      now.set(TimeUnit.SECONDS.toNanos(90));

      assertThat(late.openStreams()).isEmpty();
      assertThat(late.streams().get(0).events())
          .filteredOn(DeadlinePassed.class::isInstance)
          .extracting(event -> event.at().sinceStart())
          .containsExactly(Duration.ofSeconds(60));
      late.releaseLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource
  void earlierOfTwoDeadlinesCountsTest(Transport transport) throws Exception {
    MarketClient client = on(transport);
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS);
    try (CancellableContext context =
        Context.current().withDeadlineAfter(100, TimeUnit.MILLISECONDS, timer)) {
      context.call(() -> client.raw(MarketGrpc.WATCH, options, 1).send("3+").halfClose());

      assertThat(released().releases().get(0)).isEqualTo(StreamRelease.DEADLINE);
    }
  }

  @ParameterizedTest
  @EnumSource
  void deadlineOfTheCallCountsWithinALaterOneOfTheContextTest(Transport transport)
      throws Exception {
    MarketClient client = on(transport);
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS);
    try (CancellableContext context =
        Context.current().withDeadlineAfter(1, TimeUnit.HOURS, timer)) {
      Raw raw = context.call(() -> client.raw(MarketGrpc.WATCH, options, 1).send("3").halfClose());
      firstMessageOrEnd(raw);

      assertThat(released().releases()).contains(StreamRelease.DEADLINE);
    }
  }

  @ParameterizedTest
  @EnumSource
  void timeoutOfTheServiceConfigReleasesTest(Transport transport) throws Exception {
    on(transport);
    Map<String, ?> config =
        Map.of(
            "methodConfig",
            List.of(Map.of("name", List.of(Map.of("service", "acme.Market")), "timeout", "0.3s")));
    MarketClient client =
        new MarketClient(
            wire.channel(builder -> recorder.attachTo(builder.defaultServiceConfig(config))));
    Raw raw = client.raw(MarketGrpc.WATCH, 1).send("3").halfClose();
    firstMessageOrEnd(raw);

    assertThat(released().hasDeadline()).isTrue();
    assertThat(onlyStream().releases()).contains(StreamRelease.DEADLINE);
  }

  @ParameterizedTest
  @EnumSource
  void pickerDoneReleasesAnIteratorWithOneMessageUnreadTest(Transport transport) throws Exception {
    Iterator<String> prices = on(transport).iterate("2");
    prices.next();
    serverHasFinished();

    assertThat(released().attempts().get(0).isClosed()).isTrue();
    assertThat(onlyStream().releases()).contains(StreamRelease.PICKER_DONE);
  }

  @ParameterizedTest
  @EnumSource
  void pickerDoneReleasesAV2CallThatNeverTakesItsStatusTest(Transport transport) throws Exception {
    // BlockingClientCall delivers its terminal status only while the application waits in it.
    BlockingClientCall<?, String> prices = on(transport).watchV2("2");
    prices.read();
    serverHasFinished();
    RecordedStream stream = released();

    assertThat(stream.terminalStatus()).isNull();
    assertThat(stream.releases()).containsExactly(StreamRelease.PICKER_DONE);
    assertThat(stream.attempts().get(0).pickerStatus()).isEqualTo(Status.OK);
  }

  @ParameterizedTest
  @EnumSource
  void twoMessagesUnreadKeepAStreamOpenTest(Transport transport) throws Exception {
    Iterator<String> prices = on(transport).iterate("3");
    prices.next();
    serverHasFinished();

    assertThat(recorder.check(StreamLeakPolicy.normal()).leaks())
        .singleElement()
        .returns(LeakCause.NOT_DRAINED, StreamFinding::cause);
  }

  @ParameterizedTest
  @EnumSource
  void serverThatHasFinishedWaitsForReadingNotForTheHalfCloseTest(Transport transport)
      throws Exception {
    Raw raw = on(transport).raw(MarketGrpc.SUBSCRIBE, 1).send("3");
    raw.first.await();
    serverHasFinished();

    assertThat(recorder.check(StreamLeakPolicy.normal()).leaks())
        .singleElement()
        .returns(LeakCause.NOT_DRAINED, StreamFinding::cause);
    raw.call.halfClose();
    assertThat(onlyStream().isOpen()).isTrue();
    raw.call.request(3);
    raw.closed.await();
    assertThat(released().terminalStatus()).isEqualTo(Status.OK);
  }

  @ParameterizedTest
  @EnumSource
  void messagesNobodyAskedForAreSeenInProcessOnlyTest(Transport transport) throws Exception {
    Raw raw = on(transport).raw(MarketGrpc.SUBSCRIBE, 1).send("3+");
    raw.first.await();

    // In-process counts a message when the server writes it, Netty when it is asked for.
    assertThat(recorder.check(StreamLeakPolicy.normal()).leaks())
        .singleElement()
        .returns(
            transport == Transport.NETTY ? LeakCause.NOT_HALF_CLOSED : LeakCause.NOT_DRAINED,
            StreamFinding::cause);
  }

  @ParameterizedTest
  @EnumSource
  void channelShutDownNowReleasesAnOpenStreamTest(Transport transport) throws Exception {
    ManagedChannel channel = channelOn(transport);
    Raw raw = new MarketClient(channel).raw(MarketGrpc.WATCH, 9).send("1+").halfClose();
    raw.first.await();
    channel.shutdownNow();
    raw.closed.await();

    assertThat(released().releases()).contains(StreamRelease.TERMINAL_STATUS);
  }

  @ParameterizedTest
  @EnumSource
  void callNeverStartedIsNoStreamTest(Transport transport) {
    ClientCall<String, String> call =
        channelOn(transport).newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    call.cancel("never started", null);

    assertThat(recorder.streamCount()).isZero();
    assertThat(recorder.check(StreamLeakPolicy.normal()).describe())
        .isEqualTo("no gRPC client stream was recorded");
  }

  @ParameterizedTest
  @EnumSource
  void callCancelledBeforeStartHoldsNothingTest(Transport transport) {
    ClientCall<String, String> call =
        channelOn(transport).newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    call.cancel("too early", null);

    assertThatThrownBy(() -> call.start(new Raw(call), new Metadata()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("call was cancelled");
    assertThat(recorder.openStreams()).isEmpty();
    assertThat(recorder.check(StreamLeakPolicy.normal()).hasLeaks()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void startingTwiceFailsAsGrpcFailsAndIsOneStreamTest(Transport transport) {
    Raw raw = on(transport).raw(MarketGrpc.WATCH, 9);

    assertThatThrownBy(() -> raw.call.start(raw, new Metadata()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Already started");
    assertThat(recorder.streamCount()).isEqualTo(1);
    assertThat(recorder.openStreams()).hasSize(1);
    raw.send("1").halfClose();
    assertThat(released().count(EventKind.STARTED)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void callOnACancelledContextIsReleasedTest(Transport transport) throws Exception {
    MarketClient client = on(transport);
    CancellableContext context = Context.current().withCancellation();
    context.cancel(null);
    Raw raw = context.call(() -> client.raw(MarketGrpc.WATCH, 9));
    raw.closed.await();
    RecordedStream stream = released();

    assertThat(stream.releases())
        .containsExactly(StreamRelease.CANCELLED, StreamRelease.TERMINAL_STATUS);
    assertThat(stream.attempts()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void callAfterItsDeadlineIsReleasedTest(Transport transport) throws Exception {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(-1, TimeUnit.SECONDS);
    Raw raw = on(transport).raw(MarketGrpc.WATCH, options, 9);
    raw.closed.await();

    assertThat(released().releases()).contains(StreamRelease.DEADLINE);
    assertThat(raw.status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @ParameterizedTest
  @EnumSource
  void manualFlowControlCancelledInItsListenerIsReleasedTest(Transport transport) throws Exception {
    Manual prices = on(transport).watchManually("3+", 1);
    prices.first.await();
    prices.requests().cancel("read enough", null);

    assertThat(onlyStream().isOpen()).isFalse();
  }

  @Test
  void contextCancelledAfterTheEndChangesNothingTest() throws Exception {
    MarketClient client = on(Transport.IN_PROCESS_DIRECT);
    CancellableContext context = Context.current().withCancellation();
    context.run(() -> client.quoteAsync("1"));
    List<StreamRelease> before = onlyStream().releases();
    context.cancel(null);

    assertThat(onlyStream().releases())
        .isEqualTo(before)
        .containsExactly(StreamRelease.TERMINAL_STATUS, StreamRelease.PICKER_DONE);
  }

  @Test
  void deadlinePassedAfterTheEndChangesNothingTest() {
    MarketClient client = on(Transport.IN_PROCESS_DIRECT);
    long[] now = {0};
    Deadline.Ticker ticker = new SettableTicker(now);
    CallOptions options =
        CallOptions.DEFAULT.withDeadline(Deadline.after(1, TimeUnit.MINUTES, ticker));
    client.raw(MarketGrpc.WATCH, options, 9).send("1").halfClose();
    now[0] = TimeUnit.HOURS.toNanos(1);

    assertThat(onlyStream().releases())
        .containsExactly(StreamRelease.TERMINAL_STATUS, StreamRelease.PICKER_DONE);
  }

  @Test
  void deadlineIsNoticedInASnapshotTest() {
    MarketClient client = on(Transport.IN_PROCESS_DIRECT);
    long[] now = {0};
    Deadline.Ticker ticker = new SettableTicker(now);
    CallOptions options =
        CallOptions.DEFAULT.withDeadline(Deadline.after(1, TimeUnit.MINUTES, ticker));
    client.raw(MarketGrpc.WATCH, options, 9).send("1+").halfClose();
    assertThat(onlyStream().isOpen()).isTrue();
    now[0] = TimeUnit.HOURS.toNanos(1);

    assertThat(onlyStream().isOpen()).isFalse();
    assertThat(onlyStream().releases()).containsExactly(StreamRelease.DEADLINE);
  }

  private static final class SettableTicker extends Deadline.Ticker {
    private final long[] now;

    SettableTicker(long[] now) {
      this.now = now;
    }

    @Override
    public long nanoTime() {
      return now[0];
    }
  }
}
