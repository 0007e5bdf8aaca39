package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
import io.github.streamleak.recorder.Recording.Tie;
import org.jspecify.annotations.Nullable;

/**
 * Gives the streams that may outlive the owner of a recorder to whoever has them from then on.
 *
 * <p>A stream may live as long as the channel that it is on. So a client that is built once for a
 * class keeps its session from test to test, and is held to its release when the class ends.
 */
final class HandOver {

  /** A quarter of the quiet time has to pass without an event, and four of them are enough. */
  private static final int SLICES = 4;

  private HandOver() {}

  /**
   * Hands over what is open, alive, and not the owner's alone. Never throws.
   *
   * <p>What has been asked for may be on its way, and then the client may prove to have stopped
   * asking. So a stream that was touched a moment ago is given that moment once more; one that
   * rests costs no wait.
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
   * Takes from what several tests share the open streams that {@code owner} has opened. Those that
   * may outlive it stay. Never throws.
   */
  static void take(Recording shared, Recording own, Object owner) {
    Tie tie = own.tie();
    if (tie == null) {
      return;
    }
    for (StreamLog log : shared.book().open()) {
      try {
        if (log.opener() == owner) {
          Charge heir = heirOf(tie, log);
          if (heir == null) {
            log.moveTo(own, "", owner, /* handedOver= */ false);
          } else {
            log.moveTo(shared, heir.note(), owner, /* handedOver= */ true);
          }
        }
      } catch (Throwable t) {
        own.faulty(t);
      }
    }
  }

  private static @Nullable Charge heirOf(Tie tie, StreamLog log) {
    if (!log.ask(Diagnosis::isAlive)) {
      return null;
    }
    BuiltChannel channel = log.channel();
    return tie.heirs()
        .heirOf(tie.owner(), channel == null ? null : channel.builder(), log.snapshot());
  }
}
