package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.onlyFailure;
import static io.github.streamleak.junit.Runs.reports;
import static io.github.streamleak.junit.Runs.run;
import static io.github.streamleak.junit.Runs.watchingOwn;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketGrpc.MarketBlockingV2Stub;
import acme.market.MarketGrpc.MarketFutureStub;
import acme.market.MarketServer;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.stub.BlockingClientCall;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** What a test says beside passing and failing. */
class ReportEntryTest {

  private static final String NO_STREAM =
      ": it started none, or none on a channel that is watched (an injected one, one of"
          + " GrpcResources.newChannel, one the recorder is attached to)";
  private static final String UNUSED =
      " excused no stream: acme.Market/Watch (a reason); remove it, or correct the method";

  @Test
  void cleanTestPublishesNothingTest() {
    EngineExecutionResults results = run(CleanTestCases.class);

    assertAllPass(results, 1);
    assertThat(reports(results)).isEmpty();
  }

  @Test
  void testWithoutAnyStreamSaysSoTest() {
    EngineExecutionResults results = run(NoStreamTestCases.class);

    assertAllPass(results, 1);
    assertThat(reports(results))
        .containsExactly(
            Map.of(
                "streamleak",
                "no gRPC client stream was recorded in ReportEntryTest.NoStreamTestCases.passes: it"
                    + " started none, or none on a channel that was seen being built"));
  }

  @Test
  void testThatWatchesOnlyItsOwnChannelsSaysWhichTest() {
    EngineExecutionResults results = watchingOwn(NoStreamTestCases.class);

    assertAllPass(results, 1);
    assertThat(reports(results))
        .containsExactly(
            Map.of(
                "streamleak",
                "no gRPC client stream was recorded in ReportEntryTest.NoStreamTestCases.passes"
                    + NO_STREAM));
  }

  @Test
  void streamOnAChannelOfTheTestsOwnIsRecordedTest() {
    EngineExecutionResults results = run(NotRecordedTestCases.class);

    assertAllPass(results, 1);
    assertThat(reports(results)).isEmpty();
  }

  @Test
  void testWithOnlyStreamsThatAreNotRecordedSaysSoTest() {
    EngineExecutionResults results = watchingOwn(NotRecordedTestCases.class);

    assertAllPass(results, 1);
    assertThat(reports(results))
        .containsExactly(
            Map.of(
                "streamleak",
                "no gRPC client stream was recorded in ReportEntryTest.NotRecordedTestCases.passes"
                    + NO_STREAM));
  }

  @Test
  void allowedStreamIsReportedWithItsReasonTest() {
    EngineExecutionResults results = run(AllowedTestCases.class);

    assertAllPass(results, 4);
    assertThat(reports(results))
        .containsExactlyInAnyOrder(
            Map.of("streamleak.allowed", "acme.Market/Watch: on the class"),
            Map.of("streamleak.allowed", "acme.Market/Watch: on the class"),
            Map.of("streamleak.allowed", "acme.Market/Subscribe: on the method"),
            Map.of("streamleak.allowed", "acme.Market/Subscribe: on the nested class"));
  }

