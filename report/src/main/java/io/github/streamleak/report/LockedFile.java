package io.github.streamleak.report;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs work while a file is locked, so that only one thread of all JVMs does it at a time. The
 * operating system releases the lock when a JVM dies, so that a crashed fork blocks nobody.
 */
final class LockedFile {

  /**
   * Longer than any merge takes. It is bounded, because a JVM that is stopped in a debugger must
   * not stop all others.
   */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private LockedFile() {}

  /** The work that is done while the file is locked. */
  interface Work<T> {
    T run(FileChannel channel) throws IOException;
  }

  /** Another JVM keeps the file locked. */
  static final class TimeoutException extends IOException {
    private static final long serialVersionUID = 1;

    private TimeoutException(String message) {
      super(message);
    }
  }

  /** Waits until the file can be locked, and runs the work. Makes the file if there is none. */
  static <T> T whileHeld(Path file, Work<T> work) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long giveUp = System.nanoTime() + LONGEST_WAIT.toNanos();
      // Closing the channel releases the lock.
      FileLock lock = tryLock(channel);
      while (lock == null) {
        if (System.nanoTime() - giveUp > 0) {
          throw new TimeoutException(
              "another JVM has kept " + file + " locked for " + LONGEST_WAIT.toSeconds() + " s");
        }
        LockSupport.parkNanos(PAUSE_NANOS);
        lock = tryLock(channel);
      }
      return work.run(channel);
    }
  }

  /**
   * Returns the lock, or null if it is held elsewhere. {@code lock()} would wait for another JVM,
   * but it throws if another thread of this JVM holds the lock.
   */
  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }
}
