package io.github.streamleak.conformance.reactive;

import static io.github.streamleak.conformance.reactive.Expected.allReleased;
import static io.github.streamleak.conformance.reactive.Expected.cancelledOrTerminal;
import static io.github.streamleak.conformance.reactive.Expected.leaked;
import static io.github.streamleak.conformance.reactive.Expected.noStream;
import static io.github.streamleak.conformance.reactive.Expected.released;
import static io.github.streamleak.conformance.reactive.MarketServer.command;
import static io.github.streamleak.stream.LeakCause.NOT_DRAINED;
import static io.github.streamleak.stream.LeakCause.NOT_HALF_CLOSED;
import static io.github.streamleak.stream.LeakCause.NOT_PICKED;
import static io.github.streamleak.stream.LeakCause.SERVER_NOT_FINISHED;
import static io.github.streamleak.stream.StreamRelease.CANCELLED;
import static io.github.streamleak.stream.StreamRelease.DEADLINE;
import static io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.Command;
import acme.market.Price;
import acme.market.ReactorMarketGrpc;
import acme.market.ReactorMarketGrpc.ReactorMarketStub;
import com.salesforce.reactorgrpc.stub.ReactorCallOptions;
import io.github.streamleak.stream.StubKind;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Every ending of a call through a stub of reactor-grpc. */
final class ReactorGridTest extends Grid<ReactorMarketStub> {

  ReactorGridTest() {
    super(StubKind.REACTOR, "reactor-grpc");
  }

  @Override
  protected ReactorMarketStub stub(Channel channel) {
    return ReactorMarketGrpc.newReactorStub(channel);
  }

  @Override
  protected List<Group<ReactorMarketStub>> groups() {
    return List.of(
        new Group<>("One answer", MethodType.UNARY, unary()),
        new Group<>("Collected", MethodType.SERVER_STREAMING, collected()),
        new Group<>("Stopped early", MethodType.SERVER_STREAMING, endedEarly()),
        new Group<>("Left behind", MethodType.SERVER_STREAMING, leftBehind()),
        new Group<>("Asked for less than is sent", MethodType.SERVER_STREAMING, slow()),
        new Group<>("Server fails or says nothing", MethodType.SERVER_STREAMING, failed()),
        new Group<>("Uploads", MethodType.CLIENT_STREAMING, uploads()),
        new Group<>("Both directions", MethodType.BIDI_STREAMING, bidi()),
        new Group<>("No server", MethodType.SERVER_STREAMING, noServer()));
  }

  private static Cell<ReactorMarketStub> cell(
      String name, Expected expected, Cell.Program<ReactorMarketStub> program) {
    return new Cell<>(name, expected, program);
  }

