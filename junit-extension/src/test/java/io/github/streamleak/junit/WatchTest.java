package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.all;
import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.failed;
import static io.github.streamleak.junit.Runs.failedContainers;
import static io.github.streamleak.junit.Runs.kit;
import static io.github.streamleak.junit.Runs.onlyFailure;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.reports;
import static io.github.streamleak.junit.Runs.run;
import static io.github.streamleak.junit.Runs.withoutWait;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakError;
import io.grpc.InternalConfiguratorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.Event;

/**
 * Clients that build their own channels. Alone: a whole run that is watched would take what
 * unchecked fixtures open beside it for its own.
 */
@Isolated
class WatchTest {

  // ---- the annotation ----

  @Test
  void channelThatAClientBuildsItselfIsWatchedTest() {
    EngineExecutionResults results = run(OwnChannelTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(onlyLeak(results).leaks())
        .singleElement()
        .satisfies(
            leak ->
                assertThat(leak.stream().openingLine().orElseThrow().getMethodName())
                    .isEqualTo("first"));
    assertThat(failed(results)).containsExactly("leaves()");
  }

  @Test
  void streamsOfASharedChannelBelongToTheTestsThatOpenThemTest() {
    EngineExecutionResults results = run(SharedChannelTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(3).succeeded(2).failed(1));
    assertThat(failed(results)).containsExactly("leaves()");
    assertThat(onlyLeak(results).leaks()).hasSize(1);
  }

  @Test
  void streamsOpenedOnOtherThreadsBelongToTheOnlyTestRunningTest() {
    EngineExecutionResults results = run(OtherThreadTestCases.class);

    assertThat(failed(results)).containsExactlyInAnyOrder("onAThreadOfItsOwn()", "onAPool()");
    results.testEvents().assertStatistics(s -> s.started(3).succeeded(1).failed(2));
  }

  @Test
  void streamOpenedInACallbackBelongsToTheTestOfItsCallTest() {
    assertThat(onlyLeak(run(CallbackTestCases.class)).leaks()).hasSize(1);
  }

  @Test
  void whatClosesAClientLaterGetsItsChanceTest() {
    assertAllPass(run(ClosedLateTestCases.class), 2);
  }

  @Test
  void uncheckedTestsOfAClassAreNotChargedToCheckedOnesTest() {
    EngineExecutionResults results = Runs.runInParallel(2, UncheckedBesideCheckedTestCases.class);

    assertAllPass(results, 2);
  }

  @Test
  void nothingIsRegisteredWithGrpcWhereTheCheckIsOffTest() {
    OffTestCases.configurators = -1;
    assertAllPass(
        kit(OffTestCases.class).configurationParameter("streamleak.mode", "off").execute(), 1);

    assertThat(OffTestCases.configurators).isZero();
    assertAllPass(kit(OffTestCases.class).execute(), 1);
    assertThat(OffTestCases.configurators).isOne();
    assertThat(InternalConfiguratorRegistry.getConfigurators()).isEmpty();
  }

  // ---- the whole run ----

  @Test
  void wholeRunIsCheckedWithoutAnAnnotationTest() {
    EngineExecutionResults results = all(PlainTestCases.class).execute();

    results.testEvents().assertStatistics(s -> s.started(3).succeeded(2).failed(1));
    results.containerEvents().assertStatistics(s -> s.failed(0));
    assertThat(failed(results)).containsExactly("leaves()");
    assertThat(withoutWait(onlyFailure(results).getMessage()))
        .startsWith("1 gRPC client stream leaked, still open N s after the test:\n")
        .contains("opened at : io.github.streamleak.junit.WatchTest$Client.first(WatchTest.java:")
        .endsWith(
            "To allow a stream on purpose: @AllowStreamLeak(method = \"acme.Market/Watch\","
                + " reason = \"why it may stay open\")");
  }

  @Test
  void autoDetectionAloneChecksNothingTest() {
    assertAllPass(
        kit(PlainTestCases.class)
            .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
            .execute(),
        3);
  }

  @Test
  void wholeRunThatOnlyWarnsPassesAndSaysWhatLeakedTest() {
    List<String> log = new ArrayList<>();
    EngineExecutionResults results =
        Logs.collect(
            log, () -> all(PlainTestCases.class).configurationParameter("streamleak.mode", "warn"));

    assertAllPass(results, 3);
    assertThat(reports(results)).hasSize(1);
    assertThat(withoutWait(reports(results).get(0).get("streamleak.leak")))
        .startsWith("1 gRPC client stream leaked, still open N s after the test:\n");
    assertThat(log).hasSize(2);
    assertThat(log.get(1))
        .isEqualTo(
            "Streamleak: 3 streams in 3 tests on 3 channels, 1 leaked (streamleak.mode = warn)");
    assertThat(log.get(0))
        .matches(
            "(?s)1 gRPC client stream leaked in this run \\(streamleak.mode = warn\\):\n"
                + "  WatchTest.PlainTestCases.leaves: acme.Market/Watch, NOT_DRAINED, opened at"
                + " io.github.streamleak.junit.WatchTest\\$Client.first\\(WatchTest.java:\\d+\\),"
                + " called by io.github.streamleak.junit.WatchTest\\$PlainTestCases.leaves"
                + "\\(WatchTest.java:\\d+\\)");
  }

  @Test
  void streamLeftOpenByALifeCycleMethodOfTheClassFailsTheClassTest() {
    EngineExecutionResults results = all(OpenedBeforeAllTestCases.class).execute();

    results.testEvents().assertStatistics(s -> s.started(1).succeeded(1));
    assertThat(withoutWait(onlyLeak(results).getMessage()))
        .startsWith("1 gRPC client stream leaked, still open N s after the class:\n");
  }

  @Test
  void annotatedTestIsCheckedOnceTest() {
    EngineExecutionResults results =
        all(OwnChannelTestCases.class, RegisteredTestCases.class).execute();

    results.testEvents().assertStatistics(s -> s.started(3).succeeded(1).failed(2));
    for (Event event : results.testEvents().failed().list()) {
      assertThat(Runs.thrown(event).orElseThrow().getSuppressed())
          .noneMatch(StreamLeakError.class::isInstance);
    }
    // Its clients are never closed, which is said as well.
    assertThat(reports(results))
        .filteredOn(entry -> !entry.containsKey("streamleak.warning"))
        .containsExactly(
            Map.of("streamleak.allowed", "acme.Market/Subscribe: the other one is to fail"));
  }

  @Test
  void streamOfAThreadWhoseTestIsOverIsChargedToItsClassTest() {
    EngineExecutionResults results = all(ThreadOutlivesTestCases.class).execute();

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(2));
    assertThat(failedContainers(results)).containsExactly("WatchTest$ThreadOutlivesTestCases");
    assertThat(withoutWait(onlyLeak(results).getMessage()))
        .startsWith("1 gRPC client stream leaked, still open N s after the class:\n")
        .contains(
            "\n   charged   : opened for WatchTest.ThreadOutlivesTestCases.aStarts (over), on thread"
                + " \"late\", which it started, while WatchTest.ThreadOutlivesTestCases.bWaits ran\n");
  }

