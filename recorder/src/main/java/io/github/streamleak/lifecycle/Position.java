package io.github.streamleak.lifecycle;

import io.github.streamleak.stream.StreamEvent;

/**
 * Where an event stands in its stream, as far as that is known. A dropped event can stand anywhere
 * in the gap, and so two positions that overlap have no known order.
 *
 * @param from the lowest sequence number that the event can have
 * @param to the highest one
 * @param sure false if there may be no such event
 */
record Position(long from, long to, boolean sure) {

  /** Nothing is known, not even whether there is such an event. */
  static final Position UNKNOWN = new Position(0, Long.MAX_VALUE, false);

  static Position of(StreamEvent event) {
    return new Position(event.at().sequence(), event.at().sequence(), true);
  }

  /** Returns whether the one event is known that stands here. */
  boolean isExact() {
    return sure && from == to;
  }
}
