package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.reports;
import static io.github.streamleak.junit.Runs.run;
import static io.github.streamleak.junit.Runs.runInParallel;
import static io.github.streamleak.junit.Runs.thrown;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import io.github.streamleak.verdict.StreamLeakError;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;
import org.opentest4j.TestAbortedException;

/** Every way a test can end, with and without a leak, in every kind of test that JUnit has. */
class LifecycleGridTest {

  private static final List<Ending> ENDINGS = List.of(Ending.values());
  private static final String LEAK = "leak of acme.Market/Watch";
  private static final Map<String, String> EXPECTED =
      Map.of(
          "PASSES",
          "SUCCESSFUL",
          "PASSES_AND_LEAKS",
          "FAILED: " + LEAK,
          "FAILS",
          "FAILED: on purpose",
          "FAILS_AND_LEAKS",
          "FAILED: on purpose, suppressed " + LEAK,
          "ABORTS",
          "ABORTED: on purpose",
          "ABORTS_AND_LEAKS",
          "ABORTED: on purpose, suppressed " + LEAK);

  /** How a test ends. */
  enum Ending {
    PASSES,
    PASSES_AND_LEAKS,
    FAILS,
    FAILS_AND_LEAKS,
    ABORTS,
    ABORTS_AND_LEAKS;

    void play(MarketBlockingStub stub) {
      Iterator<String> prices = stub.watch("ACME");
      assertThat(prices.next()).isEqualTo("ACME at 100");
      if (!name().endsWith("LEAKS")) {
        prices.forEachRemaining(price -> {});
      }
      if (name().startsWith("FAILS")) {
        throw new AssertionError("on purpose");
      }
      if (name().startsWith("ABORTS")) {
        throw new TestAbortedException("on purpose");
      }
    }
  }

  // ---- the kinds of tests ----

