package io.github.streamleak.junit;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/** Reads durations as people write them. */
final class Durations {

  private static final Pattern FORM = Pattern.compile("(-?\\d{1,9})\\s*(ms|s|m)");

  private Durations() {}

  static Duration parse(String text, String place) {
    Matcher form = FORM.matcher(text.trim().toLowerCase(Locale.ROOT));
    if (!form.matches()) {
      throw new ExtensionConfigurationException(
          place
              + " is \""
              + text
              + "\", which is no duration; write a number and a unit (ms, s or m), such as"
              + " \"500 ms\" or \"2 s\"");
    }
    long number = Long.parseLong(form.group(1));
    if (number < 0) {
      throw new ExtensionConfigurationException(
          place + " is \"" + text + "\", but must not be negative; \"0 s\" means not to wait");
    }
    return switch (form.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      default -> Duration.ofMinutes(number);
    };
  }
}
