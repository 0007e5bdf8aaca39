package io.github.streamleak.recorder;

import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.OpeningStack;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.ServerBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Records the streams of the channels that it is attached to, and judges which of them leak.
 *
 * <pre>{@code
 * GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
 * ManagedChannel channel = recorder.attachTo(ManagedChannelBuilder.forTarget(target)).build();
 * // ... use the channel ...
 * recorder.check(StreamLeakPolicy.normal()).throwIfLeaked();
 * }</pre>
 *
 * <p>Recording never throws, blocks, or changes what the application sees. An exception inside the
 * recorder is kept as a fault, and a stream with a fault is never called a leak. A recorder holds
 * all its state itself, so tests that run in parallel can each have their own, and it is
 * thread-safe.
 *
 * <p>The verdict does not depend on garbage collection, which is slow and not reliable. So a
 * recorder keeps its streams as long as it is kept itself, apart from most of those that ended
 * cleanly: use one for each test, and not one for a whole run.
 */
public final class GrpcStreamRecorder implements AutoCloseable {

  /** How long {@link #check} waits for streams to be released unless told otherwise: one second. */
  public static final Duration DEFAULT_GRACE = Duration.ofSeconds(1);

  /**
   * How long a stream that has messages waiting for the application must be quiet before it is
   * settled: 200 milliseconds. That is long enough for another thread of the application to take
   * its turn on a busy machine, and a fifth of the time that a leak would cost otherwise.
   */
  public static final Duration DEFAULT_QUIET_TIME = Duration.ofMillis(200);

  /** How many events of a stream are kept at each end of its life unless told otherwise: 32. */
  public static final int DEFAULT_EVENT_LIMIT = 32;

  /**
   * How many closed streams are kept of the first ones, and of the last ones, unless told
   * otherwise: 1,000 each. A test asserts something about its first streams or its last ones, and a
   * million calls that end properly should cost no more memory than a few thousand.
   */
  public static final int DEFAULT_CLOSED_STREAM_LIMIT = 1000;

  private static final int LEAST_EVENT_LIMIT = 8;

  /**
   * The recorder's own classes that may be in a stack which it takes. They are classes and not
   * packages, because tests may be in the same packages.
   */
  private static final Set<String> OWN_FRAMES =
      Stream.of(
              RecordingInterceptor.class,
              RecordingCall.class,
              Recording.class,
              Watches.class,
              WatchingInterceptor.class,
              ConfiguratorHook.class,
              PickerHook.class,
              PickTracers.class,
              GrpcStreamRecorder.class)
          .map(Class::getName)
          .collect(Collectors.toUnmodifiableSet());

  private final Duration grace;
  private final Recording recording;
  private final RecordingInterceptor interceptor;
  private final Map<ManagedChannelBuilder<?>, Boolean> attached =
      Collections.synchronizedMap(new WeakHashMap<>());

  private GrpcStreamRecorder(Builder builder) {
    this.grace = builder.grace;
    this.recording =
        new Recording(
            builder.clock,
            builder.quietTime,
            new Recording.Captures(
                builder.eventLimit,
                builder.closedStreamLimit,
                builder.captureStacks,
                builder.captureUnstarted),
            OWN_FRAMES);
    this.interceptor = new RecordingInterceptor(recording, null);
    PickerHook.install();
  }

  /** Returns a recorder with the defaults. */
  public static GrpcStreamRecorder create() {
    return builder().build();
  }

  /** Returns a builder that starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Attaches this recorder to the channel that {@code builder} will build. Call it after the
   * builder's own {@code intercept} calls: the interceptor added last is the outermost, and sees
   * what the application sees.
   *
   * @return {@code builder}
   * @throws IllegalArgumentException if this recorder is attached to this builder already
   * @throws IllegalStateException if this recorder is closed
   */
  public <B extends ManagedChannelBuilder<?>> B attachTo(B builder) {
    Objects.requireNonNull(builder, "builder");
    requireNotClosed("attachTo");
    if (attached.putIfAbsent(builder, Boolean.TRUE) != null) {
      throw new IllegalArgumentException(
          "This recorder is attached to this "
              + builder.getClass().getSimpleName()
              + " already; attach it once to each channel");
    }
    // A policy may have been registered since the recorder was made.
    PickerHook.install();
    builder.intercept(new RecordingInterceptor(recording, recording.newAttachedChannel()));
    return builder;
  }

