package io.github.streamleak.report;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;

/** Renders values for use in a sentence. */
final class Texts {

  /** How many findings of one kind a text lists at most. */
  private static final int MOST_LISTED = 20;

  private Texts() {}

  /**
   * Returns why something failed. The message of an exception about a file is often no more than
   * the name of the file, so the type of the exception is used as well.
   */
  static String why(Exception e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException || e instanceof NotDirectoryException) {
      return "there is a file where a directory must be";
    }
    if (e instanceof FileSystemException file && file.getReason() != null) {
      return file.getReason();
    }
    String message = e.getMessage();
    return e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }

  /** Returns a line for each of the first findings, and one that counts the others. */
  static List<String> listed(String word, SortedSet<String> fingerprints) {
    List<String> lines = new ArrayList<>();
    fingerprints.stream().limit(MOST_LISTED).forEach(each -> lines.add(word + ": " + each));
    if (fingerprints.size() > MOST_LISTED) {
      lines.add("... and " + number(fingerprints.size() - MOST_LISTED) + " more " + word);
    }
    return lines;
  }

  static String count(long n, String noun) {
    return number(n) + " " + noun + (n == 1 ? "" : "s");
  }

  /** Returns a number with commas between the thousands. */
  static String number(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  /** Cuts a text after {@code most} characters, but never inside a surrogate pair. */
  static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return text.substring(0, end) + "...";
  }
}
