package io.github.streamleak.run;

import java.text.MessageFormat;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Logs what is to be said about a run when it ends, with the JDK's logger {@code
 * io.github.streamleak}.
 *
 * <p>By then the application under test may have bridged the JDK's logging to a library of its own
 * and shut that library down, as Spring Boot does. So a warning that only a bridge would receive,
 * or nobody, goes to the standard error stream instead: a leak must not stay unsaid because a
 * summary was lost.
 */
final class RunLog {

  private static final Logger LOGGER = Logger.getLogger("io.github.streamleak");

  private RunLog() {}

  static void warn(String pattern, Object... parameters) {
    log(Level.WARNING, pattern, parameters);
  }

  static void info(String pattern, Object... parameters) {
    log(Level.INFO, pattern, parameters);
  }

  /** Logs a line that is no warning, and that must not stay unsaid either. */
  @SuppressWarnings("SystemOut") // There is nowhere else left.
  static void say(String line) {
    if (isHeard()) {
      LOGGER.log(Level.INFO, line);
    } else {
      System.err.println(line);
    }
  }

  @SuppressWarnings("SystemOut") // There is nowhere else left.
  private static void log(Level level, String pattern, Object... parameters) {
    if (isHeard()) {
      LOGGER.log(level, pattern, parameters);
    } else if (level.intValue() >= Level.WARNING.intValue()) {
      System.err.println("streamleak: " + MessageFormat.format(pattern, parameters));
    }
  }

  private static boolean isHeard() {
    for (@Nullable Logger logger = LOGGER; logger != null; logger = parent(logger)) {
      for (Handler handler : logger.getHandlers()) {
        if (!handler.getClass().getName().contains("Bridge")) {
          return true;
        }
      }
    }
    return false;
  }

  private static @Nullable Logger parent(Logger logger) {
    return logger.getUseParentHandlers() ? logger.getParent() : null;
  }
}
