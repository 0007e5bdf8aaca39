package io.github.streamleak.run;

import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamRule;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads settings as people write them: words, durations, paths, allowances.
 *
 * <p>Text that cannot be read ends in the runner's own exception. Its message says where the text
 * was written, what was found there and what would be valid.
 */
public final class SettingsReader {

  private static final Pattern DURATION = Pattern.compile("(-?\\d{1,9})\\s*(ms|s|m)");

  private final Runner runner;

  SettingsReader(Runner runner) {
    this.runner = runner;
  }

  /** Reads one of a few words: the names of an enum's constants, in upper or lower case. */
  <E extends Enum<E>> E choice(String text, String parameter, E[] values) {
    return Arrays.stream(values)
        .filter(value -> value.name().equalsIgnoreCase(text.trim()))
        .findFirst()
        .orElseThrow(
            () ->
                runner.misuse(
                    "the configuration parameter "
                        + parameter
                        + " is \""
                        + text
                        + "\"; the valid values are "
                        + words(values),
                    null));
  }

  private static String words(Enum<?>[] values) {
    List<String> words =
        Arrays.stream(values).map(value -> value.name().toLowerCase(Locale.ROOT)).toList();
    int last = words.size() - 1;
    return String.join(", ", words.subList(0, last)) + " and " + words.get(last);
  }

  /**
   * Reads a duration.
   *
   * @param place where it was written, for messages
   */
  public Duration duration(String text, String place) {
    Matcher form = DURATION.matcher(text.trim().toLowerCase(Locale.ROOT));
    if (!form.matches()) {
      throw runner.misuse(
          place
              + " is \""
              + text
              + "\", which is not a duration; write a number and a unit (ms, s or m), such as"
              + " \"500 ms\" or \"2 s\"",
          null);
    }
    long number = Long.parseLong(form.group(1));
    if (number < 0) {
      throw runner.misuse(
          place + " is \"" + text + "\", but must not be negative; \"0 s\" means not to wait",
          null);
    }
    return switch (form.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      default -> Duration.ofMinutes(number);
    };
  }

  Path path(String text, String parameter) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw runner.misuse(
          "the configuration parameter " + parameter + " is not a path: " + e.getMessage(), e);
    }
  }

  /**
   * Returns {@code rule} if it may be set.
   *
   * @param place where it was written, for messages
   */
  public StreamRule settable(StreamRule rule, String place) {
    if (rule == StreamRule.LEAKED_STREAM) {
      throw runner.misuse(
          place
              + " cannot be set: a leak always fails. Excuse a stream with "
              + runner.wording().allowance()
              + " or "
              + ParameterNames.IGNORE
              + ", which have a reason, or set "
              + ParameterNames.MODE,
          null);
    }
    return rule;
  }

  /**
   * Reads an allowance of a test or class.
   *
   * @param cause a cause or rule; blank for all of them
   * @param openedBy a class, or a class and method; blank for all of them
   * @param place where it was written, for messages
   */
  public Allowance allowance(
      String method, String reason, String cause, String openedBy, String place) {
    try {
      return new Allowance(streams(method, reason, cause, openedBy), place, /* ofRun= */ false);
    } catch (IllegalArgumentException e) {
      throw runner.misuse(place + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads the allowance in one entry of the parameter {@code streamleak.ignore}: {@code method
   * [cause or rule] [opened by]: reason}.
   */
  Allowance ignored(String entry) {
    String place = "the configuration parameter " + ParameterNames.IGNORE;
    String[] parts = entry.split(":", 2);
    try {
      String[] what = parts[0].trim().split("\\s+", 3);
      boolean narrowed = what.length > 1 && StreamAllowance.isCauseOrRule(what[1]);
      int opener = narrowed ? 2 : 1;
      return new Allowance(
          streams(
              what[0],
              parts.length < 2 ? "" : parts[1].trim(),
              narrowed ? what[1] : "",
              what.length > opener
                  ? String.join(" ", List.of(what).subList(opener, what.length))
                  : ""),
          place,
          /* ofRun= */ true);
    } catch (IllegalArgumentException e) {
      throw runner.misuse(
          place
              + ", at \""
              + entry.trim()
              + "\": "
              + e.getMessage()
              + "; write package.Service/Method: reason, and put a semicolon between two of them;"
              + " a cause or rule, and the class that opens the stream, may stand before the colon",
          e);
    }
  }

  private static StreamAllowance streams(
      String method, String reason, String cause, String openedBy) {
    StreamAllowance allowance = StreamAllowance.of(method, reason);
    if (!cause.isBlank()) {
      allowance = allowance.onlyFor(cause);
    }
    return openedBy.isBlank() ? allowance : allowance.openedBy(openedBy.trim());
  }
}
