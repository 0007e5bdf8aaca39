package io.github.streamleak.run;

import io.github.streamleak.recorder.CallOwner;
import io.github.streamleak.recorder.CallOwners;
import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Watches the thread of a test class from the moment that its check is constructed until the first
 * callback tells of the run.
 *
 * <p>In between a test framework initializes the class and asks its conditions, and a channel that
 * is built then could not be seen whole any more. Nothing is known yet of the run, and of its
 * parameters: so what is seen waits, and is claimed by the test or class whose callback comes first
 * on that thread, or dropped if that one is not to be watched.
 *
 * <p>A run in which every class is disabled has no callback, and need not tell of its end. Then the
 * stack of the thread does: whoever next builds a channel, or makes a call on that thread, finds
 * that the run is over, and the watch is dropped.
 */
public final class EarlyWatch {

  /** Held for whoever ends a run in which no callback came. */
  private static final Set<EarlyWatch> UNCLAIMED = ConcurrentHashMap.newKeySet();

  private static final AtomicLong STARTED = new AtomicLong();

  private final long number = STARTED.incrementAndGet();
  private final Thread thread = Thread.currentThread();
  private final long depth = CallStack.depthInRunners(thread);

  /** Records what the thread opens; null while it has opened nothing. Set by that thread alone. */
  private volatile @Nullable GrpcStreamRecorder recorder;

  private final List<ChannelOrigin> channels = new CopyOnWriteArrayList<>();
  private final ChannelWatch watch;

  private EarlyWatch() {
    watch = ChannelWatch.start(new Owners());
    UNCLAIMED.add(this);
  }

  /** Starts to watch this thread. */
  public static EarlyWatch start() {
    return new EarlyWatch();
  }

  /** Ends the watches of this thread that no callback has claimed: their run is over. */
  public static void dropUnclaimed() {
    dropThoseBefore(Long.MAX_VALUE, Thread.currentThread());
  }

  /** A callback on a thread shows that earlier classes on it had none, and will have none. */
  private static void dropThoseBefore(long number, Thread thread) {
    for (EarlyWatch each : UNCLAIMED) {
      if ((each.thread == thread && each.number < number) || !each.thread.isAlive()) {
        each.drop();
      }
    }
  }

  private final class Owners implements CallOwners {

    @Override
    public @Nullable CallOwner builderOfChannel() {
      boolean over = dropIfOver();
      if (over || Thread.currentThread() != thread) {
        return null;
      }
      CallStack stack = CallStack.here();
      ChannelOrigin origin =
          stack.isOfTheRun()
              ? ChannelOrigin.ofTheRun()
              : ChannelOrigin.unclaimed(stack.placesInTheRunner());
      channels.add(origin);
      return new CallOwner(recorder(), origin, "");
    }

    @Override
    public @Nullable CallOwner ownerOfCall(@Nullable Object builder) {
      return Thread.currentThread() == thread && !dropIfOver()
          ? new CallOwner(recorder(), null, "")
          : null;
    }
  }

  private boolean dropIfOver() {
    boolean over = !thread.isAlive() || CallStack.depthInRunners(thread) < depth;
    if (over) {
      drop();
    }
    return over;
  }

  private GrpcStreamRecorder recorder() {
    GrpcStreamRecorder known = recorder;
    if (known == null) {
      known = GrpcStreamRecorder.create();
      recorder = known;
    }
    return known;
  }

  /** Ends this watch, and forgets what it has seen. Does nothing if it has ended. */
  public void drop() {
    if (UNCLAIMED.remove(this)) {
      watch.close();
      GrpcStreamRecorder used = recorder;
      if (used != null) {
        used.close();
      }
    }
  }

  /**
   * Ends this watch and gives what it has seen to {@code owner}. Does nothing if it has ended.
   *
   * @param owner null if nothing of it is to be watched
   */
  void claimFor(@Nullable Owner owner) {
    if (!UNCLAIMED.contains(this)) {
      return;
    }
    dropThoseBefore(number, thread);
    GrpcStreamRecorder heir = owner == null ? null : owner.recorder();
    if (owner != null && heir != null) {
      channels.forEach(channel -> channel.claim(owner));
      GrpcStreamRecorder used = recorder;
      if (used != null) {
        used.moveOpenTo(heir, "");
      }
    }
    drop();
  }
}
