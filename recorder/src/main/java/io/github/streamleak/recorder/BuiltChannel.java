package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Channel;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A channel that was built while someone recorded, by whom, and whether it is shut down.
 *
 * <p>gRPC shows nobody the channel that a builder makes. But its calls carry a mark to the picker,
 * and the channel's root policy lives from the first call until the channel is shut down or falls
 * idle. A channel without a call has no policy, no connection, and is not looked at.
 */
final class BuiltChannel {

  /** Ties the pick of a call to the channel that it was made on. */
  static final CallOptions.Key<@Nullable BuiltChannel> KEY =
      CallOptions.Key.create("io.github.streamleak.recorder.BuiltChannel");

  /** The root policy of a channel. */
  interface Root {
    boolean isShutDown();
  }

  private final @Nullable Throwable builtAt;

  /** Tells who has built it. Of a channel that was attached to, that may be known only later. */
  private final Supplier<@Nullable Object> builder;

  private volatile @Nullable String authority;
  private volatile @Nullable Root root;

  BuiltChannel(@Nullable Throwable builtAt, Supplier<@Nullable Object> builder) {
    this.builtAt = builtAt;
    this.builder = builder;
  }

  /** Returns a channel that nobody is known to have built. */
  static BuiltChannel ofNobody() {
    return new BuiltChannel(null, () -> null);
  }

  /** Returns who has built it, as a watch knows it; null if unknown. */
  @Nullable Object builder() {
    return builder.get();
  }

  /** Marks a call that no recorder records; those of a {@link StreamLog} are known by it. */
  CallOptions tell(CallOptions options, Channel next) {
    isCalledOn(next);
    return options.getOption(KEY) == this ? options : options.withOption(KEY, this);
  }

  void isCalledOn(Channel next) {
    if (authority == null) {
      authority = authorityOf(next);
    }
  }

  /** Returns the authority of a channel; null if it is a user's own that has none, or throws. */
  static @Nullable String authorityOf(Channel channel) {
    try {
      return channel.authority();
    } catch (RuntimeException e) {
      // It is asked for a report's sake alone: the call must not fail by it.
      return null;
    }
  }

  void pickedBy(Root found) {
    if (root != found) {
      root = found;
    }
  }

  boolean isOpen() {
    Root last = root;
    return last != null && !last.isShutDown();
  }

  String target() {
    String known = authority;
    return known == null ? "unknown target" : known;
  }

  @Nullable Throwable builtAt() {
    return builtAt;
  }
}
