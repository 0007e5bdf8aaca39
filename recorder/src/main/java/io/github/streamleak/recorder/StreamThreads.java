package io.github.streamleak.recorder;

import io.github.streamleak.stream.EventKind;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * Which threads of the application are at work on a stream: the one that is inside a callback, and
 * the one that has asked for messages last.
 *
 * <p>A callback counts as over when it has returned: until then it may ask for more, and may start
 * the next call. Noted where the event that it begins with is noted, under the lock that is taken
 * for that anyway; its end is a plain write, since a message has to cost nothing more. A thread is
 * kept while it is inside, and no longer: it would keep its class loader alive. The one that asks
 * is kept weakly for the same reason.
 *
 * <p>Between {@link StreamState} and its lock only because an object of its own would take more
 * room than what it holds.
 */
abstract class StreamThreads extends BriefLock {

  private static final VarHandle INSIDE;

  static {
    try {
      INSIDE = MethodHandles.lookup().findVarHandle(StreamThreads.class, "inside", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Set under the lock, and cleared without it by the thread that it is. */
  private @Nullable Thread inside;

  private Callback callback = Callback.ON_READY;
  private long insideSince;
  private @Nullable WeakReference<Thread> asking;

  /** Notes an event that a callback begins with: this thread goes into it. */
  final void enterWith(EventKind kind, long sinceStart) {
    switch (kind) {
      case RECEIVED -> enter(Callback.ON_MESSAGE, sinceStart);
      case HEADERS_RECEIVED -> enter(Callback.ON_HEADERS, sinceStart);
      case TERMINATED -> enter(Callback.ON_CLOSE, sinceStart);
      default -> {
        // No callback's.
      }
    }
  }

  /** This thread goes into a callback. One that another callback has called does not count. */
  final void enter(Callback entered, long sinceStart) {
    if (inside == null) {
      inside = Thread.currentThread();
      callback = entered;
      insideSince = sinceStart;
    }
  }

  /**
   * This thread comes out of a callback. Without the lock: who looks under it a moment later may
   * still find it inside, and looks again. Returns false for one that did not count.
   */
  final boolean leave(Callback left) {
    if (inside != Thread.currentThread() || callback != left) {
      return false;
    }
    INSIDE.setRelease(this, null);
    return true;
  }

  /** Returns the thread that is inside a callback, or null. */
  final @Nullable Thread inside() {
    return (Thread) INSIDE.getAcquire(this);
  }

  /** Returns whether another thread than this one is inside a callback. */
  final boolean isInsideElsewhere() {
    Thread thread = inside();
    return thread != null && thread != Thread.currentThread();
  }

  /** Returns the callback that a thread is inside of; without a meaning if none is. */
  final Callback callback() {
    return callback;
  }

  /** Returns when the thread went inside, by the time since the start of the stream. */
  final long insideSince() {
    return insideSince;
  }

  /**
   * This thread asks for messages. From within a callback it will have nothing to do with the
   * stream when that has returned.
   */
  final void ask() {
    Thread thread = Thread.currentThread();
    if (inside == thread) {
      asking = null;
    } else if (asking == null || !asking.refersTo(thread)) {
      asking = new WeakReference<>(thread);
    }
  }

  /** Returns the thread that has asked for messages last, on its own; null if none is known. */
  final @Nullable Thread asking() {
    return asking == null ? null : asking.get();
  }

  /** Nothing can be asked for any more. */
  final void askNoMore() {
    asking = null;
  }
}
