package io.github.streamleak.conformance.reactive;

import static io.github.streamleak.conformance.reactive.Expected.allReleased;
import static io.github.streamleak.conformance.reactive.Expected.cancelledOrTerminal;
import static io.github.streamleak.conformance.reactive.Expected.leaked;
import static io.github.streamleak.conformance.reactive.Expected.released;
import static io.github.streamleak.conformance.reactive.MarketServer.command;
import static io.github.streamleak.stream.LeakCause.NOT_DRAINED;
import static io.github.streamleak.stream.StreamRelease.CANCELLED;
import static io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.Command;
import acme.market.Price;
import acme.market.ReactorMarketGrpc;
import acme.market.ReactorMarketGrpc.ReactorMarketStub;
import com.salesforce.reactorgrpc.stub.ReactorCallOptions;
import io.github.streamleak.conformance.reactive.Market.Answer;
import io.github.streamleak.conformance.reactive.Market.Asking;
import io.github.streamleak.conformance.reactive.Market.Left;
import io.github.streamleak.conformance.reactive.Market.Operator;
import io.github.streamleak.conformance.reactive.Market.Prices;
import io.github.streamleak.conformance.reactive.Market.Requests;
import io.github.streamleak.conformance.reactive.Market.Timed;
import io.github.streamleak.conformance.reactive.ReactorGridTest.ReactorMarket;
import io.github.streamleak.stream.StubKind;
import io.grpc.Channel;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The table through reactor-grpc, and the rows that only Reactor has. */
final class ReactorGridTest extends ReactiveGrid<ReactorMarket> {

  ReactorGridTest() {
    super(
        StubKind.REACTOR,
        "reactor-grpc",
        new Words("Flux", "publishOn", "blockFirst", "toStream", "toStream", "two"));
  }

  @Override
  protected ReactorMarket stub(Channel channel) {
    return new ReactorMarket(ReactorMarketGrpc.newReactorStub(channel));
  }

  @Override
  Cell<ReactorMarket> few(Cell<ReactorMarket> cell) {
    return cell;
  }

  @Override
  List<Cell<ReactorMarket>> own() {
    return List.of(
        cell(
            "StepVerifier to the end",
            released(TERMINAL_STATUS),
            (m, run) -> StepVerifier.create(m.flux("5")).expectNextCount(5).verifyComplete()),
        gives("blockFirst of 600, server finished", CANCELLED, m -> m.watch("600").first())
            .notOnADirectExecutor(),
        cell(
            "next() of 5, server open",
            released(CANCELLED),
            (m, run) -> assertThat(m.flux("5+").next().block()).isNotNull()),
        cell(
            "take(1) of 5, server finished",
            cancelledOrTerminal(),
            (m, run) -> assertThat(m.flux("5").take(1).blockLast()).isNotNull()),
        cell(
            "zip with a shorter flux, server open",
            released(CANCELLED),
            (m, run) ->
                assertThat(m.flux("5+").zipWith(Flux.range(0, 2)).collectList().block())
                    .hasSize(2)),
        cell(
            "block(Duration) runs out, server open",
            released(CANCELLED),
            (m, run) ->
                assertThatThrownBy(() -> m.flux("2+").blockLast(Duration.ofMillis(50)))
                    .isInstanceOf(IllegalStateException.class)),
        cell(
            "StepVerifier cancels, server open",
            released(CANCELLED),
            (m, run) ->
                StepVerifier.create(m.flux("5+"), 1).expectNextCount(1).thenCancel().verify()),
        cell(
            "switchMap to another, server open",
            allReleased(2, CANCELLED),
            (m, run) ->
                assertThat(Flux.just("5+", "6+").switchMap(m::flux).take(6).collectList().block())
                    .hasSizeGreaterThanOrEqualTo(6)),
        asksAnd(
                "one requested of 600, then all",
                TERMINAL_STATUS,
                m -> m.watch("600"),
                Asking::askForAll)
            .notOnADirectExecutor(),
        cell(
                "onBackpressureBuffer, one requested of 600 and left",
                released(TERMINAL_STATUS),
                (m, run) -> ask(1, run, m.flux("600").onBackpressureBuffer()))
            .notOnADirectExecutor(),
        cell(
                "onBackpressureDrop, one requested of 600 and left",
                released(TERMINAL_STATUS),
                (m, run) -> ask(1, run, m.flux("600").onBackpressureDrop()))
            .notOnADirectExecutor(),
        cell(
            "limitRate, subscriber leaves after one of 9",
            leaked(NOT_DRAINED),
            (m, run) -> {
              ask(1, run, m.fetchingFew().flux("9").limitRate(1));
              run.awaitServerClosedAndDemandMet();
            }),
        cell(
            "repeated once",
            allReleased(2, TERMINAL_STATUS),
            (m, run) -> assertThat(m.flux("2").repeat(1).collectList().block()).hasSize(4)),
        cell(
            "request sink completed",
            released(TERMINAL_STATUS),
            (m, run) -> {
              Sinks.Many<Command> requests = Sinks.many().unicast().onBackpressureBuffer();
              requests.tryEmitNext(command("echo")).orThrow();
              new FluxPrices(m.stub().subscribe(requests.asFlux())).leave(run);
              run.awaitDemandAfter(1);
              requests.tryEmitComplete().orThrow();
            }),
        asks(
                "half-closed, one requested of 600 and left",
                leaked(NOT_DRAINED),
                m -> m.subscribe(Requests.ending("600")),
                run -> {
                  run.awaitHalfClosed();
                  run.awaitServerClosedAndDemandMet();
                })
            .notOnADirectExecutor(),
        // Half-closing would not end it: what waits has to be read, or the call cancelled.
        undrained(
                "never half-closed, one requested of 600 and left",
                m -> m.subscribe(Requests.endless("600")))
            .notOnADirectExecutor());
  }

