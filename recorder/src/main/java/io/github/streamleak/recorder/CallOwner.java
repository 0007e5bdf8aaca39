package io.github.streamleak.recorder;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The owner of a call or of a channel.
 *
 * <p>A {@link CallOwners} returns one for each call. To save the allocation, make an owner once and
 * return it again, unless its note is about one call.
 *
 * @param recorder the recorder that records the streams
 * @param owner any object by which the {@link CallOwners} knows the owner, such as a test. gRPC
 *     carries it to the callbacks of the call ({@link ChannelWatch#ownerInContext()}); null if
 *     there is nothing to carry
 * @param note a sentence for the text of a leak that says why the stream is charged to this owner;
 *     empty if that is evident
 */
public record CallOwner(GrpcStreamRecorder recorder, @Nullable Object owner, String note) {

  /** Makes an owner. */
  public CallOwner {
    Objects.requireNonNull(recorder, "recorder");
    Objects.requireNonNull(note, "note");
  }
}
