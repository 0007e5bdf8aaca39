package io.github.streamleak.examples.market;

import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.function.Consumer;

// snippet:feed
/** Hands on each price until it is closed: closing it cancels the call. */
public final class PriceFeed implements ClientResponseObserver<WatchRequest, Price>, AutoCloseable {
  private final Consumer<Price> prices;
  private volatile Runnable cancel = () -> {};

  private PriceFeed(Consumer<Price> prices) {
    this.prices = prices;
  }

  /** Opens a feed that hands each price of {@code symbol} to {@code prices}. */
  public static PriceFeed open(Channel channel, String symbol, Consumer<Price> prices) {
    PriceFeed feed = new PriceFeed(prices);
    WatchRequest request = WatchRequest.newBuilder().setSymbol(symbol).build();
    MarketGrpc.newStub(channel).watch(request, feed);
    return feed;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WatchRequest> call) {
    cancel = () -> call.cancel("closed", null);
  }

  @Override
  public void onNext(Price price) {
    prices.accept(price);
  }

  @Override
  public void onError(Throwable failure) {}

  @Override
  public void onCompleted() {}

  @Override
  public void close() {
    cancel.run();
  }
}
// end:feed
