package io.github.streamleak.junit;

import io.github.streamleak.run.EarlyWatch;
import io.github.streamleak.run.LeakMode;
import io.github.streamleak.run.LeakParameters;
import io.github.streamleak.run.LeakSettings;
import io.github.streamleak.run.Names;
import io.github.streamleak.run.SettingsLayer;
import io.github.streamleak.run.WatchedChannels;
import io.github.streamleak.verdict.Strictness;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;

/**
 * Checks every test of a run without an annotation. Only JUnit's service loader uses it; these two
 * configuration parameters switch it on:
 *
 * <pre>
 * junit.jupiter.extensions.autodetection.enabled = true
 * streamleak.watch = all
 * </pre>
 *
 * <p>Does nothing unless {@code streamleak.watch} is {@code all}, and nothing if {@code
 * streamleak.mode} is {@code off}. A test that is checked by {@link GrpcStreamLeakCheck} or a
 * {@link GrpcStreamLeakExtension} is left to those.
 */
public final class GrpcStreamLeakAutoDetection
    implements ExecutionCondition,
        BeforeAllCallback,
        TestInstancePreConstructCallback,
        BeforeEachCallback,
        BeforeTestExecutionCallback,
        AfterTestExecutionCallback {

  // Basic approach: JUnit registers detected extensions before all others. So what this one puts
  // into the store of a context is the first to go in and the last to be closed: every @AfterEach,
  // @AutoClose, other extension and resource of the test can close a client before the verdict.

  /** Sees what happens before the first class begins. */
  private final EarlyWatch early = EarlyWatch.start();

  /** For JUnit's service loader, which needs a public constructor. */
  public GrpcStreamLeakAutoDetection() {}

  /** Disables nothing. JUnit asks conditions before it calls back any extension. */
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return Conditions.reserveClose(context);
  }

  /** Begins to watch the class. What its life cycle methods open is judged after the last one. */
  @Override
  public void beforeAll(ExtensionContext context) {
    begin(context, "the class");
  }

  /** Begins to watch the test that an instance is made for, or the class if it serves all tests. */
  @Override
  public void preConstructTestInstance(
      TestInstanceFactoryContext factoryContext, ExtensionContext context) {
    if (OwnCode.isPerClass(context)) {
      // Its constructor runs before beforeAll.
      begin(context, "the class");
      return;
    }
    WaitingScopes waiting = WaitingScopes.ofWatchedTests(context);
    if (factoryContext.getOuterInstance().isEmpty()) {
      leave(waiting.take(), null);
    }
    if (isWatched(context)) {
      waiting
          .onThisThread(() -> newScope(context))
          .beginConstruction(context, scopeAround(context));
    }
  }

  /** Begins to watch the test. What it opens is judged when everything else of it is closed. */
  @Override
  public void beforeEach(ExtensionContext context) {
    begin(context, "the test");
  }

  @Override
  public void beforeTestExecution(ExtensionContext context) {
    testRuns(context, true);
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    testRuns(context, false);
  }

  private static void testRuns(ExtensionContext context, boolean begins) {
    LeakScope scope = Stores.of(context, LeakScope.class);
    if (scope != null) {
      scope.testRuns(begins);
    }
  }

  private static boolean isWatched(ExtensionContext context) {
    LeakParameters parameters = JupiterRunner.runOf(context).parameters();
    return parameters.watch() == WatchedChannels.ALL
        && parameters.ofRun().mode() != LeakMode.OFF
        && !Annotations.askForCheck(context);
  }

  private void begin(ExtensionContext context, String waitedAfter) {
    JupiterRunner.requireKnownParameters(context);
    if (!isWatched(context)) {
      early.drop();
      return;
    }
    if (Stores.of(context, LeakScope.class) != null) {
      return;
    }
    LeakScope constructed = WaitingScopes.ofWatchedTests(context).take();
    boolean ofTest = context.getTestMethod().isPresent();
    LeakScope scope = constructed == null || !ofTest ? newScope(context) : constructed;
    scope.hold(settings(context));
    scope.releaseNothing();
    scope.begin(context);
    scope.claim(early);
    if (!ofTest) {
      // It was made for the instance around, which serves all tests of this class.
      leave(constructed, scope);
    }
    Stores.keep(context, LeakScope.class, scope);
    Stores.atClose(
        context,
        () -> {
          if (!ofTest) {
            WaitingScopes.ofWatchedTests(context).leaveThoseOf(scope.testClass(), scope);
          } else if (!scope.isLeft()) {
            sayWhatIsNotServed(context);
          }
          Failures.raise(scope.end(context, waitedAfter, /* sayIfUnused= */ false), context);
        });
  }

  private static LeakSettings settings(ExtensionContext context) {
    return TestSettings.of(context, SettingsLayer.EMPTY, Strictness.LENIENT);
  }

  private static LeakScope newScope(ExtensionContext context) {
    return new LeakScope(
        context, LeakScope.nameOf(context), scopeAround(context), settings(context).newRecorder());
  }

  private static void leave(@Nullable LeakScope scope, @Nullable LeakScope another) {
    if (scope != null) {
      scope.leaveTo(another);
    }
  }

  /** A test that is only watched is given nothing: its fields stay as they are. */
  private static void sayWhatIsNotServed(ExtensionContext context) {
    Class<?> testClass = context.getRequiredTestClass();
    List<String> fields = new ArrayList<>();
    ServedServices.fieldsOf(testClass).forEach(field -> fields.add("@Serve " + Names.of(field)));
    Injection.fieldsOf(testClass).forEach(field -> fields.add("@GrpcInject " + Names.of(field)));
    if (!fields.isEmpty()) {
      context.publishReportEntry(
          "streamleak.not-served",
          String.join(", ", fields)
              + (fields.size() == 1 ? " is" : " are")
              + " left as "
              + (fields.size() == 1 ? "it is" : "they are")
              + ": streamleak.watch=all watches the channels of a test and serves nothing; add"
              + " @GrpcStreamLeakCheck to "
              + Names.of(testClass));
    }
  }

  /** Returns the scope of the class that {@code context} is, or is in; null if there is none. */
  private static @Nullable LeakScope scopeAround(ExtensionContext context) {
    Stores.Kept<LeakScope> nearest = Stores.nearest(context, LeakScope.class);
    return nearest == null ? null : nearest.value();
  }

  /**
   * Leaves a test or class to the scope of an extension that it registers itself, and what was
   * opened so far. Two checks would report everything twice.
   */
  static void leaveTo(LeakScope another, ExtensionContext context) {
    leave(Stores.of(context, LeakScope.class), another);
    leave(WaitingScopes.ofWatchedTests(context).take(), another);
  }
}
