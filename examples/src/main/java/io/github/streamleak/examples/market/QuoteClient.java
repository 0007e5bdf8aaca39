package io.github.streamleak.examples.market;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Channel;
import java.time.Duration;

/** Asks for single quotes, each within a deadline, so that no call waits for a silent server. */
public final class QuoteClient {
  private final MarketGrpc.MarketBlockingStub blocking;
  private final MarketGrpc.MarketFutureStub future;
  private final Duration timeout;

  /** Creates a client whose calls may take {@code timeout} each. */
  public QuoteClient(Channel channel, Duration timeout) {
    this.blocking = MarketGrpc.newBlockingStub(channel);
    this.future = MarketGrpc.newFutureStub(channel);
    this.timeout = timeout;
  }

  // snippet:quote
  /** Waits for the quote of {@code symbol}. */
  public QuoteReply quote(String symbol) {
    return blocking.withDeadlineAfter(timeout).quote(request(symbol));
  }

  // end:quote

  // snippet:later
  /** Asks for the quote of {@code symbol}; cancelling the future cancels the call. */
  public ListenableFuture<QuoteReply> quoteLater(String symbol) {
    return future.withDeadlineAfter(timeout).quote(request(symbol));
  }

  // end:later

  private static QuoteRequest request(String symbol) {
    return QuoteRequest.newBuilder().setSymbol(symbol).build();
  }
}
