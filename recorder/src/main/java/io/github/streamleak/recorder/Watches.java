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
 * The watches that run, as the hooks see them: the hooks ask here for the owner of a call and of a
 * channel that is being built.
 *
 * <p>The list is process-wide state, which this project otherwise avoids. It cannot be avoided
 * here, because gRPC's registries, through which the hooks are called, are process-wide too and
 * tell nothing of who uses them. Only {@link ChannelWatch} changes it.
 */
final class Watches {

  /** A watch, as far as the hooks have to know it. */
  interface Watch {
    /** Returns the owner of the call that is being made, or null. Never throws. */
    @Nullable Charge ownerOfCall(@Nullable Object builder);

    /** Notes that a channel is being built, and returns its owner, or null. Never throws. */
    @Nullable Charge channelBuilt();
  }

  /**
   * The owner of a call, in its Context: gRPC carries that Context to the callbacks of the call.
   */
  private static final Context.Key<@Nullable Object> OWNER =
      Context.key("io.github.streamleak.owner");

  /** The watches, the last one that was started first: one run of tests may be within another. */
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

  /** Sets whether every channel that is built from now on gets an interceptor of ours. */
  static void reachNewChannels(boolean now) {
    reachNewChannels = now;
  }

  static boolean reachNewChannels() {
    return reachNewChannels;
  }

  /** Returns the owner of the call whose callback this thread runs; null if it runs none. */
  static @Nullable Object ownerInContext() {
    return OWNER.get();
  }

  /**
   * Returns the owner of the call that is being made, or null. Never throws.
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

  /**
   * Returns an object for the channel that is being built, which knows its builder. Never throws.
   */
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
   * Makes a call within a Context that names its owner, so that streams which its callbacks open
   * are known to have the same owner. Afterwards the thread has the same Context as before, which
   * is the application's.
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