  @Test
  void streamOfAJobIsNotChargedToTheTestItFallsIntoTest() {
    EngineExecutionResults results = all(JobTestCases.class).execute();

    assertThat(failed(results)).containsExactly("cStartsItsOwn()");
    assertThat(failedContainers(results)).containsExactly("WatchTest$JobTestCases");
    StreamLeakError ofTheClass =
        (StreamLeakError)
            Runs.thrown(results.containerEvents().failed().list().get(0)).orElseThrow();
    assertThat(ofTheClass.leaks())
        .extracting(leak -> leak.stream().whyCharged().orElse("evident"))
        .containsExactly(
            "evident",
            "opened for WatchTest.JobTestCases.aSchedules (over), on a channel that it built,"
                + " while WatchTest.JobTestCases.bWaitsForBoth ran");
  }

  @Test
  void streamThatTheRunIgnoresPassesTest() {
    List<String> log = new ArrayList<>();
    assertAllPass(
        Logs.collect(
            log,
            () ->
                all(ThreadOutlivesTestCases.class, PlainTestCases.class)
                    .configurationParameter(
                        "streamleak.ignore", "acme.Market/Watch: by design; a.B/*: none such")),
        5);
    assertThat(log)
        .containsExactly(
            "the configuration parameter streamleak.ignore excused no stream: a.B/* (none such);"
                + " remove it, or correct the method",
            "Streamleak: 4 streams in 5 tests on 4 channels, none leaked; 2 are allowed");
  }

