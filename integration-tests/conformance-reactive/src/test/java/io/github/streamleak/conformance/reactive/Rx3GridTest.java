package io.github.streamleak.conformance.reactive;

import static io.github.streamleak.conformance.reactive.Expected.cancelledOrTerminal;
import static io.github.streamleak.conformance.reactive.Expected.leaked;
import static io.github.streamleak.conformance.reactive.Expected.released;
import static io.github.streamleak.conformance.reactive.MarketServer.command;
import static io.github.streamleak.stream.LeakCause.NOT_DRAINED;
import static io.github.streamleak.stream.StreamRelease.CANCELLED;
import static io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.Command;
import acme.market.Price;
import acme.market.Rx3MarketGrpc;
import acme.market.Rx3MarketGrpc.RxMarketStub;
import com.salesforce.rx3grpc.stub.RxCallOptions;
import io.github.streamleak.conformance.reactive.Market.Answer;
import io.github.streamleak.conformance.reactive.Market.Asking;
import io.github.streamleak.conformance.reactive.Market.Left;
import io.github.streamleak.conformance.reactive.Market.Operator;
import io.github.streamleak.conformance.reactive.Market.Prices;
import io.github.streamleak.conformance.reactive.Market.Timed;
import io.github.streamleak.conformance.reactive.Rx3GridTest.RxMarket;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.stream.StubKind;
import io.grpc.Channel;
import io.reactivex.rxjava3.core.BackpressureStrategy;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Single;
import io.reactivex.rxjava3.plugins.RxJavaPlugins;
import io.reactivex.rxjava3.schedulers.Schedulers;
import io.reactivex.rxjava3.schedulers.TestScheduler;
import io.reactivex.rxjava3.subscribers.TestSubscriber;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The table through rx3grpc, and the rows that only RxJava has. */
final class Rx3GridTest extends ReactiveGrid<RxMarket> {

