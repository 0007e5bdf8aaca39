package io.github.streamleak.conformance.reactive;

import static io.github.streamleak.conformance.reactive.MarketServer.command;
import static io.github.streamleak.conformance.reactive.Told.PASSES;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.Command;
import acme.market.Price;
import acme.market.ReactorMarketGrpc;
import acme.market.ReactorMarketGrpc.ReactorMarketStub;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * What a user of Reactor is told. The twins beside each text do what it says, in the very code that
 * it names.
 */
final class ReactorTextTest {

  private final Told told = new Told(Path.of("src/test/java"), getClass());
  private final ReactorMarketStub stub = ReactorMarketGrpc.newReactorStub(told.channel);

  @AfterEach
  void close() {
    told.close();
  }

  @Test
  void subscriberThatNeverAsksIsNotDrainedTest() {
    stub.watch(command("5")).subscribe(new Slow(false));

    assertThat(told.text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open N s after the check began:

            1. acme.market.Market/Watch (SERVER_STREAMING, Reactor stub)
               opened at : io.github.streamleak.conformance.reactive.ReactorTextTest.subscriberThatNeverAsksIsNotDrainedTest(ReactorTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal status
               events    : +T  started
                           +T  picked market
                           +T  requested 1
                           +T  outbound message #0
                           +T  half-closed
                           +T  headers
                           +T  inbound message #0
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : request(1);  // in hookOnSubscribe, and at the end of every hookOnNext
                           responses.take(1)  // or stops after one: cancels by itself
                           subscriber.dispose();  // or stops, in finally

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Watch", "the reason"))""");
  }

  @Test
  void subscriberThatAsksAtTheStartAndAfterEachPassesTest() {
    stub.watch(command("5")).subscribe(new Slow(true));

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  @Test
  void takePassesTest() {
    Flux<Price> responses = stub.watch(command("5+"));
    assertThat(responses.take(1).blockLast()).isNotNull();

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  @Test
  void subscriberThatIsDisposedPassesTest() {
    Slow subscriber = new Slow(false);
    stub.watch(command("5")).subscribe(subscriber);
    subscriber.dispose();

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  @Test
  void requestsThatNeverEndAreNotHalfClosedTest() {
    Sinks.Many<Command> requestSink = Sinks.many().unicast().onBackpressureBuffer();
    requestSink.tryEmitNext(command("sum")).orThrow();
    stub.upload(requestSink.asFlux()).subscribe(price -> {}, failure -> {});

    assertThat(told.text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open N s after the check began:

            1. acme.market.Market/Upload (CLIENT_STREAMING, Reactor stub)
               opened at : io.github.streamleak.conformance.reactive.ReactorTextTest.requestsThatNeverEndAreNotHalfClosedTest(ReactorTextTest.java:LINE)
               attempt   : 1, picked market
               state     : not half-closed, 1 outbound message, 0 inbound messages of 514 requested, no terminal status
               events    : +T  started
                           +T  picked market
                           +T  outbound message #0
                           +T  headers
                           +T  requested 2
                           +T  requested 512
               cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
               owed by   : the client: half-close and read to the terminal status, or cancel
               to fix    : requestSink.tryEmitComplete();  // lets the requests complete
                           disposable.dispose();  // or gives up

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Upload", "the reason"))""");
  }

  @Test
  void requestsThatEndPassTest() {
    Sinks.Many<Command> requestSink = Sinks.many().unicast().onBackpressureBuffer();
    requestSink.tryEmitNext(command("sum")).orThrow();
    stub.upload(requestSink.asFlux()).subscribe(price -> {}, failure -> {});
    requestSink.tryEmitComplete();

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  @Test
  void uploadThatIsDisposedPassesTest() {
    Sinks.Many<Command> requestSink = Sinks.many().unicast().onBackpressureBuffer();
    requestSink.tryEmitNext(command("sum")).orThrow();
    Disposable disposable = stub.upload(requestSink.asFlux()).subscribe(price -> {}, failure -> {});
    disposable.dispose();

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  @Test
  void subscriptionLeftIsOwedByTheServerTest() {
    stub.watch(command("2+")).subscribe(price -> {}, failure -> {});

    assertThat(told.text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open N s after the check began:

            1. acme.market.Market/Watch (SERVER_STREAMING, Reactor stub)
               opened at : io.github.streamleak.conformance.reactive.ReactorTextTest.subscriptionLeftIsOwedByTheServerTest(ReactorTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 2 inbound messages of 513 requested, no terminal status
               events    : ...
                           +T  picked market
                           +T  requested 1
                           +T  outbound message #0
                           +T  half-closed
                           +T  headers
                           +T  inbound message #0
                           +T  requested 512
                           +T  inbound message #1
               cause     : SERVER_NOT_FINISHED: the client has half-closed and asks for more, and the server has not closed
               owed by   : the server: the handler closes on every path; the client sets a deadline
               to fix    : // in the handler of acme.market.Market/Watch, on every path: the Flux completes, or onCompleted() is called
                           stub.withDeadlineAfter(5, TimeUnit.SECONDS)  // on the client: a limit to every wait
                           disposable.dispose();  // or stops, in finally; timeout() does so too

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Watch", "the reason"))""");
  }

  @Test
  void subscriptionToAServerThatFinishesPassesTest() {
    stub.watch(command("2")).subscribe(price -> {}, failure -> {});

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  @Test
  void subscriptionWithADeadlinePassesTest() {
    stub.withDeadlineAfter(1, TimeUnit.NANOSECONDS)
        .watch(command("2+"))
        .subscribe(price -> {}, failure -> {});

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  @Test
  void subscriptionThatIsDisposedPassesTest() {
    Disposable disposable = stub.watch(command("2+")).subscribe(price -> {}, failure -> {});
    disposable.dispose();

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  @Test
  void unaryIsToldThatDisposeDoesNotReachItTest() {
    stub.quote(command("0+")).subscribe(price -> {}, failure -> {}).dispose();

    assertThat(told.text())
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open N s after the check began:

            1. acme.market.Market/Quote (UNARY, Reactor stub)
               opened at : io.github.streamleak.conformance.reactive.ReactorTextTest.unaryIsToldThatDisposeDoesNotReachItTest(ReactorTextTest.java:LINE)
               attempt   : 1, picked market
               state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
               events    : +T  started
                           +T  picked market
                           +T  requested 2
                           +T  outbound message #0
                           +T  half-closed
                           +T  headers
               cause     : SERVER_NOT_FINISHED: the client has half-closed and asks for more, and the server has not closed
               owed by   : the server: the handler closes on every path; the client sets a deadline
               to fix    : // in the handler of acme.market.Market/Quote, on every path: the Mono completes, or onCompleted() is called
                           stub.withDeadlineAfter(5, TimeUnit.SECONDS)  // on the client: dispose() and timeout() do not reach a unary call

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Quote", "the reason"))""");
  }

  @Test
  void unaryThatIsAnsweredWithinItsDeadlinePassesTest() {
    assertThat(stub.withDeadlineAfter(5, TimeUnit.SECONDS).quote(command("1")).block()).isNotNull();

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  @Test
  void unaryWithADeadlinePassesTest() {
    stub.withDeadlineAfter(1, TimeUnit.NANOSECONDS)
        .quote(command("0+"))
        .subscribe(price -> {}, failure -> {});

    assertThat(told.textOfATwin()).isEqualTo(PASSES);
  }

  /** Asks for one at a time, or for none at all. */
  private static final class Slow extends BaseSubscriber<Price> {
    private final boolean asks;

    Slow(boolean asks) {
      this.asks = asks;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      if (asks) {
        request(1);
      }
    }

    @Override
    protected void hookOnNext(Price price) {
      if (asks) {
        request(1);
      }
    }

    @Override
    protected void hookOnError(Throwable failure) {}
  }
}
