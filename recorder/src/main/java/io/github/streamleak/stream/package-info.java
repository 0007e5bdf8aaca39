/**
 * The values that describe a recorded stream: the stream, its attempts, its events, its releases,
 * and why it is open.
 *
 * <p>{@link io.github.streamleak.stream.RecordedStream} is the entry. All values are immutable, and
 * only the recorder can make them. A new event goes here: a constant of {@link
 * io.github.streamleak.stream.EventKind} with its words and its lane, and a class in {@link
 * io.github.streamleak.stream.StreamEvent}. So does a new kind of stub: {@link
 * io.github.streamleak.stream.StubKind}, and its frames in {@link
 * io.github.streamleak.stream.OpeningStack}.
 */
@NullMarked
package io.github.streamleak.stream;

import org.jspecify.annotations.NullMarked;
