package io.github.streamleak.conformance.reactive;

import static io.github.streamleak.conformance.reactive.MarketServer.command;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.Command;
import acme.market.Price;
import acme.market.ReactorMarketGrpc;
import acme.market.ReactorMarketGrpc.ReactorMarketStub;
import acme.market.Rx3MarketGrpc.RxMarketStub;
import io.github.streamleak.junit.GrpcInject;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StubKind;
import io.grpc.BindableService;
import io.reactivex.rxjava3.core.Flowable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The JUnit extension with stubs of reactor-grpc and rx3grpc. */
final class ReactiveInjectionTest {

  @Test
  void stubsAreInjectedAndRecognisedTest() {
    Fixtures.assertAllPass(RightTestCases.class, 5);
  }

  @Test
  void reactorServiceIsServedTest() {
    Fixtures.assertAllPass(ReactorServiceTestCases.class, 1);
  }

  @Test
  void leftReactorSubscriptionTest() {
    String text = Fixtures.onlyLeak(LeftReactorTestCases.class).getMessage();

    assertThat(Fixtures.stable(text))
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open N s after the test:

            1. acme.market.Market/Watch (SERVER_STREAMING, Reactor stub)
               opened at : io.github.streamleak.conformance.reactive.ReactiveInjectionTest$LeftReactorTestCases.leaves(ReactiveInjectionTest.java:%d)
               attempt   : 1, picked in-process:ReactiveInjectionTest.LeftReactorTestCases.leaves
               state     : half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal status
               events    : +T  started
                           +T  picked in-process:ReactiveInjectionTest.LeftReactorTestCases.leaves
                           +T  requested 1
                           +T  outbound message #0
                           +T  half-closed
                           +T  headers
                           +T  inbound message #0
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : request(1);  // in hookOnSubscribe, and at the end of every hookOnNext
                           <your responses>.take(1)  // or as a step of the chain: cancels after the first
                           <your subscriber>.dispose();  // or in finally: stops

            To allow a stream on purpose: @AllowStreamLeak(method = "acme.market.Market/Watch", reason = "why it may stay open")"""
                .formatted(Lines.of("left reactor")));
  }

  @Test
  void leftRxUploadTest() {
    assertThat(Fixtures.onlyLeak(LeftRxTestCases.class).leaks())
        .singleElement()
        .satisfies(
            leak -> {
              assertThat(leak.stream().stubKind()).isEqualTo(StubKind.RX);
              assertThat(leak.stream().openingLine().orElseThrow().getLineNumber())
                  .isEqualTo(Lines.of("left rx"));
            });
  }

  // ---- fixtures ----

  @GrpcStreamLeakCheck
  static class RightTestCases {
    @Serve final MarketServer market = new MarketServer();

    @GrpcInject ReactorMarketStub field;
    @GrpcInject RxMarketStub rxField;

    @Test
    void reactorParameter(ReactorMarketStub stub, GrpcStreamRecorder recorder) {
      assertThat(Lines.here("reactor", stub.watch(command("5+"))).take(1).count().block())
          .isEqualTo(1);
      assertOpened(recorder, StubKind.REACTOR, "reactor");
    }

    @Test
    void rxParameter(RxMarketStub stub, GrpcStreamRecorder recorder) {
      assertThat(Lines.here("rx", stub.watch(command("5+"))).take(1).count().blockingGet())
          .isEqualTo(1);
      assertOpened(recorder, StubKind.RX, "rx");
    }

    @Test
    void reactorField() {
      assertThat(field.quote(command("1")).block()).isNotNull();
    }

    @Test
    void rxField() {
      assertThat(rxField.quote(command("1")).blockingGet()).isNotNull();
    }

    @Test
    void lineOfTheSubscriptionNotOfTheAssembly(
        ReactorMarketStub stub, GrpcStreamRecorder recorder) {
      Flux<String> prices = stub.watch(command("5+")).map(Price::getText).filter(t -> true);
      assertThat(Lines.here("subscription", prices).blockFirst()).isEqualTo("price 0");
      assertOpened(recorder, StubKind.REACTOR, "subscription");
    }

    private static void assertOpened(GrpcStreamRecorder recorder, StubKind kind, String key) {
      RecordedStream stream = recorder.streams().get(0);
      assertThat(stream.stubKind()).isEqualTo(kind);
      StackTraceElement line = stream.openingLine().orElseThrow();
      assertThat(line.getFileName()).isEqualTo("ReactiveInjectionTest.java");
      assertThat(line.getLineNumber()).isEqualTo(Lines.of(key));
    }
  }

  @GrpcStreamLeakCheck
  static class ReactorServiceTestCases {
    @Serve
    final BindableService market =
        new ReactorMarketGrpc.MarketImplBase() {
          @Override
          public Mono<Price> quote(Mono<Command> request) {
            return request.map(command -> Price.newBuilder().setText(command.getText()).build());
          }
        };

    @Test
    void answers(ReactorMarketStub stub) {
      assertThat(stub.quote(command("x")).block()).returns("x", Price::getText);
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class LeftReactorTestCases {
    @Serve final MarketServer market = new MarketServer();

    /** Makes the channel ready, so that the stream is picked as it is started. */
    @BeforeEach
    void makeChannelReady(ReactorMarketStub stub) {
      assertThat(stub.quote(command("1")).block()).isNotNull();
    }

    @Test
    void leaves(ReactorMarketStub stub, GrpcStreamRecorder recorder) {
      Lines.here("left reactor", stub.watch(command("5"))).subscribe(new AsksForNothing());
      Run.until(() -> recorder.streams().get(1).count(EventKind.RECEIVED) == 1);
    }
  }

  /** Subscribed, and never asks. */
  private static final class AsksForNothing extends BaseSubscriber<Price> {
    @Override
    protected void hookOnSubscribe(Subscription subscription) {}

    @Override
    protected void hookOnError(Throwable failure) {}
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  static class LeftRxTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(RxMarketStub stub) throws Exception {
      assertThat(Lines.here("left rx", stub.upload(endless())).subscribe(p -> {}, e -> {}))
          .isNotNull();
      market.commands.acquire();
    }

    private static Flowable<Command> endless() {
      return Flowable.just(command("sum")).concatWith(Flowable.never());
    }
  }
}
