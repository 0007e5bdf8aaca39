package io.github.streamleak.conformance.reactive;

import static io.github.streamleak.conformance.reactive.MarketServer.command;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.Command;
import acme.market.Price;
import acme.market.ReactorMarketGrpc;
import acme.market.ReactorMarketGrpc.ReactorMarketStub;
import io.grpc.Channel;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** What a user of Reactor is told. */
final class ReactorTextTest extends ReactiveTextTest {

  ReactorTextTest() {
    super(
        Map.of(
            "library", "Reactor",
            "where", "in hookOnSubscribe, and at the end of every hookOnNext",
            "complete", "<your requestSink>.tryEmitComplete()",
            "many", "Flux",
            "one", "Mono"));
  }

  @Override
  Calls calls(Channel channel) {
    return new Stub(ReactorMarketGrpc.newReactorStub(channel));
  }

  private record Stub(ReactorMarketStub stub) implements Calls {

    @Override
    public Runnable watch(String command) {
      Disposable disposable = stub.watch(command(command)).subscribe(price -> {}, failure -> {});
      return () -> disposable.dispose();
    }

    @Override
    public Runnable watchSlowly(boolean asks) {
      Slow subscriber = new Slow(asks);
      stub.watch(command("5")).subscribe(subscriber);
      return () -> subscriber.dispose();
    }

    @Override
    public void takeOne() {
      Flux<Price> responses = stub.watch(command("5+"));
      assertThat(responses.take(1).blockLast()).isNotNull();
    }

    @Override
    public Runnable quote(String command) {
      return stub.quote(command(command)).subscribe(price -> {}, failure -> {})::dispose;
    }

    @Override
    public Upload upload() {
      Sinks.Many<Command> requestSink = Sinks.many().unicast().onBackpressureBuffer();
      requestSink.tryEmitNext(command("sum")).orThrow();
      Disposable disposable =
          stub.upload(requestSink.asFlux()).subscribe(price -> {}, failure -> {});
      Runnable dispose = () -> disposable.dispose();
      Runnable complete = () -> requestSink.tryEmitComplete();
      return new Upload(complete, dispose);
    }

    @Override
    public Calls withDeadline() {
      return new Stub(stub.withDeadlineAfter(1, TimeUnit.SECONDS));
    }

    @Override
    public Calls withDeadlinePassed() {
      return new Stub(stub.withDeadlineAfter(1, TimeUnit.NANOSECONDS));
    }
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
