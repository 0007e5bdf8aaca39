package io.github.streamleak.recorder;

import io.github.streamleak.recorder.ChargedOpening.HandedOver;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamRelease;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the state of a stream means: why the stream is open, what may still change that, and whether
 * the rules have to look at it once it is closed.
 *
 * <p>It is apart from {@link StreamState}, because the state is a fact and this is a reading of it:
 * a new cause changes this class and leaves the fold alone. All methods are static and work out
 * their answer anew, so that a stream need not store it; they are asked seldom, by a check and at
 * the end of a stream. They have to be called under the lock that guards the state.
 */
final class Diagnosis {

  private Diagnosis() {}

  /** Returns why the stream is open. The result has no meaning if the stream is not open. */
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
    if (received == 0 && !state.headersReceived && isWaitingToRetry(state)) {
      return LeakCause.WAITING_TO_RETRY;
    }
    if (received == 0 && !state.attempts.isEmpty() && !isSent(state)) {
      return LeakCause.WAITING_FOR_TRANSPORT;
    }
    // The in-process transport counts a message as received when the server writes it, Netty when
    // the client asks for it. To mean the same on both, only what was asked for counts as arrived.
    // The attempt with the most messages is taken, because with hedges the winner need not be the
    // last one.
    long most =
        state.attempts.stream().mapToLong(attempt -> attempt.received).max().orElse(received);
    long arrived = Math.min(most, state.requested);
    if (arrived > received || (state.requested <= received && isKnownToWait(state))) {
      return LeakCause.NOT_DRAINED;
    }
    if (!state.halfClosed) {
      return LeakCause.NOT_HALF_CLOSED;
    }
    if (state.requested <= received) {
      return LeakCause.NOT_DRAINED;
    }
    return state.method.getType().serverSendsOneMessage()
        ? LeakCause.SERVER_NOT_FINISHED
        : LeakCause.STILL_SUBSCRIBED;
  }

  /**
   * Returns whether nothing is under way until gRPC begins the next attempt. gRPC makes and picks a
   * retry before its back-off, and starts it afterwards.
   */
  private static boolean isWaitingToRetry(StreamState state) {
    return state.attempts.stream().anyMatch(AttemptLog::isClosed)
        && state.attempts.stream()
            .allMatch(
                attempt ->
                    attempt.isClosed() || (attempt.retry != Retry.FIRST && !attempt.headersSent));
  }

  /** Returns whether an attempt has sent the request, or is over. */
  private static boolean isSent(StreamState state) {
    return state.headersReceived
        || state.attempts.stream()
            .anyMatch(
                attempt ->
                    attempt.headersSent
                        || attempt.headersReceived
                        || attempt.serverClosed
                        || attempt.status != null);
  }

  /**
   * Returns the address of the connection that keeps the request of a stream back; null if none
   * does.
   */
  static @Nullable SocketAddress waitsFor(StreamState state) {
    return state.open
            && !state.attempts.isEmpty()
            && cause(state) == LeakCause.WAITING_FOR_TRANSPORT
        ? state.attempts.get(state.attempts.size() - 1).remoteAddress
        : null;
  }

  /** Returns the addresses of the connections on which a request was sent and is not over. */
  static List<SocketAddress> holdsOn(StreamState state) {
    return state.attempts.stream()
        .filter(attempt -> attempt.headersSent && !attempt.isClosed())
        .map(attempt -> attempt.remoteAddress)
        .filter(Objects::nonNull)
        .toList();
  }

  /**
   * Returns the likely cause if only the transport's side was seen. If messages or trailers have
   * arrived, the server has done its part; without them only the method type gives a hint.
   */
  private static LeakCause causeSeenFromTheTransport(StreamState state) {
    if (state.attempts.stream().anyMatch(attempt -> attempt.serverClosed || attempt.received > 0)) {
      return LeakCause.NOT_DRAINED;
    }
    return state.method.getType().clientSendsOneMessage()
        ? LeakCause.SERVER_NOT_FINISHED
        : LeakCause.NOT_HALF_CLOSED;
  }

  /**
   * Returns whether messages or a status are known to wait that nobody has asked for. A half-close
   * would not release such a stream. In-process shows the messages that wait, Netty only the
   * status.
   */
  private static boolean isKnownToWait(StreamState state) {
    return state.attempts.stream()
        .anyMatch(
            attempt ->
                !attempt.isClosed() && (attempt.serverClosed || attempt.received > state.received));
  }

  /**
   * Returns whether the application has asked for messages that have not come, and the server may
   * still send them.
   */
  static boolean isAwaited(StreamState state) {
    return state.open
        && state.terminal == null
        && state.coverage == Coverage.WHOLE
        && state.requested > state.received
        && cause(state) != LeakCause.NOT_DRAINED;
  }

  /**
   * Returns whether the stream was handed over, the application did nothing on it from then on, and
   * only a shutdown ended it.
   */
  static boolean isAbandoned(StreamState state, @Nullable HandedOver handedOver) {
    return handedOver != null
        && !state.open
        && state.endedByShutdown
        && state.actions() == handedOver.actions();
  }

  /**
   * Returns for how many slices of the quiet time the stream must be unchanged before a check takes
   * it as settled. Returns 0 if it cannot be settled, because the server, a deadline within the
   * wait, or a callback that has not returned can still change it.
   *
   * <p>One slice is enough if messages wait that nobody has asked for, since only the application
   * can change that. A message that was asked for, or the status behind trailers, may still be on
   * its way through a busy executor, and gets two.
   *
   * @param deadlineComes whether the deadline passes within the wait
   */
  static int quietSlicesNeeded(StreamState state, boolean deadlineComes) {
    boolean waits =
        state.terminal == null
            && isKnownToWait(state)
            && cause(state) == LeakCause.NOT_DRAINED
            && !deadlineComes
            // The callback may still ask for more, or its thread may when it has returned.
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
   * Returns whether an end is missing that arrives within a moment in a sound stream: the terminal
   * status after picker Done or a deadline, or the end of the attempts after a cancel.
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
   * Returns whether every open attempt may have ignored a cancel. The in-process transport does so
   * once the server has closed and messages are unread (InProcessClientStream.cancel), and then no
   * Done can be expected. It shows the trailers only after the messages before them are taken, so
   * unread messages are the only sign there is.
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
   * Returns whether a check has to look at this stream although it is not open: because it may
   * break a rule, or because a callback of it has not returned.
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
   * Returns whether the stream may be a blocking iterator that was left before its last message was
   * taken: the application asked for just as many messages as it received. Whether it is an
   * iterator only the opening stack tells, and reading that for every call would cost too much.
   */
  static boolean mayHaveStoppedReading(StreamState state) {
    return state.terminal != null
        && !state.isNoIterator
        && state.received > 0
        && state.requested == state.received
        && !state.method.getType().serverSendsOneMessage()
        && !state.releases.contains(StreamRelease.CANCELLED)
        && !state.releases.contains(StreamRelease.DEADLINE);
  }
}
