package io.github.streamleak.recorder;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * Which threads of the application work on a stream: the one that is inside a callback, and the one
 * that was the last to ask for messages.
 *
 * <p>A check needs to know, because until a callback returns it may ask for more messages or start
 * the next call. The begin of a callback is noted together with its event, under the lock that is
 * taken for that anyway. Its end is a plain write without the lock, so that a message costs nothing
 * more. The price is that a check may still see a thread inside that has just left; it looks again.
 *
 * <p>A thread is kept only while it is inside a callback, and the one that asks only weakly,
 * because a thread that is kept would keep its class loader alive.
 *
 * <p>The class is between {@link StreamState} and its lock only to save memory: the header of a
 * separate object would be larger than the fields.
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

  /** The thread inside a callback. It is set under the lock, and clears itself without the lock. */
  private @Nullable Thread inside;

  private Callback callback = Callback.ON_READY;
  private long insideSince;
  private @Nullable WeakReference<Thread> asking;

  /**
   * The thread that is inside a step of the call which is being forwarded. Only that thread writes
   * and asks, so this needs no lock; no other thread can find itself here.
   */
  private @Nullable Thread forwarding;

  /**
   * Notes that this thread enters a callback. One that begins while another is running does not
   * count.
   */
  final void enter(Callback entered, long sinceStart) {
    if (inside == null) {
      inside = Thread.currentThread();
      callback = entered;
      insideSince = sinceStart;
    }
  }

  /**
   * Notes that this thread leaves a callback, without the lock. Returns false if that callback did
   * not count.
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

  /** Returns whether this thread is inside a callback. */
  final boolean isInsideHere() {
    return inside() == Thread.currentThread();
  }

  /** Returns the callback that a thread is inside. The result has no meaning if there is none. */
  final Callback callback() {
    return callback;
  }

  /** Returns when the thread entered the callback, as the time since the start of the stream. */
  final long insideSince() {
    return insideSince;
  }

  /**
   * Notes that this thread asks for messages. If it does so from within a callback, it is not
   * noted: it has nothing more to do with the stream when the callback has returned.
   */
  final void ask() {
    Thread thread = Thread.currentThread();
    if (inside == thread) {
      asking = null;
    } else if (asking == null || !asking.refersTo(thread)) {
      asking = new WeakReference<>(thread);
    }
  }

  /**
   * Returns the thread that was the last to ask for messages, if it did so outside of a callback;
   * null if none is known.
   */
  final @Nullable Thread asking() {
    return asking == null ? null : asking.get();
  }

  /** Notes that no thread can ask for messages any more. */
  final void askNoMore() {
    asking = null;
  }

  /** Notes that this thread begins to forward a step of the call to gRPC. */
  final void forwards() {
    forwarding = Thread.currentThread();
  }

  /** Notes that gRPC has returned from that step. */
  final void hasForwarded() {
    forwarding = null;
  }

  /** Returns whether this thread is inside a step of the call that is being forwarded. */
  final boolean isForwarding() {
    return forwarding == Thread.currentThread();
  }
}
