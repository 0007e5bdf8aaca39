package io.github.streamleak.recorder;

import io.github.streamleak.stream.RecordedStream;
import org.jspecify.annotations.Nullable;

/**
 * Decides who owns the calls that a {@link ChannelWatch} sees, and the channels that are built
 * while it runs.
 *
 * <p>The methods are called on the thread that makes the call or builds the channel, within its
 * Context. They must be quick and must not throw; a call for which one throws is not recorded.
 */
public interface CallOwners {

  /**
   * Returns the owner of the channel that is being built on this thread; null if unknown. Its
   * {@linkplain CallOwner#owner() owner object} is passed to {@link #ownerOfCall} for each call on
   * the channel, and so can hold whatever is needed then.
   */
  @Nullable CallOwner builderOfChannel();

  /**
   * Returns the owner of the call that is being made on this thread; null if it has none, and then
   * it is not recorded.
   *
   * @param builder the owner object of the channel, from {@link #builderOfChannel} or {@link
   *     ChannelWatch#tie}; null if the channel was built before the watch or its builder is unknown
   */
  @Nullable CallOwner ownerOfCall(@Nullable Object builder);

  /**
   * Returns who takes over a stream that is open and alive when its owner is checked, because it
   * may live longer than its owner; null if it stays and is judged with that owner.
   *
   * <p>A stream is alive while the application has asked for more messages than it has received,
   * and the server may still send them.
   *
   * @param owner the owner object whose check this is, from {@link ChannelWatch#tie}
   * @param builder the owner object of the channel that the stream is on; null if unknown
   */
  default @Nullable CallOwner heirOf(
      Object owner, @Nullable Object builder, RecordedStream stream) {
    return null;
  }
}
