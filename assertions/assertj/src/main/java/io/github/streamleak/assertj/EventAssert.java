package io.github.streamleak.assertj;

import io.github.streamleak.stream.StreamEvent;
import org.jspecify.annotations.Nullable;

/** Assertions on one event of a stream. */
public final class EventAssert extends AbstractEventAssert<EventAssert> {

  EventAssert(@Nullable StreamEvent actual) {
    super(actual, EventAssert.class);
  }
}
