package io.github.streamleak.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Writes a file so that other programs see the old or the new file, but never half of it: the text
 * goes into a temporary file, which then takes the place of the old one.
 */
final class WholeFile {

  private static final String TEMPORARY = ".tmp";

  private WholeFile() {}

  static void write(Path file, String text) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Path temporary = temporary(file);
    try {
      // Files.writeString would throw at half a surrogate pair.
      Files.write(temporary, text.getBytes(StandardCharsets.UTF_8));
      move(temporary, file);
    } catch (IOException e) {
      // The disk may be full, and half a file would stay there for good.
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException alsoFailed) {
        e.addSuppressed(alsoFailed);
      }
      throw e;
    }
  }

  static Path temporary(Path file) {
    return file.resolveSibling(file.getFileName() + TEMPORARY);
  }

  static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