  private static List<Cell<ReactorMarketStub>> unary() {
    return List.of(
        cell(
            "answered",
            released(TERMINAL_STATUS),
            (stub, run) -> assertThat(stub.quote(command("1")).block()).isNotNull()),
        cell(
            "never answered, left",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              quiet(run, stub.quote(command("0+")));
              run.awaitHalfClosed();
            }),
        cell(
                "never answered, disposed",
                leaked(SERVER_NOT_FINISHED),
                (stub, run) -> {
                  Disposable quote = quiet(run, stub.quote(command("0+")));
                  run.awaitHalfClosed();
                  quote.dispose();
                })
            .note("the library hands no cancel on from a unary call"),
        cell(
                "never answered, timeout",
                leaked(SERVER_NOT_FINISHED),
                (stub, run) -> {
                  VirtualTimeScheduler clock = VirtualTimeScheduler.create();
                  quiet(run, stub.quote(command("0+")).timeout(Duration.ofSeconds(1), clock));
                  run.awaitHalfClosed();
                  clock.advanceTimeBy(Duration.ofSeconds(2));
                })
            .note("the library hands no cancel on from a unary call"),
        cell(
            "never answered, Context cancelled",
            released(CANCELLED),
            (stub, run) -> {
              CancellableContext context = Context.current().withCancellation();
              context.run(() -> quiet(run, stub.quote(command("0+"))));
              run.awaitHalfClosed();
              context.cancel(null);
            }),
        cell(
            "never answered, deadline",
            released(DEADLINE),
            (stub, run) ->
                assertStatus(
                    Status.Code.DEADLINE_EXCEEDED,
                    () ->
                        stub.withDeadlineAfter(50, TimeUnit.MILLISECONDS)
                            .quote(command("0+"))
                            .block())),
        cell(
            "handler throws",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(Status.Code.UNKNOWN, () -> stub.quote(command("0throw")).block())),
        cell(
            "server error",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.INTERNAL, () -> stub.quote(command("0!INTERNAL")).block())),
        cell(
            "never subscribed",
            noStream(),
            (stub, run) -> assertThat(stub.quote(command("1")).map(Price::getText)).isNotNull()));
  }

  private static List<Cell<ReactorMarketStub>> collected() {
    return List.of(
        cell(
            "collected to the end, 5 of 5",
            released(TERMINAL_STATUS),
            (stub, run) -> assertThat(stub.watch(command("5")).collectList().block()).hasSize(5)),
        cell(
            "collected to the end, none",
            released(TERMINAL_STATUS),
            (stub, run) -> assertThat(stub.watch(command("0")).blockLast()).isNull()),
        cell(
                "collected to the end, more than is fetched ahead",
                released(TERMINAL_STATUS),
                (stub, run) ->
                    assertThat(stub.watch(command("1500")).count().block()).isEqualTo(1500))
            .notOnADirectExecutor(),
        cell(
            "collected through publishOn",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(
                        stub.watch(command("5"))
                            .publishOn(Schedulers.parallel())
                            .collectList()
                            .block())
                    .hasSize(5)),
        cell(
                "collected through subscribeOn",
                released(TERMINAL_STATUS),
                (stub, run) ->
                    assertThat(
                            stub.watch(command("5"))
                                .subscribeOn(Schedulers.parallel())
                                .collectList()
                                .block())
                        .hasSize(5))
            .startedOnAnotherStack(),
        cell(
            "StepVerifier to the end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                StepVerifier.create(stub.watch(command("5"))).expectNextCount(5).verifyComplete()),
        cell(
            "Flux.using to the end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(Flux.using(() -> stub, s -> s.watch(command("5")), s -> {}).blockLast())
                    .isNotNull()),
        cell(
            "never subscribed",
            noStream(),
            (stub, run) -> assertThat(stub.watch(command("5")).take(1)).isNotNull()));
  }

  private static List<Cell<ReactorMarketStub>> endedEarly() {
    return List.of(
        // The stub fetches 512 ahead, so the terminal status may be there before the cancel.
        cell(
            "blockFirst of 5, server finished",
            cancelledOrTerminal(),
            (stub, run) -> assertThat(stub.watch(command("5")).blockFirst()).isNotNull()),
        cell(
            "blockFirst of 5, server open",
            released(CANCELLED),
            (stub, run) -> assertThat(stub.watch(command("5+")).blockFirst()).isNotNull()),
        cell(
                "blockFirst of 600, server finished",
                released(CANCELLED),
                (stub, run) -> assertThat(stub.watch(command("600")).blockFirst()).isNotNull())
            .notOnADirectExecutor(),
        cell(
            "next() of 5, server open",
            released(CANCELLED),
            (stub, run) -> assertThat(stub.watch(command("5+")).next().block()).isNotNull()),
        cell(
            "take(1) of 5, server finished",
            cancelledOrTerminal(),
            (stub, run) -> assertThat(stub.watch(command("5")).take(1).blockLast()).isNotNull()),
        cell(
            "take(1) of 5, server open",
            released(CANCELLED),
            (stub, run) -> assertThat(stub.watch(command("5+")).take(1).blockLast()).isNotNull()),
        cell(
            "take(5) of 5, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.watch(command("5+")).take(5).collectList().block()).hasSize(5)),
        cell(
            "takeWhile, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(
                        stub.watch(command("5+"))
                            .takeWhile(price -> !price.getText().equals("price 2"))
                            .collectList()
                            .block())
                    .hasSize(2)),
        cell(
            "publishOn and take(1), server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(
                        stub.watch(command("5+"))
                            .publishOn(Schedulers.parallel())
                            .take(1)
                            .blockLast())
                    .isNotNull()),
        cell(
            "zip with a shorter flux, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(
                        stub.watch(command("5+")).zipWith(Flux.range(0, 2)).collectList().block())
                    .hasSize(2)),
        cell(
            "timeout, server open",
            released(CANCELLED),
            (stub, run) -> {
              VirtualTimeScheduler clock = VirtualTimeScheduler.create();
              Sinks.One<Throwable> failure = Sinks.one();
              stub.watch(command("2+"))
                  .timeout(Duration.ofSeconds(1), clock)
                  .subscribe(price -> {}, failure::tryEmitValue);
              run.awaitReceived(2);
              run.goOnUntilReleased(() -> clock.advanceTimeBy(Duration.ofSeconds(2)));
              assertThat(failure.asMono().block()).isInstanceOf(TimeoutException.class);
            }),
        cell(
            "block(Duration) runs out, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThatThrownBy(() -> stub.watch(command("2+")).blockLast(Duration.ofMillis(50)))
                    .isInstanceOf(IllegalStateException.class)),
        cell(
            "Context cancelled in the middle, server open",
            released(CANCELLED),
            (stub, run) -> {
              CancellableContext context = Context.current().withCancellation();
              context.run(() -> quiet(run, stub.watch(command("2+"))));
              run.awaitReceived(2);
              context.cancel(null);
            }),
        cell(
            "disposed in the middle, server open",
            released(CANCELLED),
            (stub, run) -> {
              Disposable prices = quiet(run, stub.watch(command("2+")));
              run.awaitReceived(2);
              prices.dispose();
            }),
        cell(
            "exception in the subscriber",
            released(CANCELLED),
            (stub, run) -> {
              Sinks.One<Throwable> failure = Sinks.one();
              stub.watch(command("5+"))
                  .subscribe(
                      price -> {
                        throw new IllegalStateException("no more");
                      },
                      failure::tryEmitValue);
              assertThat(failure.asMono().block()).hasMessage("no more");
            }),
        cell(
            "exception in map",
            released(CANCELLED),
            (stub, run) ->
                assertThatThrownBy(
                        () -> stub.watch(command("5+")).map(ReactorGridTest::refuse).blockLast())
                    .hasMessage("no more")),
        cell(
            "StepVerifier cancels, server open",
            released(CANCELLED),
            (stub, run) ->
                StepVerifier.create(stub.watch(command("5+")), 1)
                    .expectNextCount(1)
                    .thenCancel()
                    .verify()),
        cell(
            "Flux.using and take(1), server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(
                        Flux.using(() -> stub, s -> s.watch(command("5+")), s -> {})
                            .take(1)
                            .blockLast())
                    .isNotNull()),
        cell(
            "share() and take(1), server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.watch(command("5+")).share().take(1).blockLast()).isNotNull()),
        cell(
            "switchMap to another, server open",
            allReleased(2, CANCELLED),
            (stub, run) ->
                assertThat(
                        Flux.just("5+", "6+")
                            .switchMap(text -> stub.watch(command(text)))
                            .take(6)
                            .collectList()
                            .block())
                    .hasSizeGreaterThanOrEqualTo(6)));
  }

  private static String refuse(Price price) {
    throw new IllegalStateException("no more");
  }

  private static List<Cell<ReactorMarketStub>> leftBehind() {
    return List.of(
        cell(
            "subscription left, server open",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              quiet(run, stub.watch(command("2+")));
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
            }),
        cell(
            "cache(), one taken, server open",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              assertThat(stub.watch(command("2+")).cache().blockFirst()).isNotNull();
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
            }),
        cell(
            "cache(), one taken, server finished",
            released(TERMINAL_STATUS),
            (stub, run) -> assertThat(stub.watch(command("2")).cache().blockFirst()).isNotNull()),
        cell(
            "publish().autoConnect(), one taken, server open",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              assertThat(stub.watch(command("2+")).publish().autoConnect().blockFirst())
                  .isNotNull();
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
            }),
        cell(
            "publish().refCount(), one taken, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.watch(command("2+")).publish().refCount().blockFirst())
                    .isNotNull()),
        cell(
            "toStream, one taken and left, server open",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              // Left open is what the cell is about.
              @SuppressWarnings("StreamResourceLeak")
              Iterator<Price> prices = stub.watch(command("2+")).toStream().iterator();
              assertThat(prices.next()).isNotNull();
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
            }),
        cell(
            "toStream, one taken and closed, server open",
            released(CANCELLED),
            (stub, run) -> {
              try (Stream<Price> prices = stub.watch(command("2+")).toStream()) {
                assertThat(prices.iterator().next()).isNotNull();
              }
            }));
  }

  /** Subscribers that ask for less than the server sends. */
  private static List<Cell<ReactorMarketStub>> slow() {
    return List.of(
        // The stub asks for 512 whatever its subscriber does: the stream ends behind its back.
        cell(
            "one requested of 5 and left, server finished",
            released(TERMINAL_STATUS),
            (stub, run) -> stub.watch(command("5")).subscribe(new Asking(1, run))),
        cell(
            "one requested of 5 and left, server open",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              stub.watch(command("5+")).subscribe(new Asking(1, run));
              run.awaitHalfClosed();
              run.awaitDemandAfter(5);
            }),
        cell(
                "one requested of 600 and left, server finished",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  stub.watch(command("600")).subscribe(new Asking(1, run));
                  run.awaitServerClosedAndDemandMet();
                })
            .notOnADirectExecutor(),
        cell(
                "one requested of 600 and cancelled, server finished",
                released(CANCELLED),
                (stub, run) -> {
                  Asking asking = new Asking(1, run);
                  stub.watch(command("600")).subscribe(asking);
                  run.awaitServerClosedAndDemandMet();
                  asking.cancel();
                })
            .notOnADirectExecutor(),
        cell(
                "one requested of 600, then all",
                released(TERMINAL_STATUS),
                (stub, run) -> {
                  Asking asking = new Asking(1, run);
                  stub.watch(command("600")).subscribe(asking);
                  run.awaitServerClosedAndDemandMet();
                  asking.requestUnbounded();
                })
            .notOnADirectExecutor(),
        cell(
            "one requested of 9 and left, two fetched ahead",
            leaked(NOT_DRAINED),
            (stub, run) -> {
              fetchingTwo(stub).watch(command("9")).subscribe(new Asking(1, run));
              run.awaitServerClosedAndDemandMet();
            }),
        cell(
            "one requested of 9, two fetched ahead, deadline",
            released(DEADLINE),
            (stub, run) ->
                fetchingTwo(stub)
                    .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                    .watch(command("9"))
                    .subscribe(new Asking(1, run))),
        cell(
            "none requested of 5 and left, server finished",
            leaked(NOT_DRAINED),
            (stub, run) -> {
              stub.watch(command("5")).subscribe(new Asking(0, run));
              run.awaitServerClosedAndDemandMet();
            }),
        cell(
            "none requested of 5, Context cancelled, server finished",
            released(CANCELLED),
            (stub, run) -> {
              CancellableContext context = Context.current().withCancellation();
              context.run(() -> stub.watch(command("5")).subscribe(new Asking(0, run)));
              run.awaitServerClosedAndDemandMet();
              context.cancel(null);
            }),
        cell(
            "none requested of 5 and cancelled, server finished",
            released(CANCELLED),
            (stub, run) -> {
              Asking asking = new Asking(0, run);
              stub.watch(command("5")).subscribe(asking);
              run.awaitServerClosedAndDemandMet();
              asking.cancel();
            }),
        cell(
                "onBackpressureBuffer, one requested of 600 and left",
                released(TERMINAL_STATUS),
                (stub, run) ->
                    stub.watch(command("600")).onBackpressureBuffer().subscribe(new Asking(1, run)))
            .notOnADirectExecutor(),
        cell(
                "onBackpressureDrop, one requested of 600 and left",
                released(TERMINAL_STATUS),
                (stub, run) ->
                    stub.watch(command("600")).onBackpressureDrop().subscribe(new Asking(1, run)))
            .notOnADirectExecutor(),
        cell(
            "limitRate, subscriber leaves after one of 9",
            leaked(NOT_DRAINED),
            (stub, run) -> {
              fetchingTwo(stub).watch(command("9")).limitRate(1).subscribe(new Asking(1, run));
              run.awaitServerClosedAndDemandMet();
            }));
  }

  private static ReactorMarketStub fetchingTwo(ReactorMarketStub stub) {
    return stub.withOption(ReactorCallOptions.CALL_OPTIONS_PREFETCH, 2)
        .withOption(ReactorCallOptions.CALL_OPTIONS_LOW_TIDE, 1);
  }

  private static List<Cell<ReactorMarketStub>> failed() {
    return List.of(
        cell(
            "handler throws between messages",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(Status.Code.UNKNOWN, () -> stub.watch(command("2throw")).blockLast())),
        cell(
            "server says nothing, left",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              quiet(run, stub.watch(command("silent")));
              run.awaitHalfClosed();
              run.awaitDemandAfter(0);
            }),
        cell(
            "server says nothing, disposed",
            released(CANCELLED),
            (stub, run) -> {
              Disposable prices = quiet(run, stub.watch(command("silent")));
              run.awaitHalfClosed();
              prices.dispose();
            }),
        cell(
            "server says nothing, timeout",
            released(CANCELLED),
            (stub, run) -> {
              VirtualTimeScheduler clock = VirtualTimeScheduler.create();
              quiet(run, stub.watch(command("silent")).timeout(Duration.ofSeconds(1), clock));
              run.awaitHalfClosed();
              run.goOnUntilReleased(() -> clock.advanceTimeBy(Duration.ofSeconds(2)));
            }),
        cell(
            "server says nothing, deadline",
            released(DEADLINE),
            (stub, run) ->
                assertStatus(
                    Status.Code.DEADLINE_EXCEEDED,
                    () ->
                        stub.withDeadlineAfter(50, TimeUnit.MILLISECONDS)
                            .watch(command("silent"))
                            .blockLast())),
        cell(
            "server error before any message",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.INTERNAL, () -> stub.watch(command("0!INTERNAL")).blockLast())),
        cell(
            "server error between messages",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNAVAILABLE,
                    () -> stub.watch(command("2!UNAVAILABLE")).blockLast())),
        cell(
            "server error, resumed from",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(
                        stub.watch(command("2!UNAVAILABLE"))
                            .onErrorResume(e -> Flux.empty())
                            .collectList()
                            .block())
                    .hasSize(2)),
        cell(
            "server error, retried once",
            allReleased(2, TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNAVAILABLE,
                    () -> stub.watch(command("2!UNAVAILABLE")).retry(1).blockLast())),
        cell(
            "repeated once",
            allReleased(2, TERMINAL_STATUS),
            (stub, run) ->
                assertThat(stub.watch(command("2")).repeat(1).collectList().block()).hasSize(4)),
        cell(
            "deadline, server open",
            released(DEADLINE),
            (stub, run) ->
                assertStatus(
                    Status.Code.DEADLINE_EXCEEDED,
                    () ->
                        stub.withDeadlineAfter(50, TimeUnit.MILLISECONDS)
                            .watch(command("2+"))
                            .blockLast())),
        cell(
            "deadline that does not pass",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(
                        stub.withDeadlineAfter(2, TimeUnit.MINUTES).watch(command("2")).blockLast())
                    .isNotNull()));
  }

  private static List<Cell<ReactorMarketStub>> uploads() {
    return List.of(
        cell(
            "handler throws",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(Status.Code.UNKNOWN, () -> stub.upload(endless("0throw")).block())),
        cell(
            "requests end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(stub.upload(Flux.just(command("sum"), command("x"))).block())
                    .returns("2 commands", Price::getText)),
        cell(
            "requests never end, left",
            leaked(NOT_HALF_CLOSED),
            (stub, run) -> {
              quiet(run, stub.upload(endless("sum")));
              run.server.commands.acquire();
            }),
        cell(
            "requests never end, disposed",
            released(CANCELLED),
            (stub, run) -> {
              Disposable upload = quiet(run, stub.upload(endless("sum")));
              run.server.commands.acquire();
              upload.dispose();
            }),
        cell(
            "requests never end, timeout",
            released(CANCELLED),
            (stub, run) -> {
              VirtualTimeScheduler clock = VirtualTimeScheduler.create();
              quiet(run, stub.upload(endless("sum")).timeout(Duration.ofSeconds(1), clock));
              run.server.commands.acquire();
              run.goOnUntilReleased(() -> clock.advanceTimeBy(Duration.ofSeconds(2)));
            }),
        cell(
            "requests never end, deadline",
            released(DEADLINE),
            (stub, run) ->
                assertStatus(
                    Status.Code.DEADLINE_EXCEEDED,
                    () ->
                        stub.withDeadlineAfter(50, TimeUnit.MILLISECONDS)
                            .upload(endless("sum"))
                            .block())),
        cell(
            "requests fail",
            released(CANCELLED),
            (stub, run) ->
                assertThatThrownBy(
                        () ->
                            stub.upload(
                                    Flux.just(command("sum"))
                                        .concatWith(
                                            Mono.error(new IllegalStateException("no more"))))
                                .block())
                    .isInstanceOf(RuntimeException.class)),
        cell(
            "server closes early",
            released(TERMINAL_STATUS),
            (stub, run) -> assertThat(stub.upload(endless("1")).block()).isNotNull()),
        cell(
            "server fails early",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.RESOURCE_EXHAUSTED,
                    () -> stub.upload(endless("0!RESOURCE_EXHAUSTED")).block())),
        cell(
            "never answered, left",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              quiet(run, stub.upload(Flux.just(command("0+"))));
              run.awaitHalfClosed();
            }),
        cell(
            "never answered, disposed",
            released(CANCELLED),
            (stub, run) -> {
              Disposable upload = quiet(run, stub.upload(Flux.just(command("0+"))));
              run.awaitHalfClosed();
              upload.dispose();
            }),
        cell(
            "never subscribed",
            noStream(),
            (stub, run) ->
                assertThat(stub.upload(Flux.just(command("sum")))).isInstanceOf(Mono.class)));
  }

  private static List<Cell<ReactorMarketStub>> bidi() {
    return List.of(
        cell(
            "handler throws",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNKNOWN, () -> stub.subscribe(endless("2throw")).blockLast())),
        cell(
            "requests never end, exception in map",
            released(CANCELLED),
            (stub, run) ->
                assertThatThrownBy(
                        () ->
                            stub.subscribe(endless("5+")).map(ReactorGridTest::refuse).blockLast())
                    .hasMessage("no more")),
        cell(
            "requests never end, timeout",
            released(CANCELLED),
            (stub, run) -> {
              VirtualTimeScheduler clock = VirtualTimeScheduler.create();
              quiet(run, stub.subscribe(endless("echo")).timeout(Duration.ofSeconds(1), clock));
              run.awaitDemandAfter(1);
              run.goOnUntilReleased(() -> clock.advanceTimeBy(Duration.ofSeconds(2)));
            }),
        cell(
            "requests never end, deadline",
            released(DEADLINE),
            (stub, run) ->
                assertStatus(
                    Status.Code.DEADLINE_EXCEEDED,
                    () ->
                        stub.withDeadlineAfter(50, TimeUnit.MILLISECONDS)
                            .subscribe(endless("echo"))
                            .blockLast())),
        cell(
            "half-closed, server open, disposed",
            released(CANCELLED),
            (stub, run) -> {
              Disposable prices = quiet(run, stub.subscribe(Flux.just(command("2+"))));
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
              prices.dispose();
            }),
        cell(
            "requests never end, one requested of 9 and left, server finished",
            leaked(NOT_DRAINED),
            (stub, run) -> {
              fetchingTwo(stub).subscribe(endless("9")).subscribe(new Asking(1, run));
              run.awaitServerClosedAndDemandMet();
            }),
        cell(
            "requests never end, one requested of 9 and cancelled, server finished",
            released(CANCELLED),
            (stub, run) -> {
              Asking asking = new Asking(1, run);
              fetchingTwo(stub).subscribe(endless("9")).subscribe(asking);
              run.awaitServerClosedAndDemandMet();
              asking.cancel();
            }),
        cell(
                "requests never end, one requested of 9 and left, server open",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  fetchingTwo(stub).subscribe(endless("9+")).subscribe(new Asking(1, run));
                  run.awaitServerObeyedAndDemandMet();
                })
            .overNetty(
                leaked(NOT_HALF_CLOSED),
                "over Netty nobody sees the messages that were not asked for, and the half-close is missing too"),
        cell(
            "requests end, one requested of 9 and left, server open",
            leaked(NOT_DRAINED),
            (stub, run) -> {
              fetchingTwo(stub).subscribe(Flux.just(command("9+"))).subscribe(new Asking(1, run));
              run.awaitHalfClosed();
              run.awaitServerObeyedAndDemandMet();
            }),
        cell(
            "both ends end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(
                        stub.subscribe(Flux.just(command("echo"), command("x")))
                            .collectList()
                            .block())
                    .hasSize(2)),
        cell(
            "requests never end, left",
            leaked(NOT_HALF_CLOSED),
            (stub, run) -> {
              quiet(run, stub.subscribe(endless("echo")));
              run.awaitDemandAfter(1);
            }),
        cell(
            "requests never end, disposed",
            released(CANCELLED),
            (stub, run) -> {
              Disposable prices = quiet(run, stub.subscribe(endless("echo")));
              run.awaitDemandAfter(1);
              prices.dispose();
            }),
        cell(
            "request sink completed",
            released(TERMINAL_STATUS),
            (stub, run) -> {
              Sinks.Many<Command> requests = Sinks.many().unicast().onBackpressureBuffer();
              requests.tryEmitNext(command("echo")).orThrow();
              quiet(run, stub.subscribe(requests.asFlux()));
              run.awaitDemandAfter(1);
              requests.tryEmitComplete().orThrow();
            }),
        cell(
            "requests never end, take(1)",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.subscribe(endless("echo")).take(1).blockLast()).isNotNull()),
        cell(
            "requests fail",
            released(CANCELLED),
            (stub, run) ->
                assertThatThrownBy(
                        () ->
                            stub.subscribe(
                                    Flux.just(command("echo"))
                                        .concatWith(
                                            Mono.error(new IllegalStateException("no more"))))
                                .blockLast())
                    .isInstanceOf(RuntimeException.class)),
        cell(
            "half-closed, server open, left",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              quiet(run, stub.subscribe(Flux.just(command("2+"))));
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
            }),
        cell(
                "half-closed, one requested of 600 and left",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  stub.subscribe(Flux.just(command("600"))).subscribe(new Asking(1, run));
                  run.awaitHalfClosed();
                  run.awaitServerClosedAndDemandMet();
                })
            .notOnADirectExecutor(),
        // Half-closing would not end it: what waits has to be read, or the call cancelled.
        cell(
                "never half-closed, one requested of 600 and left",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  stub.subscribe(endless("600")).subscribe(new Asking(1, run));
                  run.awaitServerClosedAndDemandMet();
                })
            .notOnADirectExecutor(),
        cell(
            "server closes early, requests never end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(stub.subscribe(endless("2")).collectList().block()).hasSize(2)),
        cell(
            "server fails, requests never end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNAVAILABLE,
                    () -> stub.subscribe(endless("2!UNAVAILABLE")).blockLast())),
        cell(
            "never subscribed",
            noStream(),
            (stub, run) ->
                assertThat(stub.subscribe(Flux.just(command("echo")))).isInstanceOf(Flux.class)));
  }

  /** Calls that wait for a server that does not come. */
  private static List<Cell<ReactorMarketStub>> noServer() {
    return List.of(
        cell(
            "waits for ready, left",
            leaked(NOT_PICKED),
            (stub, run) -> {
              run.stopServer();
              quiet(run, stub.withWaitForReady().watch(command("2")));
              run.awaitStarted();
            }),
        cell(
            "waits for ready, disposed",
            released(CANCELLED),
            (stub, run) -> {
              run.stopServer();
              Disposable prices = quiet(run, stub.withWaitForReady().watch(command("2")));
              run.awaitStarted();
              prices.dispose();
            }),
        cell(
            "waits for ready, deadline",
            released(DEADLINE),
            (stub, run) -> {
              run.stopServer();
              assertStatus(
                  Status.Code.DEADLINE_EXCEEDED,
                  () ->
                      stub.withWaitForReady()
                          .withDeadlineAfter(50, TimeUnit.MILLISECONDS)
                          .watch(command("2"))
                          .blockLast());
            }),
        cell(
            "does not wait for ready",
            released(TERMINAL_STATUS),
            (stub, run) -> {
              run.stopServer();
              assertStatus(Status.Code.UNAVAILABLE, () -> stub.watch(command("2")).blockLast());
            }));
  }

  private static Flux<Command> endless(String first) {
    return Flux.just(command(first)).concatWith(Flux.never());
  }

  /** Subscribes, and takes no offence at what ends the stream once it has been judged. */
  private static Disposable quiet(Run run, Mono<Price> price) {
    return quiet(run, price.flux());
  }

  private static Disposable quiet(Run run, Flux<Price> prices) {
    Disposable subscription = prices.subscribe(price -> {}, failure -> {});
    run.after(subscription::dispose);
    return subscription;
  }

  private static void assertStatus(Status.Code code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  /** Asks for some at the start, and for no more by itself. */
  private static final class Asking extends BaseSubscriber<Price> {
    private final int first;

    Asking(int first, Run run) {
      this.first = first;
      run.after(this::dispose);
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      if (first > 0) {
        subscription.request(first);
      }
    }

    @Override
    protected void hookOnError(Throwable failure) {}
  }
}
