package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.all;
import static io.github.streamleak.junit.Runs.failed;
import static io.github.streamleak.junit.Runs.failedContainers;
import static io.github.streamleak.junit.Runs.kit;
import static org.assertj.core.api.Assertions.assertThat;

import acme.feed.PriceFeed;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import io.github.streamleak.verdict.StreamLeakError;
import io.grpc.Context;
import io.grpc.InternalConfiguratorRegistry;
import io.grpc.ManagedChannel;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Who is charged with a stream that a thread opens which is not the test's own, or too late. */
@Isolated
class WhoseStreamTest {

  // ---- late: the test that began it is over ----

  @ParameterizedTest
  @ValueSource(
      classes = {
        ReconnectsLaterTestCases.class,
        ReconnectsInACallbackTestCases.class,
        ReconnectsOnTheCommonPoolTestCases.class
      })
  void subscriptionThatReconnectsIsNotChargedToTheNextTestTest(Class<?> fixture) {
    EngineExecutionResults results = all(fixture).execute();

    assertThat(failed(results)).isEmpty();
    assertThat(failedContainers(results))
        .containsExactly("WhoseStreamTest$" + fixture.getSimpleName());
    assertThat(charged(results))
        .singleElement()
        .asString()
        .startsWith(
            "opened for WhoseStreamTest." + fixture.getSimpleName() + ".aSubscribes (over), ");
  }

  @Test
  void subscriptionThatReconnectsInAnotherClassIsTheRunsTest() {
    EngineExecutionResults results =
        all(SubscribesTestCases.class, IsInnocentTestCases.class).execute();

    assertThat(failed(results)).isEmpty();
    assertThat(failedContainers(results)).containsExactly("JUnit Jupiter");
    assertThat(charged(results))
        .singleElement()
        .asString()
        .startsWith("opened for WhoseStreamTest.SubscribesTestCases.subscribes (over), on ");
  }

  // ---- at the same time as other tests ----

  @ParameterizedTest
  @ValueSource(
      classes = {
        PoolOfTheClientTestCases.class,
        CommonPoolTestCases.class,
        LambdaOnAnothersThreadTestCases.class,
        HelperOfAnotherTestTestCases.class,
        ConstructorTestCases.class
      })
  void eachOfTwoTestsAnswersForItsOwnTest(Class<?> fixture) {
    for (EngineTestKit.Builder kit : List.of(kit(fixture), all(fixture))) {
      EngineExecutionResults results = inParallel(kit).execute();

      assertThat(failed(results)).containsExactly("leaves()");
      assertThat(failedContainers(results)).isEmpty();
    }
  }

  @Test
  void streamThatNothingTiesToATestIsAWarningOfTheRunTest() {
    List<String> log = new ArrayList<>();
    EngineExecutionResults results =
        Logs.collect(log, () -> inParallel(kit(NobodysTestCases.class)));

    assertThat(results.allEvents().failed().list()).isEmpty();
    assertThat(log).hasSize(2);
    assertThat(log.get(1))
        .isEqualTo(
            "Streamleak: 1 stream in 2 tests, none leaked; 1 still open at the end of the run");
    assertThat(log.get(0))
        .startsWith(
            "1 gRPC client stream was still open when the run ended; no test could be identified"
                + " as the owner (no test fails):\n"
                + "  acme.Market/Watch, opened at acme.feed.PriceFeed.first(PriceFeed.java:");
  }

  // ---- a thread that an earlier test has made runs the tests ----

  @Test
  void testThatAnEventLoopRunsAnswersForItsOwnTest() {
    for (EngineTestKit.Builder kit :
        List.of(
            kit(RunsOnALoopTestCases.class),
            all(RunsOnALoopTestCases.class),
            inParallel(kit(RunsOnALoopTestCases.class)),
            inParallel(all(RunsOnALoopTestCases.class)))) {
      // Each run has a loop of its own, which its first test starts.
      EventLoop.stop();
      EngineExecutionResults results = kit.execute();

      assertThat(failed(results)).containsExactly("bLeaves()");
      assertThat(failedContainers(results)).isEmpty();
      assertThat(charged(results)).containsExactly("evident");
    }
  }