  @Test
  void runThatBuildsNoChannelSaysSoTest() {
    List<String> log = new ArrayList<>();
    assertAllPass(Logs.collect(log, () -> all(NoChannelTestCases.class)), 1);

    assertThat(log)
        .singleElement()
        .asString()
        .startsWith(
            "Streamleak: no stream was recorded in 1 test, and no channel was seen: the tests use");
  }

  @Test
  void parallelTestsAreBlamedForTheirOwnStreamsAloneTest() {
    EngineExecutionResults results =
        all(ParallelTestCases.class)
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
            .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
            .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
            .configurationParameter(
                "junit.jupiter.execution.parallel.config.fixed.parallelism", "6")
            .execute();

    Map<String, Set<String>> blamed = new TreeMap<>();
    for (Event event : results.allEvents().failed().list()) {
      Set<String> opened = new TreeSet<>();
      for (StreamFinding leak : ((StreamLeakError) Runs.thrown(event).orElseThrow()).leaks()) {
        opened.add(leak.stream().thread());
      }
      blamed.put(event.getTestDescriptor().getDisplayName(), opened);
    }
    assertThat(blamed)
        .isEqualTo(
            Map.of(
                "onItsOwnThread()", Set.of("started by onItsOwnThread"),
                "onTheSharedPool()", Set.of("shared pool"),
                "onTheSharedPoolWithoutATrace()", Set.of("shared pool"),
                "inACallback()", Set.of("callback")));
  }

  // ---- bad input ----

  @Test
  void unknownWatchNamesTheValidOnesTest() {
    assertThat(
            onlyFailure(
                kit(NoChannelTestCases.class)
                    .configurationParameter(
                        "junit.jupiter.extensions.autodetection.enabled", "true")
                    .configurationParameter("streamleak.watch", "every")
                    .execute()))
        .hasMessage(
            "the configuration parameter streamleak.watch is \"every\"; the valid values are own,"
                + " checked and all");
  }

  @Test
  void ignoredStreamWithoutAReasonIsAnErrorTest() {
    assertThat(
            onlyFailure(
                all(NoChannelTestCases.class)
                    .configurationParameter("streamleak.ignore", "acme.Market/Watch")
                    .execute()))
        .hasMessage(
            "the configuration parameter streamleak.ignore, at \"acme.Market/Watch\": the"
                + " allowance for \"acme.Market/Watch\" has no reason; say why such a stream may"
                + " stay open, such as \"lives as long as the client\"; write package.Service/Method: reason, and put a"
                + " semicolon between two of them; a cause or rule, and the class that opens the stream,"
                + " may stand before the colon");
  }

  // ---- fixtures: a server over Netty, and a client as people write it ----

  static final class Loopback {
    static final Wire WIRE = Wire.to(Transport.NETTY, new MarketServer());
  }

  /** Builds its channel itself, and knows nothing of any check. */
  static final class Client implements AutoCloseable {
    private final ManagedChannel channel =
        NettyChannelBuilder.forAddress(Loopback.WIRE.address()).usePlaintext().build();

    String first() {
      return MarketGrpc.newBlockingStub(channel).watch("ACME").next();
    }

    void all() {
      Iterator<String> prices = MarketGrpc.newBlockingStub(channel).watch("ACME");
      prices.forEachRemaining(price -> {});
    }

    /** Ends what is open: the server has not closed it. */
    Received never() {
      Received prices = new Received();
      MarketGrpc.newStub(channel).subscribe(prices).onNext("ACME");
      return prices;
    }

