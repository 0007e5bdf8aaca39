package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.run;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient.Received;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketGrpc.MarketBlockingV2Stub;
import acme.market.MarketGrpc.MarketFutureStub;
import acme.market.MarketGrpc.MarketStub;
import acme.market.MarketServer;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Await;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** The whole text of a failure, as a user reads it. */
class FailureTextTest {

  private static final String TWELVE_ITEM =
      """

      %d. acme.Market/Quote (UNARY, future stub)
         opened at : io.github.streamleak.junit.FailureTextTest$TwelveDifferentTestCases.leaves(FailureTextTest.java:%d)
         attempt   : 1, picked in-process:FailureTextTest.TwelveDifferentTestCases.leaves
         state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
         events    : +T  started
                     +T  picked in-process:FailureTextTest.TwelveDifferentTestCases.leaves
                     +T  requested 2
                     +T  outbound message #0
                     +T  half-closed
         cause     : SERVER_NOT_FINISHED: the client has half-closed and waits for the response, and the server has not closed
         owed by   : the server: the handler closes on every path; the client sets a deadline
         to fix    : NAME.onCompleted();  // in the handler of acme.Market/Quote, on every path (or onError)
                     NAME.cancel(true);  // or in finally: stops
                     A DEADLINE  // or ends the wait
                     import java.util.concurrent.TimeUnit;  // with the imports
      """;

  @Test
  void iteratorLeftAfterTheFirstMessageTest() {
    EngineExecutionResults results = run(LeftIteratorTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertText(
        results,
        """
        1 gRPC client stream leaked, still open 0.10 s after the test:

        1. acme.Market/Watch (SERVER_STREAMING, blocking iterator)
           opened at : io.github.streamleak.junit.FailureTextTest$LeftIteratorTestCases.leaves(FailureTextTest.java:%d)
           attempt   : 1, picked in-process:FailureTextTest.LeftIteratorTestCases.leaves
           state     : half-closed, 1 outbound message, 2 inbound messages of 2 requested, no terminal status
           events    : ...
                       +T  picked in-process:FailureTextTest.LeftIteratorTestCases.leaves
                       +T  requested 1
                       +T  outbound message #0
                       +T  half-closed
                       +T  headers
                       +T  inbound message #0
                       +T  requested 1
                       +T  inbound message #1
           cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
           owed by   : the client: read on to the terminal status, or cancel
           to fix    : NAME.forEachRemaining(message -> {});  // at the end: reads to the end
                       Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
                       Context caller = context.attach();  // before the call
                       context.detachAndCancel(caller, null);  // in finally
                       import io.grpc.Context;  // with the imports
                       // in full: docs/fixing-leaks.md#stop-with-a-context

        To allow a stream on purpose: @AllowStreamLeak(method = "acme.Market/Watch", reason = "why it may stay open")"""
            .formatted(Lines.of("left iterator")));
  }

  @Test
  void iteratorReadToTheEndTest() {
    assertAllPass(run(DrainedIteratorTestCases.class), 1);
  }

  @Test
  void graceOfOneSecondIsNotWaitedOutForAStreamThatOnlyTheClientCanMoveTest() {
    EngineExecutionResults results = run(DefaultGraceTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results))
        .message()
        .startsWith("1 gRPC client stream leaked, still open 0.20 s after the test:\n");
  }