  /**
   * Lets the recorder see when {@code shutdownNow} of the server that {@code builder} will build
   * ends streams. Their clients cannot tell that from a cancel. Such streams break {@link
   * StreamRule#ENDED_BY_SHUTDOWN}. Servers that are built while a {@link ChannelWatch} runs need no
   * call of this method.
   *
   * @return {@code builder}
   */
  public <B extends ServerBuilder<?>> B attachTo(B builder) {
    ServerHook.install(Objects.requireNonNull(builder, "builder"));
    return builder;
  }

  /**
   * Says that a test's own code begins, or that it has ended and the clean-up follows. If the
   * status of a shutdown reaches the application while a test's own code runs, the test is about
   * that shutdown, and it does not break {@link StreamRule#ENDED_BY_SHUTDOWN}. If this method is
   * never called, every shutdown does.
   */
  public void testRuns(boolean begins) {
    recording.testRuns(begins);
  }

  /**
   * Returns a channel that records the streams which are started through it on {@code channel}, a
   * channel that someone else has built. Attempts are always seen, and picks if {@code channel} was
   * built after the first recorder was created.
   *
   * @throws IllegalArgumentException if {@code channel} came from this method of this recorder
   * @throws IllegalStateException if this recorder is closed
   */
  public Channel intercept(Channel channel) {
    Objects.requireNonNull(channel, "channel");
    requireNotClosed("intercept");
    if (channel instanceof RecordedChannel recorded && recorded.recorder == this) {
      throw new IllegalArgumentException(
          "This recorder intercepts this channel already; pass the channel that was given to"
              + " intercept(), or use the one it returned");
    }
    return new RecordedChannel(ClientInterceptors.intercept(channel, interceptor), this);
  }

  private void requireNotClosed(String use) {
    if (recording.isClosed()) {
      throw new IllegalStateException(
          use
              + "() on a recorder that is closed. A recorder given to a test ends with that test;"
              + " take the one of the running test, or create your own with"
              + " GrpcStreamRecorder.create()");
    }
  }

  /**
   * Returns a snapshot of every stream that is kept, in the order the streams were started. Kept
   * are all that are open, all that a rule has to look at, and the first and the last 1,000 of
   * those that ended cleanly, or as many as {@link Builder#closedStreamLimit} says. {@link
   * #droppedStreams()} tells how many there were between them.
   */
  public List<RecordedStream> streams() {
    return snapshots(recording.book().all());
  }

  /**
   * Returns how many streams are no longer kept, by full method name and in alphabetical order;
   * empty while all are kept. These streams ended cleanly, since every stream that may break a rule
   * is kept. The one exception is {@link StreamRule#NO_DEADLINE}, for which they are counted.
   */
  public Map<String, Long> droppedStreams() {
    return recording.book().dropped();
  }

  /** Returns a snapshot of the streams that are open now, in the order they were started. */
  public List<RecordedStream> openStreams() {
    return snapshots(recording.book().open());
  }

  private static List<RecordedStream> snapshots(List<StreamLog> logs) {
    return logs.stream().map(StreamLog::snapshot).toList();
  }

  /** Returns how many streams have been started so far, including those that are no longer kept. */
  public int streamCount() {
    return recording.book().size();
  }

  /**
   * Waits until no stream is open, but no longer than {@code limit}. Returns as soon as the last
   * stream is released. An interrupt does not end the wait; the thread's interrupt status stays
   * set.
   *
   * @return whether no stream is open
   * @throws IllegalArgumentException if {@code limit} is negative
   */
  public boolean awaitReleased(Duration limit) {
    requireNotNegative("limit", limit);
    new StreamWait(recording.book(), limit).untilReleased(recording.quietTime());
    return recording.book().open().isEmpty();
  }

