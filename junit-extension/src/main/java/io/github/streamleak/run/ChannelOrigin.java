package io.github.streamleak.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who has built a channel, and whether that says anything about its calls.
 *
 * <p>A channel that only the test calls on that built it is that test's. One that a static
 * initializer or a container has built, or that two tests or classes call on, is shared: its
 * builder says nothing about a call, and it lives as long as the run.
 */
final class ChannelOrigin {

  private volatile @Nullable Owner builder;
  private volatile boolean shared;

  /** Whether code that is not the class's own, such as another extension, built it for a class. */
  private volatile boolean lent;

  /** The methods that have built it, until it is known for whom. */
  private volatile List<Place> code = List.of();

  private ChannelOrigin(@Nullable Owner builder, boolean shared) {
    this.builder = builder;
    this.shared = shared;
  }

  static ChannelOrigin builtBy(Owner builder) {
    return new ChannelOrigin(builder, false);
  }

  /**
   * Returns the origin of a channel.
   *
   * @param code the methods that build it. If none of them is the class's own, only they know
   *     whether it lives as long as the class or as the run
   */
  static ChannelOrigin builtBy(Owner builder, List<Place> code) {
    ChannelOrigin origin = unclaimed(code);
    origin.claim(builder);
    return origin;
  }

  /** Returns the origin of a channel whose builder is not known yet. */
  static ChannelOrigin unclaimed(List<Place> code) {
    ChannelOrigin origin = new ChannelOrigin(null, false);
    origin.code = code;
    return origin;
  }

  /** Says who has built it, where that was not known yet. */
  void claim(Owner builder) {
    if (this.builder == null) {
      lent = !builder.isTest() && code.stream().noneMatch(builder::hasWritten);
      code = List.of();
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

  /** Returns whether it may outlive the class that it was built for, if nobody has shut it down. */
  boolean isLent() {
    return lent;
  }

  /** A call is made for {@code caller}. */
  void isCalledOnFor(Owner caller) {
    Owner known = builder();
    if (known != null && known != caller && caller.isTest() && !caller.isInside(known)) {
      shared = true;
    }
  }
}
