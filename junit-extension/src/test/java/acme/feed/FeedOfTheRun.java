package acme.feed;

import io.grpc.ManagedChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/**
 * Somebody's extension: one client for all classes, which the first one makes and the store of the
 * run closes.
 */
public class FeedOfTheRun implements BeforeAllCallback {

  private static @Nullable PriceFeed feed;

  public FeedOfTheRun() {}

  /** Forgets to close it. */
  public static final class Forgotten extends FeedOfTheRun {
    public Forgotten() {}

    @Override
    void close(Client client) {}
  }

  final class Client implements Store.CloseableResource, AutoCloseable {
    final ManagedChannel channel = PriceFeed.connect();
    final PriceFeed feed = new PriceFeed(channel);

    @Override
    public void close() {
      FeedOfTheRun.this.close(this);
    }
  }

  void close(Client client) {
    client.feed.close();
    client.channel.shutdownNow();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    Store store = context.getRoot().getStore(Namespace.create(getClass()));
    Client client = store.get("client", Client.class);
    if (client == null) {
      client = new Client();
      store.put("client", client);
    }
    feed = client.feed;
  }

  /** Returns the client. */
  public static PriceFeed feed() {
    return Objects.requireNonNull(feed);
  }
}
