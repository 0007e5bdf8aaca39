package io.github.streamleak.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * Whether the merged report holds all parts that are there. It stands in the lock's own file, from
 * which the JVM that holds the lock takes it, and into which it puts it when it is through. A JVM
 * that dies in between leaves nothing there, and then the next one merges all parts.
 *
 * @param text nothing, or the build whose parts are all merged
 */
record MergeState(String text) {

  static final MergeState UNKNOWN = new MergeState("");

  private static final int LONGEST = 1_000;

  static MergeState mergedAll(String build) {
    return new MergeState("merged " + build + "\n");
  }

  /** Reads the state and takes it out of the file. */
  static MergeState takenFrom(FileChannel lock) throws IOException {
    lock.position(0);
    byte[] bytes = Channels.newInputStream(lock).readNBytes(LONGEST);
    lock.truncate(0);
    return new MergeState(new String(bytes, StandardCharsets.UTF_8));
  }

  void putInto(FileChannel lock) throws IOException {
    lock.truncate(0);
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      lock.write(bytes);
    }
  }
}
