package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.runInParallel;
import static io.github.streamleak.junit.Runs.thrown;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient.Received;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketGrpc.MarketBlockingV2Stub;
import acme.market.MarketGrpc.MarketFutureStub;
import acme.market.MarketGrpc.MarketStub;
import acme.market.MarketServer;
import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.verdict.StreamLeakError;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.Event;

/** Each of many tests that run at once answers for its own streams. */
class ParallelTest {

  private static final int TESTS = 200;

  @ParameterizedTest
  @ValueSource(classes = {TwoHundredTestCases.class, TwoHundredPerClassTestCases.class})
  void exactlyTheLeakyOnesAreBlamedTest(Class<? extends TwoHundred> fixture) {
    EngineExecutionResults results = runInParallel(8, fixture);

    Map<Integer, String> expected = new TreeMap<>();
    IntStream.rangeClosed(1, TESTS)
        .filter(TwoHundred::leaks)
        .forEach(i -> expected.put(i, TwoHundred.method(i) + " opened by " + fixture.getName()));
    results
        .testEvents()
        .assertStatistics(
            s -> s.started(TESTS).failed(expected.size()).succeeded(TESTS - expected.size()));
    results.containerEvents().assertStatistics(s -> s.failed(0));
    assertThat(expected).hasSize(TESTS / 5 * 2);
    assertThat(blamed(results)).isEqualTo(expected);
    assertThat(Runs.reports(results)).isEmpty();
    assertThat(TwoHundred.THREADS.get(fixture)).as("threads that ran tests").hasSizeGreaterThan(1);
  }

  /** Returns of each failed test, by number, the one stream it is blamed for. */
  private static Map<Integer, String> blamed(EngineExecutionResults results) {
    Map<Integer, String> blamed = new TreeMap<>();
    for (Event failed : results.testEvents().failed().list()) {
      Throwable thrown = thrown(failed).orElseThrow();
      assertThat(thrown).isInstanceOf(StreamLeakError.class);
      StreamLeakError leak = (StreamLeakError) thrown;
      assertThat(leak.leaks()).hasSize(1);
      String number = failed.getTestDescriptor().getDisplayName();
      blamed.put(
          Integer.valueOf(number),
          leak.leaks().get(0).stream().fullMethodName()
              + " opened by "
              + failed.getTestDescriptor().getUniqueId().getSegments().get(1).getValue());
    }
    return blamed;
  }

  @Test
  void leakOfOneTestDoesNotShowInAnotherThatRunsMeanwhileTest() {
    EngineExecutionResults results = runInParallel(2, MeanwhileTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(results.testEvents().failed().list())
        .extracting(event -> event.getTestDescriptor().getDisplayName())
        .containsExactly("leaky(MarketBlockingStub)");
    assertThat(Runs.onlyLeak(results).leaks())
        .extracting(leak -> leak.stream().fullMethodName())
        .containsExactly("acme.Market/Watch");
  }

  @Test
  void leaksOfOneTestDoNotShowInTheNextTest() {
    EngineExecutionResults results = Runs.run(OneAfterTheOtherTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(3).succeeded(2).failed(1));
    assertThat(Runs.onlyLeak(results).leaks()).hasSize(1);
  }

  // ---- fixtures ----

  /** Of five tests two leak; four kinds of streams take turns. */
  abstract static class TwoHundred {
    static final Map<Class<?>, Set<Thread>> THREADS = new ConcurrentHashMap<>();

    @Serve final MarketServer market = new MarketServer();

    static IntStream numbers() {
      return IntStream.rangeClosed(1, TESTS);
    }

    static boolean leaks(int number) {
      return number % 5 < 2;
    }

    static String method(int number) {
      return "acme.Market/"
          + switch (number % 4) {
            case 0 -> "Quote";
            case 1 -> "Watch";
            case 2 -> "Upload";
            default -> "Subscribe";
          };
    }

    @AfterEach
    void noteThread() {
      THREADS
          .computeIfAbsent(getClass(), fixture -> ConcurrentHashMap.newKeySet())
          .add(Thread.currentThread());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("numbers")
    void opens(
        int number,
        MarketBlockingStub blocking,
        MarketBlockingV2Stub blockingV2,
        MarketFutureStub future,
        MarketStub async)
        throws Exception {
      switch (number % 4) {
        case 0 -> quote(number, future);
        case 1 -> watch(number, blocking);
        case 2 -> upload(number, async);
        default -> subscribe(number, blockingV2);
      }
    }

    private static void quote(int number, MarketFutureStub stub) throws Exception {
      ListenableFuture<String> quote = stub.quote(leaks(number) ? MarketServer.NEVER : "ACME");
      if (!leaks(number)) {
        assertThat(quote.get()).isEqualTo("ACME at 100");
      }
    }

    private static void watch(int number, MarketBlockingStub stub) {
      Iterator<String> prices = stub.watch("ACME");
      assertThat(prices.next()).isEqualTo("ACME at 100");
      if (!leaks(number)) {
        prices.forEachRemaining(price -> {});
      }
    }

    private static void upload(int number, MarketStub stub) {
      Received summary = new Received();
      StreamObserver<String> trades = stub.upload(summary);
      trades.onNext("ACME");
      if (!leaks(number)) {
        trades.onCompleted();
        assertThat(summary.last()).isEqualTo("1 commands");
      }
    }

    private static void subscribe(int number, MarketBlockingV2Stub stub) throws Exception {
      BlockingClientCall<String, String> call = stub.subscribe();
      assertThat(call.write("ACME")).isTrue();
      assertThat(call.read()).isEqualTo("ACME at 100");
      call.halfClose();
      if (!leaks(number)) {
        call.cancel("read enough", null);
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class TwoHundredTestCases extends TwoHundred {}

  @GrpcStreamLeakCheck(grace = "100 ms")
  @TestInstance(Lifecycle.PER_CLASS)
  @Execution(ExecutionMode.CONCURRENT)
  static class TwoHundredPerClassTestCases extends TwoHundred {}

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class MeanwhileTestCases {
    private static final CountDownLatch LEAKED = new CountDownLatch(1);
    private static final CountDownLatch OPENED = new CountDownLatch(1);

    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaky(MarketBlockingStub stub) throws Exception {
      OPENED.await();
      assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
      LEAKED.countDown();
    }

    @Test
    void right(MarketBlockingStub stub) throws Exception {
      Iterator<String> prices = stub.watch("ACME");
      assertThat(prices.next()).isEqualTo("ACME at 100");
      OPENED.countDown();
      LEAKED.await();
      prices.forEachRemaining(price -> {});
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  @TestInstance(Lifecycle.PER_CLASS)
  static class OneAfterTheOtherTestCases {
    @Serve final MarketServer market = new MarketServer();
    private boolean leaked;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void onlyTheFirstLeaks(int number, MarketBlockingStub stub) {
      Iterator<String> prices = stub.watch("ACME");
      assertThat(prices.next()).isEqualTo("ACME at 100");
      if (leaked) {
        prices.forEachRemaining(price -> {});
      }
      leaked = true;
    }
  }
}
