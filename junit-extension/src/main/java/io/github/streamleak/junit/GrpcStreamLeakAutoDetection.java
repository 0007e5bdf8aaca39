package io.github.streamleak.junit;

import io.github.streamleak.verdict.Strictness;
import java.lang.reflect.Method;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/**
 * Checks every test of a run, without an annotation: with these two configuration parameters, and
 * for JUnit's service loader alone.
 *
 * <pre>
 * junit.jupiter.extensions.autodetection.enabled = true
 * streamleak.watch = all
 * </pre>
 *
 * <p>Does nothing unless {@code streamleak.watch} is {@code all}, or with {@code streamleak.mode}
 * {@code off}. A test that {@link GrpcStreamLeakCheck} or a {@link GrpcStreamLeakExtension} checks
 * is left to that.
 */
public final class GrpcStreamLeakAutoDetection implements BeforeAllCallback, BeforeEachCallback {

  // Basic approach: JUnit registers what it detects before all else. So what this puts into the
  // store of a context goes in first and is closed last: after every @AfterEach, @AutoClose, other
  // extension and resource of the test has had its turn to close a client.

  private static final Namespace NAMESPACE = Namespace.create(GrpcStreamLeakAutoDetection.class);
  private static final String END = "end";

  /** A scope and whose it is. */
  private record Begun(ExtensionContext context, LeakScope scope) {}

  /** For JUnit's service loader, which asks for a public constructor. */
  public GrpcStreamLeakAutoDetection() {}

  /** Begins to watch the class; what its life cycle methods open is judged after the last. */
  @Override
  public void beforeAll(ExtensionContext context) {
    begin(context, "the class");
  }

  /** Begins to watch the test; what it opens is judged when all else of it is closed. */
  @Override
  public void beforeEach(ExtensionContext context) {
    begin(context, "the test");
  }

  private static void begin(ExtensionContext context, String waitedAfter) {
    LeakSettings.requireKnownParametersOnce(context);
    if (LeakSettings.watch(context) != LeakSettings.Watch.ALL
        || LeakSettings.ofRun(context).mode() == LeakCheckMode.OFF
        || LeakSettings.isAnnotated(context)) {
      return;
    }
    Class<?> testClass = context.getRequiredTestClass();
    Optional<String> method = context.getTestMethod().map(Method::getName);
    LeakSettings settings =
        LeakSettings.of(context, GrpcStreamLeakExtension.builder(), Strictness.LENIENT);
    LeakScope scope =
        new LeakScope(
            Names.of(testClass) + method.map(name -> "." + name).orElse(""),
            testClass,
            context.getParent().map(GrpcStreamLeakAutoDetection::scopeAround).orElse(null),
            settings.newRecorder());
    scope.hold(settings);
    scope.releaseNothing();
    scope.watch(context, method);
    Store store = context.getStore(NAMESPACE);
    store.put(Begun.class, new Begun(context, scope));
    store.put(END, new AtClose(() -> end(context, scope, waitedAfter)));
  }

  private static void end(ExtensionContext context, LeakScope scope, String waitedAfter) {
    GrpcStreamLeakExtension.fail(
        scope.end(context, waitedAfter, /* sayIfUnused= */ false), context);
  }

  private static @Nullable LeakScope scopeAround(ExtensionContext context) {
    Begun nearest = context.getStore(NAMESPACE).get(Begun.class, Begun.class);
    return nearest == null ? null : nearest.scope;
  }

  /** An extension that a test registers by itself takes over: two checks would say all twice. */
  static void leaveToAnother(ExtensionContext context) {
    Begun nearest = context.getStore(NAMESPACE).get(Begun.class, Begun.class);
    // The store also answers for the contexts around this one.
    if (nearest != null && nearest.context.getUniqueId().equals(context.getUniqueId())) {
      nearest.scope.leaveToAnother();
    }
  }
}
