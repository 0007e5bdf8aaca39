package io.github.streamleak.recorder;

import io.github.streamleak.internal.Bridge;
import io.github.streamleak.recorder.ChargedOpening.HandedOver;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.OpeningStack;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.RunningCallback;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.StreamVerdict;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the values that users read: the only class that goes through the {@link Bridge}, with types
 * that the compiler can hold its callers to.
 */
final class Values {

  private static final MethodHandle STREAM = Bridge.constructor(RecordedStream.class);
  private static final MethodHandle EVENT = Bridge.method(RecordedStream.class, "event");
  private static final MethodHandle ATTEMPT = Bridge.constructor(RecordedAttempt.class);
  private static final MethodHandle PICK = Bridge.constructor(Pick.class);
  private static final MethodHandle RUNNING = Bridge.constructor(RunningCallback.class);
  private static final MethodHandle OPENING = Bridge.constructor(OpeningStack.class);
  private static final MethodHandle VERDICT = Bridge.method(StreamVerdict.class, "of");
  private static final MethodHandle BREACH =
      Bridge.method(StreamLeakPolicy.class, "breachWithoutStream");

  private Values() {}

  /**
   * What a log knows of its stream besides the state.
   *
   * @param whyCharged why it is charged to its owner; empty if that is evident
   * @param handedOver what it was like when it was handed over; null if it was not
   * @param ageNanos the time since the start
   * @param latest takes another snapshot
   */
  record Snapshot(
      long id,
      @Nullable String authority,
      OpeningStack opening,
      String whyCharged,
      @Nullable HandedOver handedOver,
      String thread,
      long startNanos,
      long ageNanos,
      List<StreamEvent> events,
      Map<EventKind, Long> counts,
      long droppedEvents,
      @Nullable RunningCallback running,
      @Nullable Throwable fault,
      Supplier<RecordedStream> latest) {}

  /** Makes a snapshot. To be called under the lock that guards {@code state}. */
  static RecordedStream stream(Snapshot is, StreamState state) {
    List<Function<RecordedStream, RecordedAttempt>> attempts =
        state.attempts.stream().map(Values::maker).toList();
    boolean abandoned = Diagnosis.isAbandoned(state, is.handedOver);
    try {
      return (RecordedStream)
          STREAM.invoke(
              is.id,
              state.coverage,
              state.method,
              is.authority,
              is.opening,
              is.whyCharged,
              is.thread,
              is.startNanos,
              is.ageNanos,
              attempts,
              is.events,
              is.counts,
              is.droppedEvents,
              state.allReleases(),
              state.open,
              abandoned,
              abandoned && is.handedOver != null ? is.handedOver.cause() : Diagnosis.cause(state),
              state.terminal == null ? null : state.terminal.status(),
              state.terminal == null ? null : state.terminal.trailers(),
              state.halfClosed,
              state.requested,
              state.hasDeadline(),
              state.wasEndedByShutdown(),
              Diagnosis.isUnfinished(state),
              state.misuses,
              is.running,
              is.fault,
              is.latest);
    } catch (Throwable t) {
      throw Bridge.unexpected(t);
    }
  }

  private static Function<RecordedStream, RecordedAttempt> maker(AttemptLog attempt) {
    return stream -> {
      try {
        return (RecordedAttempt)
            ATTEMPT.invoke(
                stream,
                attempt.number,
                attempt.retry,
                attempt.pick,
                attempt.remote(),
                attempt.status,
                attempt.hasPickerTracer,
                attempt.pickerStatus,
                attempt.streamCreated,
                attempt.inProcess,
                attempt.serverClosed,
                attempt.sent,
                attempt.received);
      } catch (Throwable t) {
        throw Bridge.unexpected(t);
      }
    };
  }

  /**
   * Makes an event.
   *
   * @param details what this kind of event says besides a number, in the order of its constructor
   */
  static StreamEvent event(
      EventKind kind,
      long sequence,
      long nanos,
      String thread,
      int attempt,
      long value,
      @Nullable Object... details) {
    try {
      return (StreamEvent) EVENT.invoke(kind, sequence, nanos, thread, attempt, value, details);
    } catch (Throwable t) {
      throw Bridge.unexpected(t);
    }
  }

  /**
   * Makes what a snapshot says of the callback that is inside; null if none is. To be called under
   * the lock that guards {@code state}.
   *
   * @param thread the thread that was inside a moment ago
   * @param stack where it stood then
   */
  static @Nullable RunningCallback running(
      StreamState state, @Nullable Thread thread, StackTraceElement[] stack) {
    if (thread == null || thread != state.inside()) {
      return null;
    }
    try {
      return (RunningCallback)
          RUNNING.invoke(state.callback().text(), thread.getName(), state.insideSince(), stack);
    } catch (Throwable t) {
      throw Bridge.unexpected(t);
    }
  }

  static Pick pick(Pick.Kind kind, String target) {
    try {
      return (Pick) PICK.invoke(kind, target);
    } catch (Throwable t) {
      throw Bridge.unexpected(t);
    }
  }

  static OpeningStack openingStack(@Nullable Throwable taken, Set<String> own, boolean later) {
    try {
      return (OpeningStack) OPENING.invoke(taken, own, later);
    } catch (Throwable t) {
      throw Bridge.unexpected(t);
    }
  }

  /** Judges; {@link StreamVerdict} says what the arguments mean. */
  static StreamVerdict verdict(
      StreamLeakPolicy policy,
      List<RecordedStream> open,
      List<RecordedStream> looked,
      boolean believed,
      List<RuleBreach> further,
      int streamCount,
      Duration waited,
      @Nullable Throwable fault) {
    try {
      return (StreamVerdict)
          VERDICT.invoke(policy, open, looked, believed, further, streamCount, waited, fault);
    } catch (Throwable t) {
      throw Bridge.unexpected(t);
    }
  }

  /**
   * Makes the breach of a rule by a call, a channel, or streams that are not kept.
   *
   * @param count how many of them it stands for
   */
  static RuleBreach breach(
      StreamLeakPolicy policy, StreamRule rule, String subject, OpeningStack opening, long count) {
    try {
      return (RuleBreach) BREACH.invoke(policy, rule, subject, opening, count);
    } catch (Throwable t) {
      throw Bridge.unexpected(t);
    }
  }
}
