package io.github.streamleak.recorder;

import io.github.streamleak.stream.RecordedStream;
import org.jspecify.annotations.Nullable;

/**
 * Decides whom the calls belong to that a {@link ChannelWatch} sees, and the channels that it sees
 * being built.
 *
 * <p>Asked on the thread that makes the call or builds the channel, within its Context. Must be
 * quick and must not throw; a call for which it does is not recorded.
 */
public interface CallOwners {

  /**
   * Returns who builds the channel that is being built on this thread; null if that is unknown. Its
   * {@linkplain CallOwner#owner() owner} is handed to {@link #ownerOfCall} for each call on the
   * channel, so it may carry whatever is to be known then.
   */
  @Nullable CallOwner builderOfChannel();

  /**
   * Returns whom the call belongs to that is made on this thread; null if it is nobody's.
   *
   * @param builder the owner of the channel, as {@link #builderOfChannel} or {@link
   *     ChannelWatch#tie} named it; null if the channel was built before the watch, or by nobody
   *     known
   */
  @Nullable CallOwner ownerOfCall(@Nullable Object builder);

  /**
   * Returns who takes over a stream that is open and alive when its owner is judged, because it may
   * live longer than its owner; null if it stays and is judged.
   *
   * <p>A stream is alive while the application has asked for more than it has received.
   *
   * @param owner whose check it is, as {@link ChannelWatch#tie} named it
   * @param builder the owner of the channel that the stream is on; null if unknown
   */
  default @Nullable CallOwner heirOf(
      Object owner, @Nullable Object builder, RecordedStream stream) {
    return null;
  }
}
