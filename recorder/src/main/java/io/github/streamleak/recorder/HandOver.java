package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
import io.github.streamleak.recorder.Recording.Tie;
import org.jspecify.annotations.Nullable;

/**
 * Hands streams over to another recorder, when they may outlive the owner of the one that has
 * recorded them.
 *
 * <p>A stream may live as long as the channel that it is on. So a client that is built once for a
 * class may keep its session from test to test, and has to release it when the class ends. Judged
 * with the test that happened to open it, such a stream would be a false leak. The price is that a
 * real leak on such a channel is found only when the channel's owner ends, unless the client has
 * stopped asking.
 */
final class HandOver {

  /**
   * A stream must be without an event for a quarter of the quiet time before it is handed over, and
   * at most four such quarters are waited.
   */
  private static final int SLICES = 4;

  private HandOver() {}

  /**
   * Hands over the streams that are open and alive and may outlive the owner. Never throws.
   *
   * <p>A message may be on its way, and when it has arrived the client may turn out to have stopped
   * asking. So this waits a moment if a stream had an event just now. A stream that has been quiet
   * costs no wait.
   */
  static void of(Recording recording) {
    Tie tie = recording.tie();
    if (tie == null) {
      return;
    }
    long slice = recording.quietTime().toNanos() / SLICES;
    for (int i = 0; i < SLICES; i++) {
      long youngest =
          recording.book().open().stream()
              .filter(log -> mayGo(recording, tie, log))
              .mapToLong(StreamLog::nanosSinceLastEvent)
              .min()
              .orElse(slice);
      if (youngest >= slice) {
        break;
      }
      long unused = recording.book().awaitNoneOpen(slice - Math.max(0, youngest));
    }
    for (StreamLog log : recording.book().open()) {
      try {
        Charge heir = heirOf(tie, log);
        if (heir != null && heir.recording() != recording) {
          log.moveTo(heir.recording(), heir.note(), heir.owner(), /* handedOver= */ true);
        }
      } catch (Throwable t) {
        recording.faulty(t);
      }
    }
  }

  private static boolean mayGo(Recording recording, Tie tie, StreamLog log) {
    try {
      return heirOf(tie, log) != null;
    } catch (Throwable t) {
      recording.faulty(t);
      return false;
    }
  }

  /**
   * Moves the open streams that {@code owner} has opened from a recorder that several tests share
   * to the owner's own, and returns how many. Streams that may outlive the owner stay. Never
   * throws.
   */
  static int take(Recording shared, Recording own, Object owner) {
    Tie tie = own.tie();
    if (tie == null) {
      return 0;
    }
    int taken = 0;
    for (StreamLog log : shared.book().open()) {
      try {
        if (log.opener() == owner) {
          Charge heir = heirOf(tie, log);
          if (heir == null) {
            log.moveTo(own, "", owner, /* handedOver= */ false);
            taken++;
          } else {
            log.moveTo(shared, heir.note(), owner, /* handedOver= */ true);
          }
        }
      } catch (Throwable t) {
        own.faulty(t);
      }
    }
    return taken;
  }

  private static @Nullable Charge heirOf(Tie tie, StreamLog log) {
    if (!log.ask(Diagnosis::isAwaited)) {
      return null;
    }
    BuiltChannel channel = log.channel();
    return tie.heirs()
        .heirOf(tie.owner(), channel == null ? null : channel.builder(), log.snapshot());
  }
}