  /**
   * Judges the streams that were recorded so far. Never throws because of a leak.
   *
   * <p>The check waits for open streams up to the grace period. It waits less if a stream has
   * messages waiting for the application, which nobody else can move: such a stream is settled
   * after the quiet time, unless a callback of it has not returned or the thread that reads it is
   * still at work. It waits longer, up to five times the grace period, while there are events on
   * streams on which the client has acted since the check began.
   *
   * <p>The check also waits for callbacks that have not returned, and judges the calls that they
   * start. Streams that are released cost no time.
   */
  public StreamVerdict check(StreamLeakPolicy policy) {
    return check(policy, grace);
  }

  /**
   * Judges as {@link #check(StreamLeakPolicy)} does, with another grace period.
   *
   * @throws IllegalArgumentException if {@code grace} is negative
   */
  public StreamVerdict check(StreamLeakPolicy policy, Duration grace) {
    Objects.requireNonNull(policy, "policy");
    requireNotNegative("grace", grace);
    StreamBook book = recording.book();
    HandOver.of(recording);
    CheckWait wait = new CheckWait(recording, grace, asksForEnds(policy));
    wait.await();
    // During the wait a client may have begun to ask for more messages, and so has become alive.
    HandOver.of(recording);
    List<RecordedStream> open = wait.open();
    List<StreamLog> suspects = book.suspects();
    // The suspects do not include a stream that ended as it should and only had no deadline.
    boolean all = policy.severity(StreamRule.NO_DEADLINE) != RuleSeverity.OFF;
    StreamVerdict verdict =
        Values.verdict(
            policy,
            open,
            snapshots(all ? book.all() : suspects),
            wait.isBelieved(),
            withoutStream(policy),
            streamCount(),
            wait.waited(),
            recording.fault());
    for (StreamFinding.Leaked leak : verdict.leaks()) {
      FlightRecorder.leaked(leak.stream(), leak.cause());
    }
    return verdict;
  }

  /** Returns the breaches of calls that were never started, and of streams that are not kept. */
  private List<RuleBreach> withoutStream(StreamLeakPolicy policy) {
    List<RuleBreach> breaches = new ArrayList<>();
    if (policy.severity(StreamRule.NOT_STARTED) != RuleSeverity.OFF) {
      for (StreamLog log : recording.book().unstarted()) {
        String method = log.methodName();
        breaches.add(Values.breach(policy, StreamRule.NOT_STARTED, method, log.madeAt(), 1));
      }
    }
    if (policy.severity(StreamRule.NO_DEADLINE) != RuleSeverity.OFF) {
      OpeningStack unknown = recording.readable(null, Coverage.WHOLE);
      recording
          .book()
          .droppedWithoutDeadline()
          .forEach(
              (method, count) ->
                  breaches.add(
                      Values.breach(policy, StreamRule.NO_DEADLINE, method, unknown, count)));
    }
    return breaches;
  }

  /** Returns whether a rule is on that looks for an end which may still be on its way. */
  private static boolean asksForEnds(StreamLeakPolicy policy) {
    return Arrays.stream(StreamRule.values())
        .anyMatch(rule -> rule.mayMendItself() && policy.severity(rule) != RuleSeverity.OFF);
  }

  /**
   * Judges the channels of this recorder: those that it was attached to with {@link #attachTo}, and
   * those for whose builder a {@link ChannelWatch} named it. A channel that was used and is not
   * shut down breaks {@link StreamRule#CHANNEL_LEFT_OPEN}.
   *
   * <p>This is not a part of {@link #check}, because it must be called later: when those who have
   * built the channels have had time to close them. Channels without a call hold no connection and
   * are not looked at, and neither are channels that have become idle.
   */
  public List<RuleBreach> channelsLeftOpen(StreamLeakPolicy policy) {
    Objects.requireNonNull(policy, "policy");
    if (policy.severity(StreamRule.CHANNEL_LEFT_OPEN) == RuleSeverity.OFF) {
      return List.of();
    }
    return recording.channels().stream()
        .filter(BuiltChannel::isOpen)
        .map(
            channel ->
                Values.breach(
                    policy,
                    StreamRule.CHANNEL_LEFT_OPEN,
                    channel.target(),
                    recording.readable(channel.builtAt(), Coverage.WHOLE),
                    1))
        .toList();
  }

