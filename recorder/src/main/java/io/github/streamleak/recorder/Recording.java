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
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the logs of one recorder share with its book and its hooks: the clock, what went wrong, what
 * is kept of a call, and the channels that were built.
 *
 * <p>The hooks know this and not {@link GrpcStreamRecorder}, which is for those who ask and judge.
 */
final class Recording {

  /**
   * What of a call is captured.
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

  /** The classes whose frames are the hooks' own, and no part of what opened a stream. */
  private final Set<String> ownFrames;

  private final StreamBook book;
  private final Queue<BuiltChannel> channels = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Tie tie;

  /** How many tests run whose own code has not ended. */
  private final AtomicInteger inTest = new AtomicInteger();

  private volatile boolean closed;
  private volatile @Nullable Throwable fault;

  /**
   * Whom a call, or a channel, is charged to.
   *
   * @param recording takes its streams
   * @param owner as whoever watches knows it; null if there is nothing to know
   * @param note why it is charged there; empty where that is evident
   */
  record Charge(Recording recording, @Nullable Object owner, String note) {}

  /** Knows who takes over what outlives its owner. */
  interface Heirs {
    /**
     * Returns who takes over a stream that is alive when {@code owner} is judged; null if it stays.
     *
     * @param builder who has built the channel that it is on; null if unknown
     */
    @Nullable Charge heirOf(Object owner, @Nullable Object builder, RecordedStream stream);
  }

  /**
   * Whose recorder this is.
   *
   * @param owner as whoever watches knows it
   * @param shared whether its channels serve several tests, so that each call may be another's
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

  /** Returns the stack of the caller if the opening of a stream is to be captured. */
  @Nullable Throwable openingStack() {
    return captures.stacks ? new Throwable() : null;
  }

  /** Returns the stack of the caller if the making of a call is to be captured. */
  @Nullable Throwable makingStack() {
    return captures.unstarted ? new Throwable() : null;
  }

  /** Returns {@code taken} as one can read it. */
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

  /** Returns whose recorder this is, as a watch knows it; null if no watch does. */
  @Nullable Object owner() {
    Tie known = tie;
    return known == null ? null : known.owner;
  }

  /**
   * Returns whether another thread than this one is busy with what the application has it do: one
   * that waits in a pool for work shows no line of the application's.
   */
  boolean isAtWork(Thread thread) {
    if (thread == Thread.currentThread() || !thread.isAlive()) {
      return false;
    }
    Throwable stands = new Throwable();
    stands.setStackTrace(thread.getStackTrace());
    return readable(stands, Coverage.TRANSPORT_ONLY).line().isPresent();
  }

  /** A test's own code begins, or is over. */
  void testRuns(boolean begins) {
    inTest.addAndGet(begins ? 1 : -1);
  }

  boolean isInTest() {
    return inTest.get() > 0;
  }

  // ---- channels ----

  /** Notes a channel that is being built, and that {@code builder} builds. */
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

  /** Returns the record of the call that has these options; null if nobody records it. */
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
      // Attached to the channel and to one around it: the outer one records.
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

  // ---- what went wrong inside ----

  void faulty(Throwable t) {
    fault = t;
  }

  @Nullable Throwable fault() {
    return fault;
  }
}
