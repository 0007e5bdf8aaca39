package io.github.streamleak.conformance;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.StreamRelease;
import io.grpc.MethodDescriptor.MethodType;

/**
 * The rules of the design, as a verdict for a stream that nobody cancels and no deadline ends.
 * Written from the design alone; nothing here looks at the recorder.
 */
final class Rules {

  private Rules() {}

  /** Where a stream stands when the application walks away from it. */
  record Standing(int sent, int taken, boolean halfClosed, boolean serverClosed) {}

  static Expected verdict(Kind kind, MethodType type, Standing at) {
    int demand = kind.demand(type, at.taken());
    if (at.serverClosed() && at.sent() <= demand) {
      // Nothing waits, so the status is free: Done runs, and onClose where anybody listens.
      return Expected.released(
          kind.callbacksOnlyWhileWaiting(type)
              ? StreamRelease.PICKER_DONE
              : StreamRelease.TERMINAL_STATUS);
    }
    return Expected.leaked(cause(kind, type, at, demand));
  }

  private static LeakCause cause(Kind kind, MethodType type, Standing at, int demand) {
    // Unasked for on the transport, or asked for and waiting in a stub that nobody reads.
    boolean messagesWait =
        at.sent() > demand || (kind.callbacksOnlyWhileWaiting(type) && at.sent() > at.taken());
    if (at.serverClosed() || messagesWait) {
      return LeakCause.NOT_DRAINED;
    }
    if (!at.halfClosed()) {
      return LeakCause.NOT_HALF_CLOSED;
    }
    // With all delivered that was asked for, nobody can tell whether more waits: the next step is
    // the client's either way.
    boolean stoppedAsking = demand <= at.sent();
    return stoppedAsking ? LeakCause.NOT_DRAINED : unfinished(type);
  }

  /** Returns the cause of a half-closed stream whose client asks for more. */
  static LeakCause unfinished(MethodType type) {
    return type.serverSendsOneMessage()
        ? LeakCause.SERVER_NOT_FINISHED
        : LeakCause.STILL_SUBSCRIBED;
  }
}
