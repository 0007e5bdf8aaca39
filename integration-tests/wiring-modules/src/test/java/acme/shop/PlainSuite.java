package acme.shop;

import io.grpc.Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Knows nothing of the check. */
class PlainSuite {

  private static final Server SHOP = Shop.open();

  private final ShopClient client = new ShopClient(SHOP);

  @AfterEach
  void disconnect() {
    client.close();
  }

  @AfterAll
  static void close() {
    SHOP.shutdownNow();
  }

  @Test
  void leaves() {
    client.firstPrice();
  }

  @Test
  void readsAll() {
    client.prices();
  }
}
