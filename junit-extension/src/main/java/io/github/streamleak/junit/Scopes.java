package io.github.streamleak.junit;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.run.LeakMode;
import io.github.streamleak.run.LeakSettings;
import io.github.streamleak.run.Names;
import io.github.streamleak.run.SettingsLayer;
import io.github.streamleak.verdict.Strictness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Finds the scope of a test or class for one extension, and makes it if there is none.
 *
 * <p>Scopes are found by way of a {@link SharedCheck}, because several extensions may apply to one
 * test or class.
 */
final class Scopes {

  private static final String TEST = "the test";
  private static final String CLASS = "the class";

  private final CodeSettings inCode;

  Scopes(CodeSettings inCode) {
    this.inCode = inCode;
  }

  // ---- scopes that exist ----

  /** Returns the scope of the test that {@code context} is; null if none has begun. */
  static @Nullable LeakScope ofTest(ExtensionContext context) {
    SharedCheck check = SharedCheck.of(context);
    return check == null ? null : check.ofTest();
  }

  /** Returns the scope of the class that {@code context} is; null if none has begun. */
  static @Nullable LeakScope ofClass(ExtensionContext context) {
    SharedCheck check = SharedCheck.of(context);
    return check == null ? null : check.ofClass();
  }

  // ---- scopes that are made if need be ----

  /** Returns the scope of the class that {@code context} is. It is made if there is none. */
  LeakScope orNewOfClass(ExtensionContext context) {
    LeakScope known = ofClass(context);
    if (known != null) {
      return known;
    }
    Class<?> testClass = context.getRequiredTestClass();
    LeakScope scope =
        new LeakScope(
            context,
            Names.of(testClass),
            context.getParent().map(SharedCheck::scopeOfClassAround).orElse(null),
            newRecorder(context));
    scope.fixture().serveStaticFieldsOf(testClass);
    SharedCheck check = SharedCheck.orNew(context);
    check.beginClass(scope, inCode);
    check.join(inCode, scope);
    scope.hold(settings(context));
    scope.begin(context);
    endOfClassAtClose(context, scope);
    return scope;
  }

  /** Returns the scope for the parameters of a constructor. It is made if there is none. */
  LeakScope ofConstruction(ExtensionContext context) {
    LeakScope scope =
        OwnCode.isPerClass(context)
            ? orNewOfClass(context)
            : WaitingScopes.of(context).onThisThread(() -> newOfTest(context));
    scope.fixture().letStubsWait();
    return scope;
  }

  /** Begins the check of the test that an instance is about to be made for, on this thread. */
  void beginConstruction(ExtensionContext context) {
    LeakScope scope = WaitingScopes.of(context).onThisThread(() -> newOfTest(context));
    scope.beginConstruction(context, SharedCheck.scopeOfClassAround(context));
    GrpcStreamLeakAutoDetection.leaveTo(scope, context);
  }

  /**
   * Begins the check of a test, with the scope that was made for its constructor if there is one.
   * If another extension has begun the check already, this one only joins it.
   *
   * @return the scope if it begins now; null if it had begun before
   */
  @Nullable LeakScope beginTest(ExtensionContext context) {
    LeakScope waiting = WaitingScopes.of(context).take();
    SharedCheck check = SharedCheck.orNew(context);
    LeakScope begun = check.ofTest();
    if (begun != null) {
      check.join(inCode, begun);
      return null;
    }
    LeakScope scope = waiting == null ? newOfTest(context) : waiting;
    if (waiting != null) {
      // The scope may have been made for the constructor of an outer class.
      waiting.fixture().serveStaticFieldsOf(context.getRequiredTestClass());
    }
    check.beginTest(scope, inCode);
    check.join(inCode, scope);
    scope.hold(settings(context));
    scope.begin(context);
    atClose(context, scope, TEST, /* sayIfUnused= */ true);
    return scope;
  }

  private LeakScope newOfTest(ExtensionContext context) {
    LeakScope outer = SharedCheck.scopeOfClassAround(context);
    LeakScope scope =
        new LeakScope(context, LeakScope.nameOf(context), outer, newRecorder(context));
    if (outer == null) {
      for (Class<?> c = context.getRequiredTestClass(); c != null; c = c.getEnclosingClass()) {
        scope.fixture().serveStaticFieldsOf(c);
      }
    }
    return scope;
  }

  // ---- settings ----

  /** Returns the settings for a test or class. */
  LeakSettings settings(ExtensionContext context) {
    SharedCheck check = SharedCheck.of(context);
    SettingsLayer layer = check == null ? inCode.layer() : check.layerWith(inCode);
    return TestSettings.of(context, layer, Strictness.NORMAL);
  }

  private @Nullable GrpcStreamRecorder newRecorder(ExtensionContext context) {
    LeakSettings settings = settings(context);
    return isRecorded(context, settings) ? settings.newRecorder() : null;
  }

  private static boolean isRecorded(ExtensionContext context, LeakSettings settings) {
    Class<?> testClass = context.getRequiredTestClass();
    return settings.mode() != LeakMode.OFF
        || Injection.asksForRecorder(testClass)
        // The scope is made for a constructor. The test method, or the class inside that has it,
        // which is not known yet, may have an annotation that switches the check on.
        || (context.getTestMethod().isEmpty() && Annotations.differWithin(testClass));
  }

  // ---- the end ----

  /** Ends the scope of a class when everything else that belongs to the class is closed. */
  static void endOfClassAtClose(ExtensionContext context, LeakScope scope) {
    atClose(context, scope, CLASS, /* sayIfUnused= */ false);
  }

  private static void atClose(
      ExtensionContext context, LeakScope scope, String waitedAfter, boolean sayIfUnused) {
    Stores.atClose(
        context, () -> Failures.raise(scope.end(context, waitedAfter, sayIfUnused), context));
  }
}
