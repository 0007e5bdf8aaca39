package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Manual;
import acme.market.MarketClient.Raw;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Names;
import io.github.streamleak.testsupport.Stable;
import io.github.streamleak.testsupport.UserInterceptors.AnswersByItself;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakError;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Every cause with its whole text, for each kind of stub that it can happen to, and beside each the
 * twin that passes. On direct executors and a clock that stands still, so that a text is the same
 * in every run.
 */
final class LeakTextTest {

  private static final Deadline.Ticker STANDS_STILL =
      new Deadline.Ticker() {
        @Override
        public long nanoTime() {
          return 0;
        }
      };

  private static final String PASSES = "1 gRPC client stream recorded, none leaked";

  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder()
          .clock(() -> 0)
          .quietTime(Duration.ofMillis(10))
          .grace(Duration.ofMillis(20))
          .build();
  private final Wire wire = Wire.direct(new MarketServer());
  private final ManagedChannel channel = wire.channel(recorder::attachTo);
  private final MarketClient client = new MarketClient(channel);

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  private String text() {
    return Stable.text(recorder.check(StreamLeakPolicy.normal()).describe());
  }

  // ---- NOT_DRAINED ----

  @Test
  void iteratorLeftAfterTheFirstMessageIsNotDrainedTest() {
    Iterator<String> prices = client.iterate("3");
    assertThat(prices.next()).isEqualTo("price 0");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.01 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking iterator)
               opened at : acme.market.MarketClient.iterate(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.iteratorLeftAfterTheFirstMessageIsNotDrainedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 2 inbound messages of 2 requested, no terminal status
               events    : ...
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
                             +0.0 ms  inbound message #1
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : <your iterator>.forEachRemaining(message -> {});  // at the end: reads to the end
                           Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
                           Context caller = context.attach();  // before the call
                           context.detachAndCancel(caller, null);  // in finally
                           import io.grpc.Context;  // with the imports
                           // in full: docs/fixing-leaks.md#stop-with-a-context

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void iteratorReadToTheEndPassesTest() {
    client.iterate("3").forEachRemaining(price -> {});

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void v2ServerStreamingLeftAfterTheFirstMessageIsNotDrainedTest() throws Exception {
    BlockingClientCall<?, String> prices = client.watchV2("3");
    assertThat(prices.read()).isEqualTo("price 0");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.01 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking v2 stub)
               opened at : acme.market.MarketClient.watchV2(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.v2ServerStreamingLeftAfterTheFirstMessageIsNotDrainedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 1 inbound message of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : while (<your call>.read() != null) {}  // at the end: reads to the end
                           <your call>.cancel("read enough", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void v2ServerStreamingReadToTheEndPassesTest() throws Exception {
    BlockingClientCall<?, String> prices = client.watchV2("3");
    readToTheEnd(prices);

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void v2BidiHalfClosedAndLeftIsNotDrainedTest() throws Exception {
    BlockingClientCall<String, String> prices = client.subscribeV2();
    prices.write("3");
    assertThat(prices.read()).isEqualTo("price 0");
    prices.halfClose();

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.01 s after the check began:

            1. acme.Market/Subscribe (BIDI_STREAMING, blocking v2 stub)
               opened at : acme.market.MarketClient.subscribeV2(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.v2BidiHalfClosedAndLeftIsNotDrainedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 1 inbound message of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
                             +0.0 ms  half-closed
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : while (<your call>.read() != null) {}  // at the end: reads to the end
                           <your call>.cancel("read enough", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Subscribe", "the reason"))""");
  }

  @Test
  void v2BidiCancelledPassesTest() throws Exception {
    BlockingClientCall<String, String> prices = client.subscribeV2();
    prices.write("3");
    assertThat(prices.read()).isEqualTo("price 0");
    prices.cancel("read enough", new IllegalStateException("read enough"));

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void manualFlowControlThatStopsAskingIsNotDrainedTest() {
    Manual prices = client.watchManually("3", 1);
    assertThat(prices.messages).hasSize(1);

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.01 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, async stub)
               opened at : acme.market.MarketClient.watchManually(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.manualFlowControlThatStopsAskingIsNotDrainedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : <your ClientCallStreamObserver>.request(1);  // at the end of every onNext: reads to the end
                           <your ClientCallStreamObserver>.cancel("read enough", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void manualFlowControlThatAsksToTheEndPassesTest() {
    Manual prices = client.watchManually("3", 4);
    assertThat(prices.messages).hasSize(3);

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void rawCallThatStopsAskingIsNotDrainedTest() {
    client.raw(MarketGrpc.SUBSCRIBE, 2).send("5").halfClose();

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.01 s after the check began:

            1. acme.Market/Subscribe (BIDI_STREAMING, raw ClientCall)
               opened at : acme.market.MarketClient.raw(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.rawCallThatStopsAskingIsNotDrainedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 2 inbound messages of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  inbound message #1
                             +0.0 ms  half-closed
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : <your call>.request(1);  // at the end of every onMessage: reads to the end
                           <your call>.cancel("read enough", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Subscribe", "the reason"))""");
  }

  @Test
  void rawCallThatAsksToTheEndPassesTest() {
    Raw raw = client.raw(MarketGrpc.SUBSCRIBE, 6).send("5").halfClose();
    assertThat(raw.status.isOk()).isTrue();

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void rawCallThatStopsAskingWithoutHalfCloseIsNotDrainedTest() {
    client.raw(MarketGrpc.SUBSCRIBE, 2).send("5");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.01 s after the check began:

            1. acme.Market/Subscribe (BIDI_STREAMING, raw ClientCall)
               opened at : acme.market.MarketClient.raw(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.rawCallThatStopsAskingWithoutHalfCloseIsNotDrainedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : not half-closed, 1 outbound message, 2 inbound messages of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  inbound message #1
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : <your call>.request(1);  // at the end of every onMessage: reads to the end
                           <your call>.cancel("read enough", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Subscribe", "the reason"))""");
  }

  @Test
  void rawCallThatAsksToTheEndWithoutHalfClosePassesTest() {
    Raw raw = client.raw(MarketGrpc.SUBSCRIBE, 6).send("5");
    assertThat(raw.status.isOk()).isTrue();

    assertThat(text()).isEqualTo(PASSES);
  }

  // ---- NOT_HALF_CLOSED ----

  @Test
  void asyncUploadNeverCompletedIsNotHalfClosedTest() {
    StreamObserver<String> trades = client.uploadAsync(new Received());
    trades.onNext("0+");
    trades.onNext("trade");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Upload (CLIENT_STREAMING, async stub)
               opened at : acme.market.MarketClient.uploadAsync(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.asyncUploadNeverCompletedIsNotHalfClosedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : not half-closed, 2 outbound messages, 0 inbound messages of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  headers
                             +0.0 ms  outbound message #1
               cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
               owed by   : the client: half-close and read to the terminal status, or cancel
               to fix    : <your request observer>.onCompleted();  // when all is sent
                           <your request observer>.onError(Status.CANCELLED.asException());  // where sending fails
                           import io.grpc.Status;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Upload", "the reason"))""");
  }

  @Test
  void asyncUploadCompletedPassesTest() {
    StreamObserver<String> trades = client.uploadAsync(new Received());
    trades.onNext("1");
    trades.onCompleted();

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void asyncBidiNeverCompletedIsNotHalfClosedTest() {
    StreamObserver<String> requests = client.subscribeAsync(new Received());
    requests.onNext("echo");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Subscribe (BIDI_STREAMING, async stub)
               opened at : acme.market.MarketClient.subscribeAsync(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.asyncBidiNeverCompletedIsNotHalfClosedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : not half-closed, 1 outbound message, 1 inbound message of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
               cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
               owed by   : the client: half-close and read to the terminal status, or cancel
               to fix    : <your ClientCallStreamObserver>.cancel("closed", null);  // where the client closes: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           <your request observer>.onCompleted();  // or when all is sent
                           <your request observer>.onError(Status.CANCELLED.asException());  // where sending fails
                           import io.grpc.Status;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Subscribe", "the reason"))""");
  }

  @Test
  void asyncBidiGivenUpPassesTest() {
    StreamObserver<String> requests = client.subscribeAsync(new Received());
    requests.onNext("echo");
    requests.onError(Status.CANCELLED.asException());

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void manualBidiNeverCompletedIsNotHalfClosedTest() {
    Manual prices = client.subscribeManually(9);
    prices.requests().onNext("echo");
    assertThat(prices.messages).containsExactly("echo");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Subscribe (BIDI_STREAMING, async stub)
               opened at : acme.market.MarketClient.subscribeManually(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.manualBidiNeverCompletedIsNotHalfClosedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : not half-closed, 1 outbound message, 1 inbound message of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
               cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
               owed by   : the client: half-close and read to the terminal status, or cancel
               to fix    : <your ClientCallStreamObserver>.cancel("closed", null);  // where the client closes: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           <your request observer>.onCompleted();  // or when all is sent
                           <your request observer>.onError(Status.CANCELLED.asException());  // where sending fails
                           import io.grpc.Status;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Subscribe", "the reason"))""");
  }

  @Test
  void manualBidiCompletedPassesTest() {
    Manual prices = client.subscribeManually(9);
    prices.requests().onNext("echo");
    prices.requests().onCompleted();

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void v2UploadNeverHalfClosedIsNotHalfClosedTest() throws Exception {
    BlockingClientCall<String, String> trades = client.uploadV2();
    trades.write("0+");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Upload (CLIENT_STREAMING, blocking v2 stub)
               opened at : acme.market.MarketClient.uploadV2(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.v2UploadNeverHalfClosedIsNotHalfClosedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : not half-closed, 1 outbound message, 0 inbound messages of 1 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
               cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
               owed by   : the client: half-close and read to the terminal status, or cancel
               to fix    : <your call>.halfClose();  // when all is sent
                           while (<your call>.read() != null) {}  // at the end: reads to the end
                           <your call>.cancel("not all was sent", null);  // where sending fails
                           <your call>.cancel("gave up", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Upload", "the reason"))""");
  }

  @Test
  void v2UploadHalfClosedAndReadPassesTest() throws Exception {
    BlockingClientCall<String, String> trades = client.uploadV2();
    trades.write("1");
    trades.halfClose();
    readToTheEnd(trades);

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void rawCallNeverHalfClosedIsNotHalfClosedTest() {
    client.raw(MarketGrpc.SUBSCRIBE, 1).send("echo");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Subscribe (BIDI_STREAMING, raw ClientCall)
               opened at : acme.market.MarketClient.raw(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.rawCallNeverHalfClosedIsNotHalfClosedTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : not half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
               cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
               owed by   : the client: half-close and read to the terminal status, or cancel
               to fix    : <your call>.halfClose();  // when all is sent
                           <your call>.request(1);  // at the end of every onMessage: reads to the end
                           <your call>.cancel("not all was sent", null);  // where sending fails
                           <your call>.cancel("gave up", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Subscribe", "the reason"))""");
  }

  @Test
  void rawCallHalfClosedPassesTest() {
    client.raw(MarketGrpc.SUBSCRIBE, 2).send("echo").halfClose();

    assertThat(text()).isEqualTo(PASSES);
  }

  // ---- SERVER_NOT_FINISHED ----

  @Test
  void asyncUnaryNeverAnsweredIsOwedByTheServerTest() {
    client.quoteAsync("0+");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Quote (UNARY, async stub)
               opened at : acme.market.MarketClient.quoteAsync(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.asyncUnaryNeverAnsweredIsOwedByTheServerTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
               cause     : SERVER_NOT_FINISHED: the client has half-closed and waits for the response, and the server has not closed
               owed by   : the server: the handler closes on every path; the client sets a deadline
               to fix    : <your response observer>.onCompleted();  // in the handler of acme.Market/Quote, on every path (or onError)
                           <your ClientCallStreamObserver>.cancel("no longer wanted", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Quote", "the reason"))""");
  }

  @Test
  void asyncUnaryAnsweredPassesTest() {
    client.quoteAsync("1");

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void asyncWatchNeverClosedIsOwedByTheServerTest() {
    Received prices = client.watchAsync("2+");
    assertThat(prices.messages).hasSize(2);

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, async stub)
               opened at : acme.market.MarketClient.watchAsync(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.asyncWatchNeverClosedIsOwedByTheServerTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 2 inbound messages of 3 requested, no terminal status
               events    : ...
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
                             +0.0 ms  inbound message #1
                             +0.0 ms  requested 1
               cause     : STILL_SUBSCRIBED: the client has half-closed and asks for more, and neither end has closed
               owed by   : the server, or the client that no longer wants it: the client cancels when it closes, or the handler closes on every path
               to fix    : <your ClientCallStreamObserver>.cancel("closed", null);  // where the client closes: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           <your response observer>.onCompleted();  // or in the handler of acme.Market/Watch, on every path (or onError)

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void asyncWatchClosedWithAnErrorPassesTest() {
    client.watchAsync("2!UNAVAILABLE");

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void manualWatchNeverClosedIsOwedByTheServerTest() {
    client.watchManually("1+", 9);

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, async stub)
               opened at : acme.market.MarketClient.watchManually(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.manualWatchNeverClosedIsOwedByTheServerTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 1 inbound message of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
               cause     : STILL_SUBSCRIBED: the client has half-closed and asks for more, and neither end has closed
               owed by   : the server, or the client that no longer wants it: the client cancels when it closes, or the handler closes on every path
               to fix    : <your ClientCallStreamObserver>.cancel("closed", null);  // where the client closes: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           <your response observer>.onCompleted();  // or in the handler of acme.Market/Watch, on every path (or onError)

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void manualWatchCancelledPassesTest() {
    client.watchManually("1+", 9).requests().cancel("read enough", null);

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void futureNeverAnsweredIsOwedByTheServerTest() {
    ListenableFuture<String> unused = client.future("0+");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Quote (UNARY, future stub)
               opened at : acme.market.MarketClient.future(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.futureNeverAnsweredIsOwedByTheServerTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
               cause     : SERVER_NOT_FINISHED: the client has half-closed and waits for the response, and the server has not closed
               owed by   : the server: the handler closes on every path; the client sets a deadline
               to fix    : <your response observer>.onCompleted();  // in the handler of acme.Market/Quote, on every path (or onError)
                           <your future>.cancel(true);  // or in finally: stops
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Quote", "the reason"))""");
  }

  @Test
  void futureCancelledPassesTest() {
    ListenableFuture<String> quote = client.future("0+");
    quote.cancel(true);

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void iteratorOnAnOpenStreamIsOwedByTheServerTest() {
    Iterator<String> prices = client.iterate("1+");
    assertThat(prices.next()).isEqualTo("price 0");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking iterator)
               opened at : acme.market.MarketClient.iterate(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.iteratorOnAnOpenStreamIsOwedByTheServerTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 1 inbound message of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
               cause     : STILL_SUBSCRIBED: the client has half-closed and asks for more, and neither end has closed
               owed by   : the server, or the client that no longer wants it: the client cancels when it closes, or the handler closes on every path
               to fix    : Context.CancellableContext context = Context.current().withCancellation();  // before the call: stops
                           Context caller = context.attach();  // before the call
                           context.detachAndCancel(caller, null);  // in finally
                           import io.grpc.Context;  // with the imports
                           // in full: docs/fixing-leaks.md#stop-with-a-context
                           <your response observer>.onCompleted();  // or in the handler of acme.Market/Watch, on every path (or onError)

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void v2WatchOnAnOpenStreamIsOwedByTheServerTest() {
    client.watchV2("0+");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking v2 stub)
               opened at : acme.market.MarketClient.watchV2(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.v2WatchOnAnOpenStreamIsOwedByTheServerTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
               cause     : STILL_SUBSCRIBED: the client has half-closed and asks for more, and neither end has closed
               owed by   : the server, or the client that no longer wants it: the client cancels when it closes, or the handler closes on every path
               to fix    : <your call>.cancel("closed", null);  // where the client closes: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally
                           <your response observer>.onCompleted();  // or in the handler of acme.Market/Watch, on every path (or onError)

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void rawCallThatAsksForMoreIsOwedByTheServerTest() {
    client.raw(MarketGrpc.SUBSCRIBE, 9).send("2+").halfClose();

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Subscribe (BIDI_STREAMING, raw ClientCall)
               opened at : acme.market.MarketClient.raw(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.rawCallThatAsksForMoreIsOwedByTheServerTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 2 inbound messages of 9 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 9
                             +0.0 ms  outbound message #0
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  inbound message #1
                             +0.0 ms  half-closed
               cause     : STILL_SUBSCRIBED: the client has half-closed and asks for more, and neither end has closed
               owed by   : the server, or the client that no longer wants it: the client cancels when it closes, or the handler closes on every path
               to fix    : <your call>.cancel("closed", null);  // where the client closes: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally
                           <your response observer>.onCompleted();  // or in the handler of acme.Market/Subscribe, on every path (or onError)

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Subscribe", "the reason"))""");
  }

  @Test
  void rawCallCancelledPassesTest() {
    client.raw(MarketGrpc.SUBSCRIBE, 9).send("2+").halfClose().call.cancel("enough", null);

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void blockingUnaryStillWaitingIsOwedByTheServerTest() throws Exception {
    // The stack is the other thread's: nothing of the test is in it.
    Thread caller = new Thread(() -> callAndIgnore("0+"), "caller");
    caller.start();
    Await.until(() -> halfClosed(recorder) == 1);

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Quote (UNARY, blocking stub)
               opened at : acme.market.MarketClient.blockingQuote(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.lambda$blockingUnaryStillWaitingIsOwedByTheServerTest$N(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
               cause     : SERVER_NOT_FINISHED: the client has half-closed and waits for the response, and the server has not closed
               owed by   : the server: the handler closes on every path; the client sets a deadline
               to fix    : <your response observer>.onCompleted();  // in the handler of acme.Market/Quote, on every path (or onError)
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports
                           Context.CancellableContext context = Context.current().withCancellation();  // or before its thread begins
                           Context caller = context.attach();  // before the call
                           context.detach(caller);  // after the call
                           context.cancel(null);  // where the client closes: stops
                           import io.grpc.Context;  // with the imports
                           // in full: docs/fixing-leaks.md#stop-with-a-context

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Quote", "the reason"))""");
    recorder.releaseLeaked();
    caller.join();
  }

  private void callAndIgnore(String request) {
    try {
      client.blockingQuote(request);
    } catch (io.grpc.StatusRuntimeException expected) {
      // Released after the check.
    }
  }

  @Test
  void deadlineThatIsLongerThanTheWaitIsToldTest() {
    Deadline later = Deadline.after(5, TimeUnit.SECONDS, STANDS_STILL);
    client
        .raw(MarketGrpc.QUOTE, CallOptions.DEFAULT.withDeadline(later), 2)
        .send("silent")
        .halfClose();

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Quote (UNARY, raw ClientCall)
               opened at : acme.market.MarketClient.raw(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.deadlineThatIsLongerThanTheWaitIsToldTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
               deadline  : in 5.00 s
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
               cause     : SERVER_NOT_FINISHED: the client has half-closed and waits for the response, and the server has not closed
               owed by   : the server: the handler closes on every path; the client sets a deadline
               to fix    : <your response observer>.onCompleted();  // in the handler of acme.Market/Quote, on every path (or onError)
                           <your call>.cancel("no longer wanted", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally
                           var limited = <your call options>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then takes them: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Quote", "the reason"))""");
  }

  @Test
  void deadlineThatPassesWithinTheWaitPassesTest() {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.MILLISECONDS);
    client.raw(MarketGrpc.QUOTE, options, 2).send("silent").halfClose();

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void blockingUnaryAnsweredPassesTest() {
    client.blockingQuote("1");

    assertThat(text()).isEqualTo(PASSES);
  }

  // ---- NOT_PICKED ----

  @Test
  void iteratorOnANameThatNeverResolvesIsNotPickedTest() {
    new MarketClient(unresolved()).iterate("3");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking iterator)
               opened at : acme.market.MarketClient.iterate(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.iteratorOnANameThatNeverResolvesIsNotPickedTest(LeakTextTest.java:LINE)
               attempt   : none yet: the name is not resolved
               state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
               cause     : NOT_PICKED: no attempt has a subchannel
               owed by   : the channel: a name, address and policy that can be reached; the client sets a deadline
               to fix    : // the channel to nowhere: check its name, its addresses, its policy and waitForReady
                           Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
                           Context caller = context.attach();  // before the call
                           context.detachAndCancel(caller, null);  // in finally
                           import io.grpc.Context;  // with the imports
                           // in full: docs/fixing-leaks.md#stop-with-a-context
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void asyncBidiOnANameThatNeverResolvesIsNotPickedTest() {
    new MarketClient(unresolved()).subscribeAsync(new Received());

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Subscribe (BIDI_STREAMING, async stub)
               opened at : acme.market.MarketClient.subscribeAsync(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.asyncBidiOnANameThatNeverResolvesIsNotPickedTest(LeakTextTest.java:LINE)
               attempt   : none yet: the name is not resolved
               state     : not half-closed, 0 outbound messages, 0 inbound messages of 1 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  requested 1
               cause     : NOT_PICKED: no attempt has a subchannel
               owed by   : the channel: a name, address and policy that can be reached; the client sets a deadline
               to fix    : // the channel to nowhere: check its name, its addresses, its policy and waitForReady
                           <your ClientCallStreamObserver>.cancel("no longer wanted", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Subscribe", "the reason"))""");
  }

  @Test
  void manualWatchOnANameThatNeverResolvesIsNotPickedTest() {
    new MarketClient(unresolved()).watchManually("3", 1);

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, async stub)
               opened at : acme.market.MarketClient.watchManually(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.manualWatchOnANameThatNeverResolvesIsNotPickedTest(LeakTextTest.java:LINE)
               attempt   : none yet: the name is not resolved
               state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
               cause     : NOT_PICKED: no attempt has a subchannel
               owed by   : the channel: a name, address and policy that can be reached; the client sets a deadline
               to fix    : // the channel to nowhere: check its name, its addresses, its policy and waitForReady
                           <your ClientCallStreamObserver>.cancel("no longer wanted", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void futureOnANameThatNeverResolvesIsNotPickedTest() {
    ListenableFuture<String> unused = new MarketClient(unresolved()).future("1");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Quote (UNARY, future stub)
               opened at : acme.market.MarketClient.future(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.futureOnANameThatNeverResolvesIsNotPickedTest(LeakTextTest.java:LINE)
               attempt   : none yet: the name is not resolved
               state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
               cause     : NOT_PICKED: no attempt has a subchannel
               owed by   : the channel: a name, address and policy that can be reached; the client sets a deadline
               to fix    : // the channel to nowhere: check its name, its addresses, its policy and waitForReady
                           <your future>.cancel(true);  // or in finally: stops
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Quote", "the reason"))""");
  }

  @Test
  void v2OnANameThatNeverResolvesIsNotPickedTest() {
    new MarketClient(unresolved()).watchV2("3");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking v2 stub)
               opened at : acme.market.MarketClient.watchV2(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.v2OnANameThatNeverResolvesIsNotPickedTest(LeakTextTest.java:LINE)
               attempt   : none yet: the name is not resolved
               state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
               cause     : NOT_PICKED: no attempt has a subchannel
               owed by   : the channel: a name, address and policy that can be reached; the client sets a deadline
               to fix    : // the channel to nowhere: check its name, its addresses, its policy and waitForReady
                           <your call>.cancel("no longer wanted", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void rawCallThatWaitsForReadyIsNotPickedTest() {
    new MarketClient(unresolved()).raw(MarketGrpc.WATCH, CallOptions.DEFAULT.withWaitForReady(), 1);

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, raw ClientCall)
               opened at : acme.market.MarketClient.raw(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.rawCallThatWaitsForReadyIsNotPickedTest(LeakTextTest.java:LINE)
               attempt   : none yet: the name is not resolved
               state     : not half-closed, 0 outbound messages, 0 inbound messages of 1 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  requested 1
               cause     : NOT_PICKED: no attempt has a subchannel
               owed by   : the channel: a name, address and policy that can be reached; the client sets a deadline
               to fix    : // the channel to nowhere: check its name, its addresses, its policy and waitForReady
                           <your call>.cancel("no longer wanted", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally
                           var limited = <your call options>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then takes them: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void callOnANameThatNeverResolvesPassesOnceCancelledTest() {
    new MarketClient(unresolved()).future("1").cancel(true);

    assertThat(text()).isEqualTo(PASSES);
  }

  private ManagedChannel unresolved() {
    return wire.closing(
        recorder
            .attachTo(
                NettyChannelBuilder.forTarget(Names.unresolved("nowhere"))
                    .usePlaintext()
                    .directExecutor())
            .build());
  }

  // ---- ATTEMPT_NOT_CLOSED ----

  @Test
  void iteratorAnsweredByAnInterceptorLeavesTheAttemptOpenTest() {
    MarketClient answered = new MarketClient(answeredFromCache(false));
    answered.iterate("3+").forEachRemaining(price -> {});

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking iterator)
               opened at : acme.market.MarketClient.iterate(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.iteratorAnsweredByAnInterceptorLeavesTheAttemptOpenTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market, open
               state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, terminal status OK: from the cache
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  terminal status OK: from the cache
               cause     : ATTEMPT_NOT_CLOSED: the application has its terminal status, but an attempt is still open
               owed by   : the transport: whoever gave the status (an interceptor, balancer or transport) cancels the attempt
               to fix    : <the call below>.cancel("answered by the interceptor", null);  // in the interceptor, before it gives the status
                           // in full: docs/fixing-leaks.md#attempt_not_closed

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void iteratorAnsweredByAnInterceptorThatCancelsPassesTest() {
    MarketClient answered = new MarketClient(answeredFromCache(true));
    answered.iterate("3+").forEachRemaining(price -> {});

    assertThat(text()).isEqualTo(PASSES);
  }

  @Test
  void asyncAnsweredByAnInterceptorLeavesTheAttemptOpenTest() {
    new MarketClient(answeredFromCache(false)).watchAsync("3+");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, async stub)
               opened at : acme.market.MarketClient.watchAsync(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.asyncAnsweredByAnInterceptorLeavesTheAttemptOpenTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market, open
               state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, terminal status OK: from the cache
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  terminal status OK: from the cache
               cause     : ATTEMPT_NOT_CLOSED: the application has its terminal status, but an attempt is still open
               owed by   : the transport: whoever gave the status (an interceptor, balancer or transport) cancels the attempt
               to fix    : <the call below>.cancel("answered by the interceptor", null);  // in the interceptor, before it gives the status
                           // in full: docs/fixing-leaks.md#attempt_not_closed

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void manualAnsweredByAnInterceptorLeavesTheAttemptOpenTest() {
    new MarketClient(answeredFromCache(false)).watchManually("3+", 1);

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, async stub)
               opened at : acme.market.MarketClient.watchManually(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.manualAnsweredByAnInterceptorLeavesTheAttemptOpenTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market, open
               state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, terminal status OK: from the cache
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  terminal status OK: from the cache
               cause     : ATTEMPT_NOT_CLOSED: the application has its terminal status, but an attempt is still open
               owed by   : the transport: whoever gave the status (an interceptor, balancer or transport) cancels the attempt
               to fix    : <the call below>.cancel("answered by the interceptor", null);  // in the interceptor, before it gives the status
                           // in full: docs/fixing-leaks.md#attempt_not_closed

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void futureAnsweredByAnInterceptorLeavesTheAttemptOpenTest() {
    ListenableFuture<String> unused = new MarketClient(answeredFromCache(false)).future("0+");

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Quote (UNARY, future stub)
               opened at : acme.market.MarketClient.future(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.futureAnsweredByAnInterceptorLeavesTheAttemptOpenTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market, open
               state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, terminal status OK: from the cache
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  terminal status OK: from the cache
               cause     : ATTEMPT_NOT_CLOSED: the application has its terminal status, but an attempt is still open
               owed by   : the transport: whoever gave the status (an interceptor, balancer or transport) cancels the attempt
               to fix    : <the call below>.cancel("answered by the interceptor", null);  // in the interceptor, before it gives the status
                           // in full: docs/fixing-leaks.md#attempt_not_closed

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Quote", "the reason"))""");
  }

  @Test
  void v2AnsweredByAnInterceptorLeavesTheAttemptOpenTest() throws Exception {
    readToTheEnd(new MarketClient(answeredFromCache(false)).watchV2("3+"));

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking v2 stub)
               opened at : acme.market.MarketClient.watchV2(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.v2AnsweredByAnInterceptorLeavesTheAttemptOpenTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market, open
               state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, terminal status OK: from the cache
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  terminal status OK: from the cache
               cause     : ATTEMPT_NOT_CLOSED: the application has its terminal status, but an attempt is still open
               owed by   : the transport: whoever gave the status (an interceptor, balancer or transport) cancels the attempt
               to fix    : <the call below>.cancel("answered by the interceptor", null);  // in the interceptor, before it gives the status
                           // in full: docs/fixing-leaks.md#attempt_not_closed

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void rawCallAnsweredByAnInterceptorLeavesTheAttemptOpenTest() {
    new MarketClient(answeredFromCache(false)).raw(MarketGrpc.WATCH, 1).send("3+").halfClose();

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, raw ClientCall)
               opened at : acme.market.MarketClient.raw(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.rawCallAnsweredByAnInterceptorLeavesTheAttemptOpenTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market, open
               state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, terminal status OK: from the cache
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  terminal status OK: from the cache
               cause     : ATTEMPT_NOT_CLOSED: the application has its terminal status, but an attempt is still open
               owed by   : the transport: whoever gave the status (an interceptor, balancer or transport) cancels the attempt
               to fix    : <the call below>.cancel("answered by the interceptor", null);  // in the interceptor, before it gives the status
                           // in full: docs/fixing-leaks.md#attempt_not_closed

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  private ManagedChannel answeredFromCache(boolean cancels) {
    return wire.channel(
        builder -> recorder.attachTo(builder.intercept(new AnswersByItself(cancels))));
  }

  // ---- more than one ----

  @Test
  void equalLeaksAreOneItemWithACountTest() {
    for (int i = 0; i < 3; i++) {
      client.iterate("3").next();
    }
    ListenableFuture<String> unused = client.future("0+");

    assertThat(text())
        .isEqualTo(
            """
            4 gRPC client streams leaked, still open 0.02 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking iterator), 3 times
               opened at : acme.market.MarketClient.iterate(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.equalLeaksAreOneItemWithACountTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 2 inbound messages of 2 requested, no terminal status
               events    : ...
                             +0.0 ms  picked market
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
                             +0.0 ms  inbound message #1
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : <your iterator>.forEachRemaining(message -> {});  // at the end: reads to the end
                           Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
                           Context caller = context.attach();  // before the call
                           context.detachAndCancel(caller, null);  // in finally
                           import io.grpc.Context;  // with the imports
                           // in full: docs/fixing-leaks.md#stop-with-a-context

            2. acme.Market/Quote (UNARY, future stub)
               opened at : acme.market.MarketClient.future(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.equalLeaksAreOneItemWithACountTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
               events    :   +0.0 ms  started
                             +0.0 ms  picked market
                             +0.0 ms  requested 2
                             +0.0 ms  outbound message #0
                             +0.0 ms  half-closed
                             +0.0 ms  headers
               cause     : SERVER_NOT_FINISHED: the client has half-closed and waits for the response, and the server has not closed
               owed by   : the server: the handler closes on every path; the client sets a deadline
               to fix    : <your response observer>.onCompleted();  // in the handler of acme.Market/Quote, on every path (or onError)
                           <your future>.cancel(true);  // or in finally: stops
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
  }

  @Test
  void afterTenItemsTheRestIsOnlyCountedTest() {
    for (int sent = 0; sent < 12; sent++) {
      StreamObserver<String> trades = client.uploadAsync(new Received());
      trades.onNext("0+");
      for (int i = 0; i < sent; i++) {
        trades.onNext("trade");
      }
    }
    String text = text();

    assertThat(text).startsWith("12 gRPC client streams leaked, still open 0.02 s after the check");
    assertThat(text).contains("\n10. acme.Market/Upload").doesNotContain("\n11. ");
    assertThat(text)
        .endsWith(
            """
               to fix    : <your request observer>.onCompleted();  // when all is sent
                           <your request observer>.onError(Status.CANCELLED.asException());  // where sending fails
                           import io.grpc.Status;  // with the imports

            ... and 2 more

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Upload", "the reason"))""");
  }

  @Test
  void openingLineAndCallerAreTheRealLinesTest() {
    Iterator<String> prices = client.iterate("3");
    int here = new Throwable().getStackTrace()[0].getLineNumber() - 1;
    prices.next();

    RecordedStream stream = recorder.openStreams().get(0);
    assertThat(stream.openingLine().orElseThrow().toString())
        .matches("(app//)?acme.market.MarketClient.iterate\\(MarketClient.java:\\d+\\)");
    assertThat(recorder.check(StreamLeakPolicy.normal()).describe())
        .contains(
            "\n   called by : io.github.streamleak.recorder.LeakTextTest"
                + ".openingLineAndCallerAreTheRealLinesTest(LeakTextTest.java:"
                + here
                + ")\n");
  }

  @Test
  void manyEventsAreCutToTheLastEightTest() {
    Raw raw = client.raw(MarketGrpc.SUBSCRIBE, 1).send("echo");
    for (int i = 0; i < 40; i++) {
      raw.call.request(1);
      raw.send("trade");
    }

    assertThat(text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.02 s after the check began:

            1. acme.Market/Subscribe (BIDI_STREAMING, raw ClientCall)
               opened at : acme.market.MarketClient.raw(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.LeakTextTest.manyEventsAreCutToTheLastEightTest(LeakTextTest.java:LINE)
               attempt   : 1, picked market
               state     : not half-closed, 41 outbound messages, 41 inbound messages of 41 requested, no terminal status
               events    : ...
                             +0.0 ms  outbound message #38
                             +0.0 ms  inbound message #38
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #39
                             +0.0 ms  inbound message #39
                             +0.0 ms  requested 1
                             +0.0 ms  outbound message #40
                             +0.0 ms  inbound message #40
               cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
               owed by   : the client: half-close and read to the terminal status, or cancel
               to fix    : <your call>.halfClose();  // when all is sent
                           <your call>.request(1);  // at the end of every onMessage: reads to the end
                           <your call>.cancel("not all was sent", null);  // where sending fails
                           <your call>.cancel("gave up", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Subscribe", "the reason"))""");
  }

  @Test
  void textIsAsciiWhateverTheStatusSaysTest() {
    Raw raw = new MarketClient(answeredFromCache(false)).raw(MarketGrpc.WATCH, 1);
    raw.send("3+").halfClose();

    assertThat(text()).matches("[\\n -~]+");
  }

  @Test
  void controlCharactersInANameAreEscapedTest() {
    Raw unused =
        client.raw(
            MarketGrpc.WATCH.toBuilder().setFullMethodName("acme.Market/Wa\u001b[2Jtch").build(),
            1);

    assertThat(recorder.streams().get(0).describe())
        .startsWith("acme.Market/Wa\\u001b[2Jtch (SERVER_STREAMING, raw ClientCall)\n")
        .matches("[\\n -~]+");
  }

  @Test
  void wordingOfThePolicyIsUsedTest() {
    client.iterate("3").next();
    StreamVerdict verdict =
        recorder.check(StreamLeakPolicy.normal().wording("the test", "@Allow(\"%s\")", "%s = off"));

    assertThat(verdict.describe())
        .startsWith("1 gRPC client stream leaked, still open 0.01 s after the test:\n")
        .endsWith("\nTo allow a stream on purpose: @Allow(\"acme.Market/Watch\")");
  }

  @Test
  void errorCarriesTextLeaksAndOneTraceForEachOpeningTest() {
    for (int i = 0; i < 3; i++) {
      client.iterate("3").next();
    }
    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal());
    StreamLeakError error = verdict.error().orElseThrow();

    assertThat(error).hasMessage(verdict.describe()).hasNoSuppressedExceptions();
    assertThat(error.leaks()).hasSize(3);
    assertThat(error.getStackTrace())
        .as("the trace, from the user's line outwards")
        .startsWith(
            error.leaks().get(0).stream().openingLine().orElseThrow(),
            error.leaks().get(0).stream().callingLine().orElseThrow());
  }

  @Test
  void otherOpeningsThanTheFirstAreSuppressedTest() {
    client.iterate("3").next();
    client.iterate("3").next();
    StreamLeakError error = recorder.check(StreamLeakPolicy.normal()).error().orElseThrow();

    assertThat(error.getStackTrace()[0])
        .isEqualTo(error.leaks().get(0).stream().openingLine().orElseThrow());
    assertThat(error.getSuppressed())
        .singleElement()
        .hasToString("acme.Market/Watch was opened here")
        .extracting(other -> other.getStackTrace()[1])
        .isEqualTo(error.leaks().get(1).stream().callingLine().orElseThrow());
  }

  private static long halfClosed(GrpcStreamRecorder recorder) {
    return recorder.streams().stream().filter(RecordedStream::isHalfClosed).count();
  }

  private static void readToTheEnd(BlockingClientCall<?, String> call) throws Exception {
    String price;
    do {
      price = call.read();
    } while (price != null);
  }
}
