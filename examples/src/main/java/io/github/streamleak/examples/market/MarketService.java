package io.github.streamleak.examples.market;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.StreamObserver;
import java.util.Map;

/** Serves the prices of a few symbols, which rise by one cent from price to price. */
public final class MarketService extends MarketGrpc.MarketImplBase {
  private static final int DEFAULT_COUNT = 5;
  private static final int PRICES_PER_SUBSCRIPTION = 3;
  private static final long HALF_SPREAD_CENTS = 2;

  private final Map<String, Long> openingCents = Map.of("ACME", 100_00L, "GLOBEX", 25_50L);

  /** Creates a service that knows ACME at 100.00 and GLOBEX at 25.50. */
  public MarketService() {}

  @Override
  public void quote(QuoteRequest request, StreamObserver<QuoteReply> replies) {
    Long cents = openingCents.get(request.getSymbol());
    if (cents == null) {
      replies.onError(notFound(request.getSymbol()));
      return;
    }
    replies.onNext(
        QuoteReply.newBuilder()
            .setSymbol(request.getSymbol())
            .setBidCents(cents - HALF_SPREAD_CENTS)
            .setAskCents(cents + HALF_SPREAD_CENTS)
            .build());
    replies.onCompleted();
  }

  // snippet:watch
  @Override
  public void watch(WatchRequest request, StreamObserver<Price> prices) {
    if (!openingCents.containsKey(request.getSymbol())) {
      prices.onError(notFound(request.getSymbol()));
      return;
    }
    sendPrices(
        request.getSymbol(), request.getCount() == 0 ? DEFAULT_COUNT : request.getCount(), prices);
    prices.onCompleted();
  }

  // end:watch

  @Override
  public StreamObserver<Trade> upload(StreamObserver<UploadSummary> summaries) {
    return new TradeSum(summaries);
  }

  @Override
  public StreamObserver<SubscribeRequest> subscribe(StreamObserver<Price> prices) {
    return new Subscriptions(prices);
  }

  private void sendPrices(String symbol, int count, StreamObserver<Price> prices) {
    long cents = openingCents.getOrDefault(symbol, 0L);
    for (int i = 0; i < count; i++) {
      prices.onNext(Price.newBuilder().setSymbol(symbol).setCents(cents + i).build());
    }
  }

  private static StatusException notFound(String symbol) {
    return Status.NOT_FOUND.withDescription("no such symbol: " + symbol).asException();
  }

  /** Adds up the trades of one upload. */
  private static final class TradeSum implements StreamObserver<Trade> {
    private final StreamObserver<UploadSummary> summaries;
    private int trades;
    private long valueCents;

    TradeSum(StreamObserver<UploadSummary> summaries) {
      this.summaries = summaries;
    }

    @Override
    public void onNext(Trade trade) {
      trades++;
      valueCents += trade.getQuantity() * trade.getCents();
    }

    @Override
    public void onError(Throwable cancelled) {
      // The client took the upload back: nothing is kept, and nobody is left to answer.
    }

    @Override
    public void onCompleted() {
      summaries.onNext(
          UploadSummary.newBuilder().setTrades(trades).setValueCents(valueCents).build());
      summaries.onCompleted();
    }
  }

  /** Answers the subscriptions of one client. */
  private final class Subscriptions implements StreamObserver<SubscribeRequest> {
    private final StreamObserver<Price> prices;
    private boolean refused;

    Subscriptions(StreamObserver<Price> prices) {
      this.prices = prices;
    }

    @Override
    public void onNext(SubscribeRequest request) {
      if (refused) {
        return;
      }
      if (!openingCents.containsKey(request.getSymbol())) {
        refused = true;
        prices.onError(notFound(request.getSymbol()));
        return;
      }
      sendPrices(request.getSymbol(), PRICES_PER_SUBSCRIPTION, prices);
    }

    @Override
    public void onError(Throwable cancelled) {
      // The client has left.
    }

    @Override
    public void onCompleted() {
      if (!refused) {
        prices.onCompleted();
      }
    }
  }
}
