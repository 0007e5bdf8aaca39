package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.RecordedStream;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches the channels that nobody has attached a recorder to: those that clients and libraries
 * build by themselves.
 *
 * <p>While a watch runs, it is asked for the owner of each call on a channel without a recorder of
 * its own. Channels that are built from then on are seen whole. Of channels that were built before,
 * only the transport's side is seen ({@link RecordedStream#coverage()}). The same is true of all
 * channels if gRPC's registry of configurators cannot be reached; {@link #coverage()} tells.
 *
 * <p>A watch needs no change to the code that builds a channel. The price is that it is
 * process-wide, as gRPC's registries are. Several watches may run at a time, and each call goes to
 * the first that names an owner.
 *
 * <pre>{@code
 * try (ChannelWatch watch = ChannelWatch.start(() -> recorder)) {
 *   new PriceClient("localhost", port).first("ACME");
 *   assertThat(recorder.check(StreamLeakPolicy.normal()).hasLeaks()).isFalse();
 * }
 * }</pre>
 */
public final class ChannelWatch implements AutoCloseable {

  /** Held while the list of watches and the hook on channels change together. */
  private static final Object LOCK = new Object();

  private final CallOwners owners;
  private final AtomicLong channels = new AtomicLong();
  private final Hooked watch = new Hooked();

  private ChannelWatch(CallOwners owners) {
    this.owners = owners;
  }

  /**
   * Starts a watch. If several run, the one that was started last is asked first.
   *
   * @param owner returns the recorder that a call belongs to, or null if it belongs to none. It is
   *     called on the thread that makes the call, within its Context. It must be quick and must not
   *     throw; a call for which it throws is not recorded
   */
  public static ChannelWatch start(Supplier<@Nullable GrpcStreamRecorder> owner) {
    return start(new OneOwner(Objects.requireNonNull(owner, "owner")));
  }

  /**
   * Starts a watch that tells the owners of calls apart. If several run, the one that was started
   * last is asked first.
   *
   * @param owners is asked for each call and for each channel that is built
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
   * Says that {@code recorder} belongs to {@code owner}. Then the channels that it is attached to
   * are that owner's, and streams that are open and alive when it is checked may be handed over
   * ({@link CallOwners#heirOf}).
   *
   * @param owner the object by which the {@link CallOwners} of this watch knows the owner
   * @param shared whether the channels of the recorder serve several tests, as those of a test
   *     class do. Then the watch is asked for the owner of each call on them, and {@code owner}
   *     only has the calls that have no other
   */
  public void tie(GrpcStreamRecorder recorder, Object owner, boolean shared) {
    recorder.recording().tie(new Recording.Tie(watch, owner, shared));
  }

  /**
   * Returns the {@linkplain CallOwner#owner() owner object} of the call whose callback this thread
   * runs, or whose Context it was given; null if there is none. That owner may have ended already.
   */
  public static @Nullable Object ownerInContext() {
    return Watches.ownerInContext();
  }

  /**
   * Hooks into gRPC again if that has been undone. {@code GrpcOpenTelemetry.registerGlobal}, which
   * calls {@code setConfigurators}, replaces the hook on channels, and a load balancing policy may
   * have been registered meanwhile. This costs little when nothing has changed.
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
   * Returns how much is seen of channels that are built now. It is only the transport's side if
   * gRPC's registry of configurators cannot be reached. That happens if someone has made gRPC into
   * explicit modules and does not run with {@code --add-opens
   * io.grpc/io.grpc=io.github.streamleak.recorder}; gRPC's own jars are automatic modules, which
   * are open.
   */
  public Coverage coverage() {
    return ConfiguratorHook.isInstalled() ? Coverage.WHOLE : Coverage.TRANSPORT_ONLY;
  }

  /**
   * Returns how many channels have been built since this watch was started; 0 if that cannot be
   * seen ({@link #coverage()}).
   */
  public long channelCount() {
    return channels.get();
  }

  /** Ends the watch. Streams whose recording has begun are recorded to their end. */
  @Override
  public void close() {
    synchronized (LOCK) {
      // The last watch to end removes the hook. The lock keeps a watch that starts meanwhile from
      // losing it.
      Watches.remove(watch);
      if (!Watches.isRunning()) {
        ConfiguratorHook.remove();
        Watches.reachNewChannels(false);
      }
    }
  }

  /** This watch as the hooks see it. */
  private final class Hooked implements Watches.Watch, Recording.Heirs {

    /** The last answer, in both forms: many calls in a row belong to the same owner. */
    private volatile @Nullable Answer last;

    @Override
    public @Nullable Charge ownerOfCall(@Nullable Object builder) {
      try {
        return charge(owners.ownerOfCall(builder));
      } catch (Throwable t) {
        // A failing watch must not make the user's call fail.
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

  /** The owners of a watch that only names a recorder for each call. */
  private static final class OneOwner implements CallOwners {

    private final Supplier<@Nullable GrpcStreamRecorder> recorder;

    /** The last answer, which nearly always is the next one too. */
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
