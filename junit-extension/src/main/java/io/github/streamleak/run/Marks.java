package io.github.streamleak.run;

import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/**
 * The marks that an owner has on its thread and in its gRPC Context, by which its calls are
 * recognized.
 *
 * <p>Both are needed. gRPC carries the Context into its callbacks, on whatever thread they run. The
 * mark on the thread is inherited by every thread that is started from it. Copies of both remain
 * when the owner is over, so whoever finds one has to ask {@link Owner#isRunning}.
 */
final class Marks {

  private static final Context.Key<Owner> IN_CONTEXT = Context.key("io.github.streamleak.junit");

  private static final InheritableThreadLocal<@Nullable Mark> ON_THREAD =
      new InheritableThreadLocal<>();

  /** An owner, the thread that it was set on, and the mark that this thread had before. */
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

  /** Takes the marks off this thread again, if no others were set on top of them. */
  void takeOff() {
    Mark mark = ON_THREAD.get();
    if (mark != null && mark.owner == owner) {
      if (mark.below == null) {
        ON_THREAD.remove();
      } else {
        ON_THREAD.set(mark.below);
      }
    }
    // A test may have left its own Context attached. It is not for us to complain about that.
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