    void quoteThen(Runnable next) {
      MarketGrpc.newStub(channel)
          .quote(
              "ACME",
              new Received() {
                @Override
                public void onCompleted() {
                  next.run();
                }
              });
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class OwnChannelTestCases {
    @Test
    void leaves() {
      assertThat(new Client().first()).isEqualTo("ACME at 100");
    }

    @Test
    void drains() {
      new Client().all();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class SharedChannelTestCases {
    static @Nullable Client client;

    @BeforeAll
    static void connect() {
      client = new Client();
      client.all();
    }

    @AfterAll
    static void disconnect() {
      client().close();
    }

    static Client client() {
      return java.util.Objects.requireNonNull(client);
    }

    @Test
    void drains() {
      client().all();
    }

    @Test
    void leaves() {
      client().first();
    }

    @Nested
    class Inner {
      @Test
      void drainsToo() {
        client().all();
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class OtherThreadTestCases {
    private final Client client = new Client();

    @Test
    void onAThreadOfItsOwn() throws Exception {
      Thread thread = new Thread(client::first);
      thread.start();
      thread.join();
    }

    @Test
    void onAPool() throws Exception {
      ExecutorService pool = Executors.newSingleThreadExecutor();
      pool.submit(client::first).get();
      pool.shutdown();
    }

    @Test
    void drainsOnAThread() throws Exception {
      Thread thread = new Thread(client::all);
      thread.start();
      thread.join();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class CallbackTestCases {
    @Test
    void leaves() throws Exception {
      CountDownLatch opened = new CountDownLatch(1);
      Client client = new Client();
      client.quoteThen(
          () -> {
            client.never();
            opened.countDown();
          });
      opened.await();
    }
  }

  /** Closes what it gave, when the check's own callbacks are over. */
  static final class Closing implements AfterEachCallback, BeforeEachCallback {
    static @Nullable Client client;

    @Override
    public void beforeEach(ExtensionContext context) {
      client = new Client();
    }

    @Override
    public void afterEach(ExtensionContext context) {
      java.util.Objects.requireNonNull(client).close();
    }
  }

  @ExtendWith(Closing.class)
  @GrpcStreamLeakCheck(grace = "5 s")
  static class ClosedLateTestCases {
    @Test
    void byAnotherExtension() {
      java.util.Objects.requireNonNull(Closing.client).never();
    }

    private final Client closedByStore = new Client();

    @RegisterExtension
    final BeforeEachCallback intoTheStore =
        context ->
            context
                .getStore(ExtensionContext.Namespace.create(Closing.class))
                .put("client", AtClose.of(() -> closedByStore.close()));

    @Test
    void byTheStore() {
      closedByStore.never();
    }
  }

  static class UncheckedBesideCheckedTestCases {
    private static final CyclicBarrier BOTH = new CyclicBarrier(2);

    @Test
    @GrpcStreamLeakCheck(grace = "300 ms")
    void checked() throws Exception {
      BOTH.await();
      BOTH.await();
    }

    @Test
    void unchecked() throws Exception {
      BOTH.await();
      new Client().first();
      BOTH.await();
    }
  }

  @GrpcStreamLeakCheck
  static class OffTestCases {
    static int configurators;

    @Test
    void counts() {
      configurators = InternalConfiguratorRegistry.getConfigurators().size();
    }
  }

  static class PlainTestCases {
    @Test
    void leaves() {
      new Client().first();
    }

    @Test
    void drains() {
      new Client().all();
    }

    @Test
    void closes() {
      Client client = new Client();
      Received prices = client.never();
      client.close();
      // Its client hears of the shutdown: that is what this test tries.
      MarketClient.await(prices.closed);
    }
  }

  static class OpenedBeforeAllTestCases {
    @BeforeAll
    static void open() {
      new Client().first();
    }

    @Test
    void passes() {
      new Client().all();
    }
  }

  static class RegisteredTestCases {
    @RegisterExtension
    final GrpcStreamLeakExtension streams = GrpcStreamLeakExtension.builder().build();

    @Test
    @AllowStreamLeak(method = "acme.Market/Subscribe", reason = "the other one is to fail")
    void leaves() {
      new Client().never();
      new Client().first();
    }
  }

  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class ThreadOutlivesTestCases {
    private static CountDownLatch over = new CountDownLatch(1);
    private static Thread thread = new Thread();

    @BeforeAll
    static void startAnew() {
      over = new CountDownLatch(1);
    }

    private static void awaitOver() {
      try {
        over.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Test
    void aStarts() {
      thread =
          new Thread(
              () -> {
                awaitOver();
                new Client().first();
              },
              "late");
      thread.start();
    }

    @Test
    void bWaits() throws Exception {
      over.countDown();
      thread.join();
    }
  }

  /** Jobs that repeat, of the class, of a test that is over, and of a test that runs. */
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class JobTestCases {
    private static final List<ScheduledExecutorService> POOLS = new ArrayList<>();
    private static @Nullable Job ofTheClass;
    private static @Nullable Job ofATest;

    /** Leaves a stream behind whenever it is asked to. */
    private static final class Job {
      private final Semaphore asked = new Semaphore(0);
      private final Semaphore ran = new Semaphore(0);
      private final Client client = new Client();

      Job() {
        ScheduledExecutorService pool = Executors.newScheduledThreadPool(1);
        POOLS.add(pool);
        Future<?> unused = pool.scheduleWithFixedDelay(this::run, 0, 1, TimeUnit.MILLISECONDS);
      }

      private void run() {
        if (asked.tryAcquire()) {
          client.first();
          ran.release();
        }
      }

      void runOnce() throws InterruptedException {
        asked.release();
        ran.acquire();
      }
    }

    @BeforeAll
    static void schedule() {
      ofTheClass = new Job();
    }

    @AfterAll
    static void stop() {
      POOLS.forEach(ScheduledExecutorService::shutdownNow);
    }

    @Test
    void aSchedules() {
      ofATest = new Job();
    }

    @Test
    void bWaitsForBoth() throws Exception {
      java.util.Objects.requireNonNull(ofTheClass).runOnce();
      java.util.Objects.requireNonNull(ofATest).runOnce();
    }

    @Test
    void cStartsItsOwn() throws Exception {
      new Job().runOnce();
    }
  }

  static class NoChannelTestCases {
    @Test
    void passes() {}
  }

  /** Each opens on a thread that is not its own, while the others run. */
  static class ParallelTestCases {
    private static final int TESTS = 5;
    private static final CyclicBarrier TOGETHER = new CyclicBarrier(TESTS);
    private static final ExecutorService POOL =
        Executors.newSingleThreadExecutor(task -> daemon(task, "shared pool"));

    private static Thread daemon(Runnable task, String name) {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    }

    private static void together(Runnable open) throws Exception {
      TOGETHER.await();
      open.run();
      TOGETHER.await();
    }

    @Test
    void onItsOwnThread() throws Exception {
      Client client = new Client();
      Thread thread = daemon(client::first, "started by onItsOwnThread");
      TOGETHER.await();
      thread.start();
      thread.join();
      TOGETHER.await();
    }

    @Test
    void onTheSharedPool() throws Exception {
      Client client = new Client();
      TOGETHER.await();
      POOL.submit(() -> client.first()).get();
      TOGETHER.await();
    }

    /** The pool is shared, and the stack is that of the client: the channel tells whose it is. */
    @Test
    void onTheSharedPoolWithoutATrace() throws Exception {
      Client client = new Client();
      TOGETHER.await();
      POOL.submit(client::first).get();
      TOGETHER.await();
    }

    @Test
    void inACallback() throws Exception {
      CountDownLatch opened = new CountDownLatch(1);
      Client client = new Client();
      together(
          () -> {
            client.quoteThen(
                () -> {
                  Thread.currentThread().setName("callback");
                  client.never();
                  opened.countDown();
                });
          });
      opened.await();
    }

    @Test
    void drains() throws Exception {
      together(new Client()::all);
    }
  }
}