  Rx3GridTest() {
    super(
        StubKind.RX,
        "rx3grpc",
        new Words(
            "Flowable",
            "observeOn",
            "blockingFirst",
            "blockingIterable",
            "blockingStream",
            "four"));
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
  protected RxMarket stub(Channel channel) {
    return new RxMarket(Rx3MarketGrpc.newRxStub(channel));
  }

  @Override
  Cell<RxMarket> few(Cell<RxMarket> cell) {
    return cell.notOnADirectExecutor();
  }

  @Override
  List<Cell<RxMarket>> own() {
    return List.of(
        cell(
            "firstOrError of 5, server finished",
            cancelledOrTerminal(),
            (m, run) -> assertThat(m.flowable("5").firstOrError().blockingGet()).isNotNull()),
        cell(
            "firstOrError of 5, server open",
            released(CANCELLED),
            (m, run) -> assertThat(m.flowable("5+").firstOrError().blockingGet()).isNotNull()),
        cell(
                "firstOrError of 600, server finished",
                released(CANCELLED),
                (m, run) -> assertThat(m.flowable("600").firstOrError().blockingGet()).isNotNull())
            .notOnADirectExecutor(),
        cell(
            "TestSubscriber cancels, server open",
            released(CANCELLED),
            (m, run) -> m.flowable("5+").test(1).awaitCount(1).cancel()),
        few(
            asksAnd(
                "one requested of 9, four fetched ahead, then all",
                TERMINAL_STATUS,
                m -> m.fetchingFew().watch("9"),
                Asking::askForAll)),
        toFlowable(BackpressureStrategy.BUFFER, TERMINAL_STATUS),
        toFlowable(BackpressureStrategy.DROP, TERMINAL_STATUS),
        toFlowable(BackpressureStrategy.LATEST, TERMINAL_STATUS),
        toFlowable(BackpressureStrategy.ERROR, CANCELLED),
        few(
            cell(
                "rebatchRequests(1), one requested of 9 and left",
                leaked(NOT_DRAINED),
                (m, run) -> {
                  ask(1, run, m.fetchingFew().flowable("9").rebatchRequests(1));
                  run.awaitServerClosedAndDemandMet();
                })));
  }

  private Cell<RxMarket> toFlowable(BackpressureStrategy strategy, StreamRelease release) {
    return few(
        cell(
            "toFlowable(" + strategy + "), one requested of 9 and left",
            released(release),
            (m, run) ->
                ask(1, run, m.fetchingFew().flowable("9").toObservable().toFlowable(strategy))));
  }

  // ---- the adapter ----

  /** The stub, in the words of the table. */
  record RxMarket(RxMarketStub stub) implements Market {

    Flowable<Price> flowable(String text) {
      return stub.watch(command(text));
    }

    @Override
    public Answer quote(String text) {
      return new SingleAnswer(stub.quote(command(text)));
    }

    @Override
    public Prices watch(String text) {
      return new FlowablePrices(flowable(text));
    }

    @Override
    public Prices using(String text) {
      return new FlowablePrices(Flowable.using(() -> stub, s -> s.watch(command(text)), s -> {}));
    }

    @Override
    public Answer upload(Requests requests) {
      return new SingleAnswer(stub.upload(flowable(requests)));
    }

    @Override
    public Prices subscribe(Requests requests) {
      return new FlowablePrices(stub.subscribe(flowable(requests)));
    }

    private static Flowable<Command> flowable(Requests requests) {
      Flowable<Command> commands = Flowable.fromArray(requests.commands().toArray(new Command[0]));
      return switch (requests.then()) {
        case COMPLETES -> commands;
        case NEVER_COMES -> commands.concatWith(Flowable.never());
        case FAILS -> commands.concatWith(Flowable.error(new IllegalStateException("no more")));
      };
    }

    @Override
    public RxMarket withDeadline(int millis) {
      return new RxMarket(stub.withDeadlineAfter(millis, TimeUnit.MILLISECONDS));
    }

    @Override
    public RxMarket withWaitForReady() {
      return new RxMarket(stub.withWaitForReady());
    }

    @Override
    public RxMarket fetchingFew() {
      return new RxMarket(
          stub.withOption(RxCallOptions.CALL_OPTIONS_PREFETCH, 4)
              .withOption(RxCallOptions.CALL_OPTIONS_LOW_TIDE, 3));
    }
  }

  private record SingleAnswer(Single<Price> single) implements Answer {

    @Override
    public Price last() {
      return single.blockingGet();
    }

    @Override
    public Left subscribe(Run run, Consumer<Price> each) {
      CompletableFuture<Throwable> failure = new CompletableFuture<>();
      return run.left(single.subscribe(each::accept, failure::complete)::dispose, failure);
    }

    @Override
    public Timed timeout() {
      TestScheduler clock = new TestScheduler();
      return new Timed(
          new SingleAnswer(single.timeout(1, TimeUnit.SECONDS, clock)),
          () -> clock.advanceTimeBy(2, TimeUnit.SECONDS));
    }
  }

  private record FlowablePrices(Flowable<Price> flowable) implements Prices {

    @Override
    public Prices through(Operator operator) {
      return new FlowablePrices(
          switch (operator) {
            case TAKE_1 -> flowable.take(1);
            case TAKE_5 -> flowable.take(5);
            case TAKE_WHILE -> flowable.takeWhile(price -> !price.getText().equals("price 2"));
            case OBSERVE_ON -> flowable.observeOn(Schedulers.computation());
            case SUBSCRIBE_ON -> flowable.subscribeOn(Schedulers.io());
            case MAP_THAT_THROWS -> flowable.map(REFUSE::apply);
            case RETRY_ONCE -> flowable.retry(1);
            case RESUME -> flowable.onErrorComplete();
            case SHARE -> flowable.share();
            case CACHE -> flowable.cache();
            case AUTO_CONNECT -> flowable.publish().autoConnect();
            case REF_COUNT -> flowable.publish().refCount();
          });
    }

    @Override
    public Price first() {
      return flowable.blockingFirst();
    }

    @Override
    public Price last() {
      return flowable.blockingLast();
    }

    @Override
    public List<Price> toList() {
      return flowable.toList().blockingGet();
    }

    @Override
    public Iterator<Price> iterator() {
      return flowable.blockingIterable().iterator();
    }

    @Override
    public Stream<Price> stream() {
      return flowable.blockingStream();
    }

    @Override
    public Left subscribe(Run run, Consumer<Price> each) {
      CompletableFuture<Throwable> failure = new CompletableFuture<>();
      return run.left(flowable.subscribe(each::accept, failure::complete)::dispose, failure);
    }

    @Override
    public Timed timeout() {
      TestScheduler clock = new TestScheduler();
      return new Timed(
          new FlowablePrices(flowable.timeout(1, TimeUnit.SECONDS, clock)),
          () -> clock.advanceTimeBy(2, TimeUnit.SECONDS));
    }

    @Override
    public Asking ask(int count, Run run) {
      return Rx3GridTest.ask(count, run, flowable);
    }
  }

  /** Subscribes, asks for {@code count}, and for no more by itself. */
  private static Asking ask(int count, Run run, Flowable<Price> flowable) {
    TestSubscriber<Price> subscriber = flowable.test(count);
    run.after(subscriber::cancel);
    return new Asking() {
      @Override
      public void cancel() {
        subscriber.cancel();
      }

      @Override
      public void askForAll() {
        subscriber.request(Long.MAX_VALUE);
      }
    };
  }
}
