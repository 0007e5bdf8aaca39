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
 * Work that one thread alone does at a time, among all threads and JVMs, told by a file that it
 * holds. The operating system lets go of the file when the JVM dies.
 */
final class LockedFile {

  /** Longer than any merge; a JVM that is stopped in a debugger must not stop all others. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private LockedFile() {}

  /** What is done while the file is held. */
  interface Work<T> {
    T run(FileChannel channel) throws IOException;
  }

  /** Waits until the file is free, and works. Makes the file if there is none. */
  static <T> T whileHeld(Path file, Work<T> work) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long giveUp = System.nanoTime() + LONGEST_WAIT.toNanos();
      // Closing the channel releases it.
      FileLock lock = tryLock(channel);
      while (lock == null) {
        if (System.nanoTime() - giveUp > 0) {
          throw new IOException(
              "another JVM has held " + file + " for " + LONGEST_WAIT.toSeconds() + " s");
        }
        LockSupport.parkNanos(PAUSE_NANOS);
        lock = tryLock(channel);
      }
      return work.run(channel);
    }
  }

  /** Asks again and again, for a thread of this JVM that holds the file makes lock() throw. */
  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }
}
