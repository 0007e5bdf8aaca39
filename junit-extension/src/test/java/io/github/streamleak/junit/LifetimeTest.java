package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.all;
import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.failed;
import static io.github.streamleak.junit.Runs.failedContainers;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.run;
import static org.assertj.core.api.Assertions.assertThat;

import acme.feed.FeedOfTheRun;
import acme.feed.PriceFeed;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import io.github.streamleak.verdict.StreamFinding;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** How long a stream may live: as long as its channel, unless its test has opened it itself. */
@Isolated
class LifetimeTest {

  @Test
  void sessionOfAClientOfTheClassServesEveryTestTest() {
    assertAllPass(run(ClosesItsClientTestCases.class), 3);
    assertAllPass(all(ClosesItsClientTestCases.class).execute(), 3);
  }

  @Test
  void sessionOfAnInjectedChannelOfAPerClassInstanceServesEveryTestTest() {
    assertAllPass(run(PerClassClientTestCases.class), 3);
  }

  @Test
  void sessionOfAClientOfANestedClassServesEveryTestOfItTest() {
    assertAllPass(run(NestedClientTestCases.class), 2);
    assertAllPass(all(NestedClientTestCases.class).execute(), 2);
  }

  @Test
  void sessionThatANestedClassForgetsIsALeakOfThatClassTest() {
    for (EngineExecutionResults results :
        List.of(
            run(ForgetsItsNestedClientTestCases.class),
            all(ForgetsItsNestedClientTestCases.class).execute())) {
      assertThat(failed(results)).isEmpty();
      assertThat(failedContainers(results)).containsExactly("Inner");
    }
  }

  @Test
  void sessionOfAClientInTheStoreOfTheRunServesEveryClassTest() {
    assertAllPass(all(FirstOfAStoreTestCases.class, SecondOfAStoreTestCases.class).execute(), 2);
    assertAllPass(run(FirstOfAStoreTestCases.class, SecondOfAStoreTestCases.class), 2);
  }

  @Test
  void sessionOfAClientThatTheStoreOfTheRunForgetsIsListedTest() {
    List<String> log = new ArrayList<>();
    assertAllPass(Logs.collect(log, () -> all(ForgottenInAStoreTestCases.class)), 1);

    log.replaceAll(line -> line.replaceAll("\\.java:\\d+", ".java:LINE"));
    assertThat(log)
        .containsExactly(
            "1 gRPC client stream was still open when the run ended, on channels that nobody has"
                + " shut down (no test fails):\n"
                + "  acme.Market/Subscribe, opened at acme.feed.PriceFeed.ask(PriceFeed.java:LINE),"
                + " called by io.github.streamleak.junit.LifetimeTest$ForgottenInAStoreTestCases"
                + ".asks(LifetimeTest.java:LINE), opened in LifetimeTest.ForgottenInAStoreTestCases.asks, on a channel that lives"
                + " longer than the test",
            "Streamleak: 1 stream in 1 test on 1 channel, none leaked; 1 still open at the end of"
                + " the run");
    EngineExecutionResults strict =
        all(ForgottenInAStoreTestCases.class)
            .configurationParameter("streamleak.strictness", "strict")
            .execute();
    // The class fails for the channel that is left open.
    assertThat(failedContainers(strict)).endsWith("JUnit Jupiter");
  }