  @Test
  void fiveEqualLeaksAreOneItemTest() {
    EngineExecutionResults results = run(FiveEqualTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertText(
        results,
        """
        5 gRPC client streams leaked, still open 0.10 s after the test:

        1. acme.Market/Watch (SERVER_STREAMING, blocking iterator), 5 times
           opened at : io.github.streamleak.junit.FailureTextTest$FiveEqualTestCases.firstPrice(FailureTextTest.java:%d)
           called by : io.github.streamleak.junit.FailureTextTest$FiveEqualTestCases.leaves(FailureTextTest.java:%d)
           attempt   : 1, picked in-process:FailureTextTest.FiveEqualTestCases.leaves
           state     : half-closed, 1 outbound message, 2 inbound messages of 2 requested, no terminal status
           events    : ...
                       +T  picked in-process:FailureTextTest.FiveEqualTestCases.leaves
                       +T  requested 1
                       +T  outbound message #0
                       +T  half-closed
                       +T  headers
                       +T  inbound message #0
                       +T  requested 1
                       +T  inbound message #1
           cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
           owed by   : the client: read on to the terminal status, or cancel
           to fix    : NAME.forEachRemaining(message -> {});  // at the end: reads to the end
                       Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
                       Context caller = context.attach();  // before the call
                       context.detachAndCancel(caller, null);  // in finally
                       import io.grpc.Context;  // with the imports
                       // in full: docs/fixing-leaks.md#stop-with-a-context

        To allow a stream on purpose: @AllowStreamLeak(method = "acme.Market/Watch", reason = "why it may stay open")"""
            .formatted(Lines.of("five equal"), Lines.of("five equal, caller")));
    assertThat(onlyLeak(results).leaks()).hasSize(5);
    assertThat(onlyLeak(results)).hasNoSuppressedExceptions();
    assertThat(onlyLeak(results).getStackTrace()[0].getLineNumber())
        .isEqualTo(Lines.of("five equal"));
  }

  @Test
  void fiveEqualStreamsReadToTheEndTest() {
    assertAllPass(run(FiveDrainedTestCases.class), 1);
  }

  @Test
  void twoDifferentLeaksAreTwoItemsTest() {
    EngineExecutionResults results = run(TwoDifferentTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertText(
        results,
        """
        2 gRPC client streams leaked, still open 0.10 s after the test:

        1. acme.Market/Upload (CLIENT_STREAMING, async stub)
           opened at : io.github.streamleak.junit.FailureTextTest$TwoDifferentTestCases.leaves(FailureTextTest.java:%d)
           attempt   : 1, picked in-process:FailureTextTest.TwoDifferentTestCases.leaves
           state     : not half-closed, 2 outbound messages, 0 inbound messages of 2 requested, no terminal status
           events    : +T  started
                       +T  picked in-process:FailureTextTest.TwoDifferentTestCases.leaves
                       +T  requested 2
                       +T  outbound message #0
                       +T  outbound message #1
           cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
           owed by   : the client: half-close and read to the terminal status, or cancel
           to fix    : NAME.onCompleted();  // when all is sent
                       NAME.onError(Status.CANCELLED.asException());  // where sending fails
                       import io.grpc.Status;  // with the imports

        2. acme.Market/Subscribe (BIDI_STREAMING, blocking v2 stub)
           opened at : io.github.streamleak.junit.FailureTextTest$TwoDifferentTestCases.leaves(FailureTextTest.java:%d)
           attempt   : 1, picked in-process:FailureTextTest.TwoDifferentTestCases.leaves
           state     : half-closed, 1 outbound message, 1 inbound message of 2 requested, no terminal status
           events    : +T  started
                       +T  picked in-process:FailureTextTest.TwoDifferentTestCases.leaves
                       +T  requested 1
                       +T  outbound message #0
                       +T  headers
                       +T  inbound message #0
                       +T  requested 1
                       +T  half-closed
           cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
           owed by   : the client: read on to the terminal status, or cancel
           to fix    : while (NAME.read() != null) {}  // at the end: reads to the end
                       NAME.cancel("read enough", null);  // or in finally: stops
                       // in full: docs/fixing-leaks.md#cancel-in-finally

        To allow a stream on purpose: @AllowStreamLeak(method = "acme.Market/Upload", reason = "why it may stay open")"""
            .formatted(Lines.of("upload"), Lines.of("subscribe")));
    assertThat(onlyLeak(results).getSuppressed())
        .extracting(Throwable::toString)
        .containsExactly("acme.Market/Subscribe was opened here");
    assertThat(onlyLeak(results).getStackTrace()[0].getLineNumber()).isEqualTo(Lines.of("upload"));
  }

  @Test
  void twoDifferentStreamsBroughtToTheirEndTest() {
    assertAllPass(run(TwoMendedTestCases.class), 1);
  }

  @Test
  void twelveDifferentLeaksAreTenItemsTest() {
    EngineExecutionResults results = run(TwelveDifferentTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    StringBuilder expected = new StringBuilder();
    expected.append("12 gRPC client streams leaked, still open 0.10 s after the test:\n");
    for (int item = 1; item <= 10; item++) {
      expected.append(TWELVE_ITEM.formatted(item, Lines.of("twelve") + item - 1));
    }
    expected.append(
        """

        ... and 2 more

        To allow a stream on purpose: @AllowStreamLeak(method = "acme.Market/Quote", reason = "why it may stay open")""");
    assertText(results, expected.toString());
    assertThat(onlyLeak(results).leaks()).hasSize(12);
  }

  @Test
  void twelveDifferentStreamsThatAreAnsweredTest() {
    assertAllPass(run(TwelveAnsweredTestCases.class), 1);
  }

  @Test
  void streamOfTheClassTest() {
    EngineExecutionResults results = run(BeforeAllTestCases.class);

    results.containerEvents().assertStatistics(s -> s.failed(1));
    assertText(
        results,
        """
        1 gRPC client stream leaked, still open 0.10 s after the class:

        1. acme.Market/Watch (SERVER_STREAMING, blocking iterator)
           opened at : io.github.streamleak.junit.FailureTextTest$BeforeAllTestCases.leave(FailureTextTest.java:%d)
           attempt   : 1, picked in-process:FailureTextTest.BeforeAllTestCases
           state     : half-closed, 1 outbound message, 2 inbound messages of 2 requested, no terminal status
           events    : ...
                       +T  picked in-process:FailureTextTest.BeforeAllTestCases
                       +T  requested 1
                       +T  outbound message #0
                       +T  half-closed
                       +T  headers
                       +T  inbound message #0
                       +T  requested 1
                       +T  inbound message #1
           cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
           owed by   : the client: read on to the terminal status, or cancel
           to fix    : NAME.forEachRemaining(message -> {});  // at the end: reads to the end
                       Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
                       Context caller = context.attach();  // before the call
                       context.detachAndCancel(caller, null);  // in finally
                       import io.grpc.Context;  // with the imports
                       // in full: docs/fixing-leaks.md#stop-with-a-context

        To allow a stream on purpose: @AllowStreamLeak(method = "acme.Market/Watch", reason = "why it may stay open")"""
            .formatted(Lines.of("class")));
  }

  @Test
  void streamOfTheClassReadToTheEndTest() {
    assertAllPass(run(DrainedBeforeAllTestCases.class), 1);
  }

  private static void assertText(EngineExecutionResults results, String expected) {
    assertThat(Runs.withoutTimes(onlyLeak(results).getMessage())).isEqualTo(expected);
  }

  // ---- fixtures: the grace period is shorter than the quiet time, so that it is waited out ----

  /**
   * Takes the first message, and waits for the second, which the iterator asks for ahead: from then
   * on nothing happens on the stream.
   */
  private static void takeOne(Iterator<String> prices, GrpcStreamRecorder recorder) {
    assertThat(prices.hasNext()).isTrue();
    assertThat(prices.next()).endsWith(" at 100");
    Await.until(() -> inboundOfTheLast(recorder) >= 2);
  }

  private static long inboundOfTheLast(GrpcStreamRecorder recorder) {
    List<RecordedStream> streams = recorder.streams();
    return streams.get(streams.size() - 1).count(EventKind.RECEIVED);
  }

  /** Makes the channel ready, so that each stream is picked as it is started. */
  abstract static class Warm {
    @Serve final MarketServer market = new MarketServer();

    @BeforeEach
    void makeChannelReady(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class LeftIteratorTestCases extends Warm {
    @Test
    void leaves(MarketBlockingStub stub, GrpcStreamRecorder recorder) {
      Iterator<String> prices = stub.watch(Lines.here("left iterator"));
      takeOne(prices, recorder);
      market.awaitHandled(1);
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class DrainedIteratorTestCases extends Warm {
    @Test
    void drains(MarketBlockingStub stub) {
      Iterator<String> prices = stub.watch("ACME");
      assertThat(prices.next()).isEqualTo("ACME at 100");
      prices.forEachRemaining(price -> {});
    }
  }

  @GrpcStreamLeakCheck
  static class DefaultGraceTestCases extends Warm {
    @Test
    void leaves(MarketBlockingStub stub, GrpcStreamRecorder recorder) {
      Iterator<String> prices = stub.watch("ACME");
      takeOne(prices, recorder);
      market.awaitHandled(1);
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class FiveEqualTestCases extends Warm {
    @Test
    void leaves(MarketBlockingStub stub, GrpcStreamRecorder recorder) {
      for (int i = 0; i < 5; i++) {
        firstPrice(Lines.here("five equal, caller", stub), recorder);
      }
      market.awaitHandled(5);
    }

    private static void firstPrice(MarketBlockingStub stub, GrpcStreamRecorder recorder) {
      Iterator<String> prices = stub.watch(Lines.here("five equal"));
      takeOne(prices, recorder);
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class FiveDrainedTestCases extends Warm {
    @Test
    void drains(MarketBlockingStub stub) {
      for (int i = 0; i < 5; i++) {
        stub.watch("ACME").forEachRemaining(price -> {});
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class TwoDifferentTestCases extends Warm {
    @Test
    void leaves(MarketStub async, MarketBlockingV2Stub blocking) throws Exception {
      StreamObserver<String> trades = async.upload(Lines.here("upload", new Received()));
      trades.onNext("ACME");
      trades.onNext("ACME");
      BlockingClientCall<String, String> prices = Lines.here("subscribe", blocking).subscribe();
      assertThat(prices.write("ACME")).isTrue();
      assertThat(prices.read()).isEqualTo("ACME at 100");
      prices.halfClose();
      market.awaitHandled(1);
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class TwoMendedTestCases extends Warm {
    @Test
    void ends(MarketStub async, MarketBlockingV2Stub blocking) throws Exception {
      Received summary = new Received();
      StreamObserver<String> trades = async.upload(summary);
      trades.onNext("ACME");
      trades.onNext("ACME");
      trades.onCompleted();
      assertThat(summary.last()).isEqualTo("2 commands");
      BlockingClientCall<String, String> prices = blocking.subscribe();
      assertThat(prices.write("ACME")).isTrue();
      assertThat(prices.read()).isEqualTo("ACME at 100");
      prices.halfClose();
      assertThat(prices.read()).isEqualTo("ACME at 101");
      assertThat(prices.read()).isEqualTo("ACME at 102");
      assertThat(prices.read()).isNull();
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class TwelveDifferentTestCases extends Warm {
    @Test
    void leaves(MarketFutureStub stub) {
      List<Object> quotes = new ArrayList<>();
      // One line each: equal opening lines would be one item.
      quotes.add(stub.quote(Lines.here("twelve", MarketServer.NEVER)));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      quotes.add(stub.quote(MarketServer.NEVER));
      assertThat(quotes).hasSize(12);
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class TwelveAnsweredTestCases extends Warm {
    @Test
    void waits(MarketFutureStub stub) throws Exception {
      for (int i = 0; i < 12; i++) {
        assertThat(stub.quote("ACME").get()).isEqualTo("ACME at 100");
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class BeforeAllTestCases {
    @Serve static final MarketServer MARKET = new MarketServer();

    @BeforeAll
    static void leave(MarketBlockingStub stub, GrpcStreamRecorder recorder) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
      Iterator<String> prices = stub.watch(Lines.here("class"));
      takeOne(prices, recorder);
      MARKET.awaitHandled(1);
    }

    @Test
    void right(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class DrainedBeforeAllTestCases {
    @Serve static final MarketServer MARKET = new MarketServer();

    @BeforeAll
    static void drain(MarketBlockingStub stub) {
      stub.watch("ACME").forEachRemaining(price -> {});
    }

    @Test
    void right(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }
  }
}