  @Test
  void testThatAnEventLoopOfAnEarlierRunRunsAnswersForItsOwnTest() {
    EventLoop.stop();
    for (int run = 0; run < 2; run++) {
      for (EngineTestKit.Builder kit :
          List.of(kit(HandsToALoopTestCases.class), all(HandsToALoopTestCases.class))) {
        EngineExecutionResults results = kit.execute();

        assertThat(failed(results)).containsExactly("bLeaves()");
        assertThat(failedContainers(results)).isEmpty();
      }
    }
  }

  // ---- before the first callback ----

  @ParameterizedTest
  @ValueSource(
      classes = {
        ChannelOfAPerClassFieldTestCases.class,
        ChannelOfAConditionTestCases.class,
        ChannelOfARegisteredExtensionTestCases.class,
        ChannelOfAnAnnotatedMethodTestCases.class,
        ChannelBesideABuilderTestCases.class
      })
  void channelThatIsBuiltBeforeTheFirstCallbackIsSeenWholeTest(Class<?> fixture) {
    EngineExecutionResults results = kit(fixture).execute();

    assertThat(failed(results)).containsExactly("leaves()");
    assertThat(leaks(results))
        .singleElement()
        .asString()
        .contains("blocking iterator")
        .doesNotContain("seen from");
  }

  @Test
  void streamOfAPerClassConstructorIsTheClassesTest() {
    EngineExecutionResults results = kit(OpensInAPerClassConstructorTestCases.class).execute();

    assertThat(failed(results)).isEmpty();
    assertThat(failedContainers(results))
        .containsExactly("WhoseStreamTest$OpensInAPerClassConstructorTestCases");
  }

  @Test
  void runWithoutACallbackLeavesNoWatchBehindTest() {
    for (EngineTestKit.Builder kit :
        List.of(
            kit(DisabledTestCases.class),
            all(DisabledTestCases.class),
            inParallel(all(DisabledTestCases.class)))) {
      kit.execute().testEvents().assertStatistics(s -> s.started(0));
      try (PriceFeed feed = new PriceFeed(PriceFeed.connect())) {
        assertThat(InternalConfiguratorRegistry.getConfigurators()).isEmpty();
        feed.all();
      }
    }
  }

  // ---- constructors, under watch=all ----

  @ParameterizedTest
  @ValueSource(
      classes = {
        OpensInAConstructorTestCases.class,
        OpensInAFieldTestCases.class,
        OpensInTheInstanceAroundTestCases.class,
        OpensInANestedInstanceTestCases.class,
        OpensBesideAnAnnotatedMethodTestCases.class,
        OpensBesideABuilderTestCases.class
      })
  void streamThatTheConstructorOfATestOpensIsTheTestsTest(Class<?> fixture) {
    for (EngineTestKit.Builder kit :
        List.of(
            all(fixture),
            all(IsInnocentAlsoTestCases.class, fixture),
            inParallel(all(IsInnocentAlsoTestCases.class, fixture)))) {
      EngineExecutionResults results = kit.execute();

      assertThat(failed(results)).containsExactly("leaves()");
      assertThat(failedContainers(results)).isEmpty();
      assertThat(charged(results)).containsExactly("evident");
    }
  }

  @Test
  void streamThatAConstructorReadsToItsEndFailsNothingTest() {
    Runs.assertAllPass(all(ReadsInItsConstructorsTestCases.class).execute(), 2);
    Runs.assertAllPass(inParallel(all(ReadsInItsConstructorsTestCases.class)).execute(), 2);
  }

  @Test
  void streamOfTheConstructorOfALaterPerClassInstanceIsTheClassesTest() {
    EngineExecutionResults results =
        all(IsInnocentAlsoTestCases.class, OpensInALaterPerClassConstructorTestCases.class)
            .execute();

    assertThat(failed(results)).isEmpty();
    assertThat(failedContainers(results))
        .containsExactly("WhoseStreamTest$OpensInALaterPerClassConstructorTestCases");
    assertThat(charged(results)).containsExactly("evident");
  }

  @Test
  void streamOfAConstructorThatThrowsIsTheClassesTest() {
    EngineExecutionResults results = all(ThrowsInItsConstructorTestCases.class).execute();

    assertThat(failed(results)).containsExactly("neverRuns()");
    assertThat(failedContainers(results))
        .containsExactly("WhoseStreamTest$ThrowsInItsConstructorTestCases");
  }

