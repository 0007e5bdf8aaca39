package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The watches that run, as the hooks see them: whom to ask for the owner of a call, and of every
 * channel that is built meanwhile.
 *
 * <p>Process-wide, as the hooks are: gRPC's registries know no scope. Changed by {@link
 * ChannelWatch} alone.
 */
final class Watches {

  /** What a watch is to the hooks. */
  interface Watch {
    /** Returns whom the call that is made now belongs to, or null. Never throws. */
    @Nullable Charge ownerOfCall(@Nullable Object builder);

    /** A channel is being built. Returns by whom, or null. Never throws. */
    @Nullable Charge channelBuilt();
  }

  /** On whose behalf a call was made: gRPC carries the Context of a call to its callbacks. */
  private static final Context.Key<@Nullable Object> OWNER =
      Context.key("io.github.streamleak.owner");

  /** The innermost run of tests first: one may run within another. */
  private static final List<Watch> RUNNING = new CopyOnWriteArrayList<>();

  private static volatile boolean reachNewChannels;

  private Watches() {}

  static void add(Watch watch) {
    RUNNING.add(0, watch);
  }

  static void remove(Watch watch) {
    RUNNING.remove(watch);
  }

  static boolean contains(Watch watch) {
    return RUNNING.contains(watch);
  }

  static boolean isRunning() {
    return !RUNNING.isEmpty();
  }

  /** Says whether every channel that is built from now on gets an interceptor of ours. */
  static void reachNewChannels(boolean now) {
    reachNewChannels = now;
  }

  static boolean reachNewChannels() {
    return reachNewChannels;
  }

  /** Returns whom the call in whose callback this thread is belongs to; null if it is in none. */
  static @Nullable Object ownerInContext() {
    return OWNER.get();
  }

  /**
   * Returns whom the call that is made now belongs to, or null. Never throws.
   *
   * @param builder who has built its channel; null if unknown
   */
  static @Nullable Charge ownerOfCall(@Nullable Object builder) {
    for (Watch watch : RUNNING) {
      Charge owner = watch.ownerOfCall(builder);
      if (owner != null) {
        return owner;
      }
    }
    return null;
  }

  /** Returns the channel that is being built now, and by whom. Never throws. */
  static BuiltChannel newChannel() {
    Charge builder = null;
    for (Watch watch : RUNNING) {
      Charge seen = watch.channelBuilt();
      builder = builder == null ? seen : builder;
    }
    return builder == null
        ? BuiltChannel.ofNobody()
        : builder.recording().newChannel(builder.owner());
  }

  /**
   * Makes a call within a Context that names its owner, so that what its callbacks open is known to
   * be on the same behalf. The thread itself keeps the Context that it has, which is the
   * application's.
   */
  static <ReqT, RespT> ClientCall<ReqT, RespT> newCallOf(
      @Nullable Object owner,
      MethodDescriptor<ReqT, RespT> method,
      CallOptions options,
      Channel next) {
    if (owner == null || OWNER.get() == owner) {
      return next.newCall(method, options);
    }
    Context carrying = Context.current().withValue(OWNER, owner);
    Context before = carrying.attach();
    try {
      return next.newCall(method, options);
    } finally {
      carrying.detach(before);
    }
  }
}
