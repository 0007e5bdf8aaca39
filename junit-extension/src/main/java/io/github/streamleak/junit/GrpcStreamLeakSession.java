package io.github.streamleak.junit;

import io.github.streamleak.run.ChannelSight;
import io.github.streamleak.run.EarlyWatch;
import io.github.streamleak.run.RunSession;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Ends the tests of a JVM with one line of the check. Only JUnit's launcher uses it, which finds it
 * as a service.
 *
 * <p>An extension sees the tests of its own engine alone, and one run after the other. A launcher
 * sees all: the line has the sum of all runs, and the tests of other engines, which are not
 * checked.
 */
public final class GrpcStreamLeakSession implements LauncherSessionListener {

  private static final String JUPITER = "junit-jupiter";
  private static final String ENGINE = "[engine:";
  private static final String AUTO_DETECTION = "junit.jupiter.extensions.autodetection.enabled";

  private @Nullable RunSession session;

  /** For the launcher's service loader, which needs a public constructor. */
  public GrpcStreamLeakSession() {}

  /** Begins to listen to the launcher. */
  @Override
  public void launcherSessionOpened(LauncherSession launcherSession) {
    RunSession opened = RunSession.open();
    session = opened;
    launcherSession.getLauncher().registerTestExecutionListeners(new Tests(opened));
  }

  /** Logs the line. */
  @Override
  public void launcherSessionClosed(LauncherSession launcherSession) {
    if (session != null) {
      session.close();
    }
  }

  /** Counts the tests of all engines. */
  private static final class Tests implements TestExecutionListener {

    private final RunSession session;

    /** One for each plan that is being executed: a test may launch others. */
    private final Map<TestPlan, ChannelSight> sights = new ConcurrentHashMap<>();

    Tests(RunSession session) {
      this.session = session;
    }

    /** A field may hold a channel that is built before the extension is constructed. */
    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
      ChannelSight sight = ChannelSight.begin(plan.getConfigurationParameters()::get);
      if (sight != null) {
        sights.put(plan, sight);
      }
    }

    @Override
    public void executionStarted(TestIdentifier test) {
      if (test.isTest()) {
        session.testBegins();
      }
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (test.isTest()) {
        String engine = engineOf(test.getUniqueId());
        session.testEnded(engine.equals(JUPITER) ? null : engine);
      }
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
      EarlyWatch.dropUnclaimed();
      ChannelSight sight = sights.remove(plan);
      if (sight != null) {
        sight.end();
      }
      Optional<String> watch = plan.getConfigurationParameters().get("streamleak.watch");
      if (watch.filter("all"::equalsIgnoreCase).isPresent()
          && !plan.getConfigurationParameters().getBoolean(AUTO_DETECTION).orElse(false)) {
        session.couldNotCheck(
            "streamleak.watch = all has an effect only with " + AUTO_DETECTION + " = true");
      }
    }

    /** The engine of a suite runs others: the innermost one is what ran the test. */
    private static String engineOf(String uniqueId) {
      int from = uniqueId.lastIndexOf(ENGINE);
      int to = uniqueId.indexOf(']', from);
      return from < 0 || to < 0 ? "unknown" : uniqueId.substring(from + ENGINE.length(), to);
    }
  }
}
