package io.github.streamleak.conformance.reactive;

import static io.github.streamleak.conformance.reactive.MarketServer.command;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.Command;
import acme.market.Price;
import acme.market.Rx3MarketGrpc;
import acme.market.Rx3MarketGrpc.RxMarketStub;
import io.grpc.Channel;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.disposables.Disposable;
import io.reactivex.rxjava3.processors.UnicastProcessor;
import io.reactivex.rxjava3.subscribers.DisposableSubscriber;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a user of RxJava is told. */
final class RxTextTest extends ReactiveTextTest {

  RxTextTest() {
    super(
        Map.of(
            "library", "RxJava",
            "where", "in onStart, and at the end of every onNext",
            "complete", "<your requestProcessor>.onComplete()",
            "many", "Flowable",
            "one", "Single"));
  }

  @Override
  Calls calls(Channel channel) {
    return new Stub(Rx3MarketGrpc.newRxStub(channel));
  }

  private record Stub(RxMarketStub stub) implements Calls {

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
      Flowable<Price> responses = stub.watch(command("5+"));
      assertThat(responses.take(1).blockingLast()).isNotNull();
    }

    @Override
    public Runnable quote(String command) {
      return stub.quote(command(command)).subscribe(price -> {}, failure -> {})::dispose;
    }

    @Override
    public Upload upload() {
      UnicastProcessor<Command> requestProcessor = UnicastProcessor.create();
      requestProcessor.onNext(command("sum"));
      Disposable disposable = stub.upload(requestProcessor).subscribe(price -> {}, failure -> {});
      Runnable dispose = () -> disposable.dispose();
      Runnable complete = () -> requestProcessor.onComplete();
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
  private static final class Slow extends DisposableSubscriber<Price> {
    private final boolean asks;

    Slow(boolean asks) {
      this.asks = asks;
    }

    @Override
    protected void onStart() {
      if (asks) {
        request(1);
      }
    }

    @Override
    public void onNext(Price price) {
      if (asks) {
        request(1);
      }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}
  }
}
