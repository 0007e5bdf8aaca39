package acme.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** One client for all tests, connected before the first of them. */
class SharedSuite {

  private static final Server SHOP = Shop.open();
  private static final ShopClient CLIENT = new ShopClient(SHOP);

  @AfterAll
  static void close() {
    CLIENT.close();
    SHOP.shutdownNow();
  }

  @Test
  void leaksOnTheSharedChannel() {
    assertThat(CLIENT.firstPrice()).isEqualTo("tea at 0");
  }

  @Test
  void readsAll() {
    assertThat(CLIENT.prices()).hasSize(5);
  }
}
