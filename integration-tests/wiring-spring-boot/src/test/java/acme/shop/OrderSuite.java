package acme.shop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

/** Starts the application; {@link PriceSuite} uses it after it, and the same channel. */
@SpringBootTest
class OrderSuite {

  private final Catalogue catalogue;
  private final FlagWatch flags;

  @Autowired
  OrderSuite(Catalogue catalogue, FlagWatch flags) {
    this.catalogue = catalogue;
    this.flags = flags;
  }

  @Test
  void leaksOnTheSharedChannel() {
    assertThat(catalogue.firstPrice("milk").getCents()).isEqualTo(100);
  }

  @Test
  void readsAll() {
    assertThat(flags.isShopOpen()).isTrue();
    assertThat(catalogue.allPrices("milk")).hasSize(5);
  }
}