  @Test
  void allowanceOfOneMethodExcusesNoOtherTest() {
    EngineExecutionResults results = run(AllowedOnOneMethodTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(onlyFailure(results))
        .message()
        .startsWith("1 gRPC client stream leaked, ")
        .contains("\n1. acme.Market/Watch ");
    assertThat(reports(results))
        .containsExactly(Map.of("streamleak.allowed", "acme.Market/Watch: a reason"));
  }

  @Test
  void leakBesideAnAllowedStreamFailsTheTest() {
    EngineExecutionResults results = run(AllowedAndLeakedTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyFailure(results))
        .message()
        .startsWith("1 gRPC client stream leaked, ")
        .contains("\n1. acme.Market/Subscribe ");
    assertThat(reports(results))
        .containsExactly(Map.of("streamleak.allowed", "acme.Market/Watch: a reason"));
  }

  @Test
  void unusedAllowanceOfAClassIsReportedOnceTest() {
    EngineExecutionResults results = run(UnusedOnClassTestCases.class);

    assertAllPass(results, 3);
    assertThat(reports(results))
        .containsExactly(
            Map.of(
                "streamleak.unused-allowance",
                "@AllowStreamLeak of ReportEntryTest.UnusedOnClassTestCases" + UNUSED));
    assertThat(results.containerEvents().reportingEntryPublished().list())
        .extracting(event -> event.getTestDescriptor().getDisplayName())
        .containsExactly("ReportEntryTest$UnusedOnClassTestCases");
  }

  @Test
  void allowanceOfAClassThatOneTestUsesIsNotReportedTest() {
    EngineExecutionResults results = run(UsedByOneTestCases.class);

    assertAllPass(results, 3);
    assertThat(reports(results))
        .containsExactly(Map.of("streamleak.allowed", "acme.Market/Watch: a reason"));
  }

  @Test
  void unusedAllowanceOfAMethodIsReportedOnceTest() {
    EngineExecutionResults results = run(UnusedOnMethodTestCases.class);

    assertAllPass(results, 2);
    assertThat(reports(results))
        .containsExactly(
            Map.of(
                "streamleak.unused-allowance",
                "@AllowStreamLeak of ReportEntryTest.UnusedOnMethodTestCases.allows" + UNUSED));
  }

  @Test
  void unusedAllowanceOfARepeatedTestIsReportedOnceTest() {
    EngineExecutionResults results = run(UnusedOnRepeatedTestCases.class);

    assertAllPass(results, 3);
    assertThat(reports(results))
        .containsExactly(
            Map.of(
                "streamleak.unused-allowance",
                "@AllowStreamLeak of ReportEntryTest.UnusedOnRepeatedTestCases.allows" + UNUSED));
  }

  @Test
  void allowanceThatOneRepetitionUsesIsNotReportedTest() {
    EngineExecutionResults results = run(UsedByOneRepetitionTestCases.class);

    assertAllPass(results, 3);
    assertThat(reports(results))
        .containsExactly(Map.of("streamleak.allowed", "acme.Market/Watch: a reason"));
  }

  @Test
  void unusedAllowanceOfAnAnnotatedMethodIsReportedTest() {
    EngineExecutionResults results = run(UnusedOnAnnotatedMethodTestCases.class);

    assertAllPass(results, 1);
    assertThat(reports(results))
        .containsExactly(
            Map.of(
                "streamleak.unused-allowance",
                "@AllowStreamLeak of ReportEntryTest.UnusedOnAnnotatedMethodTestCases.allows"
                    + UNUSED));
  }

  @Test
  void allowanceOfAFailedTestIsNotReportedAsUnusedTest() {
    EngineExecutionResults results = run(FailedBeforeItsStreamTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyFailure(results)).hasMessage("before the stream");
    assertThat(reports(results))
        .noneMatch(entry -> entry.containsKey("streamleak.unused-allowance"));
  }

  @Test
  void unusedAllowanceOfABuilderIsReportedTest() {
    EngineExecutionResults results = run(UnusedOnBuilderTestCases.class);

    assertAllPass(results, 2);
    assertThat(reports(results))
        .containsExactly(
            Map.of("streamleak.unused-allowance", "GrpcStreamLeakExtension.builder()" + UNUSED));
  }

  @Test
  void leakInWarnModeIsReportedTest() {
    EngineExecutionResults results = run(WarnTestCases.class);

    assertAllPass(results, 2);
    assertThat(reports(results)).hasSize(1);
    assertThat(reports(results).get(0)).containsOnlyKeys("streamleak.leak");
    assertThat(Runs.withoutTimes(reports(results).get(0).get("streamleak.leak")))
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.05 s after the test:

            1. acme.Market/Quote (UNARY, future stub)
               opened at : io.github.streamleak.junit.ReportEntryTest$WarnTestCases.leaves(ReportEntryTest.java:%d)
               attempt   : 1, picked in-process:ReportEntryTest.WarnTestCases.leaves
               state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
               events    : +T  started
                           +T  picked in-process:ReportEntryTest.WarnTestCases.leaves
                           +T  requested 2
                           +T  outbound message #0
                           +T  half-closed
               cause     : SERVER_NOT_FINISHED: the client has half-closed and waits for the response, and the server has not closed
               owed by   : the server: the handler closes on every path; the client sets a deadline
               to fix    : NAME.onCompleted();  // in the handler of acme.Market/Quote, on every path (or onError)
                           NAME.cancel(true);  // or in finally: stops
                           A DEADLINE  // or ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports

            To allow a stream on purpose: @AllowStreamLeak(method = "acme.Market/Quote", reason = "why it may stay open")"""
                .formatted(Lines.of("warn")));
  }

  // ---- fixtures ----

  private static void watch(MarketBlockingStub stub) {
    assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
  }

  private static void subscribe(MarketBlockingV2Stub stub) throws Exception {
    BlockingClientCall<String, String> prices = stub.subscribe();
    assertThat(prices.write("ACME")).isTrue();
    assertThat(prices.read()).isEqualTo("ACME at 100");
  }

  private static void quote(MarketBlockingStub stub) {
    assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
  }

  @GrpcStreamLeakCheck
  static class CleanTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void passes(MarketBlockingStub stub) {
      quote(stub);
    }
  }

  @GrpcStreamLeakCheck
  static class NoStreamTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void passes(MarketBlockingStub stub) {
      assertThat(stub).isNotNull();
    }
  }

  @GrpcStreamLeakCheck
  static class NotRecordedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void passes(GrpcResources resources, MarketBlockingStub startsTheServer) {
      assertThat(startsTheServer).isNotNull();
      var channel = InProcessChannelBuilder.forName(resources.serverName()).build();
      quote(MarketGrpc.newBlockingStub(resources.register(channel)));
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  @AllowStreamLeak(method = "acme.Market/Watch", reason = "on the class")
  static class AllowedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void onTheClass(MarketBlockingStub stub) {
      watch(stub);
    }

    @Test
    @AllowStreamLeak(method = "*/Sub*", reason = "on the method")
    void onTheMethod(MarketBlockingV2Stub stub) throws Exception {
      subscribe(stub);
    }

    @Nested
    @AllowStreamLeak(method = "acme.Market/Subscribe", reason = "on the nested class")
    class Inner {
      @Test
      void onTheNestedClass(MarketBlockingV2Stub stub) throws Exception {
        subscribe(stub);
      }

      @Test
      void onTheOuterClass(MarketBlockingStub stub) {
        watch(stub);
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class AllowedOnOneMethodTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
    void allowed(MarketBlockingStub stub) {
      watch(stub);
    }

    @Test
    void notAllowed(MarketBlockingStub stub) {
      watch(stub);
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
  static class AllowedAndLeakedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leavesBoth(MarketBlockingStub blocking, MarketBlockingV2Stub blockingV2) throws Exception {
      watch(blocking);
      subscribe(blockingV2);
    }
  }

  @GrpcStreamLeakCheck
  @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
  static class UnusedOnClassTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void first(MarketBlockingStub stub) {
      quote(stub);
    }

    @Test
    void second(MarketBlockingStub stub) {
      quote(stub);
    }

    @Nested
    class Inner {
      @Test
      void third(MarketBlockingStub stub) {
        quote(stub);
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
  static class UsedByOneTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void first(MarketBlockingStub stub) {
      quote(stub);
    }

    @Test
    void second(MarketBlockingStub stub) {
      quote(stub);
    }

    @Nested
    class Inner {
      @Test
      void third(MarketBlockingStub stub) {
        watch(stub);
      }
    }
  }

  @GrpcStreamLeakCheck
  static class UnusedOnMethodTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
    void allows(MarketBlockingStub stub) {
      quote(stub);
    }

    @Test
    void allowsNothing(MarketBlockingStub stub) {
      quote(stub);
    }
  }

  @GrpcStreamLeakCheck
  static class UnusedOnRepeatedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @RepeatedTest(3)
    @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
    void allows(MarketBlockingStub stub) {
      quote(stub);
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class UsedByOneRepetitionTestCases {
    @Serve final MarketServer market = new MarketServer();

    @RepeatedTest(3)
    @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
    void allows(RepetitionInfo repetition, MarketBlockingStub stub) {
      if (repetition.getCurrentRepetition() == 2) {
        watch(stub);
      } else {
        quote(stub);
      }
    }
  }

  static class UnusedOnAnnotatedMethodTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @GrpcStreamLeakCheck
    @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
    void allows(MarketBlockingStub stub) {
      quote(stub);
    }
  }

  @GrpcStreamLeakCheck
  static class FailedBeforeItsStreamTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
    void fails() {
      throw new AssertionError("before the stream");
    }
  }

  static class UnusedOnBuilderTestCases {
    @RegisterExtension
    static final GrpcStreamLeakExtension STREAMS =
        GrpcStreamLeakExtension.builder()
            .serve(new MarketServer())
            .allow("acme.Market/Watch", "a reason")
            .build();

    @Test
    void first(MarketBlockingStub stub) {
      quote(stub);
    }

    @Test
    void second(MarketBlockingStub stub) {
      quote(stub);
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms", mode = LeakCheckMode.WARN)
  static class WarnTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub, MarketFutureStub future) {
      quote(stub);
      assertThat(Lines.here("warn", future).quote(MarketServer.NEVER).isDone()).isFalse();
    }

    @Test
    void right(MarketBlockingStub stub) {
      quote(stub);
    }
  }
}
