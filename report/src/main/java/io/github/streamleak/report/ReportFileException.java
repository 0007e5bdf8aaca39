package io.github.streamleak.report;

/**
 * Thrown for a file that cannot be used. The message names the file, says what is wrong with it,
 * and what would be valid.
 */
public final class ReportFileException extends RuntimeException {

  private static final long serialVersionUID = 1;

  ReportFileException(String message) {
    super(message);
  }

  ReportFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
