package io.github.streamleak.junit;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.Semaphore;

/**
 * The service of the fixtures. Its answers are fixed: five prices to a watch, three to each message
 * of a subscription, and none to whoever asks for {@link #NEVER}.
 */
class Market implements MarketGrpc.AsyncService {

  /** The symbol that no handler answers. */
  static final String NEVER = "NEVER";

  static final int PRICES_PER_WATCH = 5;
  private static final int PRICES_PER_SUBSCRIPTION = 3;

  private final Semaphore handled = new Semaphore(0);

  /**
   * Waits until {@code count} more watches, or messages of subscriptions, have had all their prices
   * sent. From then on nothing but the client can move such a stream.
   */
  void awaitHandled(int count) {
    handled.acquireUninterruptibly(count);
  }

  @Override
  public void quote(String symbol, StreamObserver<String> quotes) {
    if (!symbol.equals(NEVER)) {
      quotes.onNext(symbol + " at 100");
      quotes.onCompleted();
    }
  }

  @Override
  public void watch(String symbol, StreamObserver<String> prices) {
    if (!symbol.equals(NEVER)) {
      send(symbol, PRICES_PER_WATCH, prices);
      prices.onCompleted();
    }
    handled.release();
  }

  @Override
  public StreamObserver<String> upload(StreamObserver<String> summaries) {
    return new StreamObserver<>() {
      private int trades;

      @Override
      public void onNext(String trade) {
        trades++;
      }

      @Override
      public void onError(Throwable cancelled) {}

      @Override
      public void onCompleted() {
        summaries.onNext(trades + " trades");
        summaries.onCompleted();
      }
    };
  }

  @Override
  public StreamObserver<String> subscribe(StreamObserver<String> prices) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String symbol) {
        if (!symbol.equals(NEVER)) {
          send(symbol, PRICES_PER_SUBSCRIPTION, prices);
        }
        handled.release();
      }

      @Override
      public void onError(Throwable cancelled) {}

      @Override
      public void onCompleted() {
        prices.onCompleted();
      }
    };
  }

  private static void send(String symbol, int count, StreamObserver<String> prices) {
    for (int i = 0; i < count; i++) {
      prices.onNext(symbol + " at " + (100 + i));
    }
  }
}
