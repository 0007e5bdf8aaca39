package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.all;
import static io.github.streamleak.junit.Runs.failed;
import static io.github.streamleak.junit.Runs.failedContainers;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.reports;
import static io.github.streamleak.junit.Runs.run;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketStub;
import acme.market.MarketServer;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Wire;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** What the check does once it has judged, and what a client does in answer. */
@Isolated
final class AfterVerdictTest {

  // ---- the release ----

  @Test
  void callbackThatBlocksKeepsNoOtherStreamFromItsReleaseTest() {
    BlocksInTheFirstTestCases.RECORDED.clear();
    EngineExecutionResults results;
    try {
      results = run(BlocksInTheFirstTestCases.class);
    } finally {
      BlocksInTheFirstTestCases.GO.countDown();
    }

    assertThat(onlyLeak(results).leaks()).hasSize(3);
    assertThat(BlocksInTheFirstTestCases.OTHERS.get()).isEqualTo(2);
    assertThat(BlocksInTheFirstTestCases.RECORDED)
        .extracting(recorder -> recorder.openStreams().size())
        .containsExactly(0);
    assertThat(reports(results))
        .singleElement()
        .satisfies(
            entry ->
                assertThat(entry.get("streamleak.not-released"))
                    .contains("AfterVerdictTest$BlocksInTheFirstTestCases"));
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class BlocksInTheFirstTestCases {
    static final CountDownLatch GO = new CountDownLatch(1);
    static final AtomicInteger OTHERS = new AtomicInteger();
    static final List<GrpcStreamRecorder> RECORDED = new ArrayList<>();

    @Serve final MarketServer market = new MarketServer();

    @Test
    void leavesThree(MarketStub stub, GrpcStreamRecorder recorder, GrpcResources resources) {
      resources.shutdownLimit(Duration.ofMillis(50));
      OTHERS.set(0);
      RECORDED.add(recorder);
      MarketStub direct = stub.withExecutor(Runnable::run);
      direct
          .subscribe(
              new Received() {
                @Override
                public void onError(Throwable t) {
                  Uninterruptibles.awaitUninterruptibly(GO);
                }
              })
          .onNext("1+");
      for (int i = 0; i < 2; i++) {
        direct
            .subscribe(
                new Received() {
                  @Override
                  public void onError(Throwable t) {
                    OTHERS.incrementAndGet();
                  }
                })
            .onNext("1+");
      }
    }
  }

  // ---- a client that reconnects ----

  @Test
  void clientThatReconnectsWhenItIsReleasedFailsNothingFurtherTest() {
    ReconnectsTestCases.LEAKED.clear();
    EngineExecutionResults results = run(ReconnectsTestCases.class);

    assertThat(failed(results)).containsExactly("aSubscribes(GrpcStreamRecorder)");
    assertThat(failedContainers(results)).isEmpty();
    assertThat(onlyLeak(results).leaks()).hasSize(1);
    RecordedStream leaked = ReconnectsTestCases.LEAKED.get(0).latest();
    // At once in its callback, and once more on the thread of a timer, on the test's channel.
    assertThat(leaked.reconnects()).isEqualTo(2);
    assertThat(reports(results))
        .extracting(entry -> entry.get("streamleak.afterwards"))
        .containsOnlyOnce("acme.Market/Watch: reconnected once after the release");
  }

  @Test
  void threadThatTheReleaseStartsIsNotTheClassesTest() {
    ReconnectsOnAThreadTestCases.LEAKED.clear();
    EngineExecutionResults results = run(ReconnectsOnAThreadTestCases.class);

    assertThat(failed(results)).containsExactly("aSubscribes(GrpcStreamRecorder)");
    assertThat(failedContainers(results)).isEmpty();
    assertThat(ReconnectsOnAThreadTestCases.LEAKED.get(0).latest().reconnects()).isEqualTo(1);
  }

  /** A callback that our release runs starts a thread, as an executor without a thread does. */
  @GrpcStreamLeakCheck(grace = "100 ms")
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class ReconnectsOnAThreadTestCases {
    static final List<RecordedStream> LEAKED = new ArrayList<>();
    private static final Wire WIRE = Wire.direct("reconnects-on-a-thread", new MarketServer());
    private static CountDownLatch nextTest = new CountDownLatch(1);
    private static CountDownLatch again = new CountDownLatch(1);

    @BeforeAll
    static void starts() {
      nextTest = new CountDownLatch(1);
      again = new CountDownLatch(1);
    }

    @AfterAll
    static void stops() {
      WIRE.close();
    }

    @Test
    void aSubscribes(GrpcStreamRecorder recorder) {
      ManagedChannel channel = WIRE.channel(builder -> {});
      MarketGrpc.newStub(channel)
          .watch(
              "1+",
              new Received() {
                @Override
                public void onError(Throwable t) {
                  new Thread(
                          () -> {
                            Uninterruptibles.awaitUninterruptibly(nextTest);
                            MarketGrpc.newStub(channel).watch("1+", new Received());
                            again.countDown();
                          })
                      .start();
                }
              });
      LEAKED.add(recorder.streams().get(0));
    }

    @Test
    void bIsInnocent() {
      nextTest.countDown();
      Uninterruptibles.awaitUninterruptibly(again);
    }
  }

  // ---- a client that closes late ----

  @Test
  void releaseThatComesAfterTheVerdictIsSaidAtTheEndOfTheRunTest() {
    List<String> log = new ArrayList<>();
    EngineExecutionResults results =
        Logs.collect(
            log,
            () ->
                all(ClosesLateTestCases.class)
                    .configurationParameter("streamleak.grace", "100 ms"));

    assertThat(failed(results)).containsExactly("aLeaves()");
    assertThat(log.get(0).replaceAll("\\d+ ms", "N ms").replaceAll("\\.java:\\d+", ".java:LINE"))
        .isEqualTo(
            "1 gRPC client stream leaked in this run (streamleak.mode = fail):\n"
                + "  AfterVerdictTest.ClosesLateTestCases.aLeaves: acme.Market/Subscribe,"
                + " NOT_HALF_CLOSED, opened at"
                + " io.github.streamleak.junit.AfterVerdictTest$ClosesLateTestCases.aLeaves"
                + "(AfterVerdictTest.java:LINE), released N ms after the verdict by cancel");
  }

  /** What one test forgets, the next one closes. */
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class ClosesLateTestCases {
    private static final Wire WIRE = Wire.direct("closes-late", new MarketServer());
    private static @Nullable ClientCallStreamObserver<String> requests;

    @AfterAll
    static void stops() {
      WIRE.close();
    }

    @Test
    void aLeaves() {
      requests =
          (ClientCallStreamObserver<String>)
              MarketGrpc.newStub(WIRE.channel(builder -> {})).subscribe(new Received());
      requests.onNext("1+");
    }

    @Test
    void bCloses() {
      Objects.requireNonNull(requests).cancel("closed", null);
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class ReconnectsTestCases {
    static final List<RecordedStream> LEAKED = new ArrayList<>();
    private static final CountDownLatch NEXT_TEST = new CountDownLatch(1);
    private static final CountDownLatch AGAIN = new CountDownLatch(2);
    private static final ExecutorService TIMER = Executors.newSingleThreadExecutor();
    private static final Wire WIRE = Wire.direct("after-verdict", new MarketServer());
    private static ManagedChannel channel = WIRE.channel(builder -> {});

    @AfterAll
    static void stops() {
      TIMER.shutdownNow();
      WIRE.close();
    }

    @Test
    void aSubscribes(GrpcStreamRecorder recorder) {
      channel = WIRE.channel(builder -> {});
      subscribe(2);
      LEAKED.add(recorder.streams().get(0));
    }

    private static void subscribe(int more) {
      MarketGrpc.newStub(channel)
          .watch(
              "1+",
              new Received() {
                @Override
                public void onError(Throwable t) {
                  if (more == 2) {
                    subscribe(more - 1);
                    AGAIN.countDown();
                    var unused =
                        TIMER.submit(
                            () -> {
                              Uninterruptibles.awaitUninterruptibly(NEXT_TEST);
                              subscribe(0);
                              AGAIN.countDown();
                            });
                  }
                }
              });
    }

    @Test
    void bIsInnocent() {
      NEXT_TEST.countDown();
      Uninterruptibles.awaitUninterruptibly(AGAIN);
      assertThat(MarketGrpc.newBlockingStub(WIRE.channel(builder -> {})).quote("ACME"))
          .isEqualTo("ACME at 100");
    }
  }
}
