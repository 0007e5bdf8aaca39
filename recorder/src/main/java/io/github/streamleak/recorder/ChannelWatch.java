package io.github.streamleak.recorder;

import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.RecordedStream;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches the channels that nobody handed to a recorder: those that clients build themselves, or
 * that libraries build.
 *
 * <p>While a watch runs, each call on a channel without a recorder of its own asks it whose the
 * stream is. Channels built from then on are seen whole. Of those built before, and of all where
 * gRPC's configurators are out of reach, at most the transport's side is seen ({@link
 * RecordedStream#coverage()}); {@link #coverage()} tells.
 *
 * <pre>{@code
 * try (ChannelWatch watch = ChannelWatch.start(() -> recorder)) {
 *   new PriceClient("localhost", port).first("ACME");
 *   assertThat(recorder.check(StreamLeakPolicy.normal()).hasLeaks()).isFalse();
 * }
 * }</pre>
 */
public final class ChannelWatch implements AutoCloseable {

  /** Held while watches and the hook on channels change together. */
  private static final Object LOCK = new Object();

  private final Supplier<@Nullable GrpcStreamRecorder> owner;
  private final AtomicLong channels = new AtomicLong();
  private final Watches.Watch watch = new Hooked();

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
    ChannelWatch started = new ChannelWatch(Objects.requireNonNull(owner, "owner"));
    PickerHook.install();
    synchronized (LOCK) {
      Watches.add(started.watch);
      ConfiguratorHook.install();
    }
    return started;
  }

  /**
   * Hooks into gRPC again where that has been undone: a call of {@code setConfigurators}, such as
   * {@code GrpcOpenTelemetry.registerGlobal}, takes the place of what was there, and a load
   * balancing policy may have been registered since. Costs little when nothing has changed.
   */
  public void refresh() {
    PickerHook.install();
    synchronized (LOCK) {
      if (Watches.contains(watch)) {
        ConfiguratorHook.install();
      }
    }
  }

  /**
   * Returns how much is seen of channels that are built now. It is the transport's side alone where
   * gRPC's configurators cannot be reached: where gRPC has been made into explicit modules, without
   * {@code --add-opens io.grpc/io.grpc=io.github.streamleak.recorder}; its own jars are automatic
   * modules, which are open.
   */
  public Coverage coverage() {
    return ConfiguratorHook.isInstalled() ? Coverage.WHOLE : Coverage.TRANSPORT_ONLY;
  }

  /**
   * Returns how many channels have been built since this watch was started; 0 where that cannot be
   * seen.
   */
  public long channelCount() {
    return channels.get();
  }

  /** Ends the watch. Streams that are being recorded stay so. */
  @Override
  public void close() {
    synchronized (LOCK) {
      // The last one out takes the hook along; one that starts meanwhile puts its own there after.
      Watches.remove(watch);
      if (!Watches.isRunning()) {
        ConfiguratorHook.remove();
      }
    }
  }

  /** This watch as the hooks see it. */
  private final class Hooked implements Watches.Watch {

    @Override
    public @Nullable Recording ownerOfCall() {
      try {
        GrpcStreamRecorder recorder = owner.get();
        return recorder == null ? null : recorder.recording();
      } catch (Throwable t) {
        // A watch that fails must not fail the user's call.
        return null;
      }
    }

    @Override
    public void channelBuilt() {
      channels.incrementAndGet();
    }
  }
}
