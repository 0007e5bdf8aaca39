package io.github.streamleak.recorder;

import io.github.streamleak.stream.EventKind;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What comes of a stream once a check has found it open: what the application then does on it, and
 * the calls that it starts in answer to its release.
 */
final class Aftermath {

  /**
   * What the application did.
   *
   * @param afterNanos how long after the verdict
   */
  record Act(EventKind kind, long afterNanos) {}

  private final LongSupplier clock;
  private final long judgedAt;
  private final Runnable tell;
  private final AtomicReference<@Nullable Act> first = new AtomicReference<>();
  private final AtomicInteger reconnects = new AtomicInteger();

  /**
   * Begins, with the verdict.
   *
   * @param tell called once, when the application acts on the stream; must not throw
   */
  Aftermath(LongSupplier clock, Runnable tell) {
    this.clock = clock;
    this.judgedAt = clock.getAsLong();
    this.tell = tell;
  }

  /**
   * The application has cancelled, half-closed or asked for messages. A stub that cancels because
   * it was given a status does so by itself, when the stream has been released.
   */
  void acted(EventKind act, @Nullable Throwable cause) {
    if (cause instanceof StatusRuntimeException || cause instanceof StatusException) {
      return;
    }
    if (first.get() == null
        && first.compareAndSet(null, new Act(act, clock.getAsLong() - judgedAt))) {
      tell.run();
    }
  }

  @Nullable Act first() {
    return first.get();
  }

  void reconnected() {
    reconnects.incrementAndGet();
  }

  int reconnects() {
    return reconnects.get();
  }
}
