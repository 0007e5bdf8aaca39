package acme.shop;

import io.grpc.Server;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A thread of a test that is over opens a stream: its class answers for it, and no other test. */
@TestMethodOrder(MethodOrderer.MethodName.class)
@Execution(ExecutionMode.SAME_THREAD)
class BackgroundSuite {

  private static final Server SHOP = Shop.open();
  private static final CountDownLatch OVER = new CountDownLatch(1);
  private static Thread thread = new Thread();

  @Test
  void aStartsAThread() {
    thread =
        new Thread(
            () -> {
              awaitOver();
              new ShopClient(SHOP).firstPrice();
            });
    thread.start();
  }

  private static void awaitOver() {
    try {
      OVER.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void bIsNotToBlame() throws Exception {
    OVER.countDown();
    thread.join();
  }
}
