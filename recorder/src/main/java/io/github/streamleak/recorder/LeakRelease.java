package io.github.streamleak.recorder;

import io.grpc.ClientCall;

/**
 * Ends the calls that a check has found open.
 *
 * <p>It runs after the verdict and not before, so that a report shows the stream as the test has
 * left it. It runs the application's callbacks and interceptors, so nobody may hold a lock.
 */
final class LeakRelease {

  private LeakRelease() {}

  /**
   * Cancels the call and takes the messages that still wait for it, so that picker Done can run.
   */
  static void of(StreamLog log) {
    ClientCall<?, ?> call = log.drain();
    if (call == null) {
      return;
    }
    Reconnects.released(log);
    try {
      call.cancel("released by Streamleak: still open after the check", null);
      // The in-process transport ignores a cancel once the server has finished and messages are
      // unread (InProcessClientStream.cancel). Then picker Done runs only when they are taken.
      call.request(Integer.MAX_VALUE);
    } catch (RuntimeException e) {
      // An interceptor of the user may refuse. StreamState.isHolding() tells whether the call is
      // still open.
      log.faulty(e);
    }
  }
}
