package io.github.streamleak.recorder;

import io.github.streamleak.recorder.ChargedOpening.HandedOver;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.StreamRelease;
import org.jspecify.annotations.Nullable;

/**
 * What the state of a stream means: why it is open, what may still move it, and whether it has to
 * be looked at once it is not.
 *
 * <p>Apart from {@link StreamState}, since what happened is a fact and this is a reading of it: a
 * new cause changes this class and no fold. To be called under the lock that guards the state.
 */
final class Diagnosis {

  private Diagnosis() {}

  /** Returns why the stream is open; without a meaning if it is not. */
  static LeakCause cause(StreamState state) {
    if (state.terminal != null) {
      return LeakCause.ATTEMPT_NOT_CLOSED;
    }
    if (state.coverage == Coverage.TRANSPORT_ONLY) {
      return causeSeenFromTheTransport(state);
    }
    long received = state.received;
    if (received == 0
        && !state.headersReceived
        && state.attempts.stream().noneMatch(AttemptLog::hasSubchannel)) {
      return LeakCause.NOT_PICKED;
    }
    // In-process counts a message as received by the transport when the server writes it, Netty
    // when the client asks for it. What was asked for is the same on both.
    // Hedges: the winner need not be the last one.
    long most =
        state.attempts.stream().mapToLong(attempt -> attempt.received).max().orElse(received);
    long arrived = Math.min(most, state.requested);
    if (arrived > received || (state.requested <= received && isKnownToWait(state))) {
      return LeakCause.NOT_DRAINED;
    }
    if (!state.halfClosed) {
      return LeakCause.NOT_HALF_CLOSED;
    }
    return state.requested <= received ? LeakCause.NOT_DRAINED : LeakCause.SERVER_NOT_FINISHED;
  }

  /** Messages and trailers that came tell that the server has done its part; all else is likely. */
  private static LeakCause causeSeenFromTheTransport(StreamState state) {
    if (state.attempts.stream().anyMatch(attempt -> attempt.serverClosed || attempt.received > 0)) {
      return LeakCause.NOT_DRAINED;
    }
    return state.method.getType().clientSendsOneMessage()
        ? LeakCause.SERVER_NOT_FINISHED
        : LeakCause.NOT_HALF_CLOSED;
  }

  /**
   * Returns whether something is known to wait behind what was asked for: to half-close would not
   * release such a stream. In-process shows a message that nobody has asked for, Netty a status.
   */
  private static boolean isKnownToWait(StreamState state) {
    return state.attempts.stream()
        .anyMatch(
            attempt ->
                !attempt.isClosed() && (attempt.serverClosed || attempt.received > state.received));
  }

  /**
   * Returns whether the application still asks for messages, and the other end may still bring
   * them.
   */
  static boolean isAlive(StreamState state) {
    return state.open
        && state.terminal == null
        && state.coverage == Coverage.WHOLE
        && state.requested > state.received
        && cause(state) != LeakCause.NOT_DRAINED;
  }

  /** Returns whether only a shutdown ended a stream that nobody touched after its test. */
  static boolean isAbandoned(StreamState state, @Nullable HandedOver handedOver) {
    return handedOver != null
        && !state.open
        && state.endedByShutdown
        && state.actions() == handedOver.actions();
  }

  /**
   * Returns over how many quiet slices the stream must be unchanged for a check to take it as
   * settled; 0 if the server, a deadline within the wait or a callback that has not returned can
   * still move it.
   *
   * <p>Messages that nobody has asked for wait for the application alone: one slice. A message that
   * was asked for, or the status behind trailers, may be on its way through an executor that is
   * starved: two.
   *
   * @param deadlineComes whether the deadline passes within the wait
   */
  static int quietSlicesNeeded(StreamState state, boolean deadlineComes) {
    boolean waits =
        state.terminal == null
            && isKnownToWait(state)
            && cause(state) == LeakCause.NOT_DRAINED
            && !deadlineComes
            // It may ask for more when it has returned, or before.
            && !state.isInsideElsewhere();
    if (!waits) {
      return 0;
    }
    boolean unasked =
        state.attempts.stream()
            .anyMatch(attempt -> !attempt.isClosed() && attempt.received > state.requested);
    return unasked ? 1 : 2;
  }

  /**
   * Returns whether something is missing that follows within a moment in a sound stream: the
   * terminal status after picker Done or a deadline, the end of the attempts after a cancel.
   */
  static boolean isUnfinished(StreamState state) {
    if (!state.started || state.startFailed || state.coverage == Coverage.TRANSPORT_ONLY) {
      return false;
    }
    if (state.terminal == null && !state.releases.contains(StreamRelease.CANCELLED)) {
      return true;
    }
    return state.isHolding() && !isCancelSwallowed(state);
  }

  /**
   * In-process ignores a cancel once the server has closed with messages unread
   * (InProcessClientStream.cancel): there Done cannot be asked for. It shows trailers only when the
   * messages before them are taken, so that messages unread are all there is to go by.
   */
  private static boolean isCancelSwallowed(StreamState state) {
    return state.attempts.stream()
        .allMatch(
            attempt ->
                attempt.isClosed()
                    || (attempt.inProcess
                        && (attempt.serverClosed || attempt.received > state.received)));
  }

  /**
   * Returns whether this stream, once it is not open, has to be looked at: by the rules, or since a
   * callback of it has not returned.
   */
  static boolean isSuspect(StreamState state) {
    return state.inside() != null
        || state.threw
        || !state.misuses.isEmpty()
        || state.endedByShutdown
        || isUnfinished(state)
        || mayHaveStoppedReading(state);
  }

  /**
   * Returns whether the application has taken no more than it was given before the status came: a
   * blocking iterator that has, has never taken the last message. Whether it was one, only the
   * stack can tell, which is not read for every call.
   */
  static boolean mayHaveStoppedReading(StreamState state) {
    return state.terminal != null
        && !state.isNoIterator
        && state.received > 0
        && state.requested == state.received
        && !state.method.getType().serverSendsOneMessage()
        && !state.releases.contains(StreamRelease.CANCELLED);
  }
}
