package io.github.streamleak.recorder;

import io.grpc.ClientCall;

/** Ends what a check has found open. */
final class LeakRelease {

  private LeakRelease() {}

  /** Cancels the call and takes what still waits for it, so that Done can run. */
  static void of(StreamLog log) {
    ClientCall<?, ?> call = log.drain();
    if (call == null) {
      return;
    }
    try {
      call.cancel("released by Streamleak: still open after the check", null);
      // In-process ignores a cancel once the server has finished with messages unread
      // (InProcessClientStream.cancel); there only taking the messages lets Done run.
      call.request(Integer.MAX_VALUE);
    } catch (RuntimeException e) {
      // A user's interceptor may refuse; what is left open shows in StreamState.isHolding().
      log.faulty(e);
    }
  }
}
