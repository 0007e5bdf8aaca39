package io.github.streamleak.recorder;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A lock that is held for a few nanoseconds. One thread holds it at a time, and it is not
 * reentrant. Each event of a stream takes it once.
 *
 * <p>Taking and giving it back needs one atomic instruction, where a {@code ReentrantLock} and a
 * monitor need two. That halves the time of a lock that no other thread wants, and needs a third of
 * the memory. In return it has no queue: a thread that finds the lock taken spins for a moment and
 * then sleeps in very short naps, in no fair order. So nobody may do anything slow while holding
 * it.
 *
 * <p>The object that needs the lock extends this class, because a separate lock would be one more
 * object for each stream. Only the owner of that object may take it.
 */
abstract class BriefLock {

  private static final int SPINS = 100;

  /**
   * How long to sleep: the thread that holds the lock has lost its processor, so spinning is waste.
   */
  private static final long NAP_NANOS = 20_000;

  private static final VarHandle TAKEN;

  static {
    try {
      TAKEN = MethodHandles.lookup().findVarHandle(BriefLock.class, "taken", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // It is written through TAKEN.
  private volatile int taken;

  void lock() {
    if (!TAKEN.weakCompareAndSetAcquire(this, 0, 1)) {
      await();
    }
  }

  private void await() {
    int turns = 0;
    do {
      if (turns++ < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, NAP_NANOS);
      }
    } while (taken != 0 || !TAKEN.weakCompareAndSetAcquire(this, 0, 1));
  }

  void unlock() {
    TAKEN.setRelease(this, 0);
  }
}
