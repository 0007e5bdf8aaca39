package io.github.streamleak.junit;

import io.github.streamleak.run.Allowance;
import io.github.streamleak.run.EarlyWatch;
import io.github.streamleak.run.Names;
import io.github.streamleak.run.SettingsLayer;
import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.Strictness;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;

/**
 * The check of {@link GrpcStreamLeakCheck} with settings given in code.
 *
 * <pre>{@code
 * @RegisterExtension
 * final GrpcStreamLeakExtension streams =
 *     GrpcStreamLeakExtension.builder().serve(new PriceService()).build();
 * }</pre>
 *
 * <p>If the annotation applies as well, the two make one check together: services and allowances
 * add up, and what the annotation sets takes precedence over what the builder sets.
 */
public final class GrpcStreamLeakExtension
    implements ExecutionCondition,
        BeforeAllCallback,
        TestInstancePreConstructCallback,
        TestInstancePostProcessor,
        BeforeEachCallback,
        BeforeTestExecutionCallback,
        AfterTestExecutionCallback,
        AfterEachCallback,
        AfterAllCallback,
        ParameterResolver,
        TestExecutionExceptionHandler,
        LifecycleMethodExecutionExceptionHandler {

  // Basic approach: each test has a LeakScope, which holds everything that is the test's own. It is
  // kept in the store of the test's context from beforeEach on; a class has one in its own store. A
  // scope is judged when JUnit closes that store: after every callback, and after everything that
  // was put into the store later. So a client that @AutoClose or another extension closes is closed
  // before the verdict. An afterEach callback of ours would run before both of them.
  //
  // Constructor parameters are resolved before the test has a context: see WaitingScopes. Several
  // extensions may apply to one test, and then share one check: see SharedCheck.

  private final CodeSettings inCode;
  private final Scopes scopes;

  /** Sees what the class does until JUnit calls back for the first time. */
  private final EarlyWatch early = EarlyWatch.start();

  /** For JUnit, where {@link GrpcStreamLeakCheck} registers the extension. */
  GrpcStreamLeakExtension() {
    this(CodeSettings.nothing());
  }

  private GrpcStreamLeakExtension(CodeSettings inCode) {
    this.inCode = inCode;
    this.scopes = new Scopes(inCode);
  }

  /** Returns a builder that starts from the defaults of {@link GrpcStreamLeakCheck}. */
  public static Builder builder() {
    return new Builder();
  }

  // ---- callbacks, in the order in which JUnit calls them ----

  /** Disables nothing. JUnit asks conditions before it calls back any extension. */
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return Conditions.reserveClose(context);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    JupiterRunner.requireKnownParameters(context);
    SharedCheck check = SharedCheck.orNew(context);
    LeakScope ofClass = scopes.orNewOfClass(context);
    GrpcStreamLeakAutoDetection.leaveTo(ofClass, context);
    check.join(inCode, ofClass);
    ofClass.claim(early);
    adoptWaiting(context);
  }

  /**
   * Gives the class the scope that was made for the constructor of an outer class. A PER_CLASS
   * class inside another has one outer instance for all its tests, so that scope lives as long as
   * the class.
   */
  private void adoptWaiting(ExtensionContext context) {
    LeakScope made = OwnCode.isPerClass(context) ? WaitingScopes.of(context).take() : null;
    if (made == null) {
      return;
    }
    made.hold(scopes.settings(context));
    Scopes.endOfClassAtClose(context, made);
    for (Object instance : context.getRequiredTestInstances().getAllInstances()) {
      if (!scopes.orNewOfClass(context).fixture().owns(instance)) {
        made.fixture().own(instance);
      }
    }
    made.fixture().startServerIfNeeded();
  }

  @Override
  public void preConstructTestInstance(
      TestInstanceFactoryContext factoryContext, ExtensionContext context) {
    JupiterRunner.requireKnownParameters(context);
    if (OwnCode.isPerClass(context)) {
      // Its constructor runs before beforeAll.
      LeakScope ofClass = scopes.orNewOfClass(context);
      GrpcStreamLeakAutoDetection.leaveTo(ofClass, context);
      ofClass.claim(early);
      return;
    }
    if (factoryContext.getOuterInstance().isEmpty()) {
      WaitingScopes.of(context).discardOnThisThread();
    }
    scopes.beginConstruction(context);
  }

  @Override
  public void postProcessTestInstance(Object instance, ExtensionContext context) {
    if (OwnCode.isPerClass(context)) {
      Fixture fixture = scopes.orNewOfClass(context).fixture();
      fixture.own(instance);
      fixture.startServerIfNeeded();
      Injection.intoFields(instance, fixture);
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    JupiterRunner.requireKnownParameters(context);
    LeakScope begun = scopes.beginTest(context);
    LeakScope ofTest = Scopes.ofTest(context);
    if (ofTest != null) {
      GrpcStreamLeakAutoDetection.leaveTo(ofTest, context);
      ofTest.claim(early);
    }
    if (begun == null) {
      return;
    }
    Fixture fixture = begun.fixture();
    for (Object instance : context.getRequiredTestInstances().getAllInstances()) {
      if (!fixture.owns(instance)) {
        fixture.own(instance);
      }
    }
    fixture.startServerIfNeeded();
    for (Object instance : fixture.instances()) {
      Injection.intoFields(instance, fixture);
    }
  }

  @Override
  public void beforeTestExecution(ExtensionContext context) {
    LeakScope scope = Scopes.ofTest(context);
    if (scope != null) {
      scope.fixture().requireSoundServices();
      if (SharedCheck.isBegunBy(context, inCode)) {
        scope.testRuns(true);
      }
    }
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    LeakScope scope = Scopes.ofTest(context);
    if (scope != null && SharedCheck.isBegunBy(context, inCode)) {
      scope.testRuns(false);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    LeakScope scope = Scopes.ofTest(context);
    if (scope != null) {
      scope.hold(scopes.settings(context));
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    LeakScope scope = Scopes.ofClass(context);
    if (scope != null) {
      scope.hold(scopes.settings(context));
      WaitingScopes.of(context).discardThoseOf(scope.testClass());
    }
  }

  // ---- injection ----

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    // Only one of the extensions that share a check may answer: JUnit rejects two resolvers.
    SharedCheck check = SharedCheck.of(context);
    return (check == null || check.leavesInjectionTo(inCode))
        && Injection.supports(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Executable executable = parameter.getDeclaringExecutable();
    boolean constructs = executable instanceof Constructor<?>;
    LeakScope scope = constructs ? scopes.ofConstruction(context) : scopeOf(context);
    String place =
        "parameter "
            + (parameter.getIndex() + 1)
            + " ("
            + parameter.getParameter().getType().getSimpleName()
            + ") of "
            + Names.of(executable.getDeclaringClass())
            + (constructs ? "'s constructor" : "." + executable.getName());
    return Injection.make(parameter.getParameter().getType(), place, scope.fixture());
  }

  private LeakScope scopeOf(ExtensionContext context) {
    LeakScope scope = Scopes.ofTest(context);
    return scope != null ? scope : scopes.orNewOfClass(context);
  }

  // ---- exceptions of JUnit's that do not say what is wrong ----

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw Failures.explained(thrown);
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw Failures.explained(thrown);
  }

  @Override
  public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw Failures.explained(thrown);
  }

  @Override
  public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw Failures.explained(thrown);
  }

  @Override
  public void handleAfterAllMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw Failures.explained(thrown);
  }

  /** Sets up a {@link GrpcStreamLeakExtension}. */
  public static final class Builder {

    private final List<Object> services = new ArrayList<>();
    private final List<Allowance> allowances = new ArrayList<>();
    private @Nullable Duration grace;
    private LeakCheckMode mode = LeakCheckMode.CONFIGURED;
    private @Nullable Strictness strictness;
    private final Map<StreamRule, RuleSeverity> rules = new EnumMap<>(StreamRule.class);

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
     * Sets one rule, whatever the strictness is; see {@link GrpcStreamLeakCheck#rules()}.
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
      allowances.add(
          new Allowance(
              StreamAllowance.of(method, reason),
              "GrpcStreamLeakExtension.builder()",
              /* ofRun= */ false));
      return this;
    }

    /** Returns an extension with these settings. */
    public GrpcStreamLeakExtension build() {
      return new GrpcStreamLeakExtension(
          new CodeSettings(
              services, new SettingsLayer(mode.asked(), grace, strictness, rules, allowances)));
    }
  }
}
