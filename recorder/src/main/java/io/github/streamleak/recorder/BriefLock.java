package io.github.streamleak.recorder;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A lock for a few nanoseconds, held by one thread at a time and not reentrant: each event of a
 * stream takes it once.
 *
 * <p>One atomic instruction, where a {@code ReentrantLock} and a monitor need two: half the time of
 * a lock that nobody else wants, and a third of the memory. Who finds it taken spins for a moment
 * and then sleeps in very short naps: nobody is to do anything slow while he holds it.
 *
 * <p>What a stream has one lock for extends it, since a lock of its own would be one more object
 * for each stream. Nobody but the owner of that object may take it.
 */
abstract class BriefLock {

  private static final int SPINS = 100;

  /** The holder has lost its processor: no use in spinning for so long. */
  private static final long NAP_NANOS = 20_000;

  private static final VarHandle TAKEN;

  static {
    try {
      TAKEN = MethodHandles.lookup().findVarHandle(BriefLock.class, "taken", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // By TAKEN.
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
