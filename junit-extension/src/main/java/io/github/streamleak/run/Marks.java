package io.github.streamleak.run;

import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/**
 * The marks that an owner leaves on its thread and in its gRPC Context, by which its calls are told
 * from those of others.
 *
 * <p>Both are needed. gRPC carries the Context into its callbacks, on whatever thread these run;
 * the mark on the thread is inherited by each thread that is started there. Both stay where they
 * have been carried to when the owner is over, and say so then: {@link Owner#isRunning}.
 */
final class Marks {

  private static final Context.Key<Owner> IN_CONTEXT = Context.key("io.github.streamleak.junit");

  private static final InheritableThreadLocal<@Nullable Mark> ON_THREAD =
      new InheritableThreadLocal<>();

  /** An owner on the thread that set it; below it what the thread was marked with before. */
  private record Mark(Owner owner, Thread thread, @Nullable Mark below) {}

  private final Owner owner;
  private final Context attached;
  private final Context before;

  private Marks(Owner owner) {
    this.owner = owner;
    ON_THREAD.set(new Mark(owner, Thread.currentThread(), ON_THREAD.get()));
    attached = Context.current().withValue(IN_CONTEXT, owner);
    before = attached.attach();
  }

  /** Marks this thread. */
  static Marks set(Owner owner) {
    return new Marks(owner);
  }

  /** Takes the marks off this thread again, if they are still on top. */
  void takeOff() {
    Mark mark = ON_THREAD.get();
    if (mark != null && mark.owner == owner) {
      if (mark.below == null) {
        ON_THREAD.remove();
      } else {
        ON_THREAD.set(mark.below);
      }
    }
    // A test may have left a Context of its own behind; that is not ours to complain about.
    if (Context.current() == attached) {
      attached.detach(before);
    }
  }

  /** Returns the owner in the Context of this call, which may be over; null if there is none. */
  static @Nullable Owner inContext() {
    return IN_CONTEXT.get();
  }

  /** Returns the running owner whose own thread this is; null if there is none. */
  static @Nullable Owner ofThisThread() {
    for (Mark mark = ON_THREAD.get(); mark != null; mark = mark.below) {
      if (mark.thread == Thread.currentThread() && mark.owner.isRunning()) {
        return mark.owner;
      }
    }
    return null;
  }

  /** Returns the owner that has started this thread, which may be over; null if none is known. */
  static @Nullable Owner starterOfThisThread() {
    Mark mark = ON_THREAD.get();
    return mark == null ? null : mark.owner;
  }
}
