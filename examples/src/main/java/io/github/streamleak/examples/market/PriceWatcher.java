package io.github.streamleak.examples.market;

import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Watches the prices of a symbol through a blocking iterator, and always ends the call. */
public final class PriceWatcher {
  private final MarketGrpc.MarketBlockingStub market;

  /** Creates a watcher that opens its calls on {@code channel}. */
  public PriceWatcher(Channel channel) {
    this.market = MarketGrpc.newBlockingStub(channel);
  }

  /** Returns the next {@code count} prices. */
  public List<Price> prices(String symbol, int count) {
    List<Price> prices = new ArrayList<>();
    market.watch(request(symbol, count)).forEachRemaining(prices::add);
    return prices;
  }

  // snippet:first
  /** Returns the next price and cancels the rest: an iterator has no other way to be left early. */
  public Price firstPrice(String symbol) {
    CancellableContext context = Context.current().withCancellation();
    Context caller = context.attach();
    try {
      return market.watch(request(symbol, 0)).next();
    } finally {
      context.detachAndCancel(caller, null);
    }
  }

  // end:first

  /** Opens a stream of prices, which the caller closes: closing it cancels the call. */
  public Stream<Price> openPrices(String symbol) {
    CancellableContext context = Context.current().withCancellation();
    Context caller = context.attach();
    try {
      Iterator<Price> prices = market.watch(request(symbol, 0));
      return StreamSupport.stream(
              Spliterators.spliteratorUnknownSize(prices, Spliterator.ORDERED), false)
          .onClose(() -> context.cancel(null));
    } finally {
      context.detach(caller);
    }
  }

  private static WatchRequest request(String symbol, int count) {
    return WatchRequest.newBuilder().setSymbol(symbol).setCount(count).build();
  }
}