  /**
   * Has {@code listener} told when the application first cancels, half-closes or asks for messages
   * on a stream that a check has found open; {@link RecordedStream#lateRelease()} says what and
   * when. What the recorder itself does to release it is not told. Called on the application's
   * thread, also after {@link #close()}: it must be quick. There is one listener, the last that was
   * set.
   */
  public void onLateRelease(Consumer<RecordedStream> listener) {
    recording.onLateRelease(Objects.requireNonNull(listener, "listener"));
  }

  /**
   * Cancels every stream that is open and takes the messages that still wait on it, so that picker
   * Done runs even if the transport ignores the cancel. Waits for that up to the grace period. On
   * these streams, messages that arrive from now on do not reach the application any more, but the
   * terminal status does. A call that the application starts in a callback of such a stream answers
   * the release: it is counted, in {@link RecordedStream#reconnects()}, and not recorded.
   *
   * @return whether all attempts of these streams are closed
   */
  public boolean releaseLeaked() {
    return releaseLeaked(grace);
  }

  /**
   * Releases as {@link #releaseLeaked()} does, and waits for the attempts up to {@code limit}.
   *
   * @throws IllegalArgumentException if {@code limit} is negative
   */
  public boolean releaseLeaked(Duration limit) {
    requireNotNegative("limit", limit);
    List<StreamLog> toRelease = recording.book().open();
    toRelease.forEach(LeakRelease::of);
    boolean released = new StreamWait(recording.book(), limit).untilAttemptsClosed(toRelease);
    // What the client does in answer to its release is told with the leak, if it comes at once.
    boolean unused =
        new StreamWait(recording.book(), recording.quietTime()).untilCalledBack(toRelease);
    return released;
  }

  /**
   * Stops recording: calls that are made from now on pass through unseen. What was recorded can
   * still be read. Closing a second time does nothing.
   */
  @Override
  public void close() {
    recording.close();
  }

  /** Returns whether this recorder has been closed. */
  public boolean isClosed() {
    return recording.isClosed();
  }

  /**
   * Takes over the open streams that one test has opened on a recorder that several tests share.
   * Streams that may outlive the test stay there ({@link CallOwners#heirOf}). Does nothing unless
   * this recorder is known to a {@link ChannelWatch} ({@link ChannelWatch#tie}).
   *
   * @param shared the recorder that the tests share
   * @param owner the owner object of the test, from {@link ChannelWatch#tie}
   * @return how many streams it has taken
   */
  public int takeOpen(GrpcStreamRecorder shared, Object owner) {
    return HandOver.take(shared.recording, recording, owner);
  }

  /**
   * Moves every open stream to another recorder, which judges it from now on.
   *
   * @param why a sentence for the text of a leak that says why the stream is charged there
   */
  public void moveOpenTo(GrpcStreamRecorder other, String why) {
    for (StreamLog log : recording.book().open()) {
      log.moveTo(other.recording, why, null, /* handedOver= */ false);
    }
  }

  Recording recording() {
    return recording;
  }

