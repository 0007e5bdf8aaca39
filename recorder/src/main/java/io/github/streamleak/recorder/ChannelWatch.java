package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
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

  private final CallOwners owners;
  private final AtomicLong channels = new AtomicLong();
  private final Hooked watch = new Hooked();

  private ChannelWatch(CallOwners owners) {
    this.owners = owners;
  }

  /**
   * Starts a watch. Of several, the one that was started last is asked first.
   *
   * @param owner asked on the thread that makes a call, within its Context, for the recorder that
   *     the stream belongs to; null if it is nobody's. Must be quick and must not throw; a call for
   *     which it does is not recorded
   */
  public static ChannelWatch start(Supplier<@Nullable GrpcStreamRecorder> owner) {
    return start(new OneOwner(Objects.requireNonNull(owner, "owner")));
  }

  /**
   * Starts a watch that tells the owners of calls apart. Of several, the one that was started last
   * is asked first.
   *
   * @param owners asked for each call, and for each channel that is built
   */
  public static ChannelWatch start(CallOwners owners) {
    ChannelWatch started = new ChannelWatch(Objects.requireNonNull(owners, "owners"));
    PickerHook.install();
    synchronized (LOCK) {
      Watches.add(started.watch);
      ConfiguratorHook.install();
      Watches.reachNewChannels(ConfiguratorHook.isInstalled());
    }
    return started;
  }

  /**
   * Tells whose recorder {@code recorder} is. The channels that it is attached to are then {@code
   * owner}'s, and what is open and alive when it is checked may be handed over ({@link
   * CallOwners#heirOf}).
   *
   * @param owner as the owners that this watch was started with know it
   * @param shared whether its channels serve several tests, as those of a class do: then the owner
   *     of each call on them is asked for, and this one is the last resort
   */
  public void tie(GrpcStreamRecorder recorder, Object owner, boolean shared) {
    recorder.recording().tie(new Recording.Tie(watch, owner, shared));
  }

  /**
   * Returns the {@linkplain CallOwner#owner() owner} of the call in whose callback this thread is,
   * or whose Context it has been given; null if there is none. The owner may be over.
   */
  public static @Nullable Object ownerInContext() {
    return Watches.ownerInContext();
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
        Watches.reachNewChannels(ConfiguratorHook.isInstalled());
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
        Watches.reachNewChannels(false);
      }
    }
  }

  /** This watch as the hooks see it. */
  private final class Hooked implements Watches.Watch, Recording.Heirs {

    /** What was answered last, in both forms: most calls in a row are one owner's. */
    private volatile @Nullable Answer last;

    @Override
    public @Nullable Charge ownerOfCall(@Nullable Object builder) {
      try {
        return charge(owners.ownerOfCall(builder));
      } catch (Throwable t) {
        // A watch that fails must not fail the user's call.
        return null;
      }
    }

    @Override
    public @Nullable Charge channelBuilt() {
      channels.incrementAndGet();
      try {
        return charge(owners.builderOfChannel());
      } catch (Throwable t) {
        return null;
      }
    }

    @Override
    public @Nullable Charge heirOf(Object owner, @Nullable Object builder, RecordedStream stream) {
      return charge(owners.heirOf(owner, builder, stream));
    }

    private @Nullable Charge charge(@Nullable CallOwner owner) {
      if (owner == null) {
        return null;
      }
      Answer known = last;
      if (known == null || !known.owner.equals(owner)) {
        known =
            new Answer(
                owner, new Charge(owner.recorder().recording(), owner.owner(), owner.note()));
        last = known;
      }
      return known.charge;
    }
  }

  private record Answer(CallOwner owner, Charge charge) {}

  /** Whoever asks for no more than a recorder knows no owners. */
  private static final class OneOwner implements CallOwners {

    private final Supplier<@Nullable GrpcStreamRecorder> recorder;

    /** The one that was answered last: it is nearly always the same. */
    private volatile @Nullable CallOwner last;

    OneOwner(Supplier<@Nullable GrpcStreamRecorder> recorder) {
      this.recorder = recorder;
    }

    @Override
    public @Nullable CallOwner builderOfChannel() {
      return ownerOfCall(null);
    }

    @Override
    public @Nullable CallOwner ownerOfCall(@Nullable Object builder) {
      GrpcStreamRecorder found = recorder.get();
      if (found == null) {
        return null;
      }
      CallOwner known = last;
      if (known == null || !known.recorder().equals(found)) {
        known = new CallOwner(found, null, "");
        last = known;
      }
      return known;
    }
  }
}
