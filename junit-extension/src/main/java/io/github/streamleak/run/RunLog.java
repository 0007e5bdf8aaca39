package io.github.streamleak.run;

import java.text.MessageFormat;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Says something about a run when it ends, to the JDK's logger {@code io.github.streamleak}.
 *
 * <p>By then the application under test may have put a bridge to its own logging there and shut
 * that logging down, as Spring Boot does. What a bridge would get, or nobody, goes to the standard
 * error stream instead: a summary that is lost tells of no leak.
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
