package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Channel;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A channel that was built while a recorder or a watch could see it: who has built it, and whether
 * it is shut down.
 *
 * <p>gRPC does not show us the channel that a builder makes. But the calls on it carry this object,
 * or a log that knows it, to the picker, and so tell which root policy is the channel's, and with
 * it the channel ({@link RootLife}). The price is that a channel without any call is not looked at,
 * and that an idle one, which has no root policy, looks as if it were shut down; neither of them
 * has a connection.
 */
final class BuiltChannel {

  /** Tells the picker which channel a call was made on. */
  static final CallOptions.Key<@Nullable BuiltChannel> KEY =
      CallOptions.Key.create("io.github.streamleak.recorder.BuiltChannel");

  private final @Nullable Throwable builtAt;

  /**
   * Returns who has built the channel. It is asked late, because for a channel that a recorder was
   * attached to the answer may be known only after the channel was built.
   */
  private final Supplier<@Nullable Object> builder;

  private volatile @Nullable String authority;
  private volatile @Nullable RootLife root;

  BuiltChannel(@Nullable Throwable builtAt, Supplier<@Nullable Object> builder) {
    this.builtAt = builtAt;
    this.builder = builder;
  }

  /** Returns a channel that nobody is known to have built. */
  static BuiltChannel ofNobody() {
    return new BuiltChannel(null, () -> null);
  }

  /** Returns who has built the channel, in the terms of the watch; null if unknown. */
  @Nullable Object builder() {
    return builder.get();
  }

  /**
   * Returns {@code options} with the mark of this channel, for a call that is not recorded. A call
   * that is recorded needs no mark, since its {@link StreamLog} knows the channel.
   */
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

  void pickedBy(RootLife found) {
    if (root != found) {
      root = found;
    }
  }

  boolean isOpen() {
    RootLife last = root;
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
