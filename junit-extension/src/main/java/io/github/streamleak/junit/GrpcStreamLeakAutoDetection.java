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

  private void begin(ExtensionContext context, String waitedAfter) {
    JupiterRunner.requireKnownParameters(context);
    LeakParameters parameters = JupiterRunner.runOf(context).parameters();
    if (parameters.watch() != WatchedChannels.ALL
        || parameters.ofRun().mode() == LeakMode.OFF
        || Annotations.askForCheck(context)) {
      early.drop();
      return;
    }
    LeakSettings settings = TestSettings.of(context, SettingsLayer.EMPTY, Strictness.LENIENT);
    LeakScope scope =
        new LeakScope(
            context,
            LeakScope.nameOf(context),
            context.getParent().map(GrpcStreamLeakAutoDetection::scopeAround).orElse(null),
            settings.newRecorder());
    scope.hold(settings);
    scope.releaseNothing();
    scope.begin(context);
    scope.claim(early);
    Stores.keep(context, LeakScope.class, scope);
    Stores.atClose(
        context,
        () -> {
          if (context.getTestMethod().isPresent() && !scope.isLeft()) {
            sayWhatIsNotServed(context);
          }
          Failures.raise(scope.end(context, waitedAfter, /* sayIfUnused= */ false), context);
        });
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

  private static @Nullable LeakScope scopeAround(ExtensionContext context) {
    Stores.Kept<LeakScope> nearest = Stores.nearest(context, LeakScope.class);
    return nearest == null ? null : nearest.value();
  }

  /**
   * Leaves a test or class to an extension that it registers itself. Two checks would report
   * everything twice.
   */
  static void leaveToAnother(ExtensionContext context) {
    LeakScope scope = Stores.of(context, LeakScope.class);
    if (scope != null) {
      scope.leaveToAnother();
    }
  }
}