  private static void requireNotNegative(String name, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(
          name + " must not be negative, but is " + duration + "; Duration.ZERO means not to wait");
    }
  }

  /** Sets up a {@link GrpcStreamRecorder}. */
  public static final class Builder {

    private Duration grace = DEFAULT_GRACE;
    private Duration quietTime = DEFAULT_QUIET_TIME;
    private int eventLimit = DEFAULT_EVENT_LIMIT;
    private int closedStreamLimit = DEFAULT_CLOSED_STREAM_LIMIT;
    private boolean captureStacks = true;
    private boolean captureUnstarted;
    private LongSupplier clock = System::nanoTime;

    private Builder() {}

    /**
     * Sets how long {@link GrpcStreamRecorder#check} waits for streams to be released. The default
     * of one second is enough for a cancel to travel over the wire. With zero, the check judges at
     * once.
     *
     * @throws IllegalArgumentException if {@code grace} is negative
     */
    public Builder grace(Duration grace) {
      requireNotNegative("grace", grace);
      this.grace = grace;
      return this;
    }

    /**
     * Sets how long a stream that has messages waiting for the application must be quiet before the
     * check takes it as settled; 200 ms by default. The check waits twice as long if the
     * application has asked for what waits, or if that is a status, since it may still be on its
     * way through a busy executor. If this time is longer than the grace period, the check waits
     * for the whole grace period. An attempt that failed and is not retried within this time counts
     * as the last one.
     *
     * @throws IllegalArgumentException if {@code quietTime} is not positive
     */
    public Builder quietTime(Duration quietTime) {
      if (quietTime.isNegative() || quietTime.isZero()) {
        throw new IllegalArgumentException("quietTime must be positive, but is " + quietTime);
      }
      this.quietTime = quietTime;
      return this;
    }

    /**
     * Sets how many events of a stream are kept at each end of its life; 32 by default. Counts stay
     * exact even if events between are dropped.
     *
     * @throws IllegalArgumentException if {@code eventLimit} is below 8, because then the opening
     *     of a stream would be dropped
     */
    public Builder eventLimit(int eventLimit) {
      if (eventLimit < LEAST_EVENT_LIMIT) {
        throw new IllegalArgumentException(
            "eventLimit must be at least " + LEAST_EVENT_LIMIT + ", but is " + eventLimit);
      }
      this.eventLimit = eventLimit;
      return this;
    }

    /**
     * Sets how many closed streams are kept of the first ones, and of the last ones; 1,000 each by
     * default. Those between are only counted, by method. Streams that are open, and those that a
     * rule has to look at, are kept in addition, without a limit.
     *
     * @throws IllegalArgumentException if {@code closedStreamLimit} is not positive
     */
    public Builder closedStreamLimit(int closedStreamLimit) {
      if (closedStreamLimit < 1) {
        throw new IllegalArgumentException(
            "closedStreamLimit must be at least 1, but is " + closedStreamLimit);
      }
      this.closedStreamLimit = closedStreamLimit;
      return this;
    }

    /**
     * Sets whether the stack that starts a call is captured; it is by default. Without it, a
     * failure can name neither the opening line nor the kind of stub.
     */
    public Builder captureStacks(boolean captureStacks) {
      this.captureStacks = captureStacks;
      return this;
    }

    /**
     * Sets whether the stack that creates a call is captured too, so that a breach of {@link
     * StreamRule#NOT_STARTED} can name its line. It is not by default, because it costs every call
     * as much time as the opening stack does.
     */
    public Builder captureUnstarted(boolean captureUnstarted) {
      this.captureUnstarted = captureUnstarted;
      return this;
    }

    /** Sets the nanosecond clock that events are timed by; {@link System#nanoTime} by default. */
    public Builder clock(LongSupplier clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /** Returns a recorder with these settings. */
    public GrpcStreamRecorder build() {
      return new GrpcStreamRecorder(this);
    }
  }

  /**
   * The channel that {@link #intercept} returns, which it can recognize when it is passed in again.
   */
  private static final class RecordedChannel extends Channel {

    private final Channel delegate;
    private final GrpcStreamRecorder recorder;

    RecordedChannel(Channel delegate, GrpcStreamRecorder recorder) {
      this.delegate = delegate;
      this.recorder = recorder;
    }

    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> newCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options) {
      return delegate.newCall(method, options);
    }

    @Override
    public String authority() {
      return delegate.authority();
    }
  }
}
