package io.github.streamleak.run;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
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
 * stack, and left behind. The streams after it are released meanwhile, on another such thread.
 */
final class Release {

  /** Longer than any callback that returns takes, and short for a build that waits for nothing. */
  private static final Duration LEAST_LIMIT = Duration.ofSeconds(2);

  /** Longer than most callbacks take. For one that takes longer the next thread is no harm. */
  private static final Duration ONE_CALLBACK = Duration.ofMillis(200);

  private static final int MOST_FRAMES = 12;

  private final GrpcStreamRecorder recorder;
  private final @Nullable Owner owner;
  private final Duration limit;
  private final long end;
  private final Set<Long> owed;
  private boolean interrupted;

  private Release(GrpcStreamRecorder recorder, @Nullable Owner owner, Duration limit) {
    this.recorder = recorder;
    this.owner = owner;
    this.limit = limit;
    this.end = System.nanoTime() + limit.toNanos();
    this.owed =
        recorder.openStreams().stream()
            .map(RecordedStream::id)
            .collect(Collectors.toUnmodifiableSet());
  }

  /** A thread that releases what is open, one stream after the other. */
  private static final class Turn extends Thread {
    private final GrpcStreamRecorder recorder;
    private final @Nullable Owner owner;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile boolean released;
    private volatile @Nullable Throwable thrown;

    Turn(GrpcStreamRecorder recorder, @Nullable Owner owner) {
      super("streamleak-release");
      this.recorder = recorder;
      this.owner = owner;
      setDaemon(true);
    }

    @Override
    public void run() {
      if (owner != null) {
        // What a callback starts, threads of pools included, is on behalf of the one that leaked.
        // This thread has been made by the test framework's, on which a class may be running.
        Marks unused = Marks.set(owner);
      }
      try {
        // A short grace is for what the test leaves, and not for what our cancel takes.
        released = recorder.releaseLeaked(GrpcStreamRecorder.DEFAULT_GRACE);
      } catch (Throwable t) {
        thrown = t;
      } finally {
        over.countDown();
      }
    }
  }

  /**
   * Releases all that is open.
   *
   * @param owner the test or class that has leaked it; null if it is none that is known
   * @param grace how long the recorder waits for the ends of what it has cancelled
   * @return what went wrong; empty if all is released
   */
  static Optional<String> of(GrpcStreamRecorder recorder, @Nullable Owner owner, Duration grace) {
    return recorder.openStreams().isEmpty()
        ? Optional.empty()
        : new Release(recorder, owner, LEAST_LIMIT.plus(grace)).run();
  }

  private Optional<String> run() {
    List<Turn> turns = new ArrayList<>();
    try {
      Turn turn;
      do {
        turn = new Turn(recorder, owner);
        turn.start();
        turns.add(turn);
        // What it has cancelled is open no more. What is open waits behind a callback.
        boolean over = isOver(turn, ONE_CALLBACK);
        while (!over && !isAnyOpen() && left() > 0) {
          over = isOver(turn, ONE_CALLBACK);
        }
      } while (isAnyOpen() && left() > 0 && turn.isAlive());
      for (Turn each : turns) {
        if (!isOver(each, Duration.ofNanos(left()))) {
          return Optional.of(notReturned(each, limit));
        }
      }
    } finally {
      if (interrupted) {
        // A test that was interrupted is released like any other.
        Thread.currentThread().interrupt();
      }
    }
    for (Turn turn : turns) {
      Throwable thrown = turn.thrown;
      if (thrown != null) {
        return Optional.of("a stream that was left open could not be cancelled: " + thrown);
      }
    }
    return turns.stream().allMatch(turn -> turn.released)
        ? Optional.empty()
        : Optional.of(
            "a stream that was left open could not be cancelled; something between the application"
                + " and the transport keeps the cancel back");
  }

  /** Not those that were opened since, which may be many. */
  private boolean isAnyOpen() {
    return recorder.openStreams().stream().anyMatch(stream -> owed.contains(stream.id()));
  }

  private long left() {
    return Math.max(0, end - System.nanoTime());
  }

  private boolean isOver(Turn turn, Duration within) {
    long until = System.nanoTime() + Math.min(within.toNanos(), left());
    while (true) {
      try {
        return turn.over.await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
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