  // ---- nested classes ----

  @Test
  void nestedTestThatIsOverIsNotOneThatRunsTest() {
    for (EngineTestKit.Builder kit :
        List.of(kit(AfterANestedTestTestCases.class), all(AfterANestedTestTestCases.class))) {
      EngineExecutionResults results = kit.execute();

      assertThat(failed(results)).containsExactly("leaves()");
      assertThat(failedContainers(results)).isEmpty();
    }
  }

  // ---- what a test sees ----

  @Test
  void contextOfTheTestIsItsOwnTest() {
    Runs.assertAllPass(kit(RootContextTestCases.class).execute(), 1);
  }

  // ---- reading ----

  static EngineTestKit.Builder inParallel(EngineTestKit.Builder kit) {
    return kit.configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
        .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
        .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
        .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "3");
  }

  private static List<StreamLeakError> errors(EngineExecutionResults results) {
    List<StreamLeakError> errors = new ArrayList<>();
    for (Event event : results.allEvents().failed().list()) {
      errors.add((StreamLeakError) Runs.thrown(event).orElseThrow());
    }
    return errors;
  }

  private static List<String> leaks(EngineExecutionResults results) {
    return errors(results).stream()
        .flatMap(error -> error.leaks().stream())
        .map(leak -> leak.stream().describe())
        .toList();
  }

  private static List<String> charged(EngineExecutionResults results) {
    return errors(results).stream()
        .flatMap(error -> error.leaks().stream())
        .map(leak -> leak.stream().whyCharged().orElse("evident"))
        .toList();
  }

  // ---- fixtures: late ----

  /** In the first test a client begins something that goes on in the second. */
  @TestMethodOrder(MethodOrderer.MethodName.class)
  abstract static class GoesOn {
    private static CountDownLatch over = new CountDownLatch(1);
    private static CountDownLatch opened = new CountDownLatch(1);

    @BeforeAll
    static void startAnew() {
      over = new CountDownLatch(1);
      opened = new CountDownLatch(1);
    }

    /** Leaves a stream behind when the first test is over. */
    static void reconnect(PriceFeed feed) {
      await(over);
      feed.first();
      opened.countDown();
    }

    static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Test
    void bIsInnocent() {
      over.countDown();
      await(opened);
    }
  }

  static class ReconnectsLaterTestCases extends GoesOn {
    private static final ManagedChannel CHANNEL = PriceFeed.connect();
    private static ScheduledExecutorService pool = Executors.newSingleThreadScheduledExecutor();

    @BeforeAll
    static void start() {
      pool = Executors.newSingleThreadScheduledExecutor();
    }

    @AfterAll
    static void stop() {
      pool.shutdownNow();
    }

    @Test
    void aSubscribes() {
      PriceFeed feed = new PriceFeed(CHANNEL);
      Future<?> unused = pool.schedule(() -> reconnect(feed), 0, TimeUnit.SECONDS);
    }
  }

  static class ReconnectsInACallbackTestCases extends GoesOn {
    private static final ManagedChannel CHANNEL = PriceFeed.connect();

    @Test
    void aSubscribes() {
      PriceFeed feed = new PriceFeed(CHANNEL);
      feed.allThen(() -> reconnect(feed));
    }
  }

  static class ReconnectsOnTheCommonPoolTestCases extends GoesOn {
    @Test
    void aSubscribes() {
      PriceFeed feed = new PriceFeed(PriceFeed.connect());
      CompletableFuture<Void> unused = CompletableFuture.runAsync(new Reconnect(feed));
    }
  }

  /** No lambda of the test: the stack does not tell. */
  private record Reconnect(PriceFeed feed) implements Runnable {
    @Override
    public void run() {
      GoesOn.reconnect(feed);
    }
  }

  static class SubscribesTestCases {
    private static CountDownLatch over = new CountDownLatch(1);
    private static CountDownLatch opened = new CountDownLatch(1);

    @Test
    void subscribes() {
      over = new CountDownLatch(1);
      opened = new CountDownLatch(1);
      PriceFeed feed = new PriceFeed(PriceFeed.connect());
      Thread thread =
          new Thread(
              () -> {
                GoesOn.await(over);
                feed.first();
                opened.countDown();
              });
      thread.setDaemon(true);
      thread.start();
    }
  }

  static class IsInnocentTestCases {
    @BeforeAll
    static void waits() {
      SubscribesTestCases.over.countDown();
      GoesOn.await(SubscribesTestCases.opened);
    }

    @Test
    void passes() {}
  }

  // ---- fixtures: at the same time ----

  /** Two tests that run at the same time, one of which leaks on a thread that is not its own. */
  abstract static class Two {
    static final CyclicBarrier BOTH = new CyclicBarrier(2);

    static void meet() {
      try {
        BOTH.await();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    @Test
    void leaves() throws Exception {
      meet();
      leave();
      meet();
    }

    @Test
    void isInnocent() throws Exception {
      meet();
      beInnocent();
      meet();
    }

    abstract void leave() throws Exception;

    void beInnocent() throws Exception {}
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class PoolOfTheClientTestCases extends Two {
    @Override
    void leave() throws Exception {
      ExecutorService pool = Executors.newSingleThreadExecutor();
      PriceFeed feed = new PriceFeed(PriceFeed.connect());
      pool.submit(feed::first).get();
      pool.shutdown();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class CommonPoolTestCases extends Two {
    @Override
    void leave() {
      CompletableFuture.supplyAsync(new PriceFeed(PriceFeed.connect())::first).join();
    }
  }

  /** The one test has started the thread, the other hands it a lambda of its own. */
  @GrpcStreamLeakCheck(grace = "300 ms")
  static class LambdaOnAnothersThreadTestCases {
    private static final ManagedChannel CHANNEL = PriceFeed.connect();

    @Test
    void leaves() throws Exception {
      Two.meet();
      Loops.hand(() -> new PriceFeed(CHANNEL).first());
      Two.meet();
    }

    @Test
    void isInnocent() throws Exception {
      Loops.start();
      Two.meet();
      Two.meet();
    }
  }

  /** A loop of its own that takes tasks, as many a client has one. */
  private static final class Loops {
    private static volatile CompletableFuture<Runnable> task = new CompletableFuture<>();
    private static volatile CompletableFuture<Void> done = new CompletableFuture<>();

    static void start() {
      task = new CompletableFuture<>();
      done = new CompletableFuture<>();
      Thread thread =
          new Thread(
              () -> {
                task.join().run();
                done.complete(null);
              });
      thread.setDaemon(true);
      thread.start();
    }

    static void hand(Runnable run) {
      task.complete(run);
      done.join();
    }
  }

  /** A helper that stands in another test class opens the stream. */
  @GrpcStreamLeakCheck(grace = "300 ms")
  static class HelperOfAnotherTestTestCases {
    private static final ManagedChannel CHANNEL = PriceFeed.connect();

    @Test
    void leaves() throws Exception {
      ExecutorService pool = Executors.newSingleThreadExecutor();
      Two.meet();
      pool.submit(() -> ConstructorTestCases.helper(CHANNEL)).get();
      Two.meet();
      pool.shutdown();
    }

    @Test
    void isInnocent() {
      Two.meet();
      new PriceFeed(CHANNEL).all();
      Two.meet();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class ConstructorTestCases {
    private final PriceFeed feed = new PriceFeed(PriceFeed.connect());

    static String helper(ManagedChannel channel) {
      return new PriceFeed(channel).first();
    }

    @Test
    void leaves() throws Exception {
      ExecutorService pool = Executors.newSingleThreadExecutor();
      Two.meet();
      pool.submit(feed::first).get();
      Two.meet();
      pool.shutdown();
    }

    @Test
    void isInnocent() {
      Two.meet();
      feed.all();
      Two.meet();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class NobodysTestCases {
    private static ExecutorService pool = Executors.newSingleThreadExecutor();

    @BeforeAll
    static void start() {
      pool =
          Executors.newSingleThreadExecutor(
              task -> {
                Thread thread = new Thread(task, "of nobody");
                thread.setDaemon(true);
                return thread;
              });
    }

    private static final PriceFeed FEED = new PriceFeed(PriceFeed.connect());

    @Test
    void one() throws Exception {
      Two.meet();
      pool.submit(FEED::first).get();
      Two.meet();
    }

    @Test
    void two() {
      Two.meet();
      Two.meet();
    }
  }

  // ---- fixtures: a thread that an earlier test has made runs the tests ----

  /** Takes tasks on the one thread that it has, as Swing and JavaFX do. */
  private static final class EventLoop {
    private static @Nullable EventLoop loop;

    private final BlockingQueue<FutureTask<?>> tasks = new LinkedBlockingQueue<>();

    private EventLoop() {
      Thread thread =
          new Thread(
              () -> {
                try {
                  while (true) {
                    tasks.take().run();
                  }
                } catch (InterruptedException e) {
                  // Nobody does that.
                }
              },
              "event loop");
      thread.setDaemon(true);
      thread.start();
    }

    static synchronized void stop() {
      loop = null;
    }

    private static synchronized EventLoop get() {
      if (loop == null) {
        loop = new EventLoop();
      }
      return loop;
    }

    static void run(Callable<?> work) throws Throwable {
      FutureTask<?> task = new FutureTask<>(work);
      get().tasks.add(task);
      try {
        task.get();
      } catch (ExecutionException e) {
        throw e.getCause();
      }
    }
  }

  static final class OnTheEventLoop implements InvocationInterceptor {
    @Override
    public void interceptTestMethod(
        Invocation<Void> invocation,
        ReflectiveInvocationContext<Method> method,
        ExtensionContext context)
        throws Throwable {
      EventLoop.run(
          () -> {
            try {
              return invocation.proceed();
            } catch (Exception | Error e) {
              throw e;
            } catch (Throwable t) {
              throw new IllegalStateException(t);
            }
          });
    }
  }

  /** Every test of it is run by the loop. */
  @GrpcStreamLeakCheck(grace = "300 ms")
  @ExtendWith(OnTheEventLoop.class)
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class RunsOnALoopTestCases {
    private static final PriceFeed FEED = new PriceFeed(PriceFeed.connect());

    @Test
    void aIsInnocent() {
      FEED.all();
    }

    @Test
    void bLeaves() {
      FEED.first();
    }

    @Test
    void cIsInnocent() {
      FEED.all();
    }
  }

  /** Only a client runs on the loop, which nothing else tells of. */
  @GrpcStreamLeakCheck(grace = "300 ms")
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class HandsToALoopTestCases {
    @Test
    void aIsInnocent() throws Throwable {
      EventLoop.run(() -> null);
    }

    @Test
    void bLeaves() throws Throwable {
      EventLoop.run(new PriceFeed(PriceFeed.connect())::first);
    }

    @Test
    void cIsInnocent() throws Throwable {
      new PriceFeed(PriceFeed.connect()).all();
    }
  }

  // ---- fixtures: before the first callback ----

  @GrpcStreamLeakCheck(grace = "300 ms")
  @TestInstance(Lifecycle.PER_CLASS)
  static class ChannelOfAPerClassFieldTestCases {
    private final PriceFeed feed = new PriceFeed(PriceFeed.connect());

    @Test
    void leaves() {
      feed.first();
    }
  }

  static final class NeedsTheServer implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      ChannelOfAConditionTestCases.FEED.all();
      return ConditionEvaluationResult.enabled("it answers");
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  @ExtendWith(NeedsTheServer.class)
  static class ChannelOfAConditionTestCases {
    static final PriceFeed FEED = new PriceFeed(PriceFeed.connect());

    @Test
    void leaves() {
      FEED.first();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class ChannelOfARegisteredExtensionTestCases {
    static final PriceFeed FEED = new PriceFeed(PriceFeed.connect());

    @RegisterExtension static final NeedsTheServer SERVER = new NeedsTheServer();

    @Test
    void leaves() {
      FEED.first();
    }
  }

  static class ChannelOfAnAnnotatedMethodTestCases {
    private final PriceFeed feed = new PriceFeed(PriceFeed.connect());

    @Test
    @GrpcStreamLeakCheck(grace = "300 ms")
    void leaves() {
      feed.first();
    }
  }

  static class ChannelBesideABuilderTestCases {
    @RegisterExtension
    final GrpcStreamLeakExtension streams =
        GrpcStreamLeakExtension.builder().grace(java.time.Duration.ofMillis(300)).build();

    private final PriceFeed feed = new PriceFeed(PriceFeed.connect());

    @Test
    void leaves() {
      feed.first();
    }
  }

  @Disabled
  @GrpcStreamLeakCheck
  static class DisabledTestCases {
    @Test
    void neverRuns() {}
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  @TestInstance(Lifecycle.PER_CLASS)
  static class OpensInAPerClassConstructorTestCases {
    OpensInAPerClassConstructorTestCases() {
      new PriceFeed(PriceFeed.connect()).first();
    }

    @Test
    void passes() {}
  }

  // ---- fixtures: constructors, under watch=all ----

  static class IsInnocentAlsoTestCases {
    @Test
    void isInnocent() {
      new PriceFeed(PriceFeed.connect()).all();
    }
  }

  static class OpensInAConstructorTestCases {
    OpensInAConstructorTestCases() {
      new PriceFeed(PriceFeed.connect()).first();
    }

    @Test
    void leaves() {}
  }

  static class OpensInAFieldTestCases {
    final String price = new PriceFeed(PriceFeed.connect()).first();

    @Test
    void leaves() {}
  }

  static class OpensInTheInstanceAroundTestCases {
    final String price = new PriceFeed(PriceFeed.connect()).first();

    @Nested
    class Inner {
      @Test
      void leaves() {}
    }
  }

  static class OpensInANestedInstanceTestCases {
    @Test
    void isInnocent() {}

    @Nested
    class Inner {
      final String price = new PriceFeed(PriceFeed.connect()).first();

      @Test
      void leaves() {}
    }
  }

  static class OpensBesideAnAnnotatedMethodTestCases {
    final String price = new PriceFeed(PriceFeed.connect()).first();

    @Test
    @GrpcStreamLeakCheck(grace = "300 ms")
    void leaves() {}
  }

  static class OpensBesideABuilderTestCases {
    final String price = new PriceFeed(PriceFeed.connect()).first();

    @RegisterExtension
    final GrpcStreamLeakExtension streams =
        GrpcStreamLeakExtension.builder().grace(java.time.Duration.ofMillis(300)).build();

    @Test
    void leaves() {}
  }

  static class ReadsInItsConstructorsTestCases {
    ReadsInItsConstructorsTestCases() {
      new PriceFeed(PriceFeed.connect()).all();
    }

    @Test
    void passes() {}

    @Nested
    class Inner {
      Inner() {
        new PriceFeed(PriceFeed.connect()).all();
      }

      @Test
      void passes() {}
    }
  }

  @TestInstance(Lifecycle.PER_CLASS)
  static class OpensInALaterPerClassConstructorTestCases {
    OpensInALaterPerClassConstructorTestCases() {
      new PriceFeed(PriceFeed.connect()).first();
    }

    @Test
    void passes() {}
  }

  static class ThrowsInItsConstructorTestCases {
    ThrowsInItsConstructorTestCases() {
      new PriceFeed(PriceFeed.connect()).first();
      throw new IllegalStateException("cannot be made");
    }

    @Test
    void neverRuns() {}
  }

  // ---- fixtures: nested classes ----

  /** A pool that no test has started: only which tests run can tell whose its stream is. */
  @GrpcStreamLeakCheck(grace = "300 ms")
  @TestClassOrder(ClassOrderer.ClassName.class)
  static class AfterANestedTestTestCases {
    private static ExecutorService pool = Executors.newSingleThreadExecutor();
    private static final PriceFeed FEED = new PriceFeed(PriceFeed.connect());

    @BeforeAll
    static void start() throws Exception {
      pool = Executors.newSingleThreadExecutor();
      pool.submit(() -> {}).get();
    }

    @AfterAll
    static void stop() {
      pool.shutdown();
    }

    @Nested
    class AInner {
      @Test
      void isInnocent() {}
    }

    @Nested
    class BInner {
      @Test
      void leaves() throws Exception {
        pool.submit(FEED::first).get();
      }
    }
  }

  @GrpcStreamLeakCheck
  static class RootContextTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void seesTheRoot(MarketBlockingStub stub) {
      assertThat(Context.current()).isSameAs(Context.ROOT);
      stub.watch("ACME").forEachRemaining(price -> {});
      assertThat(Context.current()).isSameAs(Context.ROOT);
    }
  }
}
