package acme.shop;

import static org.assertj.core.api.Assertions.assertThat;

import acme.shop.v1.Item;
import acme.shop.v1.PricesGrpc;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

/** Uses the application that {@link OrderSuite} has started. */
@SpringBootTest
class PriceSuite {

  private final Catalogue catalogue;
  private final PriceJob job;
  private final PricesGrpc.PricesBlockingStub prices;

  @Autowired
  PriceSuite(Catalogue catalogue, PriceJob job, PricesGrpc.PricesBlockingStub prices) {
    this.catalogue = catalogue;
    this.job = job;
    this.prices = prices;
  }

  @Test
  void leaksInTheClient() {
    assertThat(catalogue.firstPrice("tea").getCents()).isEqualTo(100);
  }

  @Test
  void leaksOnTheInjectedStub() {
    assertThat(prices.watch(Item.newBuilder().setName("tea").build()).next().getItem())
        .isEqualTo("tea");
  }

  /** The job has run since before this class: what it leaves behind is no test's. */
  @Test
  void isNotToBlameForTheJob() {
    assertThat(job.next().join().getItem()).isEqualTo("sugar");
  }

  @Test
  void readsAll() {
    assertThat(catalogue.allPrices("tea")).hasSize(5);
  }
}
