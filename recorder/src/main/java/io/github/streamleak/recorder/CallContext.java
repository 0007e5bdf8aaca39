package io.github.streamleak.recorder;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Context;
import io.grpc.Deadline;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Listens to the Context of a call, and tells that it was cancelled or that its deadline passed.
 *
 * <p>No interceptor sees a cancel through the Context, for which {@code ClientCallImpl} cancels the
 * transport's stream itself. Which Context that is, only the innermost place knows, where the call
 * is made on the channel itself: an interceptor further in than ours may make it within another
 * one, {@code Context.ROOT} for example, and a cancel of the first never reaches the call. So this
 * begins with the Context that the outermost place sees, and takes the right one when that is seen.
 *
 * <p>The lock is held for the fields only. A Context that is cancelled already calls the listener
 * at once, and so listeners are added and removed outside of it.
 */
final class CallContext implements Context.CancellationListener {

  /** Whose Context it is. */
  interface Owner {
    /** The Context was cancelled, or its deadline has passed. */
    void endedBy(@Nullable Throwable cause, boolean deadline);

    /** The Context that was cancelled is not the one of the call. */
    void endedByNoContext();
  }

  private final Owner owner;

  /** Written under the lock. */
  private volatile @Nullable Context context;

  @GuardedBy("this")
  private boolean watched;

  @GuardedBy("this")
  private boolean innermost;

  CallContext(Owner owner, Context context) {
    this.owner = owner;
    this.context = context;
  }

  /** Listens from now on, until {@link #leave}. */
  void watch() {
    Context known;
    synchronized (this) {
      watched = true;
      known = context;
    }
    if (known != null) {
      listenTo(known);
    }
  }

  /** Returns whether {@code other} is the Context that it knows. */
  boolean isListeningTo(Context other) {
    return context == other;
  }

  /** Takes the Context of the innermost place. The first one that is told counts. */
  void isMadeIn(Context found) {
    Context before;
    boolean listens;
    synchronized (this) {
      before = context;
      if (innermost || before == null) {
        return;
      }
      innermost = true;
      context = found;
      listens = watched;
    }
    if (listens && before != found) {
      before.removeListener(this);
      if (before.isCancelled() && !found.isCancelled()) {
        owner.endedByNoContext();
      }
      listenTo(found);
    }
  }

  /** Stops listening, because the Context may outlive the call and would keep its stream. */
  void leave() {
    Context known;
    synchronized (this) {
      known = context;
      context = null;
    }
    if (known != null) {
      known.removeListener(this);
    }
  }

  private void listenTo(Context added) {
    added.addListener(this, Runnable::run);
    if (context != added) {
      // The call has ended meanwhile, and found nothing to take away.
      added.removeListener(this);
    }
  }

  @Override
  public void cancelled(Context cancelled) {
    Throwable cause = cancelled.cancellationCause();
    Deadline deadline = cancelled.getDeadline();
    owner.endedBy(
        cause, cause instanceof TimeoutException && deadline != null && deadline.isExpired());
  }
}
