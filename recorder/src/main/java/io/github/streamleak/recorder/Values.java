package io.github.streamleak.recorder;

import io.github.streamleak.internal.Bridge;
import io.github.streamleak.recorder.ChargedOpening.HandedOver;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.LateRelease;
import io.github.streamleak.stream.LeakCause;
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
 * Makes the values that users read, such as snapshots and verdicts.
 *
 * <p>Their constructors are package-private in other packages, so that no user can make up what was
 * recorded; on the class path no other visibility lets one package in and keeps users out. The
 * {@link Bridge} reaches them by method handles, which the compiler does not check. So this is the
 * only class that uses it: here every call has typed parameters, and a mistake can be in one file
 * only.
 */
final class Values {

  private static final MethodHandle STREAM = Bridge.constructor(RecordedStream.class);
  private static final MethodHandle EVENT = Bridge.method(RecordedStream.class, "event");
  private static final MethodHandle ATTEMPT = Bridge.constructor(RecordedAttempt.class);
  private static final MethodHandle PICK = Bridge.constructor(Pick.class);
  private static final MethodHandle RUNNING = Bridge.constructor(RunningCallback.class);
  private static final MethodHandle LATE = Bridge.constructor(LateRelease.class);
  private static final MethodHandle OPENING = Bridge.constructor(OpeningStack.class);
  private static final MethodHandle VERDICT = Bridge.method(StreamVerdict.class, "of");
  private static final MethodHandle BREACH =
      Bridge.method(StreamLeakPolicy.class, "breachWithoutStream");

  private Values() {}

  /**
   * What a log knows of its stream besides the state.
   *
   * @param whyCharged why the stream is charged to its owner; empty if that is evident
   * @param handedOver what the stream was like when it was handed over; null if it was not
   * @param ageNanos the time since the stream was started
   * @param holdingUp the streams on the connection that keeps this one back, for a report
   * @param quietNanos the quiet time of a check
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
      List<String> holdingUp,
      @Nullable RunningCallback running,
      long quietNanos,
      @Nullable Throwable fault,
      Supplier<RecordedStream> latest) {}

  /** Makes a snapshot. Must be called under the lock that guards {@code state}. */
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
              is.holdingUp,
              state.allReleases(),
              state.open,
              abandoned,
              Diagnosis.isAwaited(state),
              abandoned && is.handedOver != null ? is.handedOver.cause() : cause(is, state),
              state.terminal == null ? null : state.terminal.status(),
              state.terminal == null ? null : state.terminal.trailers(),
              state.halfClosed,
              state.requested,
              state.nanosToDeadline(),
              state.wasEndedByShutdown(),
              Diagnosis.isUnfinished(state),
              state.misuses,
              is.running,
              late(state.after),
              reconnects(state.after),
              is.fault,
              is.latest);
    } catch (Throwable t) {
      throw Bridge.unexpected(t);
    }
  }

  /** Returns the cause. A callback that has not returned for long comes before all others. */
  private static LeakCause cause(Snapshot is, StreamState state) {
    RunningCallback running = is.running;
    return state.terminal == null
            && running != null
            && is.ageNanos - running.since().toNanos() >= is.quietNanos
        ? LeakCause.CALLBACK_NOT_RETURNED
        : Diagnosis.cause(state);
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
                attempt.delay,
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
   * @param details the other arguments of the constructor of this kind of event, in their order
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
   * Makes the value for the callback that a thread is inside; null if there is none. Must be called
   * under the lock that guards {@code state}.
   *
   * @param thread the thread that was inside a callback when {@code stack} was taken, which is slow
   *     and so is not done under the lock; null if there was none
   * @param stack the stack of that thread
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

  private static @Nullable LateRelease late(@Nullable Aftermath after) throws Throwable {
    Aftermath.Act act = after == null ? null : after.first();
    return act == null ? null : (LateRelease) LATE.invoke(act.kind(), act.afterNanos());
  }

  private static int reconnects(@Nullable Aftermath after) {
    return after == null ? 0 : after.reconnects();
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

  /** Judges the streams of one check; {@link StreamVerdict} says what the arguments mean. */
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
   * Makes a breach for which there is no recorded stream: of a call, of a channel, or of streams
   * that are no longer kept.
   *
   * @param count how many calls, channels or streams it stands for
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
