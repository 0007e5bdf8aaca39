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
import acme.market.Rx3MarketGrpc;
import acme.market.Rx3MarketGrpc.RxMarketStub;
import com.salesforce.rx3grpc.stub.RxCallOptions;
import io.github.streamleak.stream.StubKind;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.reactivex.rxjava3.core.BackpressureStrategy;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Single;
import io.reactivex.rxjava3.disposables.Disposable;
import io.reactivex.rxjava3.plugins.RxJavaPlugins;
import io.reactivex.rxjava3.schedulers.Schedulers;
import io.reactivex.rxjava3.schedulers.TestScheduler;
import io.reactivex.rxjava3.subscribers.TestSubscriber;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Every ending of a call through a stub of rx3grpc. */
final class Rx3GridTest extends Grid<RxMarketStub> {

  Rx3GridTest() {
    super(StubKind.RX, "rx3grpc");
  }

  /** An error that comes after a dispose goes to RxJava's handler, which prints it. */
  @BeforeAll
  static void silenceLateErrors() {
    RxJavaPlugins.setErrorHandler(late -> {});
  }

  @AfterAll
  static void restoreTheHandler() {
    RxJavaPlugins.setErrorHandler(null);
  }

  @Override
  protected RxMarketStub stub(Channel channel) {
    return Rx3MarketGrpc.newRxStub(channel);
  }

