package acme.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client for each test; those named after it leave a stream. */
class PriceSuite {

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
  void leaksOneStream() {
    assertThat(client.firstPrice()).isEqualTo("tea at 0");
  }

  @Test
  void readsAll() {
    assertThat(client.prices()).hasSize(5);
  }

  @RepeatedTest(3)
  void readsAllAgain() {
    assertThat(client.prices()).hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void leaksIfTrue(boolean leak) {
    assertThat(leak ? client.firstPrice() : client.prices().get(0)).isEqualTo("tea at 0");
  }

  @Nested
  class Inner {
    @Test
    void leaksInside() throws Exception {
      Thread thread = new Thread(client::firstPrice);
      thread.start();
      thread.join();
    }

    @Test
    void readsAllInside() {
      assertThat(client.prices()).hasSize(5);
    }
  }
}
