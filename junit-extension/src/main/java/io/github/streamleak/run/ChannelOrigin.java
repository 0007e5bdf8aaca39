package io.github.streamleak.run;

import org.jspecify.annotations.Nullable;

/**
 * Who has built a channel, and whether that says anything about its calls.
 *
 * <p>A channel that only the test calls on that built it is that test's. One that a static
 * initializer or a container has built, or that two tests call on, is shared: its builder says
 * nothing about a call, and it lives as long as the run.
 */
final class ChannelOrigin {

  private volatile @Nullable Owner builder;
  private volatile boolean shared;

  private ChannelOrigin(@Nullable Owner builder, boolean shared) {
    this.builder = builder;
    this.shared = shared;
  }

  static ChannelOrigin builtBy(Owner builder) {
    return new ChannelOrigin(builder, false);
  }

  /** Returns the origin of a channel whose builder is not known yet. */
  static ChannelOrigin unclaimed() {
    return new ChannelOrigin(null, false);
  }

  /** Says who has built it, where that was not known yet. */
  void claim(Owner builder) {
    if (this.builder == null) {
      this.builder = builder;
    }
  }

  /** Returns the origin of a channel that no test or class has built for itself. */
  static ChannelOrigin ofTheRun() {
    return new ChannelOrigin(null, true);
  }

  /** Returns who has built it for itself; null if it is shared, or if nobody is known. */
  @Nullable Owner builder() {
    Owner known = builder;
    return shared || known == null ? null : known.current();
  }

  boolean isShared() {
    return shared;
  }

  /** A call is made for {@code caller}. */
  void isCalledOnFor(Owner caller) {
    Owner known = builder();
    if (!shared && known != null && known != caller && known.isTest() && caller.isTest()) {
      shared = true;
    }
  }
}
