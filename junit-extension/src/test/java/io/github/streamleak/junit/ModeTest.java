package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.kit;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.reports;
import static io.github.streamleak.junit.Runs.run;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** What switches the check off, softens it, and sets how long it waits. */
class ModeTest {

  @Test
  void offJudgesNothingTest() {
    EngineExecutionResults results = run(OffTestCases.class);

    assertAllPass(results, 2);
    assertThat(reports(results)).isEmpty();
  }

  @Test
  void offStillRecordsForWhoeverAsksForTheRecorderTest() {
    EngineExecutionResults results = run(OffWithRecorderTestCases.class);

    assertAllPass(results, 1);
    assertThat(OffWithRecorderTestCases.SEEN).containsExactly("acme.Market/Watch");
  }

  @Test
  void offOfAMethodGoesBeforeTheClassTest() {
    EngineExecutionResults results = run(OffOnMethodTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(results.testEvents().failed().list())
        .extracting(event -> event.getTestDescriptor().getDisplayName())
        .containsExactly("checked(MarketBlockingStub)");
    assertThat(onlyLeak(results).leaks()).hasSize(1);
  }

  @Test
  void failOfAMethodGoesBeforeOffOfTheClassTest() {
    EngineExecutionResults results = run(FailOnMethodTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(results.testEvents().failed().list())
        .extracting(event -> event.getTestDescriptor().getDisplayName())
        .containsExactly("checked(MarketBlockingStub)");
    assertThat(onlyLeak(results).leaks()).hasSize(1);
  }

  @Test
  void failOfAMethodGoesBeforeOffOfTheClassForAStubOfTheConstructorTest() {
    EngineExecutionResults results = run(FailOnMethodWithConstructorTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(results.testEvents().failed().list())
        .extracting(event -> event.getTestDescriptor().getDisplayName())
        .containsExactly("checked()");
    assertThat(onlyLeak(results).leaks()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "OFF", " off "})
  void configurationParameterSwitchesOffTest(String mode) {
    EngineExecutionResults results =
        kit(ConfiguredTestCases.class).configurationParameter("streamleak.mode", mode).execute();

    assertAllPass(results, 1);
    assertThat(reports(results)).isEmpty();
  }

  @Test
  void configurationParameterSetsWarnTest() {
    EngineExecutionResults results =
        kit(ConfiguredTestCases.class).configurationParameter("streamleak.mode", "warn").execute();

    assertAllPass(results, 1);
    assertThat(reports(results)).hasSize(1);
    assertThat(reports(results).get(0)).containsOnlyKeys("streamleak.leak");
  }

  @Test
  void configurationParameterSetsFailTest() {
    EngineExecutionResults results =
        kit(ConfiguredTestCases.class).configurationParameter("streamleak.mode", "fail").execute();

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results).leaks()).hasSize(1);
  }

  @Test
  void testIsNotChargedWithTheSameTestOfARunThatIsOffTest() throws Exception {
    CompletableFuture<EngineExecutionResults> off =
        CompletableFuture.supplyAsync(
            () ->
                kit(MeetsItselfTestCases.class)
                    .configurationParameter("streamleak.mode", "off")
                    .execute());
    EngineExecutionResults results = kit(MeetsItselfTestCases.class).execute();

    assertThat(onlyLeak(results).leaks()).hasSize(1);
    Runs.assertAllPass(off.get(), 1);
  }

  /** Is run twice at the same time, and leaks in both. */
  @GrpcStreamLeakCheck(grace = "50 ms")
  static class MeetsItselfTestCases {
    private static final CyclicBarrier BOTH = new CyclicBarrier(2);

    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) throws Exception {
      BOTH.await();
      watch(stub);
      BOTH.await();
    }
  }

