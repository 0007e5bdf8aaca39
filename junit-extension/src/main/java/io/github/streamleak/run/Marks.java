package io.github.streamleak.run;

import org.jspecify.annotations.Nullable;

/**
 * The mark that an owner has on its thread, by which the calls that are made there are recognized.
 *
 * <p>It is inherited by every thread that is started from it. Such a copy remains when the owner is
 * over, so whoever finds one has to ask {@link Owner#isRunning}. The thread's gRPC Context is left
 * alone, since it is the test's to look at; what gRPC carries to the callbacks of a call is given
 * to each call as it is made.
 */
final class Marks {

  private static final InheritableThreadLocal<@Nullable Mark> ON_THREAD =
      new InheritableThreadLocal<>();

  /** An owner, the thread that it was set on, and the mark that this thread had before. */
  private record Mark(Owner owner, Thread thread, @Nullable Mark below) {}

  private final Owner owner;

  private Marks(Owner owner) {
    this.owner = owner;
    ON_THREAD.set(new Mark(owner, Thread.currentThread(), ON_THREAD.get()));
  }

  /** Marks this thread. */
  static Marks set(Owner owner) {
    return new Marks(owner);
  }

  /**
   * Takes the mark off this thread again, if no other was set on top of it whose owner runs. One
   * whose owner was given up on another thread is still there, and goes with it.
   */
  void takeOff() {
    Mark mark = ON_THREAD.get();
    while (mark != null && (mark.owner == owner || !mark.owner.isRunning())) {
      mark = mark.below;
    }
    if (mark == null) {
      ON_THREAD.remove();
    } else {
      ON_THREAD.set(mark);
    }
  }

  /** Returns the running owner whose own thread this is; null if there is none. */
  static @Nullable Owner ofThisThread() {
    for (Mark mark = ON_THREAD.get(); mark != null; mark = mark.below) {
      if (mark.thread == Thread.currentThread()) {
        Owner owner = mark.owner.current();
        if (owner.isRunning()) {
          return owner;
        }
      }
    }
    return null;
  }

  /** Returns the owner that has started this thread, which may be over; null if none is known. */
  static @Nullable Owner starterOfThisThread() {
    Mark mark = ON_THREAD.get();
    return mark == null ? null : mark.owner.current();
  }
}