  @Test
  void sessionThatOnlyAShutdownEndsIsALeakOfTheClassTest() {
    EngineExecutionResults results = run(ForgetsItsClientTestCases.class);

    assertThat(failed(results)).isEmpty();
    assertThat(failedContainers(results)).containsExactly("LifetimeTest$ForgetsItsClientTestCases");
    assertThat(
            String.valueOf(onlyLeak(results).getMessage())
                .replaceAll("(?s) {3}events .*? {3}cause", "   cause")
                .replaceAll("127\\.0\\.0\\.1:\\d+", "ADDRESS")
                .replaceAll("PriceFeed\\.java:\\d+", "PriceFeed.java:LINE"))
        .isEqualTo(
            """
            1 gRPC client stream leaked, ended only by a shutdown:

            1. acme.Market/Subscribe (BIDI_STREAMING, async stub)
               opened at : acme.feed.PriceFeed.ask(PriceFeed.java:LINE)
               called by : io.github.streamleak.junit.LifetimeTest$ForgetsItsClientTestCases.aAsks(LifetimeTest.java:%d)
               charged   : opened in LifetimeTest.ForgetsItsClientTestCases.aAsks, on a channel that lives longer than the test
               attempt   : 1, picked ADDRESS, closed UNAVAILABLE
               state     : not half-closed, 2 outbound messages, 2 inbound messages of 3 requested, terminal status UNAVAILABLE: Channel shutdownNow invoked
               cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
               owed by   : the client: half-close and read to the terminal status, or cancel
               to fix    : <your ClientCallStreamObserver>.cancel("closed", null);  // where the client closes: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           <your request observer>.onCompleted();  // or when all is sent
                           <your request observer>.onError(Status.CANCELLED.asException());  // where sending fails
                           import io.grpc.Status;  // with the imports

            To allow a stream on purpose: @AllowStreamLeak(method = "acme.Market/Subscribe", reason = "why it may stay open")"""
                .formatted(Lines.of("forgotten")));
  }

  @Test
  void sessionThatATestOpensItselfEndsWithItTest() {
    EngineExecutionResults results = run(OpensDirectlyTestCases.class);

    assertThat(failed(results)).containsExactly("leaves()");
    assertThat(failedContainers(results)).isEmpty();
  }

  @Test
  void streamWhoseClientHasStoppedAskingEndsWithItsTestTest() {
    EngineExecutionResults results = run(StopsAskingTestCases.class);

    assertThat(failed(results)).containsExactly("aLeaves()");
    assertThat(failedContainers(results)).isEmpty();
  }

  @Test
  void sessionOnAChannelOfAStaticInitializerLivesAsLongAsTheRunTest() {
    List<String> log = new ArrayList<>();
    assertAllPass(
        Logs.collect(log, () -> all(FirstOfTwoTestCases.class, SecondOfTwoTestCases.class)), 4);

    log.replaceAll(line -> line.replaceAll("\\.java:\\d+", ".java:LINE"));
    assertThat(log)
        .containsExactly(
            "1 gRPC client stream was still open when the run ended, on channels that nobody has"
                + " shut down (no test fails):\n"
                + "  acme.Market/Subscribe, opened at acme.feed.PriceFeed.ask(PriceFeed.java:LINE),"
                + " called by io.github.streamleak.junit.LifetimeTest$FirstOfTwoTestCases.aAsks"
                + "(LifetimeTest.java:LINE),"
                + " opened in LifetimeTest.FirstOfTwoTestCases.aAsks, on a channel that lives"
                + " longer than the test",
            "Streamleak: 1 stream in 4 tests on 1 channel, none leaked; 1 still open at the end of"
                + " the run");
    EngineExecutionResults strict =
        all(StrictlyHeldTestCases.class)
            .configurationParameter("streamleak.strictness", "strict")
            .execute();
    assertThat(failedContainers(strict)).containsExactly("JUnit Jupiter");
    assertThat(onlyLeak(strict).leaks()).extracting(StreamFinding::stream).hasSize(1);
  }

  @Test
  void inheritedTestAnswersForWhatItOpensTest() {
    EngineExecutionResults results = run(InheritsItsTestCases.class);

    assertThat(failed(results)).containsExactly("leaves(MarketBlockingStub)");
    assertThat(failedContainers(results)).isEmpty();
  }

  // ---- fixtures ----

  /** A client that is made for the class. */
  @TestMethodOrder(MethodOrderer.MethodName.class)
  abstract static class OneClient {
    private static @Nullable ManagedChannel channel;
    private static @Nullable PriceFeed feed;

    @BeforeAll
    static void connect() {
      channel = PriceFeed.connect();
      feed = new PriceFeed(channel);
    }

    static PriceFeed feed() {
      return Objects.requireNonNull(feed);
    }

