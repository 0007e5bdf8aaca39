package io.github.streamleak.conformance;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A timer that goes off when the test says so. */
final class HandTimer extends ScheduledThreadPoolExecutor {

  private final List<Runnable> tasks = new CopyOnWriteArrayList<>();

  HandTimer() {
    super(0);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    tasks.add(task);
    // Far enough, and it starts no thread before then.
    return super.schedule(() -> {}, 365, TimeUnit.DAYS);
  }

  void fire() {
    tasks.forEach(Runnable::run);
  }
}
