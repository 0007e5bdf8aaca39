package acme.shop;

import acme.shop.v1.Price;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Runs all the time, and reads a price whenever it has been asked for one. */
@Component
class PriceJob {

  private final ObjectProvider<Catalogue> catalogue;
  private final BlockingQueue<CompletableFuture<Price>> asked = new LinkedBlockingQueue<>();

  PriceJob(ObjectProvider<Catalogue> catalogue) {
    this.catalogue = catalogue;
  }

  /** Asks for a price, which comes with the next run. */
  CompletableFuture<Price> next() {
    CompletableFuture<Price> next = new CompletableFuture<>();
    asked.add(next);
    return next;
  }

  /** Leaves the stream behind. */
  @Scheduled(fixedDelay = 10)
  void run() {
    CompletableFuture<Price> next = asked.poll();
    if (next != null) {
      next.complete(catalogue.getObject().firstPrice("sugar"));
    }
  }
}