  @Test
  void annotationGoesBeforeTheConfigurationParameterTest() {
    EngineExecutionResults results =
        kit(FailTestCases.class).configurationParameter("streamleak.mode", "off").execute();

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results).leaks()).hasSize(1);
  }

  @Test
  void builderGoesBeforeTheConfigurationParameterTest() {
    EngineExecutionResults results =
        kit(BuilderTestCases.class)
            .configurationParameter("streamleak.mode", "off")
            .configurationParameter("streamleak.grace", "1 m")
            .execute();

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results))
        .message()
        .startsWith("1 gRPC client stream leaked, still open 0.06 s ");
  }

  @Test
  void configurationParameterSetsTheGracePeriodTest() {
    EngineExecutionResults results =
        kit(ConfiguredTestCases.class)
            .configurationParameter("streamleak.grace", "70 ms")
            .execute();

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results))
        .message()
        .startsWith("1 gRPC client stream leaked, still open 0.07 s after the test:\n");
  }

  @Test
  void graceOfZeroJudgesAtOnceTest() {
    EngineExecutionResults results = run(NoGraceTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results))
        .message()
        .startsWith("1 gRPC client stream leaked, still open 0.00 s after the test:\n");
  }

  @Test
  void annotationGoesBeforeTheGraceOfTheBuilderTest() {
    EngineExecutionResults results = run(AnnotationOverBuilderTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results))
        .message()
        .startsWith("1 gRPC client stream leaked, still open 0.05 s after the test:\n");
  }

  @Test
  void annotationGoesBeforeTheModeOfTheBuilderTest() {
    EngineExecutionResults results = run(AnnotationOverBuilderModeTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyLeak(results).leaks()).hasSize(1);
  }

  @Test
  void modeOfTheBuilderHoldsWhereTheAnnotationSetsNoneTest() {
    EngineExecutionResults results = run(BuilderUnderAnnotationTestCases.class);

    assertAllPass(results, 1);
    assertThat(reports(results)).isEmpty();
  }

  @Test
  void offInANestedClassRecordsForTheRecorderOfTheOuterClassTest() {
    assertAllPass(run(OuterRecorderTestCases.class), 1);
  }

  // ---- fixtures ----

  private static void watch(MarketBlockingStub stub) {
    assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
  }

  @GrpcStreamLeakCheck(mode = LeakCheckMode.OFF)
  @AllowStreamLeak(method = "acme.Market/Upload", reason = "unused, and nobody asks")
  static class OffTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      watch(stub);
    }

    @Test
    void startsNone(MarketBlockingStub stub) {
      assertThat(stub).isNotNull();
    }
  }

  @GrpcStreamLeakCheck(mode = LeakCheckMode.OFF)
  static class OffWithRecorderTestCases {
    static final List<String> SEEN = new ArrayList<>();

    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub, GrpcStreamRecorder recorder) {
      watch(stub);
      recorder.openStreams().forEach(stream -> SEEN.add(stream.fullMethodName()));
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class OffOnMethodTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @GrpcStreamLeakCheck(mode = LeakCheckMode.OFF)
    void off(MarketBlockingStub stub) {
      watch(stub);
    }

    @Test
    void checked(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck(mode = LeakCheckMode.OFF)
  static class FailOnMethodTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @GrpcStreamLeakCheck(grace = "50 ms")
    void checked(MarketBlockingStub stub) {
      watch(stub);
    }

    @Test
    void off(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck(mode = LeakCheckMode.OFF)
  static class FailOnMethodWithConstructorTestCases {
    @Serve final MarketServer market = new MarketServer();
    private final MarketBlockingStub stub;

    FailOnMethodWithConstructorTestCases(MarketBlockingStub stub) {
      this.stub = stub;
    }

    @Test
    @GrpcStreamLeakCheck(grace = "50 ms")
    void checked() {
      watch(stub);
    }

    @Test
    void off() {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck
  static class ConfiguredTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck(mode = LeakCheckMode.FAIL, grace = "50 ms")
  static class FailTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  static class BuilderTestCases {
    @RegisterExtension
    final GrpcStreamLeakExtension streams =
        GrpcStreamLeakExtension.builder()
            .serve(new MarketServer())
            .mode(LeakCheckMode.FAIL)
            .grace(Duration.ofMillis(60))
            .build();

    @Test
    void leaves(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck(grace = "0 s")
  static class NoGraceTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class AnnotationOverBuilderTestCases {
    @RegisterExtension
    final GrpcStreamLeakExtension streams =
        GrpcStreamLeakExtension.builder()
            .serve(new MarketServer())
            .grace(Duration.ofMinutes(1))
            .build();

    @Test
    void leaves(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck(mode = LeakCheckMode.FAIL, grace = "50 ms")
  static class AnnotationOverBuilderModeTestCases {
    @RegisterExtension
    static final GrpcStreamLeakExtension STREAMS =
        GrpcStreamLeakExtension.builder().serve(new MarketServer()).mode(LeakCheckMode.OFF).build();

    @Test
    void leaves(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck
  static class BuilderUnderAnnotationTestCases {
    @RegisterExtension
    static final GrpcStreamLeakExtension STREAMS =
        GrpcStreamLeakExtension.builder().serve(new MarketServer()).mode(LeakCheckMode.OFF).build();

    @Test
    void leaves(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck(mode = LeakCheckMode.OFF)
  static class OuterRecorderTestCases {
    @Serve final MarketServer market = new MarketServer();

    @AfterEach
    void count(GrpcStreamRecorder recorder) {
      assertThat(recorder.streams()).hasSize(1);
    }

    @Nested
    class Inner {
      @Test
      void leaves(MarketBlockingStub stub) {
        watch(stub);
      }
    }
  }
}