  // ---- the adapter ----

  /** The stub, in the words of the table. */
  record ReactorMarket(ReactorMarketStub stub) implements Market {

    Flux<Price> flux(String text) {
      return stub.watch(command(text));
    }

    @Override
    public Answer quote(String text) {
      return new MonoAnswer(stub.quote(command(text)));
    }

    @Override
    public Prices watch(String text) {
      return new FluxPrices(flux(text));
    }

    @Override
    public Prices using(String text) {
      return new FluxPrices(Flux.using(() -> stub, s -> s.watch(command(text)), s -> {}));
    }

    @Override
    public Answer upload(Requests requests) {
      return new MonoAnswer(stub.upload(flux(requests)));
    }

    @Override
    public Prices subscribe(Requests requests) {
      return new FluxPrices(stub.subscribe(flux(requests)));
    }

    private static Flux<Command> flux(Requests requests) {
      Flux<Command> commands = Flux.just(requests.commands().toArray(new Command[0]));
      return switch (requests.then()) {
        case COMPLETES -> commands;
        case NEVER_COMES -> commands.concatWith(Flux.never());
        case FAILS -> commands.concatWith(Mono.error(new IllegalStateException("no more")));
      };
    }

    @Override
    public ReactorMarket withDeadline(int millis) {
      return new ReactorMarket(stub.withDeadlineAfter(millis, TimeUnit.MILLISECONDS));
    }

    @Override
    public ReactorMarket withWaitForReady() {
      return new ReactorMarket(stub.withWaitForReady());
    }

    @Override
    public ReactorMarket fetchingFew() {
      return new ReactorMarket(
          stub.withOption(ReactorCallOptions.CALL_OPTIONS_PREFETCH, 2)
              .withOption(ReactorCallOptions.CALL_OPTIONS_LOW_TIDE, 1));
    }
  }

  private record MonoAnswer(Mono<Price> mono) implements Answer {

    @Override
    public Price last() {
      return mono.block();
    }

    @Override
    public Left subscribe(Run run, Consumer<Price> each) {
      CompletableFuture<Throwable> failure = new CompletableFuture<>();
      return run.left(mono.subscribe(each, failure::complete)::dispose, failure);
    }

    @Override
    public Timed timeout() {
      VirtualTimeScheduler clock = VirtualTimeScheduler.create();
      return new Timed(
          new MonoAnswer(mono.timeout(Duration.ofSeconds(1), clock)),
          () -> clock.advanceTimeBy(Duration.ofSeconds(2)));
    }
  }

  private record FluxPrices(Flux<Price> flux) implements Prices {

    @Override
    public Prices through(Operator operator) {
      return new FluxPrices(
          switch (operator) {
            case TAKE_1 -> flux.take(1);
            case TAKE_5 -> flux.take(5);
            case TAKE_WHILE -> flux.takeWhile(price -> !price.getText().equals("price 2"));
            case OBSERVE_ON -> flux.publishOn(Schedulers.parallel());
            case SUBSCRIBE_ON -> flux.subscribeOn(Schedulers.parallel());
            case MAP_THAT_THROWS -> flux.map(REFUSE);
            case RETRY_ONCE -> flux.retry(1);
            case RESUME -> flux.onErrorResume(e -> Flux.empty());
            case SHARE -> flux.share();
            case CACHE -> flux.cache();
            case AUTO_CONNECT -> flux.publish().autoConnect();
            case REF_COUNT -> flux.publish().refCount();
          });
    }

    @Override
    public Price first() {
      return flux.blockFirst();
    }

    @Override
    public Price last() {
      return flux.blockLast();
    }

    @Override
    public List<Price> toList() {
      return flux.collectList().block();
    }

    /** Left open, which is what its cell is about. */
    @Override
    @SuppressWarnings("StreamResourceLeak")
    public Iterator<Price> iterator() {
      return flux.toStream().iterator();
    }

    @Override
    public Stream<Price> stream() {
      return flux.toStream();
    }

    @Override
    public Left subscribe(Run run, Consumer<Price> each) {
      CompletableFuture<Throwable> failure = new CompletableFuture<>();
      return run.left(flux.subscribe(each, failure::complete)::dispose, failure);
    }

    @Override
    public Timed timeout() {
      VirtualTimeScheduler clock = VirtualTimeScheduler.create();
      return new Timed(
          new FluxPrices(flux.timeout(Duration.ofSeconds(1), clock)),
          () -> clock.advanceTimeBy(Duration.ofSeconds(2)));
    }

    @Override
    public Asking ask(int count, Run run) {
      return ReactorGridTest.ask(count, run, flux);
    }
  }

  private static Asking ask(int count, Run run, Flux<Price> flux) {
    AskingSubscriber asking = new AskingSubscriber(count);
    run.after(asking::dispose);
    flux.subscribe(asking);
    return asking;
  }

  /** Asks for some at the start, and for no more by itself. */
  private static final class AskingSubscriber extends BaseSubscriber<Price> implements Asking {
    private final int first;

    AskingSubscriber(int first) {
      this.first = first;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      if (first > 0) {
        subscription.request(first);
      }
    }

    @Override
    protected void hookOnError(Throwable failure) {}

    @Override
    public void askForAll() {
      requestUnbounded();
    }
  }
}
