package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.onlyFailure;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.reports;
import static io.github.streamleak.junit.Runs.run;
import static io.github.streamleak.junit.Runs.watchingOwn;
import static org.assertj.core.api.Assertions.assertThat;

import acme.feed.PriceFeed;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketGrpc.MarketBlockingV2Stub;
import acme.market.MarketGrpc.MarketFutureStub;
import acme.market.MarketGrpc.MarketStub;
import acme.market.MarketServer;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.UserInterceptors.SwallowsCancel;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** What happens from the last line of a test on: the check, the release, the shutdown. */
@Isolated // A run with streamleak.watch = all would take the streams of a test beside it.
class EndOfTestTest {

  // ---- when the check happens ----

  @Test
  void streamThatAfterEachReleasesPassesTest() {
    assertAllPass(run(ReleasingInAfterEachTestCases.class), 3);
  }

  @Test
  void streamThatAfterEachOpensFailsTheTest() {
    EngineExecutionResults results = run(OpeningInAfterEachTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results).leaks())
        .extracting(leak -> leak.stream().fullMethodName())
        .containsExactly("acme.Market/Watch");
  }

  @Test
  void streamThatIsReleasedDuringTheGracePeriodPassesTest() {
    assertAllPass(run(ReleasedDuringTheGracePeriodTestCases.class), 1);
  }

  // ---- unary calls ----

  @Test
  void unaryCallLeftUnansweredFailsTheTest() {
    EngineExecutionResults results = run(UnansweredQuoteTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results).leaks())
        .extracting(leak -> leak.stream().fullMethodName() + ", " + leak.cause())
        .containsExactly("acme.Market/Quote, " + LeakCause.SERVER_NOT_FINISHED);
  }

  @Test
  void unaryCallThatIsAnsweredCountsAsAStreamTest() {
    EngineExecutionResults results = run(AnsweredQuoteTestCases.class);

    assertAllPass(results, 1);
    assertThat(reports(results)).isEmpty();
    assertThat(AnsweredQuoteTestCases.streams).containsExactly("acme.Market/Quote (UNARY)");
  }

  // ---- the class ----

  @Test
  void streamOpenedInBeforeAllIsChargedToTheClassTest() {
    EngineExecutionResults results = run(LeavingOpenInBeforeAllTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).succeeded(1));
    results.containerEvents().assertStatistics(s -> s.failed(1));
    assertThat(onlyLeak(results).leaks())
        .extracting(leak -> leak.stream().fullMethodName())
        .containsExactly("acme.Market/Watch");
    assertThat(onlyLeak(results))
        .message()
        .startsWith("1 gRPC client stream leaked, still open 0.05 s after the class:\n");
  }

  @Test
  void streamOpenedInBeforeAllIsJudgedAfterAfterAllTest() {
    EngineExecutionResults results = run(ReleasingInAfterAllTestCases.class);

    assertAllPass(results, 2);
    assertThat(reports(results)).isEmpty();
  }

  @Test
  void streamOpenedInBeforeAllOfAPerClassInstanceIsChargedToTheClassTest() {
    EngineExecutionResults results = run(PerClassBeforeAllTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).succeeded(1));
    results.containerEvents().assertStatistics(s -> s.failed(1));
    assertThat(onlyLeak(results).leaks()).hasSize(1);
  }

  @Test
  void streamOpenedInBeforeAllOfTheOuterClassIsNotChargedToTheNestedOneTest() {
    EngineExecutionResults results = run(NestedUnderBeforeAllTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).succeeded(1));
    assertThat(results.containerEvents().failed().list())
        .extracting(event -> event.getTestDescriptor().getDisplayName())
        .containsExactly("EndOfTestTest$NestedUnderBeforeAllTestCases");
  }

  @Test
  void streamOpenedInBeforeAllIsChargedToAClassThatAlsoHasAnOuterConstructorsTest() {
    EngineExecutionResults results = run(BeforeAllUnderConstructorTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).succeeded(1));
    assertThat(results.containerEvents().failed().list())
        .extracting(event -> event.getTestDescriptor().getDisplayName())
        .containsExactly("Inner");
    assertThat(onlyLeak(results).leaks())
        .extracting(leak -> leak.stream().fullMethodName())
        .containsExactly("acme.Market/Watch");
  }

  // ---- release ----

  @Test
  void leakedStreamIsReleasedAfterTheTest() {
    EngineExecutionResults results = run(KeptRecorderTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results).leaks()).hasSize(4);
    GrpcStreamRecorder recorder = present(KeptRecorderTestCases.recorder);
    assertThat(recorder.openStreams()).isEmpty();
    assertThat(recorder.streams()).hasSize(5);
    assertThat(recorder.streams()).allSatisfy(EndOfTestTest::assertDoneHasRun);
    assertThat(recorder.streams().subList(1, 5))
        .allSatisfy(
            stream ->
                assertThat(stream.releases())
                    .contains(StreamRelease.CANCELLED, StreamRelease.PICKER_DONE));
    assertThat(recorder.isClosed()).isTrue();
    assertThat(present(KeptRecorderTestCases.channel).isTerminated()).isTrue();
  }

  @Test
  void leakedStreamOverNettyIsReleasedAfterTheTest() {
    EngineExecutionResults results = run(NettyTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(onlyLeak(results).leaks())
        .extracting(leak -> leak.stream().fullMethodName() + ", " + leak.cause())
        .containsExactly("acme.Market/Watch, " + LeakCause.NOT_DRAINED);
    assertThat(present(NettyTestCases.recorder).streams()).hasSize(1);
    assertThat(present(NettyTestCases.recorder).streams())
        .allSatisfy(EndOfTestTest::assertDoneHasRun);
    assertThat(present(NettyTestCases.channel).isTerminated()).isTrue();
    assertThat(present(NettyTestCases.server).isTerminated()).isTrue();
  }

  @Test
  void streamThatCannotBeReleasedIsReportedTest() {
    EngineExecutionResults results = run(SwallowedCancelTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(reports(results))
        .containsExactly(
            Map.of(
                "streamleak.not-released",
                "a stream that was left open could not be cancelled; something between the"
                    + " application and the transport keeps the cancel back"));
  }

  /** The release runs onError, which here waits for a place that only the test could make. */
  @Test
  void callbackThatWaitsForEverDoesNotHangTheBuildTest() {
    EngineExecutionResults results;
    try {
      results = run(BlockedInOnErrorTestCases.class);
    } finally {
      BlockedInOnErrorTestCases.FULL.clear();
    }

    assertThat(onlyLeak(results).leaks().get(0).cause()).isEqualTo(LeakCause.NOT_HALF_CLOSED);
    assertThat(reports(results))
        .singleElement()
        .satisfies(
            entry ->
                assertThat(entry.get("streamleak.not-released"))
                    .startsWith(
                        "the cancel of a stream that was left open has not returned within 2.10 s: it"
                            + " runs the application's callbacks, and one of them waits. It is left"
                            + " behind on the thread \"streamleak-release\", which stands at\n")
                    .contains("java.util.concurrent.ArrayBlockingQueue.put(")
                    .contains("EndOfTestTest$BlockedInOnErrorTestCases$1.onError("));
  }

  // ---- shutdown ----

  @Test
  void closeablesAreClosedInReverseOrderAndServersAndChannelsAfterThemTest() {
    EngineExecutionResults results = run(OrderTestCases.class);

    assertAllPass(results, 1);
    assertThat(OrderTestCases.SEEN)
        .containsExactly(
            "@AfterEach: server up, channel up",
            "third: server up, channel up",
            "second: server up, channel up",
            "first: server up, channel up");
    assertThat(OrderTestCases.SERVERS).hasSize(1).allMatch(Server::isTerminated);
    assertThat(OrderTestCases.CHANNELS).hasSize(1).allMatch(ManagedChannel::isTerminated);
  }

  @Test
  void channelThatDoesNotShutDownFailsTheTest() {
    EngineExecutionResults results = watchingOwn(StuckChannelTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyFailure(results))
        .hasMessage(
            "ManagedChannel to localhost, registered in"
                + " EndOfTestTest.StuckChannelTestCases.leavesACallThatIsNotRecorded, did not shut"
                + " down within 0.05 s; shutdownNow() was called. No recorded stream was open, so a"
                + " call that is not recorded keeps it open. Build the channel with"
                + " GrpcResources.newChannel(builder) to have its streams recorded")
        .hasNoSuppressedExceptions();
    assertThat(present(StuckChannelTestCases.channel).isTerminated()).isTrue();
  }

  @Test
  void serverThatDoesNotShutDownFailsTheTest() {
    EngineExecutionResults results = watchingOwn(StuckServerTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyFailure(results))
        .hasMessage(
            "Server of acme.Market, news.News, registered in"
                + " EndOfTestTest.StuckServerTestCases.leavesACallThatIsNotRecorded, did not shut"
                + " down within 0.05 s; shutdownNow() was called. No recorded stream was open, so a"
                + " call that is not recorded keeps it open. Build the channel with"
                + " GrpcResources.newChannel(builder) to have its streams recorded")
        .hasNoSuppressedExceptions();
    assertThat(present(StuckServerTestCases.server).isTerminated()).isTrue();
  }

  @Test
  void channelAndServerWithNoOpenCallShutDownInTimeTest() {
    assertAllPass(run(PromptShutdownTestCases.class), 1);
  }

  @Test
  void channelHeldByARecordedStreamIsNamedWithItTest() {
    EngineExecutionResults results = run(SwallowedCancelAndShortLimitTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    Throwable failure = onlyLeak(results);
    assertThat(failure.getSuppressed())
        .extracting(Throwable::getMessage)
        .filteredOn(message -> String.valueOf(message).startsWith("ManagedChannel"))
        .containsExactly(
            """
            ManagedChannel to localhost, registered in \
            EndOfTestTest.SwallowedCancelAndShortLimitTestCases.leavesAStreamThatKeepsItsCancel, \
            did not shut down within 0.05 s; shutdownNow() was called. Open after the test:
              acme.Market/Subscribe, opened at \
            io.github.streamleak.junit.EndOfTestTest.subscribeWithoutCancel\
            (EndOfTestTest.java:%d), called by \
            io.github.streamleak.junit.EndOfTestTest$SwallowedCancelAndShortLimitTestCases\
            .leavesAStreamThatKeepsItsCancel(EndOfTestTest.java:%d)"""
                .formatted(Lines.of("swallowed"), Lines.of("swallowed, caller")));
  }

  @Test
  void clientThatAnEarlierExtensionClosesIsClosedBeforeTheVerdictTest() {
    assertAllPass(run(ClosedByAnEarlierExtensionTestCases.class), 1);
    assertAllPass(run(ClosedByTheExtensionOfABaseClassTestCases.class), 1);
    assertAllPass(Runs.all(ClosedByAnExtensionOfAWatchedTestCases.class).execute(), 1);
  }

  @Test
  void recorderThatATestClosesIsNamedTest() {
    EngineExecutionResults results = run(ClosesItsRecorderTestCases.class);

    assertAllPass(results, 1);
    assertThat(reports(results))
        .contains(
            Map.of(
                "streamleak.recorder-closed",
                "the recorder of EndOfTestTest.ClosesItsRecorderTestCases.closes was closed before the"
                    + " test was over: calls that were started after that were not recorded. Leave it"
                    + " to the check to close it"));
  }

  @Test
  void graceIsThatOfTheInjectedRecorderTooTest() {
    assertAllPass(run(ChecksItselfTestCases.class), 1);
  }

  @Test
  void closeableOfTheResourcesIsClosedBeforeTheVerdictTest() {
    EngineExecutionResults results = run(CloseableReleasesTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(Runs.failed(results))
        .containsExactly("closesAnotherOne(GrpcResources, MarketBlockingV2Stub)");
  }

  @Test
  void closeableThatThrowsFailsTheTestAndTheOthersAreClosedTest() {
    EngineExecutionResults results = run(ThrowingCloseableTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyFailure(results)).hasMessage("second").hasNoSuppressedExceptions();
    assertThat(ThrowingCloseableTestCases.CLOSED).containsExactly("third", "second", "first");
  }

  private static void assertDoneHasRun(RecordedStream stream) {
    assertThat(stream.attempts()).hasSize(1).allMatch(RecordedAttempt::isClosed);
    assertThat(stream.count(EventKind.PICKER_DONE)).isEqualTo(1);
  }

  private static <T> T present(AtomicReference<@Nullable T> reference) {
    return Objects.requireNonNull(reference.get(), "the fixture did not run");
  }

  // ---- fixtures ----

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class ReleasingInAfterEachTestCases {
    @Serve final MarketServer market = new MarketServer();
    private Runnable release = () -> {};

    @Test
    void drained(MarketBlockingStub stub) {
      Iterator<String> prices = stub.watch("ACME");
      assertThat(prices.next()).isEqualTo("ACME at 100");
      release = () -> prices.forEachRemaining(price -> {});
    }

    @Test
    void cancelled(MarketBlockingV2Stub stub) throws Exception {
      BlockingClientCall<?, String> prices = stub.watch("ACME");
      assertThat(prices.read()).isEqualTo("ACME at 100");
      release = () -> prices.cancel("read enough", null);
    }

    @Test
    void halfClosed(MarketStub stub) {
      Received summary = new Received();
      StreamObserver<String> trades = stub.upload(summary);
      trades.onNext("ACME");
      release =
          () -> {
            trades.onCompleted();
            assertThat(summary.last()).isEqualTo("1 commands");
          };
    }

    @AfterEach
    void release() {
      release.run();
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class OpeningInAfterEachTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void opensNothing() {}

    @AfterEach
    void leave(MarketBlockingStub stub) {
      assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
    }
  }

  /** The server ends the call when it sees that the check has begun: the client cannot. */
  @GrpcStreamLeakCheck(grace = "1 m")
  static class ReleasedDuringTheGracePeriodTestCases {
    private final CountDownLatch testIsOver = new CountDownLatch(1);

    @Serve
    final MarketServer market =
        new MarketServer() {
          @Override
          protected void beforeAnswer() {
            Uninterruptibles.awaitUninterruptibly(testIsOver);
          }
        };

    @Test
    void leavesTheQuoteToTheServer(MarketFutureStub stub) {
      ListenableFuture<String> quote = stub.quote("ACME");
      assertThat(quote.isDone()).isFalse();
    }

    @AfterEach
    void letTheServerAnswer() {
      testIsOver.countDown();
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class UnansweredQuoteTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leavesTheQuote(MarketFutureStub stub) {
      assertThat(stub.quote(MarketServer.NEVER).isDone()).isFalse();
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class AnsweredQuoteTestCases {
    static List<String> streams = List.of();

    @Serve final MarketServer market = new MarketServer();

    @Test
    void takesTheQuote(MarketBlockingStub stub, GrpcStreamRecorder recorder) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
      streams =
          recorder.streams().stream()
              .map(stream -> stream.fullMethodName() + " (" + stream.methodType() + ")")
              .toList();
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class LeavingOpenInBeforeAllTestCases {
    @Serve static final MarketServer MARKET = new MarketServer();

    @BeforeAll
    static void leave(MarketBlockingStub stub) {
      assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
    }

    @Test
    void right(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class ReleasingInAfterAllTestCases {
    @Serve static final MarketServer MARKET = new MarketServer();
    private static Iterator<String> prices = List.of("none").iterator();

    @BeforeAll
    static void open(MarketBlockingStub stub) {
      prices = stub.watch("ACME");
      assertThat(prices.next()).isEqualTo("ACME at 100");
    }

    @Test
    void right(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }

    @Test
    void readsOneMoreOfTheStreamOfTheClass(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
      assertThat(prices.next()).isEqualTo("ACME at 101");
    }

    @AfterAll
    static void drain() {
      prices.forEachRemaining(price -> {});
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  @TestInstance(Lifecycle.PER_CLASS)
  static class PerClassBeforeAllTestCases {
    @Serve final MarketServer market = new MarketServer();

    @BeforeAll
    void leave(MarketBlockingStub stub) {
      assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
    }

    @Test
    void right(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class NestedUnderBeforeAllTestCases {
    @Serve static final MarketServer MARKET = new MarketServer();

    @BeforeAll
    static void leave(MarketBlockingStub stub) {
      assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
    }

    @Nested
    class Inner {
      @Test
      void right(MarketBlockingStub stub) {
        assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class BeforeAllUnderConstructorTestCases {
    @Serve static final MarketServer MARKET = new MarketServer();

    private final MarketBlockingStub outer;

    BeforeAllUnderConstructorTestCases(MarketBlockingStub outer) {
      this.outer = outer;
    }

    @Nested
    @TestInstance(Lifecycle.PER_CLASS)
    class Inner {
      @BeforeAll
      void leave(MarketBlockingStub stub) {
        assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
      }

      @Test
      void right() {
        assertThat(outer.quote("ACME")).isEqualTo("ACME at 100");
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class KeptRecorderTestCases {
    static final AtomicReference<@Nullable GrpcStreamRecorder> recorder = new AtomicReference<>();
    static final AtomicReference<@Nullable ManagedChannel> channel = new AtomicReference<>();

    @Serve final MarketServer market = new MarketServer();

    @Test
    void leavesOneOfEachType(
        GrpcStreamRecorder recorder,
        ManagedChannel channel,
        MarketBlockingStub blocking,
        MarketFutureStub future,
        MarketStub async,
        MarketBlockingV2Stub blockingV2)
        throws Exception {
      KeptRecorderTestCases.recorder.set(recorder);
      KeptRecorderTestCases.channel.set(channel);
      assertThat(blocking.quote("ACME")).isEqualTo("ACME at 100");
      // The server has finished this one: in-process ignores its cancel.
      assertThat(blocking.watch("ACME").next()).isEqualTo("ACME at 100");
      market.awaitHandled(1);
      assertThat(future.quote(MarketServer.NEVER).isDone()).isFalse();
      async.upload(new Received()).onNext("ACME");
      assertThat(blockingV2.subscribe().write("ACME")).isTrue();
    }
  }

  @GrpcStreamLeakCheck
  static class NettyTestCases {
    static final AtomicReference<@Nullable GrpcStreamRecorder> recorder = new AtomicReference<>();
    static final AtomicReference<@Nullable ManagedChannel> channel = new AtomicReference<>();
    static final AtomicReference<@Nullable Server> server = new AtomicReference<>();

    private static MarketBlockingStub stub(GrpcResources resources) throws Exception {
      InetAddress loopback = InetAddress.getLoopbackAddress();
      Server started =
          resources.start(
              NettyServerBuilder.forAddress(new InetSocketAddress(loopback, 0))
                  .addService(new MarketServer()));
      ManagedChannel built =
          resources.newChannel(
              NettyChannelBuilder.forAddress(new InetSocketAddress(loopback, started.getPort()))
                  .usePlaintext());
      server.set(started);
      channel.set(built);
      return MarketGrpc.newBlockingStub(built);
    }

    @Test
    void leaves(GrpcResources resources) throws Exception {
      assertThat(stub(resources).watch("ACME").next()).isEqualTo("ACME at 100");
      recorder.set(resources.recorder());
    }

    @Test
    void drains(GrpcResources resources) throws Exception {
      stub(resources).watch("ACME").forEachRemaining(price -> {});
    }
  }

  private static void subscribeWithoutCancel(GrpcResources resources) {
    ManagedChannel channel =
        resources.newChannel(
            InProcessChannelBuilder.forName(resources.serverName())
                .intercept(new SwallowsCancel()));
    MarketGrpc.newStub(channel).subscribe(new Received()).onNext(Lines.here("swallowed"));
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class SwallowedCancelTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(GrpcResources resources, MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
      resources.shutdownLimit(Duration.ofMillis(50));
      subscribeWithoutCancel(Lines.here("swallowed, caller", resources));
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class BlockedInOnErrorTestCases {
    static final BlockingQueue<String> FULL = new ArrayBlockingQueue<>(1);

    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketStub stub) {
      FULL.add("the only place");
      // Callbacks run on the thread that causes them, as on a direct executor.
      StreamObserver<String> neverCompleted =
          stub.withExecutor(Runnable::run)
              .subscribe(
                  new StreamObserver<>() {
                    @Override
                    public void onNext(String price) {}

                    @Override
                    public void onError(Throwable error) {
                      Uninterruptibles.putUninterruptibly(FULL, error.toString());
                    }

                    @Override
                    public void onCompleted() {}
                  });
      neverCompleted.onNext("ACME");
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class SwallowedCancelAndShortLimitTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leavesAStreamThatKeepsItsCancel(GrpcResources resources, MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
      resources.shutdownLimit(Duration.ofMillis(50));
      subscribeWithoutCancel(Lines.here("swallowed, caller", resources));
    }
  }

  @GrpcStreamLeakCheck
  static class ClosesItsRecorderTestCases {
    @Test
    void closes(GrpcStreamRecorder recorder) {
      recorder.close();
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class ChecksItselfTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void checks(GrpcStreamRecorder recorder, MarketBlockingV2Stub stub) throws Exception {
      BlockingClientCall<String, String> call = stub.subscribe();

      assertThat(recorder.check(StreamLeakPolicy.normal()).waited())
          .isEqualTo(Duration.ofMillis(50));
      call.cancel("enough", null);
    }
  }

  /** Opens a stream before each test, and closes it with JUnit's store. */
  static final class Opens implements BeforeEachCallback {
    @Override
    public void beforeEach(ExtensionContext context) {
      ManagedChannel channel = PriceFeed.connect();
      PriceFeed feed = new PriceFeed(channel);
      feed.ask("ACME");
      context
          .getStore(ExtensionContext.Namespace.create(Opens.class))
          .put(
              "client",
              AtClose.of(
                  () -> {
                    feed.close();
                    channel.shutdownNow();
                  }));
    }
  }

  @ExtendWith(Opens.class)
  @GrpcStreamLeakCheck(grace = "300 ms")
  static class ClosedByAnEarlierExtensionTestCases {
    @Test
    void uses() {}
  }

  @ExtendWith(Opens.class)
  abstract static class BaseWithAClient {}

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class ClosedByTheExtensionOfABaseClassTestCases extends BaseWithAClient {
    @Test
    void uses() {}
  }

  @ExtendWith(Opens.class)
  static class ClosedByAnExtensionOfAWatchedTestCases {
    @Test
    void uses() {}
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class CloseableReleasesTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void closesItsClient(GrpcResources resources, MarketBlockingV2Stub stub) throws Exception {
      BlockingClientCall<String, String> call = stub.subscribe();
      resources.register(() -> call.cancel("closed", null));
    }

    @Test
    void closesAnotherOne(GrpcResources resources, MarketBlockingV2Stub stub) throws Exception {
      BlockingClientCall<String, String> unused = stub.subscribe();
      resources.register(() -> {});
    }
  }

  @GrpcStreamLeakCheck
  static class OrderTestCases {
    static final List<String> SEEN = new ArrayList<>();
    static final List<Server> SERVERS = new ArrayList<>();
    static final List<ManagedChannel> CHANNELS = new ArrayList<>();

    private Runnable see = () -> {};

    @Test
    void registersInOrder(GrpcResources resources) throws Exception {
      String name = "EndOfTestTest.order";
      resources.register(() -> see("first"));
      CHANNELS.add(resources.newChannel(InProcessChannelBuilder.forName(name)));
      resources.register(() -> see("second"));
      SERVERS.add(
          resources.start(InProcessServerBuilder.forName(name).addService(new MarketServer())));
      resources.register(() -> see("third"));
      assertThat(MarketGrpc.newBlockingStub(CHANNELS.get(0)).quote("ACME"))
          .isEqualTo("ACME at 100");
      see = () -> see("@AfterEach");
    }

    @AfterEach
    void seeAllUp() {
      see.run();
    }

    private static void see(String who) {
      SEEN.add(
          who
              + ": server "
              + (SERVERS.get(0).isTerminated() ? "down" : "up")
              + ", channel "
              + (CHANNELS.get(0).isTerminated() ? "down" : "up"));
    }
  }

  @GrpcStreamLeakCheck
  static class StuckChannelTestCases {
    static final AtomicReference<@Nullable ManagedChannel> channel = new AtomicReference<>();

    @Serve final MarketServer market = new MarketServer();

    @Test
    void leavesACallThatIsNotRecorded(GrpcResources resources, MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
      resources.shutdownLimit(Duration.ofMillis(50));
      ManagedChannel own =
          resources.register(InProcessChannelBuilder.forName(resources.serverName()).build());
      MarketGrpc.newStub(own).subscribe(new Received()).onNext("ACME");
      market.awaitHandled(1);
      channel.set(own);
    }
  }

  @GrpcStreamLeakCheck
  static class StuckServerTestCases {
    static final AtomicReference<@Nullable Server> server = new AtomicReference<>();

    private final MarketServer market = new MarketServer();

    @Test
    void leavesACallThatIsNotRecorded(GrpcResources resources) throws Exception {
      String name = "EndOfTestTest.stuck";
      resources.shutdownLimit(Duration.ofMillis(50));
      ManagedChannel own = resources.register(InProcessChannelBuilder.forName(name).build());
      server.set(
          resources.start(
              InProcessServerBuilder.forName(name)
                  .addService(new NewsGrpc.News())
                  .addService(market)));
      MarketGrpc.newStub(own).subscribe(new Received()).onNext("ACME");
      market.awaitHandled(1);
    }
  }

  @GrpcStreamLeakCheck
  static class PromptShutdownTestCases {
    @Test
    void leavesNothing(GrpcResources resources) throws Exception {
      String name = "EndOfTestTest.prompt";
      resources.shutdownLimit(Duration.ofMinutes(1));
      resources.start(InProcessServerBuilder.forName(name).addService(new MarketServer()));
      ManagedChannel own = resources.register(InProcessChannelBuilder.forName(name).build());
      assertThat(MarketGrpc.newBlockingStub(own).quote("ACME")).isEqualTo("ACME at 100");
    }
  }

  @GrpcStreamLeakCheck
  static class ThrowingCloseableTestCases {
    static final List<String> CLOSED = new ArrayList<>();

    @BeforeEach
    void register(GrpcResources resources) {
      resources.register(() -> CLOSED.add("first"));
      resources.register(
          () -> {
            CLOSED.add("second");
            throw new IllegalStateException("second");
          });
      resources.register(() -> CLOSED.add("third"));
    }

    @Test
    void passes() {}
  }
}
