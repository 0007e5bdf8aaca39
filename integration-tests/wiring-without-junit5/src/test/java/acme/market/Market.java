package acme.market;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.PriceWatcher;
import io.github.streamleak.examples.market.WatchRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A market, and a client of it that builds its own channel. */
final class Market implements AutoCloseable {

  private final Server server;
  private final ManagedChannel channel;

  Market(String name) {
    try {
      server = InProcessServerBuilder.forName(name).addService(new MarketService()).build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).build();
  }

  PriceWatcher client() {
    return new PriceWatcher(channel);
  }

  /** Leaves the stream behind. */
  long firstCents() {
    return MarketGrpc.newBlockingStub(channel)
        .watch(WatchRequest.newBuilder().setSymbol("ACME").build())
        .next()
        .getCents();
  }

  @Override
  public void close() {
    // Leaves open streams be.
    channel.shutdown();
    server.shutdown();
  }
}
