package io.github.streamleak.recorder;

import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.OpeningStack;
import io.github.streamleak.stream.RecordedStream;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the logs, the book and the hooks of one recorder share: the clock, the last fault, the
 * settings of what is captured, the owner, and the channels that were built.
 *
 * <p>It is the inner side of a recorder. The hooks write to it and do not know {@link
 * GrpcStreamRecorder}, the outer side, which judges: so the hooks and the API can change without
 * each other, and their classes form no circle. The price is that some methods of the recorder only
 * pass a call on.
 */
final class Recording {

  /**
   * The settings of what is captured of a call.
   *
   * @param eventLimit how many events are kept at each end of a stream's life
   * @param closedLimit how many closed streams are kept of the first and of the last ones
   * @param stacks whether the stack that starts a call is taken
   * @param unstarted whether the stack that creates a call is taken too
   */
  record Captures(int eventLimit, int closedLimit, boolean stacks, boolean unstarted) {}

  private final LongSupplier clock;
  private final Duration quietTime;
  private final Captures captures;

  /** The recorder's own classes, whose frames are not shown as what opened a stream. */
  private final Set<String> ownFrames;

  private final StreamBook book;
  private final Queue<BuiltChannel> channels = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Tie tie;

  /** The number of tests that are running their own code now. */
  private final AtomicInteger inTest = new AtomicInteger();

  private volatile boolean closed;
  private volatile @Nullable Consumer<RecordedStream> lateReleases;
  private volatile @Nullable Throwable fault;

  /**
   * The owner that a call or a channel is charged to.
   *
   * @param recording records the streams of the owner
   * @param owner the object by which the watch knows the owner; null if there is none
   * @param note why the call is charged to this owner; empty if that is evident
   */
  record Charge(Recording recording, @Nullable Object owner, String note) {}

  /** Tells who takes over a stream that outlives its owner. */
  interface Heirs {
    /**
     * Returns who takes over a stream that is alive when {@code owner} is checked; null if the
     * stream stays with that owner.
     *
     * @param builder who has built the channel that the stream is on; null if unknown
     */
    @Nullable Charge heirOf(Object owner, @Nullable Object builder, RecordedStream stream);
  }

  /**
   * The owner of a recorder.
   *
   * @param heirs tells who takes over streams that outlive the owner
   * @param owner the object by which the watch knows the owner
   * @param shared whether the recorder's channels serve several tests, so that the owner of each
   *     call has to be asked for
   */
  record Tie(Heirs heirs, Object owner, boolean shared) {}

  Recording(LongSupplier clock, Duration quietTime, Captures captures, Set<String> ownFrames) {
    this.clock = clock;
    this.quietTime = quietTime;
    this.captures = captures;
    this.book = new StreamBook(captures.closedLimit);
    this.ownFrames = ownFrames;
  }

  StreamBook book() {
    return book;
  }

  long nanoTime() {
    return clock.getAsLong();
  }

  Duration quietTime() {
    return quietTime;
  }

  /** Returns the stack of the caller; null if the stacks that start calls are not captured. */
  @Nullable Throwable openingStack() {
    return captures.stacks ? new Throwable() : null;
  }

  /** Returns the stack of the caller; null if the stacks that create calls are not captured. */
  @Nullable Throwable makingStack() {
    return captures.unstarted ? new Throwable() : null;
  }

  /** Returns {@code taken} as a stack that one can ask for the user's line. */
  OpeningStack readable(@Nullable Throwable taken, Coverage coverage) {
    return Values.openingStack(
        ChargedOpening.stackOf(taken), ownFrames, coverage == Coverage.TRANSPORT_ONLY);
  }

  // ---- whose it is ----

  void tie(Tie to) {
    tie = to;
  }

  @Nullable Tie tie() {
    return tie;
  }

  /** Returns the owner of this recorder, as a watch knows it; null if no watch does. */
  @Nullable Object owner() {
    Tie known = tie;
    return known == null ? null : known.owner;
  }

  /**
   * Returns whether {@code thread}, if it is not the current one, runs code of the application. A
   * thread that waits in a pool for work has no line of the application on its stack.
   */
  boolean isAtWork(Thread thread) {
    if (thread == Thread.currentThread() || !thread.isAlive()) {
      return false;
    }
    Throwable stands = new Throwable();
    stands.setStackTrace(thread.getStackTrace());
    return readable(stands, Coverage.TRANSPORT_ONLY).line().isPresent();
  }

  /** Notes that a test's own code begins, or that it has ended. */
  void testRuns(boolean begins) {
    inTest.addAndGet(begins ? 1 : -1);
  }

  boolean isInTest() {
    return inTest.get() > 0;
  }

  // ---- channels ----

  /** Notes a channel that {@code builder} is building. */
  BuiltChannel newChannel(@Nullable Object builder) {
    return noted(new BuiltChannel(openingStack(), () -> builder));
  }

  /** Notes a channel that the recorder is attached to. */
  BuiltChannel newAttachedChannel() {
    return noted(new BuiltChannel(openingStack(), this::owner));
  }

  private BuiltChannel noted(BuiltChannel channel) {
    channels.add(channel);
    return channel;
  }

  Queue<BuiltChannel> channels() {
    return channels;
  }

  // ---- streams ----

  /** Returns the log of the call that has these options; null if the call is not recorded. */
  static @Nullable StreamLog logIn(CallOptions options) {
    for (ClientStreamTracer.Factory factory : options.getStreamTracerFactories()) {
      if (factory instanceof StreamLog log) {
        return log;
      }
    }
    return null;
  }

  private boolean isIn(CallOptions options) {
    for (ClientStreamTracer.Factory factory : options.getStreamTracerFactories()) {
      if (factory instanceof StreamLog log && log.recording() == this) {
        return true;
      }
    }
    return false;
  }

  /** Returns the log for a new call, or null if the call is not to be recorded. Never throws. */
  @Nullable StreamLog newLog(
      MethodDescriptor<?, ?> method,
      CallOptions options,
      @Nullable String authority,
      Coverage coverage,
      @Nullable BuiltChannel channel) {
    try {
      // If the recorder is attached to the channel and to one around it, the outer one records.
      return closed || isIn(options)
          ? null
          : new StreamLog(this, method, options, authority, captures.eventLimit, coverage, channel);
    } catch (Throwable t) {
      faulty(t);
      return null;
    }
  }

  void close() {
    closed = true;
    for (StreamLog log : book.all()) {
      log.unwatchContext();
    }
  }

  boolean isClosed() {
    return closed;
  }

  // ---- after the verdict ----

  void onLateRelease(Consumer<RecordedStream> listener) {
    lateReleases = listener;
  }

  /** Tells that the application has acted on a stream that was judged. Never throws. */
  void tellLate(Supplier<RecordedStream> stream) {
    try {
      Consumer<RecordedStream> listener = lateReleases;
      if (listener != null) {
        listener.accept(stream.get());
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  // ---- what went wrong inside ----

  void faulty(Throwable t) {
    fault = t;
  }

  @Nullable Throwable fault() {
    return fault;
  }
}
