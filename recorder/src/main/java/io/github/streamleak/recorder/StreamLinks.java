package io.github.streamleak.recorder;

import io.grpc.ClientStreamTracer;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code StreamBook} notes on a stream: its number, the list that it is in, its neighbours
 * there, and its place among the streams that ended cleanly.
 *
 * <p>The links are in the stream and not in a list's entries, because the entry of a set would need
 * more memory than an attempt. The price is that a stream can be in one list only. Guarded by the
 * lock of the book.
 *
 * <p>A stream is also the tracer factory of its call. So the call options, which reach the picker,
 * name the stream of a pick, and need not be copied for another option.
 *
 * @param <T> the class of the streams
 */
abstract class StreamLinks<T extends StreamLinks<T>> extends ClientStreamTracer.Factory {

  /** One of the first streams that ended cleanly, which are kept. */
  static final int ONE_OF_THE_FIRST = -1;

  int number;
  @Nullable Object list;
  @Nullable T before;
  @Nullable T after;

  /** Which one of those that ended cleanly it is, from one on; 0 if it has not ended so. */
  int closedAs;

  boolean closedWithoutDeadline;

  /** Returns the full name of the stream's method. */
  abstract String methodName();

  /** Returns whether the stream is known to have no deadline. Called under the stream's lock. */
  abstract boolean lacksDeadline();

  /** Returns whether it has ended cleanly. */
  final boolean isClosed() {
    return closedAs != 0;
  }
}