    static ManagedChannel channel() {
      return Objects.requireNonNull(channel);
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class ClosesItsClientTestCases extends OneClient {
    @AfterAll
    static void close() {
      feed().close();
      channel().shutdownNow();
    }

    @Test
    void aAsks() {
      assertThat(feed().ask("A")).isEqualTo("A");
    }

    @Test
    void bAsks() {
      assertThat(feed().ask("B")).isEqualTo("B");
    }

    @Test
    void cAsks() {
      assertThat(feed().ask("C")).isEqualTo("C");
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  @TestInstance(Lifecycle.PER_CLASS)
  static class PerClassClientTestCases {
    @Serve final MarketServer market = new MarketServer();
    private final PriceFeed feed;

    PerClassClientTestCases(Channel channel) {
      feed = new PriceFeed(channel);
    }

    @AfterAll
    void close() {
      feed.close();
    }

    @Test
    void aAsks() {
      assertThat(feed.ask("A")).isEqualTo("A");
    }

    @Test
    void bAsks() {
      assertThat(feed.ask("B")).isEqualTo("B");
    }

    @Test
    void cAsks() {
      assertThat(feed.ask("C")).isEqualTo("C");
    }
  }

  @ExtendWith(FeedOfTheRun.class)
  @GrpcStreamLeakCheck(grace = "300 ms")
  static class FirstOfAStoreTestCases {
    @Test
    void asks() {
      assertThat(FeedOfTheRun.feed().ask("A")).isEqualTo("A");
    }
  }

  static class SecondOfAStoreTestCases extends FirstOfAStoreTestCases {}

  @ExtendWith(FeedOfTheRun.Forgotten.class)
  static class ForgottenInAStoreTestCases {
    @Test
    void asks() {
      assertThat(FeedOfTheRun.feed().ask("A")).isEqualTo("A");
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class NestedClientTestCases {
    @Nested
    class Inner extends OneClient {
      @AfterAll
      static void close() {
        feed().close();
        channel().shutdownNow();
      }

      @Test
      void aAsks() {
        assertThat(feed().ask("A")).isEqualTo("A");
      }

      @Test
      void bAsks() {
        assertThat(feed().ask("B")).isEqualTo("B");
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class ForgetsItsNestedClientTestCases {
    @Nested
    class Inner extends OneClient {
      @AfterAll
      static void close() {
        channel().shutdownNow();
      }

      @Test
      void aAsks() {
        new PriceFeed(channel()).ask("A");
      }

      @Test
      void bReads() {
        feed().all();
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class ForgetsItsClientTestCases extends OneClient {
    @AfterAll
    static void close() {
      channel().shutdownNow();
    }

    @Test
    void aAsks() {
      new PriceFeed(channel()).ask(Lines.here("forgotten"));
    }

    @Test
    void bReads() {
      feed().all();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class OpensDirectlyTestCases {
    private static @Nullable MarketBlockingStub stub;

    @BeforeAll
    static void connect(GrpcResources resources) {
      stub = acme.market.MarketGrpc.newBlockingStub(resources.register(PriceFeed.connect()));
    }

    @Test
    void leaves() {
      assertThat(Objects.requireNonNull(stub).watch("ACME").next()).isEqualTo("ACME at 100");
    }

    @Test
    void reads() {
      Objects.requireNonNull(stub).watch("ACME").forEachRemaining(price -> {});
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class StopsAskingTestCases extends OneClient {
    @AfterAll
    static void close() {
      channel().shutdownNow();
    }

    @Test
    void aLeaves() {
      feed().first();
    }

    @Test
    void bReads() {
      feed().all();
    }
  }

  /** Built when it is first used, as many a client of a suite is. */
  static final class Holder {
    static final PriceFeed FEED = new PriceFeed(PriceFeed.connect());

    private Holder() {}
  }

  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class FirstOfTwoTestCases {
    @Test
    void aAsks() {
      assertThat(Holder.FEED.ask("A")).isEqualTo("A");
    }

    @Test
    void bAsks() {
      assertThat(Holder.FEED.ask("B")).isEqualTo("B");
    }
  }

  static class SecondOfTwoTestCases extends FirstOfTwoTestCases {}

  static class StrictlyHeldTestCases {
    /** Another one, since the other's session goes on. */
    static final class OtherHolder {
      static final PriceFeed FEED = new PriceFeed(PriceFeed.connect());

      private OtherHolder() {}
    }

    @Test
    void asks() {
      assertThat(OtherHolder.FEED.ask("A")).isEqualTo("A");
    }
  }

  abstract static class Inherited {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class InheritsItsTestCases extends Inherited {
    @Test
    void reads(MarketBlockingStub stub) {
      stub.watch("ACME").forEachRemaining(price -> {});
    }
  }
}