  @Override
  protected List<Group<RxMarketStub>> groups() {
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

  private static Cell<RxMarketStub> cell(
      String name, Expected expected, Cell.Program<RxMarketStub> program) {
    return new Cell<>(name, expected, program);
  }

  private static List<Cell<RxMarketStub>> unary() {
    return List.of(
        cell(
            "answered",
            released(TERMINAL_STATUS),
            (stub, run) -> assertThat(stub.quote(command("1")).blockingGet()).isNotNull()),
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
                  TestScheduler clock = new TestScheduler();
                  quiet(run, stub.quote(command("0+")).timeout(1, TimeUnit.SECONDS, clock));
                  run.awaitHalfClosed();
                  clock.advanceTimeBy(2, TimeUnit.SECONDS);
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
                            .blockingGet())),
        cell(
            "handler throws",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNKNOWN, () -> stub.quote(command("0throw")).blockingGet())),
        cell(
            "server error",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.INTERNAL, () -> stub.quote(command("0!INTERNAL")).blockingGet())),
        cell(
            "never subscribed",
            noStream(),
            (stub, run) -> assertThat(stub.quote(command("1")).map(Price::getText)).isNotNull()));
  }

  private static List<Cell<RxMarketStub>> collected() {
    return List.of(
        cell(
            "collected to the end, 5 of 5",
            released(TERMINAL_STATUS),
            (stub, run) -> assertThat(stub.watch(command("5")).toList().blockingGet()).hasSize(5)),
        cell(
            "collected to the end, none",
            released(TERMINAL_STATUS),
            (stub, run) -> assertThat(stub.watch(command("0")).toList().blockingGet()).isEmpty()),
        cell(
                "collected to the end, more than is fetched ahead",
                released(TERMINAL_STATUS),
                (stub, run) ->
                    assertThat(stub.watch(command("1500")).count().blockingGet()).isEqualTo(1500))
            .notOnADirectExecutor(),
        cell(
            "collected through observeOn",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(
                        stub.watch(command("5"))
                            .observeOn(Schedulers.computation())
                            .toList()
                            .blockingGet())
                    .hasSize(5)),
        cell(
                "collected through subscribeOn",
                released(TERMINAL_STATUS),
                (stub, run) ->
                    assertThat(
                            stub.watch(command("5"))
                                .subscribeOn(Schedulers.io())
                                .toList()
                                .blockingGet())
                        .hasSize(5))
            .startedOnAnotherStack(),
        cell(
            "Flowable.using to the end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(
                        Flowable.using(() -> stub, s -> s.watch(command("5")), s -> {})
                            .blockingLast())
                    .isNotNull()),
        cell(
            "never subscribed",
            noStream(),
            (stub, run) -> assertThat(stub.watch(command("5")).take(1)).isNotNull()));
  }

  private static List<Cell<RxMarketStub>> endedEarly() {
    return List.of(
        // The stub fetches 512 ahead, so the terminal status may be there before the cancel.
        cell(
            "blockingFirst of 5, server finished",
            cancelledOrTerminal(),
            (stub, run) -> assertThat(stub.watch(command("5")).blockingFirst()).isNotNull()),
        cell(
            "blockingFirst of 5, server open",
            released(CANCELLED),
            (stub, run) -> assertThat(stub.watch(command("5+")).blockingFirst()).isNotNull()),
        cell(
            "firstOrError of 5, server finished",
            cancelledOrTerminal(),
            (stub, run) ->
                assertThat(stub.watch(command("5")).firstOrError().blockingGet()).isNotNull()),
        cell(
            "firstOrError of 5, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.watch(command("5+")).firstOrError().blockingGet()).isNotNull()),
        cell(
                "firstOrError of 600, server finished",
                released(CANCELLED),
                (stub, run) ->
                    assertThat(stub.watch(command("600")).firstOrError().blockingGet()).isNotNull())
            .notOnADirectExecutor(),
        cell(
            "take(1) of 5, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.watch(command("5+")).take(1).blockingLast()).isNotNull()),
        cell(
            "take(5) of 5, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.watch(command("5+")).take(5).toList().blockingGet()).hasSize(5)),
        cell(
            "takeWhile, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(
                        stub.watch(command("5+"))
                            .takeWhile(price -> !price.getText().equals("price 2"))
                            .toList()
                            .blockingGet())
                    .hasSize(2)),
        cell(
            "observeOn and take(1), server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(
                        stub.watch(command("5+"))
                            .observeOn(Schedulers.computation())
                            .take(1)
                            .blockingLast())
                    .isNotNull()),
        cell(
            "timeout, server open",
            released(CANCELLED),
            (stub, run) -> {
              TestScheduler clock = new TestScheduler();
              TestSubscriber<Price> prices =
                  stub.watch(command("2+")).timeout(1, TimeUnit.SECONDS, clock).test();
              run.awaitReceived(2);
              prices.awaitCount(2);
              run.goOnUntilReleased(() -> clock.advanceTimeBy(2, TimeUnit.SECONDS));
              prices.assertError(TimeoutException.class);
            }),
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
            "exception in map",
            released(CANCELLED),
            (stub, run) ->
                assertThatThrownBy(
                        () -> stub.watch(command("5+")).map(Rx3GridTest::refuse).blockingLast())
                    .hasMessage("no more")),
        cell(
            "exception in the subscriber",
            released(CANCELLED),
            (stub, run) -> {
              Disposable prices =
                  stub.watch(command("5+"))
                      .subscribe(
                          price -> {
                            throw new IllegalStateException("no more");
                          },
                          failure -> {});
              run.after(prices::dispose);
            }),
        cell(
            "TestSubscriber cancels, server open",
            released(CANCELLED),
            (stub, run) -> stub.watch(command("5+")).test(1).awaitCount(1).cancel()),
        cell(
            "Flowable.using and take(1), server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(
                        Flowable.using(() -> stub, s -> s.watch(command("5+")), s -> {})
                            .take(1)
                            .blockingLast())
                    .isNotNull()),
        cell(
            "share() and take(1), server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.watch(command("5+")).share().take(1).blockingLast()).isNotNull()));
  }

  private static String refuse(Price price) {
    throw new IllegalStateException("no more");
  }

  private static List<Cell<RxMarketStub>> leftBehind() {
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
              assertThat(stub.watch(command("2+")).cache().blockingFirst()).isNotNull();
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
            }),
        cell(
            "cache(), one taken, server finished",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(stub.watch(command("2")).cache().blockingFirst()).isNotNull()),
        cell(
            "publish().autoConnect(), one taken, server open",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              assertThat(stub.watch(command("2+")).publish().autoConnect().blockingFirst())
                  .isNotNull();
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
            }),
        cell(
            "publish().refCount(), one taken, server open",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.watch(command("2+")).publish().refCount().blockingFirst())
                    .isNotNull()),
        cell(
            "blockingIterable, one taken and left, server open",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              Iterator<Price> prices = stub.watch(command("2+")).blockingIterable().iterator();
              assertThat(prices.next()).isNotNull();
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
            }),
        cell(
            "blockingStream, one taken and closed, server open",
            released(CANCELLED),
            (stub, run) -> {
              try (Stream<Price> prices = stub.watch(command("2+")).blockingStream()) {
                assertThat(prices.iterator().next()).isNotNull();
              }
            }));
  }

  /** Subscribers that ask for less than the server sends. */
  private static List<Cell<RxMarketStub>> slow() {
    return List.of(
        // The stub asks for 512 whatever its subscriber does: the stream ends behind its back.
        cell(
            "one requested of 5 and left, server finished",
            released(TERMINAL_STATUS),
            (stub, run) -> asking(1, run, stub.watch(command("5")))),
        cell(
            "one requested of 5 and left, server open",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              asking(1, run, stub.watch(command("5+")));
              run.awaitHalfClosed();
              run.awaitDemandAfter(5);
            }),
        cell(
                "one requested of 600 and left, server finished",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  asking(1, run, stub.watch(command("600")));
                  run.awaitServerClosedAndDemandMet();
                })
            .notOnADirectExecutor(),
        cell(
                "one requested of 600 and cancelled, server finished",
                released(CANCELLED),
                (stub, run) -> {
                  TestSubscriber<Price> asking = asking(1, run, stub.watch(command("600")));
                  run.awaitServerClosedAndDemandMet();
                  asking.cancel();
                })
            .notOnADirectExecutor(),
        cell(
                "one requested of 9 and left, four fetched ahead",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  asking(1, run, fetchingFour(stub).watch(command("9")));
                  run.awaitServerClosedAndDemandMet();
                })
            .notOnADirectExecutor(),
        cell(
                "one requested of 9, four fetched ahead, then all",
                released(TERMINAL_STATUS),
                (stub, run) -> {
                  TestSubscriber<Price> asking =
                      asking(1, run, fetchingFour(stub).watch(command("9")));
                  run.awaitServerClosedAndDemandMet();
                  asking.request(Long.MAX_VALUE);
                })
            .notOnADirectExecutor(),
        cell(
                "one requested of 9, four fetched ahead, deadline",
                released(DEADLINE),
                (stub, run) ->
                    asking(
                        1,
                        run,
                        fetchingFour(stub)
                            .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                            .watch(command("9"))))
            .notOnADirectExecutor(),
        cell(
            "none requested of 5 and left, server finished",
            leaked(NOT_DRAINED),
            (stub, run) -> {
              asking(0, run, stub.watch(command("5")));
              run.awaitServerClosedAndDemandMet();
            }),
        cell(
            "none requested of 5, Context cancelled, server finished",
            released(CANCELLED),
            (stub, run) -> {
              CancellableContext context = Context.current().withCancellation();
              context.run(() -> asking(0, run, stub.watch(command("5"))));
              run.awaitServerClosedAndDemandMet();
              context.cancel(null);
            }),
        cell(
            "none requested of 5 and cancelled, server finished",
            released(CANCELLED),
            (stub, run) -> {
              TestSubscriber<Price> asking = asking(0, run, stub.watch(command("5")));
              run.awaitServerClosedAndDemandMet();
              asking.cancel();
            }),
        // These ask for all on behalf of their subscriber, who has asked for one.
        cell(
                "toFlowable(BUFFER), one requested of 9 and left",
                released(TERMINAL_STATUS),
                (stub, run) -> asking(1, run, through(stub, BackpressureStrategy.BUFFER)))
            .notOnADirectExecutor(),
        cell(
                "toFlowable(DROP), one requested of 9 and left",
                released(TERMINAL_STATUS),
                (stub, run) -> asking(1, run, through(stub, BackpressureStrategy.DROP)))
            .notOnADirectExecutor(),
        cell(
                "toFlowable(LATEST), one requested of 9 and left",
                released(TERMINAL_STATUS),
                (stub, run) -> asking(1, run, through(stub, BackpressureStrategy.LATEST)))
            .notOnADirectExecutor(),
        cell(
                "toFlowable(ERROR), one requested of 9 and left",
                released(CANCELLED),
                (stub, run) -> asking(1, run, through(stub, BackpressureStrategy.ERROR)))
            .notOnADirectExecutor(),
        cell(
                "rebatchRequests(1), one requested of 9 and left",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  asking(1, run, fetchingFour(stub).watch(command("9")).rebatchRequests(1));
                  run.awaitServerClosedAndDemandMet();
                })
            .notOnADirectExecutor());
  }

  private static Flowable<Price> through(RxMarketStub stub, BackpressureStrategy strategy) {
    return fetchingFour(stub).watch(command("9")).toObservable().toFlowable(strategy);
  }

  private static RxMarketStub fetchingFour(RxMarketStub stub) {
    return stub.withOption(RxCallOptions.CALL_OPTIONS_PREFETCH, 4)
        .withOption(RxCallOptions.CALL_OPTIONS_LOW_TIDE, 3);
  }

  /** Subscribes, asks for {@code count}, and for no more by itself. */
  private static TestSubscriber<Price> asking(int count, Run run, Flowable<Price> prices) {
    TestSubscriber<Price> subscriber = prices.test(count);
    run.after(subscriber::cancel);
    return subscriber;
  }

  private static List<Cell<RxMarketStub>> failed() {
    return List.of(
        cell(
            "handler throws between messages",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNKNOWN, () -> stub.watch(command("2throw")).blockingLast())),
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
              TestScheduler clock = new TestScheduler();
              quiet(run, stub.watch(command("silent")).timeout(1, TimeUnit.SECONDS, clock));
              run.awaitHalfClosed();
              run.goOnUntilReleased(() -> clock.advanceTimeBy(2, TimeUnit.SECONDS));
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
                            .blockingLast())),
        cell(
            "server error before any message",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.INTERNAL, () -> stub.watch(command("0!INTERNAL")).blockingLast())),
        cell(
            "server error between messages",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNAVAILABLE,
                    () -> stub.watch(command("2!UNAVAILABLE")).blockingLast())),
        cell(
            "server error, resumed from",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(
                        stub.watch(command("2!UNAVAILABLE"))
                            .onErrorComplete()
                            .toList()
                            .blockingGet())
                    .hasSize(2)),
        cell(
            "server error, retried once",
            allReleased(2, TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNAVAILABLE,
                    () -> stub.watch(command("2!UNAVAILABLE")).retry(1).blockingLast())),
        cell(
            "deadline, server open",
            released(DEADLINE),
            (stub, run) ->
                assertStatus(
                    Status.Code.DEADLINE_EXCEEDED,
                    () ->
                        stub.withDeadlineAfter(50, TimeUnit.MILLISECONDS)
                            .watch(command("2+"))
                            .blockingLast())),
        cell(
            "deadline that does not pass",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(
                        stub.withDeadlineAfter(2, TimeUnit.MINUTES)
                            .watch(command("2"))
                            .blockingLast())
                    .isNotNull()));
  }

  private static List<Cell<RxMarketStub>> uploads() {
    return List.of(
        cell(
            "handler throws",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNKNOWN, () -> stub.upload(endless("0throw")).blockingGet())),
        cell(
            "server fails early",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.RESOURCE_EXHAUSTED,
                    () -> stub.upload(endless("0!RESOURCE_EXHAUSTED")).blockingGet())),
        cell(
            "requests end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(stub.upload(Flowable.just(command("sum"), command("x"))).blockingGet())
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
              TestScheduler clock = new TestScheduler();
              quiet(run, stub.upload(endless("sum")).timeout(1, TimeUnit.SECONDS, clock));
              run.server.commands.acquire();
              run.goOnUntilReleased(() -> clock.advanceTimeBy(2, TimeUnit.SECONDS));
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
                            .blockingGet())),
        cell(
            "requests fail",
            released(CANCELLED),
            (stub, run) ->
                assertThatThrownBy(() -> stub.upload(failing("sum")).blockingGet())
                    .isInstanceOf(RuntimeException.class)),
        cell(
            "server closes early",
            released(TERMINAL_STATUS),
            (stub, run) -> assertThat(stub.upload(endless("1")).blockingGet()).isNotNull()),
        cell(
            "never answered, left",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              quiet(run, stub.upload(Flowable.just(command("0+"))));
              run.awaitHalfClosed();
            }),
        cell(
            "never answered, disposed",
            released(CANCELLED),
            (stub, run) -> {
              Disposable upload = quiet(run, stub.upload(Flowable.just(command("0+"))));
              run.awaitHalfClosed();
              upload.dispose();
            }),
        cell(
            "never subscribed",
            noStream(),
            (stub, run) ->
                assertThat(stub.upload(Flowable.just(command("sum")))).isInstanceOf(Single.class)));
  }

  private static List<Cell<RxMarketStub>> bidi() {
    return List.of(
        cell(
            "handler throws",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNKNOWN, () -> stub.subscribe(endless("2throw")).blockingLast())),
        cell(
            "requests never end, exception in map",
            released(CANCELLED),
            (stub, run) ->
                assertThatThrownBy(
                        () -> stub.subscribe(endless("5+")).map(Rx3GridTest::refuse).blockingLast())
                    .hasMessage("no more")),
        cell(
            "requests never end, timeout",
            released(CANCELLED),
            (stub, run) -> {
              TestScheduler clock = new TestScheduler();
              quiet(run, stub.subscribe(endless("echo")).timeout(1, TimeUnit.SECONDS, clock));
              run.awaitDemandAfter(1);
              run.goOnUntilReleased(() -> clock.advanceTimeBy(2, TimeUnit.SECONDS));
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
                            .blockingLast())),
        cell(
            "half-closed, server open, disposed",
            released(CANCELLED),
            (stub, run) -> {
              Disposable prices = quiet(run, stub.subscribe(Flowable.just(command("2+"))));
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
              prices.dispose();
            }),
        cell(
                "requests never end, one requested of 9 and left, server finished",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  asking(1, run, fetchingFour(stub).subscribe(endless("9")));
                  run.awaitServerClosedAndDemandMet();
                })
            .notOnADirectExecutor(),
        cell(
                "requests never end, one requested of 9 and cancelled, server finished",
                released(CANCELLED),
                (stub, run) -> {
                  TestSubscriber<Price> asking =
                      asking(1, run, fetchingFour(stub).subscribe(endless("9")));
                  run.awaitServerClosedAndDemandMet();
                  asking.cancel();
                })
            .notOnADirectExecutor(),
        cell(
                "requests never end, one requested of 9 and left, server open",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  asking(1, run, fetchingFour(stub).subscribe(endless("9+")));
                  run.awaitServerObeyedAndDemandMet();
                })
            .notOnADirectExecutor()
            .overNetty(
                leaked(NOT_HALF_CLOSED),
                "over Netty nobody sees the messages that were not asked for, and the half-close is missing too"),
        cell(
                "requests end, one requested of 9 and left, server open",
                leaked(NOT_DRAINED),
                (stub, run) -> {
                  asking(1, run, fetchingFour(stub).subscribe(Flowable.just(command("9+"))));
                  run.awaitHalfClosed();
                  run.awaitServerObeyedAndDemandMet();
                })
            .notOnADirectExecutor(),
        cell(
            "both ends end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(
                        stub.subscribe(Flowable.just(command("echo"), command("x")))
                            .toList()
                            .blockingGet())
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
            "requests never end, take(1)",
            released(CANCELLED),
            (stub, run) ->
                assertThat(stub.subscribe(endless("echo")).take(1).blockingLast()).isNotNull()),
        cell(
            "requests fail",
            released(CANCELLED),
            (stub, run) ->
                assertThatThrownBy(() -> stub.subscribe(failing("echo")).blockingLast())
                    .isInstanceOf(RuntimeException.class)),
        cell(
            "half-closed, server open, left",
            leaked(SERVER_NOT_FINISHED),
            (stub, run) -> {
              quiet(run, stub.subscribe(Flowable.just(command("2+"))));
              run.awaitHalfClosed();
              run.awaitDemandAfter(2);
            }),
        cell(
            "server closes early, requests never end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertThat(stub.subscribe(endless("2")).toList().blockingGet()).hasSize(2)),
        cell(
            "server fails, requests never end",
            released(TERMINAL_STATUS),
            (stub, run) ->
                assertStatus(
                    Status.Code.UNAVAILABLE,
                    () -> stub.subscribe(endless("2!UNAVAILABLE")).blockingLast())),
        cell(
            "never subscribed",
            noStream(),
            (stub, run) ->
                assertThat(stub.subscribe(Flowable.just(command("echo"))))
                    .isInstanceOf(Flowable.class)));
  }

  /** Calls that wait for a server that does not come. */
  private static List<Cell<RxMarketStub>> noServer() {
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
                          .blockingLast());
            }),
        cell(
            "does not wait for ready",
            released(TERMINAL_STATUS),
            (stub, run) -> {
              run.stopServer();
              assertStatus(Status.Code.UNAVAILABLE, () -> stub.watch(command("2")).blockingLast());
            }));
  }

  private static Flowable<Command> endless(String first) {
    return Flowable.just(command(first)).concatWith(Flowable.never());
  }

  private static Flowable<Command> failing(String first) {
    return Flowable.just(command(first))
        .concatWith(Flowable.error(new IllegalStateException("no more")));
  }

  /** Subscribes, and takes no offence at what ends the stream once it has been judged. */
  private static Disposable quiet(Run run, Single<Price> price) {
    Disposable subscription = price.subscribe(value -> {}, failure -> {});
    run.after(subscription::dispose);
    return subscription;
  }

  private static Disposable quiet(Run run, Flowable<Price> prices) {
    Disposable subscription = prices.subscribe(price -> {}, failure -> {});
    run.after(subscription::dispose);
    return subscription;
  }

  private static void assertStatus(Status.Code code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }
}
