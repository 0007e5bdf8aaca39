package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.testsupport.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The lock of a stream. A waiter that is not let in shows as a test that does not end. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class BriefLockTest {

  private final BriefLock lock = new BriefLock() {};

  /** Guarded by the lock, and by nothing else. */
  private long count;

  @Test
  void eightThreadsLoseNoCountTest() throws Exception {
    int threads = 8;
    int each = 200_000;
    CountDownLatch go = new CountDownLatch(1);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      all.add(
          started(
              () -> {
                go.await();
                for (int n = 0; n < each; n++) {
                  lock.lock();
                  try {
                    count++;
                  } finally {
                    lock.unlock();
                  }
                }
                return null;
              }));
    }
    go.countDown();
    for (Future<?> one : all) {
      one.get();
    }

    assertThat(count).isEqualTo((long) threads * each);
  }

  @Test
  void waiterSleepsWhileTheHolderTakesLongAndIsLetInAfterTest() throws Exception {
    lock.lock();
    FutureTask<Long> waiter =
        new FutureTask<>(
            () -> {
              lock.lock();
              try {
                return count;
              } finally {
                lock.unlock();
              }
            });
    Thread thread = new Thread(waiter, "waiter");
    thread.start();
    // Whoever only spun would never be seen asleep.
    Await.until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    assertThat(waiter.isDone()).isFalse();
    count = 7;
    lock.unlock();

    assertThat(waiter.get()).isEqualTo(7);
  }

  private static Future<?> started(Callable<?> task) {
    FutureTask<?> future = new FutureTask<>(task);
    new Thread(future).start();
    return future;
  }
}
