package io.github.streamleak.report;

/** A file that cannot be used. The message names it, says why, and what is valid in its place. */
public final class ReportFileException extends RuntimeException {

  private static final long serialVersionUID = 1;

  ReportFileException(String message) {
    super(message);
  }

  ReportFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