  static Stream<Class<?>> fixtures() {
    return Stream.of(
        PlainTestCases.class,
        InheritingTestCases.class,
        MetaAnnotatedTestCases.class,
        AnnotatedMethodTestCases.class,
        PerClassTestCases.class,
        NestedTestCases.class,
        RepeatedTestCases.class,
        ParameterizedTestCases.class,
        TemplateTestCases.class);
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void eachEndingKeepsItsOwnResultTest(Class<?> fixture) {
    assertGrid(run(fixture));
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void eachEndingKeepsItsOwnResultInParallelTest(Class<?> fixture) {
    assertGrid(runInParallel(4, fixture));
  }

  private static void assertGrid(EngineExecutionResults results) {
    results.testEvents().assertStatistics(s -> s.started(6).succeeded(1).failed(3).aborted(2));
    results.containerEvents().assertStatistics(s -> s.failed(0).aborted(0));
    assertThat(endings(results)).isEqualTo(EXPECTED);
    assertThat(reports(results)).isEmpty();
  }

  @Test
  void failureInBeforeEachKeepsItsPlaceTest() {
    EngineExecutionResults results = run(FailingBeforeEachTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(6).failed(6));
    assertThat(endings(results).values()).containsOnly("FAILED: before each, suppressed " + LEAK);
  }

  @Test
  void failureInBeforeEachWithoutLeakKeepsItsPlaceTest() {
    EngineExecutionResults results = run(FailingBeforeEachWithoutLeakTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(6).failed(6));
    assertThat(endings(results).values()).containsOnly("FAILED: before each");
  }

  @Test
  void abortInBeforeEachStaysAnAbortTest() {
    EngineExecutionResults results = run(AbortingBeforeEachTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(6).aborted(6).failed(0));
    assertThat(endings(results).values()).containsOnly("ABORTED: before each, suppressed " + LEAK);
  }

  @Test
  void failureInAfterEachKeepsItsPlaceTest() {
    EngineExecutionResults results = run(FailingAfterEachTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(6).failed(6));
    assertThat(endings(results))
        .isEqualTo(
            Map.of(
                "PASSES",
                "FAILED: after each",
                "PASSES_AND_LEAKS",
                "FAILED: after each, suppressed " + LEAK,
                "FAILS",
                "FAILED: on purpose, suppressed after each",
                "FAILS_AND_LEAKS",
                "FAILED: on purpose, suppressed after each, suppressed " + LEAK,
                "ABORTS",
                "FAILED: after each, suppressed on purpose",
                "ABORTS_AND_LEAKS",
                "FAILED: after each, suppressed on purpose, suppressed " + LEAK));
  }

  @Test
  void factoryIsChargedWithTheLeaksOfItsDynamicTestsTest() {
    EngineExecutionResults results = run(DynamicTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(4).succeeded(2).failed(1).aborted(1));
    results.containerEvents().assertStatistics(s -> s.failed(1));
    assertThat(endings(results.containerEvents()))
        .containsEntry("LEAKY_FACTORY", "FAILED: " + LEAK)
        .containsEntry("RIGHT_FACTORY", "SUCCESSFUL");
  }

  @Test
  void annotationOfTheMethodGoesBeforeThatOfTheClassTest() {
    EngineExecutionResults results = run(MethodOverClassTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(endings(results))
        .isEqualTo(Map.of("OFF", "SUCCESSFUL", "AS_THE_CLASS", "FAILED: " + LEAK));
  }

  @Test
  void annotationOfTheNestedClassGoesBeforeThatOfTheOuterTest() {
    EngineExecutionResults results = run(NestedOverOuterTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(3).succeeded(1).failed(2));
    assertThat(endings(results))
        .isEqualTo(
            Map.of(
                "OUTER", "FAILED: " + LEAK,
                "NESTED_AND_OFF", "SUCCESSFUL",
                "NESTED_AS_THE_OUTER", "FAILED: " + LEAK));
  }

  // ---- reading the results ----

  /** Returns how each test ended, under the name of its ending or else of its method. */
  private static Map<String, String> endings(EngineExecutionResults results) {
    return endings(results.testEvents());
  }

  private static Map<String, String> endings(Events events) {
    Map<String, String> endings = new TreeMap<>();
    for (Event event : events.finished().list()) {
      String before = endings.put(key(event), ending(event));
      assertThat(before).as("another result of %s", key(event)).isNull();
    }
    return endings;
  }

  private static String key(Event event) {
    String name = event.getTestDescriptor().getDisplayName().replaceFirst("\\(.*", "");
    if (name.matches("\\d+")) {
      return ENDINGS.get(Integer.parseInt(name) - 1).name();
    }
    return name.replaceAll("([a-z])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
  }

  private static String ending(Event event) {
    Status status = Runs.result(event).getStatus();
    return status + thrown(event).map(thrown -> ": " + text(thrown)).orElse("");
  }

  private static String text(Throwable thrown) {
    if (thrown instanceof StreamLeakError leak) {
      // Its own suppressed throwables are the opening stacks.
      assertThat(leak.leaks()).hasSize(1);
      return "leak of " + leak.leaks().get(0).stream().fullMethodName();
    }
    List<String> texts = new ArrayList<>(List.of(String.valueOf(thrown.getMessage())));
    Arrays.stream(thrown.getSuppressed()).map(LifecycleGridTest::text).forEach(texts::add);
    return String.join(", suppressed ", texts);
  }

  // ---- fixtures ----

  /** The six endings, for subclasses to be checked in their own ways. */
  abstract static class SixEndings {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void passes(MarketBlockingStub stub) {
      Ending.PASSES.play(stub);
    }

    @Test
    void passesAndLeaks(MarketBlockingStub stub) {
      Ending.PASSES_AND_LEAKS.play(stub);
    }

    @Test
    void fails(MarketBlockingStub stub) {
      Ending.FAILS.play(stub);
    }

    @Test
    void failsAndLeaks(MarketBlockingStub stub) {
      Ending.FAILS_AND_LEAKS.play(stub);
    }

    @Test
    void aborts(MarketBlockingStub stub) {
      Ending.ABORTS.play(stub);
    }

    @Test
    void abortsAndLeaks(MarketBlockingStub stub) {
      Ending.ABORTS_AND_LEAKS.play(stub);
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class PlainTestCases extends SixEndings {}

  static class InheritingTestCases extends PlainTestCases {}

  @GrpcStreamLeakCheck(grace = "50 ms")
  @Retention(RetentionPolicy.RUNTIME)
  @interface Checked {}

  @Checked
  static class MetaAnnotatedTestCases extends SixEndings {}

  @TestInstance(Lifecycle.PER_CLASS)
  static class PerClassTestCases extends PlainTestCases {}

  static class AnnotatedMethodTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @Checked
    void passes(MarketBlockingStub stub) {
      Ending.PASSES.play(stub);
    }

    @Test
    @GrpcStreamLeakCheck(grace = "50 ms")
    void passesAndLeaks(MarketBlockingStub stub) {
      Ending.PASSES_AND_LEAKS.play(stub);
    }

    @Test
    @Checked
    void fails(MarketBlockingStub stub) {
      Ending.FAILS.play(stub);
    }

    @Test
    @Checked
    void failsAndLeaks(MarketBlockingStub stub) {
      Ending.FAILS_AND_LEAKS.play(stub);
    }

    @Test
    @Checked
    void aborts(MarketBlockingStub stub) {
      Ending.ABORTS.play(stub);
    }

    @Test
    @Checked
    void abortsAndLeaks(MarketBlockingStub stub) {
      Ending.ABORTS_AND_LEAKS.play(stub);
    }
  }

  @Checked
  static class NestedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void passes(MarketBlockingStub stub) {
      Ending.PASSES.play(stub);
    }

    @Test
    void passesAndLeaks(MarketBlockingStub stub) {
      Ending.PASSES_AND_LEAKS.play(stub);
    }

    @Nested
    class First {
      @Test
      void fails(MarketBlockingStub stub) {
        Ending.FAILS.play(stub);
      }

      @Test
      void failsAndLeaks(MarketBlockingStub stub) {
        Ending.FAILS_AND_LEAKS.play(stub);
      }

      @Nested
      class Second {
        @Test
        void aborts(MarketBlockingStub stub) {
          Ending.ABORTS.play(stub);
        }

        @Test
        void abortsAndLeaks(MarketBlockingStub stub) {
          Ending.ABORTS_AND_LEAKS.play(stub);
        }
      }
    }
  }

  @Checked
  static class RepeatedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @RepeatedTest(value = 6, name = "{currentRepetition}")
    void ends(RepetitionInfo repetition, MarketBlockingStub stub) {
      ENDINGS.get(repetition.getCurrentRepetition() - 1).play(stub);
    }
  }

  @Checked
  static class ParameterizedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @ParameterizedTest(name = "{0}")
    @EnumSource
    void ends(Ending ending, MarketBlockingStub stub) {
      ending.play(stub);
    }
  }

  @Checked
  static class TemplateTestCases {
    @Serve final MarketServer market = new MarketServer();

    @TestTemplate
    @ExtendWith(EachEnding.class)
    void ends(Ending ending, MarketBlockingStub stub) {
      ending.play(stub);
    }
  }

  /** Invokes a test template once for each ending. */
  static class EachEnding implements TestTemplateInvocationContextProvider {
    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
      return true;
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
        ExtensionContext context) {
      return ENDINGS.stream().map(Invocation::new);
    }
  }

  private record Invocation(Ending ending)
      implements TestTemplateInvocationContext, ParameterResolver {
    @Override
    public String getDisplayName(int index) {
      return ending.name();
    }

    @Override
    public List<Extension> getAdditionalExtensions() {
      return List.of(this);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == Ending.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return ending;
    }
  }

  @Checked
  static class DynamicTestCases {
    @Serve final MarketServer market = new MarketServer();

    @TestFactory
    Stream<DynamicTest> leakyFactory(MarketBlockingStub stub) {
      return Stream.of(Ending.PASSES_AND_LEAKS)
          .map(ending -> dynamicTest(ending.name(), () -> ending.play(stub)));
    }

    @TestFactory
    Stream<DynamicTest> rightFactory(MarketBlockingStub stub) {
      return Stream.of(Ending.PASSES, Ending.FAILS, Ending.ABORTS)
          .map(ending -> dynamicTest(ending.name(), () -> ending.play(stub)));
    }
  }

  @Checked
  static class FailingBeforeEachTestCases extends SixEndings {
    @BeforeEach
    void leakAndFail(MarketBlockingStub stub) {
      Ending.PASSES_AND_LEAKS.play(stub);
      throw new AssertionError("before each");
    }
  }

  @Checked
  static class FailingBeforeEachWithoutLeakTestCases extends SixEndings {
    @BeforeEach
    void fail(MarketBlockingStub stub) {
      Ending.PASSES.play(stub);
      throw new AssertionError("before each");
    }
  }

  @Checked
  static class AbortingBeforeEachTestCases extends SixEndings {
    @BeforeEach
    void leakAndAbort(MarketBlockingStub stub) {
      Ending.PASSES_AND_LEAKS.play(stub);
      throw new TestAbortedException("before each");
    }
  }

  @Checked
  static class FailingAfterEachTestCases extends SixEndings {
    @AfterEach
    void fail() {
      throw new AssertionError("after each");
    }
  }

  @Checked
  static class MethodOverClassTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @GrpcStreamLeakCheck(mode = LeakCheckMode.OFF)
    void off(MarketBlockingStub stub) {
      Ending.PASSES_AND_LEAKS.play(stub);
    }

    @Test
    void asTheClass(MarketBlockingStub stub) {
      Ending.PASSES_AND_LEAKS.play(stub);
    }
  }

  @Checked
  static class NestedOverOuterTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void outer(MarketBlockingStub stub) {
      Ending.PASSES_AND_LEAKS.play(stub);
    }

    @Nested
    @GrpcStreamLeakCheck(mode = LeakCheckMode.OFF)
    class Off {
      @Test
      void nestedAndOff(MarketBlockingStub stub) {
        Ending.PASSES_AND_LEAKS.play(stub);
      }
    }

    @Nested
    class AsTheOuter {
      @Test
      void nestedAsTheOuter(MarketBlockingStub stub) {
        Ending.PASSES_AND_LEAKS.play(stub);
      }
    }
  }
}
