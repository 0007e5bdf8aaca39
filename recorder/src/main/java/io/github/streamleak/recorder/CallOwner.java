package io.github.streamleak.recorder;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whom a call, or a channel, belongs to.
 *
 * <p>Made by whoever decides that ({@link CallOwners}) and handed to the recorder for each call, so
 * one that says nothing in particular is best made once and kept.
 *
 * @param recorder where the streams are recorded
 * @param owner the owner as the one who decides knows it. gRPC carries it to the callbacks of the
 *     call ({@link ChannelWatch#ownerInContext()}); null if there is nothing to carry
 * @param note why the stream is charged to this owner, where that is not evident: a sentence for
 *     the text of a leak; empty where it is
 */
public record CallOwner(GrpcStreamRecorder recorder, @Nullable Object owner, String note) {

  /** Makes an owner. */
  public CallOwner {
    Objects.requireNonNull(recorder, "recorder");
    Objects.requireNonNull(note, "note");
  }
}
