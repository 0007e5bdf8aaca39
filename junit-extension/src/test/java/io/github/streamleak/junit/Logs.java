package io.github.streamleak.junit;

import java.text.MessageFormat;
import java.util.List;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** What a run says in the log. */
final class Logs {

  private Logs() {}

  /** Runs, and adds what is logged meanwhile. */
  static EngineExecutionResults collect(List<String> log, Supplier<EngineTestKit.Builder> run) {
    EngineExecutionResults[] results = new EngineExecutionResults[1];
    during(log, () -> results[0] = run.get().execute());
    return results[0];
  }

  /** Does something, and adds what is logged meanwhile. */
  static void during(List<String> log, Runnable action) {
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            Object[] parameters = record.getParameters();
            log.add(
                parameters == null
                    ? record.getMessage()
                    : MessageFormat.format(record.getMessage(), parameters));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("io.github.streamleak");
    Level before = logger.getLevel();
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    logger.setLevel(Level.ALL);
    try {
      action.run();
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
      logger.setLevel(before);
    }
  }
}
