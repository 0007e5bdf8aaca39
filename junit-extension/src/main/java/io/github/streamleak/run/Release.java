package io.github.streamleak.run;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Releases what a test or class has left open, after the verdict and apart from it.
 *
 * <p>To cancel a call runs the application's code: its {@code onError} or {@code onClose} on a
 * direct executor, and the handler's cancel listener in-process. Such code may wait for something
 * that only the test would have done, a place in a full queue for one. On the thread of the test
 * framework that would hang the build for ever, and nobody would see the verdict. So it runs on a
 * thread of its own, a daemon, for a bounded time; one that does not return is named with its
 * stack, and left behind.
 */
final class Release {

  /** Longer than any callback that returns takes, and short for a build that waits for nothing. */
  private static final Duration LEAST_LIMIT = Duration.ofSeconds(2);

  private static final int MOST_FRAMES = 12;

  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean released;
  private volatile @Nullable Throwable thrown;

  private Release() {}

  /**
   * Releases all that is open.
   *
   * @param grace how long the recorder waits for the ends of what it has cancelled
   * @return what went wrong; empty if all is released
   */
  static Optional<String> of(GrpcStreamRecorder recorder, Duration grace) {
    if (recorder.openStreams().isEmpty()) {
      return Optional.empty();
    }
    return new Release().run(recorder, LEAST_LIMIT.plus(grace));
  }

  private Optional<String> run(GrpcStreamRecorder recorder, Duration limit) {
    Thread thread =
        new Thread(
            () -> {
              try {
                // A short grace is for what the test leaves, and not for what our cancel takes.
                released = recorder.releaseLeaked(GrpcStreamRecorder.DEFAULT_GRACE);
              } catch (Throwable t) {
                thrown = t;
              } finally {
                over.countDown();
              }
            },
            "streamleak-release");
    thread.setDaemon(true);
    thread.start();
    boolean interrupted = false;
    long end = System.nanoTime() + limit.toNanos();
    try {
      while (true) {
        try {
          if (!over.await(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)) {
            return Optional.of(notReturned(thread, limit));
          }
          break;
        } catch (InterruptedException e) {
          // A test that was interrupted is released like any other.
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    Throwable t = thrown;
    if (t != null) {
      return Optional.of("a stream that was left open could not be cancelled: " + t);
    }
    return released
        ? Optional.empty()
        : Optional.of(
            "a stream that was left open could not be cancelled; something between the application"
                + " and the transport keeps the cancel back");
  }

  private static String notReturned(Thread thread, Duration limit) {
    return String.format(
            Locale.ROOT,
            "the cancel of a stream that was left open has not returned within %.2f s: it runs the"
                + " application's callbacks, and one of them waits. It is left behind on the thread"
                + " \"%s\", which stands at\n",
            limit.toNanos() / 1e9,
            thread.getName())
        + Arrays.stream(thread.getStackTrace())
            .limit(MOST_FRAMES)
            .map(frame -> "    at " + frame)
            .collect(Collectors.joining("\n"));
  }
}
