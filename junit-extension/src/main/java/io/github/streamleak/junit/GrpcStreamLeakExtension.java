package io.github.streamleak.junit;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.Strictness;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;
import org.opentest4j.TestAbortedException;

/**
 * The check of {@link GrpcStreamLeakCheck} with settings given in code.
 *
 * <pre>{@code
 * @RegisterExtension
 * final GrpcStreamLeakExtension streams =
 *     GrpcStreamLeakExtension.builder().serve(new PriceService()).build();
 * }</pre>
 *
 * <p>Where the annotation holds as well, the two are one check: services and allowances add up, and
 * what the annotation sets goes before what the builder sets.
 */
public final class GrpcStreamLeakExtension
    implements BeforeAllCallback,
        TestInstancePreConstructCallback,
        TestInstancePostProcessor,
        BeforeEachCallback,
        BeforeTestExecutionCallback,
        AfterEachCallback,
        AfterAllCallback,
        ParameterResolver,
        TestExecutionExceptionHandler,
        LifecycleMethodExecutionExceptionHandler {

  // Basic approach: a test has a LeakScope with all that is its own, kept in the store of its
  // context from beforeEach on; a class has one in its own store. What is kept says which context
  // it is of, because a store also answers for the contexts around it. A scope is judged when
  // JUnit closes that store, after every callback and after what was put there later: a client
  // that @AutoClose or another extension closes gets its chance first.
  //
  // A constructor's parameters are resolved before the test has a context. The scope made there
  // waits in the store of the root context under the thread, which goes on to run the test, until
  // beforeEach claims it. A constructor that fails leaves it behind; the next instance made on that
  // thread, or the end of the class, discards it.

  private static final Namespace NAMESPACE = Namespace.create(GrpcStreamLeakExtension.class);
  private static final String TEST = "the test";
  private static final String WAITING = "scopes waiting for their test";

  private final Builder builder;

  /** For JUnit, where {@link GrpcStreamLeakCheck} registers the extension. */
  GrpcStreamLeakExtension() {
    this(new Builder());
  }

  private GrpcStreamLeakExtension(Builder builder) {
    this.builder = builder;
  }

  /** Returns a builder that starts from the defaults of {@link GrpcStreamLeakCheck}. */
  public static Builder builder() {
    return new Builder();
  }

  // ---- callbacks, in the order in which JUnit calls them ----

  @Override
  public void beforeAll(ExtensionContext context) {
    LeakSettings.requireKnownParametersOnce(context);
    GrpcStreamLeakAutoDetection.leaveToAnother(context);
    join(keptFor(context), classScope(context));
    adoptWaiting(context);
  }

  /**
   * A PER_CLASS class inside another has one outer instance for all its tests: what was made for
   * the outer constructor lives as long as the class.
   */
  private void adoptWaiting(ExtensionContext context) {
    LeakScope made = isPerClass(context) ? waiting(context).remove(Thread.currentThread()) : null;
    if (made == null) {
      return;
    }
    made.hold(settings(context));
    endAtClose(context, made, "the class");
    for (Object instance : context.getRequiredTestInstances().getAllInstances()) {
      if (!classScope(context).owns(instance)) {
        made.own(instance);
      }
    }
    made.startServerIfNeeded();
  }

  /** Adds what this extension's builder was given to a check that others may share. */
  private void join(Kept kept, LeakScope scope) {
    if (!kept.hasJoined(builder)) {
      kept.builders.add(builder);
      scope.serve(builder.services);
    }
  }

  @Override
  public void preConstructTestInstance(
      TestInstanceFactoryContext factoryContext, ExtensionContext context) {
    if (factoryContext.getOuterInstance().isEmpty()) {
      LeakScope stale = waiting(context).remove(Thread.currentThread());
      if (stale != null) {
        stale.discard();
      }
    }
  }

  @Override
  public void postProcessTestInstance(Object instance, ExtensionContext context) {
    if (isPerClass(context)) {
      LeakScope scope = classScope(context);
      scope.own(instance);
      scope.startServerIfNeeded();
      Injection.intoFields(instance, scope);
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    LeakSettings.requireKnownParametersOnce(context);
    GrpcStreamLeakAutoDetection.leaveToAnother(context);
    LeakScope waiting = waiting(context).remove(Thread.currentThread());
    Kept kept = keptFor(context);
    if (kept.test != null) {
      // Another extension of this class has begun the check; this one only joins it.
      join(kept, kept.test);
      return;
    }
    LeakScope scope = waiting == null ? newTestScope(context) : waiting;
    if (waiting != null) {
      // It may have been made for the constructor of an outer class.
      waiting.serveStaticFieldsOf(context.getRequiredTestClass());
    }
    kept.test = scope;
    kept.owner = this;
    join(kept, scope);
    scope.hold(settings(context));
    scope.watch(context, context.getTestMethod().map(Method::getName));
    endAtClose(context, scope, TEST);
    for (Object instance : context.getRequiredTestInstances().getAllInstances()) {
      if (!scope.owns(instance)) {
        scope.own(instance);
      }
    }
    scope.startServerIfNeeded();
    for (Object instance : scope.instances()) {
      Injection.intoFields(instance, scope);
    }
  }

  @Override
  public void beforeTestExecution(ExtensionContext context) {
    LeakScope scope = testScope(context);
    if (scope != null) {
      scope.requireSoundServices();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    LeakScope scope = testScope(context);
    if (scope != null) {
      scope.hold(settings(context));
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    LeakScope scope = ownClassScope(context);
    if (scope == null) {
      return;
    }
    scope.hold(settings(context));
    waiting(context)
        .values()
        .removeIf(
            stale -> {
              boolean mine = stale.testClass() == scope.testClass();
              if (mine) {
                stale.discard();
              }
              return mine;
            });
  }

  /** Judges the scope when all else that belongs to the context has been closed. */
  private static void endAtClose(ExtensionContext context, LeakScope scope, String waitedAfter) {
    store(context)
        .put(
            // A key of its own: a class may have two scopes.
            new Object(),
            new AtClose(
                () -> fail(scope.end(context, waitedAfter, waitedAfter.equals(TEST)), context)));
  }

  /** Fails with what went wrong, without ever taking the place of the test's own failure. */
  static void fail(List<Throwable> problems, ExtensionContext context) {
    if (problems.isEmpty()) {
      return;
    }
    Throwable problem = problems.get(0);
    problems.subList(1, problems.size()).forEach(problem::addSuppressed);
    Optional<Throwable> before = context.getExecutionException();
    if (before.isPresent() && before.get() instanceof TestAbortedException) {
      // JUnit would turn the aborted test into a failed one. It has no verdict, and keeps none.
      before.get().addSuppressed(problem);
      return;
    }
    // JUnit adds this to the failure of a test that has failed. It passes an error on as it is, and
    // since 5.13 hides an exception in "Failed to close extension context".
    if (problem instanceof Error error) {
      throw error;
    }
    AssertionError error = new AssertionError(problem.getMessage(), problem);
    for (Throwable other : problem.getSuppressed()) {
      error.addSuppressed(other);
    }
    throw error;
  }

  // ---- injection ----

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    // Of several extensions that share a check, one may answer: JUnit allows no two resolvers.
    Kept kept = kept(context);
    return (kept == null || kept.owner == null || kept.owner == this)
        && Injection.supports(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Executable executable = parameter.getDeclaringExecutable();
    boolean constructs = executable instanceof Constructor<?>;
    LeakScope scope = constructs ? constructionScope(context) : scopeOf(context);
    String place =
        "parameter "
            + (parameter.getIndex() + 1)
            + " ("
            + parameter.getParameter().getType().getSimpleName()
            + ") of "
            + Names.of(executable.getDeclaringClass())
            + (constructs ? "'s constructor" : "." + executable.getName());
    return Injection.make(parameter.getParameter().getType(), place, scope);
  }

  private LeakScope scopeOf(ExtensionContext context) {
    LeakScope scope = testScope(context);
    return scope != null ? scope : classScope(context);
  }

  private LeakScope constructionScope(ExtensionContext context) {
    LeakScope scope;
    if (isPerClass(context)) {
      scope = classScope(context);
    } else {
      scope =
          waiting(context).computeIfAbsent(Thread.currentThread(), thread -> newTestScope(context));
    }
    scope.stubsMayWait(true);
    return scope;
  }

  // JUnit wraps what a resolver throws, and names no valid types where no resolver was found.

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw explained(thrown);
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw explained(thrown);
  }

  @Override
  public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw explained(thrown);
  }

  @Override
  public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw explained(thrown);
  }

  @Override
  public void handleAfterAllMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw explained(thrown);
  }

  private static Throwable explained(Throwable thrown) {
    if (!(thrown instanceof ParameterResolutionException)) {
      return thrown;
    }
    if (thrown.getCause() instanceof ExtensionConfigurationException ours) {
      return ours;
    }
    String message = String.valueOf(thrown.getMessage());
    return message.startsWith("No ParameterResolver registered")
        ? new ExtensionConfigurationException(
            message + " What @GrpcStreamLeakCheck injects: " + Injection.VALID, thrown)
        : thrown;
  }

  // ---- scopes ----

  private LeakScope newTestScope(ExtensionContext context) {
    Class<?> testClass = context.getRequiredTestClass();
    LeakScope outer = enclosingClassScope(context);
    LeakScope scope =
        new LeakScope(
            Names.of(testClass)
                + context.getTestMethod().map(method -> "." + method.getName()).orElse(""),
            testClass,
            outer,
            recorder(context));
    if (outer == null) {
      for (Class<?> c = testClass; c != null; c = c.getEnclosingClass()) {
        scope.serveStaticFieldsOf(c);
      }
    }
    return scope;
  }

  private static @Nullable LeakScope testScope(ExtensionContext context) {
    Kept kept = kept(context);
    return kept == null ? null : kept.test;
  }

  private static @Nullable LeakScope ownClassScope(ExtensionContext context) {
    Kept kept = kept(context);
    return kept == null ? null : kept.ofClass;
  }

  /** Returns the scope of the class that {@code context} is, made when first asked for. */
  private LeakScope classScope(ExtensionContext context) {
    LeakScope known = ownClassScope(context);
    if (known != null) {
      return known;
    }
    Class<?> testClass = context.getRequiredTestClass();
    LeakScope scope =
        new LeakScope(
            Names.of(testClass),
            testClass,
            context.getParent().map(GrpcStreamLeakExtension::enclosingClassScope).orElse(null),
            recorder(context));
    scope.serveStaticFieldsOf(testClass);
    Kept kept = keptFor(context);
    kept.ofClass = scope;
    kept.owner = this;
    join(kept, scope);
    scope.hold(settings(context));
    scope.watch(context, Optional.empty());
    endAtClose(context, scope, "the class");
    return scope;
  }

  private static @Nullable LeakScope enclosingClassScope(ExtensionContext context) {
    ExtensionContext from = context;
    while (from != null) {
      Kept nearest = store(from).get(Kept.class, Kept.class);
      if (nearest == null || nearest.ofClass != null) {
        return nearest == null ? null : nearest.ofClass;
      }
      from = nearest.context.getParent().orElse(null);
    }
    return null;
  }

  private @Nullable GrpcStreamRecorder recorder(ExtensionContext context) {
    LeakSettings settings = settings(context);
    return records(context, settings) ? settings.newRecorder() : null;
  }

  private static boolean records(ExtensionContext context, LeakSettings settings) {
    Class<?> testClass = context.getRequiredTestClass();
    return settings.mode() != LeakCheckMode.OFF
        || Injection.asksForRecorder(testClass)
        // Made for a constructor: the method is not known yet, and may switch the check on.
        || (context.getTestMethod().isEmpty() && LeakSettings.methodsDiffer(testClass));
  }

  private LeakSettings settings(ExtensionContext context) {
    Kept kept = kept(context);
    Builder all = builder;
    if (kept != null && !kept.builders.isEmpty()) {
      all = kept.builders.get(0);
      for (Builder joined : kept.builders) {
        all = all.and(joined);
      }
      if (!kept.hasJoined(builder)) {
        all = all.and(builder);
      }
    }
    return LeakSettings.of(context, all, Strictness.NORMAL);
  }

  /** What the extensions of a test or class, which share one check, keep for its context. */
  private static final class Kept {

    private final ExtensionContext context;

    /** Of all that have joined the check. */
    private final List<Builder> builders = new ArrayList<>(1);

    private @Nullable LeakScope test;
    private @Nullable LeakScope ofClass;
    private @Nullable GrpcStreamLeakExtension owner;

    Kept(ExtensionContext context) {
      this.context = context;
    }

    boolean hasJoined(Builder builder) {
      for (Builder joined : builders) {
        if (joined == builder) {
          return true;
        }
      }
      return false;
    }

    boolean isOf(ExtensionContext context) {
      return this.context == context || this.context.getUniqueId().equals(context.getUniqueId());
    }
  }

  private static @Nullable Kept kept(ExtensionContext context) {
    Kept nearest = store(context).get(Kept.class, Kept.class);
    return nearest != null && nearest.isOf(context) ? nearest : null;
  }

  private static Kept keptFor(ExtensionContext context) {
    Kept kept = kept(context);
    if (kept == null) {
      kept = new Kept(context);
      store(context).put(Kept.class, kept);
    }
    return kept;
  }

  @SuppressWarnings("unchecked")
  private static Map<Thread, LeakScope> waiting(ExtensionContext context) {
    Store root = context.getRoot().getStore(NAMESPACE);
    synchronized (NAMESPACE) {
      Map<Thread, LeakScope> waiting = root.get(WAITING, Map.class);
      if (waiting == null) {
        waiting = new ConcurrentHashMap<>();
        root.put(WAITING, waiting);
      }
      return waiting;
    }
  }

  private static boolean isPerClass(ExtensionContext context) {
    return context.getTestInstanceLifecycle().orElse(Lifecycle.PER_METHOD) == Lifecycle.PER_CLASS;
  }

  private static Store store(ExtensionContext context) {
    return context.getStore(NAMESPACE);
  }

  /** Sets up a {@link GrpcStreamLeakExtension}. */
  public static final class Builder {

    final List<Object> services = new ArrayList<>();
    final List<StreamAllowance> allowances = new ArrayList<>();
    @Nullable Duration grace;
    LeakCheckMode mode = LeakCheckMode.CONFIGURED;
    @Nullable Strictness strictness;
    final Map<StreamRule, RuleSeverity> rules = new EnumMap<>(StreamRule.class);

    private Builder() {}

    /** Serves {@code service} in-process for each test, as {@link Serve} does. */
    public Builder serve(BindableService service) {
      services.add(Objects.requireNonNull(service, "service"));
      return this;
    }

    /** Serves {@code service} in-process for each test, as {@link Serve} does. */
    public Builder serve(ServerServiceDefinition service) {
      services.add(Objects.requireNonNull(service, "service"));
      return this;
    }

    /**
     * Sets how long to wait for release; see {@link GrpcStreamLeakCheck#grace()}.
     *
     * @throws IllegalArgumentException if {@code grace} is negative
     */
    public Builder grace(Duration grace) {
      if (grace.isNegative()) {
        throw new IllegalArgumentException(
            "grace must not be negative, but is " + grace + "; Duration.ZERO means not to wait");
      }
      this.grace = grace;
      return this;
    }

    /** Sets what a leak does; see {@link GrpcStreamLeakCheck#mode()}. */
    public Builder mode(LeakCheckMode mode) {
      this.mode = Objects.requireNonNull(mode, "mode");
      return this;
    }

    /** Sets how strict the check is; see {@link GrpcStreamLeakCheck#strictness()}. */
    public Builder strictness(Strictness strictness) {
      this.strictness = Objects.requireNonNull(strictness, "strictness");
      return this;
    }

    /**
     * Sets one rule, whatever the strictness; see {@link GrpcStreamLeakCheck#rules()}.
     *
     * @throws IllegalArgumentException for {@link StreamRule#LEAKED_STREAM}, which always fails
     */
    public Builder rule(StreamRule rule, RuleSeverity severity) {
      if (rule == StreamRule.LEAKED_STREAM) {
        throw new IllegalArgumentException(
            "leaked-stream always fails; excuse a stream with allow(), or set the mode");
      }
      rules.put(rule, Objects.requireNonNull(severity, "severity"));
      return this;
    }

    /**
     * Excuses streams; see {@link AllowStreamLeak}.
     *
     * @throws IllegalArgumentException if {@code reason} is blank, or {@code method} cannot match
     */
    public Builder allow(String method, String reason) {
      allowances.add(StreamAllowance.of(method, reason));
      return this;
    }

    /** Returns an extension with these settings. */
    public GrpcStreamLeakExtension build() {
      Builder copy = new Builder();
      copy.services.addAll(services);
      copy.merge(this);
      return new GrpcStreamLeakExtension(copy);
    }

    boolean saysNothing() {
      return allowances.isEmpty()
          && grace == null
          && strictness == null
          && rules.isEmpty()
          && mode == LeakCheckMode.CONFIGURED;
    }

    /** Returns what the two say together, but for the services; where they differ, the other. */
    private Builder and(Builder other) {
      if (other == this || other.saysNothing()) {
        return this;
      }
      if (saysNothing()) {
        return other;
      }
      Builder both = new Builder();
      both.merge(this);
      both.merge(other);
      return both;
    }

    private void merge(Builder other) {
      allowances.addAll(other.allowances);
      if (other.grace != null) {
        grace = other.grace;
      }
      if (other.strictness != null) {
        strictness = other.strictness;
      }
      rules.putAll(other.rules);
      if (other.mode != LeakCheckMode.CONFIGURED) {
        mode = other.mode;
      }
    }
  }
}
