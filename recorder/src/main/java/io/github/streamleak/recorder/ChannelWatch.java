package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches the channels that nobody handed to a recorder: those that clients build themselves, or
 * that libraries build.
 *
 * <p>While a watch runs, each call on a channel without a recorder of its own asks it whose the
 * stream is. Channels built from then on are seen whole. Of those built before, and of all where
 * gRPC's configurators are out of reach, only the transport's side is seen ({@link
 * RecordedStream#sides()}); {@link #reach()} tells.
 *
 * <pre>{@code
 * try (ChannelWatch watch = ChannelWatch.start(() -> recorder)) {
 *   new PriceClient("localhost", port).first("ACME");
 *   assertThat(recorder.check(StreamLeakPolicy.normal()).hasLeaks()).isFalse();
 * }
 * }</pre>
 */
public final class ChannelWatch implements AutoCloseable {

  /** How much a watch sees of channels that are built now. */
  public enum Reach {
    /** Application, attempts and picker. */
    WHOLE,
    /**
     * The transport's side only: gRPC's configurators cannot be reached. That is so where gRPC has
     * been made into explicit modules, without {@code --add-opens
     * io.grpc/io.grpc=io.github.streamleak.recorder}; its own jars are automatic modules, which are
     * open.
     */
    TRANSPORT_ONLY
  }

  /** The innermost run of tests first: one may run within another. */
  private static final List<ChannelWatch> RUNNING = new CopyOnWriteArrayList<>();

  private final Supplier<@Nullable GrpcStreamRecorder> owner;
  private final AtomicLong channels = new AtomicLong();

  private ChannelWatch(Supplier<@Nullable GrpcStreamRecorder> owner) {
    this.owner = owner;
  }

  /**
   * Starts a watch. Of several, the one that was started last is asked first.
   *
   * @param owner asked on the thread that makes a call, within its Context, for the recorder that
   *     the stream belongs to; null if it is nobody's. Must be quick and must not throw; a call for
   *     which it does is not recorded
   */
  public static ChannelWatch start(Supplier<@Nullable GrpcStreamRecorder> owner) {
    ChannelWatch watch = new ChannelWatch(Objects.requireNonNull(owner, "owner"));
    PickerHook.install();
    synchronized (RUNNING) {
      RUNNING.add(0, watch);
      ConfiguratorHook.install();
    }
    return watch;
  }

  /**
   * Hooks into gRPC again where that has been undone: a call of {@code setConfigurators}, such as
   * {@code GrpcOpenTelemetry.registerGlobal}, takes the place of what was there, and a load
   * balancing policy may have been registered since. Costs little when nothing has changed.
   */
  public void refresh() {
    PickerHook.install();
    synchronized (RUNNING) {
      if (RUNNING.contains(this)) {
        ConfiguratorHook.install();
      }
    }
  }

  /** Returns how much is seen of channels that are built now. */
  public Reach reach() {
    return ConfiguratorHook.isInstalled() ? Reach.WHOLE : Reach.TRANSPORT_ONLY;
  }

  /** Returns how many channels have been built since this watch was started; 0 without reach. */
  public long channelCount() {
    return channels.get();
  }

  /** Ends the watch. Streams that are being recorded stay so. */
  @Override
  public void close() {
    synchronized (RUNNING) {
      // The last one out takes the hook along; one that starts meanwhile puts its own there after.
      RUNNING.remove(this);
      if (RUNNING.isEmpty()) {
        ConfiguratorHook.remove();
      }
    }
  }

  // ---- for the hooks ----

  /** The interceptor of every channel that is built while a watch runs. Never throws. */
  static @Nullable ClientInterceptor interceptorForNewChannel() {
    for (ChannelWatch watch : RUNNING) {
      watch.channels.incrementAndGet();
    }
    if (RUNNING.isEmpty()) {
      return null;
    }
    GrpcStreamRecorder builder = ownerOfCall();
    return new WatchingInterceptor(builder == null ? new BuiltChannel(null) : builder.newChannel());
  }

  static boolean isRunning() {
    return !RUNNING.isEmpty();
  }

  /** Returns the recorder of a call that is made now, or null. Never throws. */
  static @Nullable GrpcStreamRecorder ownerOfCall() {
    for (ChannelWatch watch : RUNNING) {
      GrpcStreamRecorder recorder = watch.ask();
      if (recorder != null) {
        return recorder;
      }
    }
    return null;
  }

  private @Nullable GrpcStreamRecorder ask() {
    try {
      return owner.get();
    } catch (Throwable t) {
      // A watch that fails must not fail the user's call.
      return null;
    }
  }

  /** Asks for each call anew: a channel may outlive the test that built it, and serve the next. */
  private static final class WatchingInterceptor implements ClientInterceptor {

    private final BuiltChannel channel;

    WatchingInterceptor(BuiltChannel channel) {
      this.channel = channel;
    }

    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      if (RUNNING.isEmpty() || StreamLog.isIn(options)) {
        // The channel has a recorder of its own.
        return next.newCall(method, options);
      }
      GrpcStreamRecorder recorder = ownerOfCall();
      return recorder == null
          // Its picks are not to be taken for unseen, whoever the call is.
          ? next.newCall(method, channel.tell(options, next))
          : RecordingInterceptor.record(recorder, method, options, next, channel);
    }
  }
}
