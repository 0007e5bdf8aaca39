package io.github.streamleak.testsupport;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Waits for what has to come. The limit is there so that a test that hangs names itself; no verdict
 * depends on it. Mutants of the recorder are tried with a shorter one.
 */
public final class Await {

  public static final long LIMIT_SECONDS = Long.getLong("conformance.limit", 40);

  private Await() {}

  /** Waits until {@code latch} has been counted down. */
  public static void latch(CountDownLatch latch, String what) throws InterruptedException {
    if (!latch.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("never came: " + what);
    }
  }

  /** Waits for the next element of {@code queue}, and takes it. */
  public static <T> T next(BlockingQueue<T> queue, String what) throws InterruptedException {
    T next = queue.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("never came: " + what);
    }
    return next;
  }

  /** Waits until {@code condition} holds. What it throws ends the wait. */
  public static void until(BooleanSupplier condition) {
    until(condition, () -> "waited in vain");
  }

  /** Waits until {@code condition} holds, or fails with {@code otherwise}. */
  public static void until(BooleanSupplier condition, Supplier<String> otherwise) {
    try {
      Awaitility.await()
          // The tests beside this one are none of its business.
          .dontCatchUncaughtExceptions()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .atMost(Duration.ofSeconds(LIMIT_SECONDS))
          .until(condition::getAsBoolean);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(otherwise.get(), e);
    }
  }
}
