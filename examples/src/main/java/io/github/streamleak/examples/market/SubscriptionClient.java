package io.github.streamleak.examples.market;

import io.grpc.Channel;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Subscribes to several symbols in one bidirectional call. */
public final class SubscriptionClient {
  private final MarketGrpc.MarketBlockingV2Stub blocking;
  private final MarketGrpc.MarketStub async;

  /** Creates a client that opens its calls on {@code channel}. */
  public SubscriptionClient(Channel channel) {
    this.blocking = MarketGrpc.newBlockingV2Stub(channel);
    this.async = MarketGrpc.newStub(channel);
  }

  // snippet:prices
  /** Subscribes, half-closes and reads to the end; a call that fails on the way is cancelled. */
  public List<Price> prices(List<String> symbols) throws StatusException, InterruptedException {
    BlockingClientCall<SubscribeRequest, Price> call = blocking.subscribe();
    boolean drained = false;
    try {
      for (String symbol : symbols) {
        call.write(request(symbol));
      }
      call.halfClose();
      List<Price> prices = new ArrayList<>();
      for (Price price = call.read(); price != null; price = call.read()) {
        prices.add(price);
      }
      drained = true;
      return prices;
    } finally {
      if (!drained) {
        call.cancel("not read to the end", null);
      }
    }
  }

  // end:prices

  /** Subscribes without waiting, and asks for one price at a time until all have come. */
  public CompletableFuture<List<Price>> pricesLater(List<String> symbols) {
    OneAtATime prices = new OneAtATime();
    StreamObserver<SubscribeRequest> subscriptions = async.subscribe(prices);
    symbols.forEach(symbol -> subscriptions.onNext(request(symbol)));
    subscriptions.onCompleted();
    return prices.all;
  }

  private static SubscribeRequest request(String symbol) {
    return SubscribeRequest.newBuilder().setSymbol(symbol).build();
  }

  /** Asks for the next price when it has dealt with the one before. */
  private static final class OneAtATime implements ClientResponseObserver<SubscribeRequest, Price> {
    final CompletableFuture<List<Price>> all = new CompletableFuture<>();
    private final List<Price> prices = new ArrayList<>();
    private Runnable askForNext = () -> {};

    @Override
    public void beforeStart(ClientCallStreamObserver<SubscribeRequest> call) {
      call.disableAutoRequestWithInitial(1);
      askForNext = () -> call.request(1);
    }

    @Override
    public void onNext(Price price) {
      prices.add(price);
      askForNext.run();
    }

    @Override
    public void onError(Throwable failure) {
      all.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      all.complete(prices);
    }
  }
}
