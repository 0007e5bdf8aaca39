package io.github.streamleak.examples.market;

/** The messages that the tests send. */
public final class Requests {
  private Requests() {}

  public static QuoteRequest quote(String symbol) {
    return QuoteRequest.newBuilder().setSymbol(symbol).build();
  }

  public static WatchRequest watch(String symbol) {
    return WatchRequest.newBuilder().setSymbol(symbol).build();
  }

  public static WatchRequest watch(String symbol, int count) {
    return WatchRequest.newBuilder().setSymbol(symbol).setCount(count).build();
  }

  public static SubscribeRequest subscribe(String symbol) {
    return SubscribeRequest.newBuilder().setSymbol(symbol).build();
  }

  public static Trade trade(String symbol, long quantity, long cents) {
    return Trade.newBuilder().setSymbol(symbol).setQuantity(quantity).setCents(cents).build();
  }
}
