package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.failedContainers;
import static io.github.streamleak.junit.Runs.kit;
import static io.github.streamleak.junit.Runs.onlyFailure;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.reports;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.MarketClient;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketGrpc.MarketStub;
import acme.market.MarketServer;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.Strictness;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Rules and strictness, allowances of a cause, the baseline, and the report of a run. */
@Isolated("reads the log of the JVM")
class EnforcementTest {

  // ---- rules ----

  @ParameterizedTest
  @CsvSource({
    "streamleak.grace, 1 s, false, true",
    "streamleak.strictness, lenient, false, false",
    "streamleak.strictness, Normal, false, true",
    "streamleak.strictness, strict, true, true",
    "streamleak.rule.terminal-not-read, fail, true, false",
    "streamleak.rule.terminal-not-read, warn, false, true",
    "streamleak.rule.terminal-not-read, off, false, false",
  })
  void parameterSetsWhatABreachDoesTest(
      String parameter, String value, boolean fails, boolean warns) {
    EngineExecutionResults results =
        kit(StoppedTestCases.class).configurationParameter(parameter, value).execute();

    results.testEvents().assertStatistics(s -> s.started(1).failed(fails ? 1 : 0));
    assertThat(reports(results)).hasSize(warns ? 1 : 0);
    assertThat(reports(results)).allSatisfy(r -> assertThat(r).containsKey("streamleak.warning"));
  }

  @Test
  void breachThatFailsIsToldWholeTest() {
    EngineExecutionResults results =
        kit(StoppedTestCases.class)
            .configurationParameter("streamleak.strictness", "strict")
            .execute();

    assertThat(Runs.withoutTimes(onlyLeak(results).getMessage()).replaceAll(":\\d+\\)", ":LINE)"))
        .startsWith(
            """
            1 breach of the rules for gRPC client streams:

            1. terminal-not-read: acme.Market/Watch (SERVER_STREAMING, blocking iterator)
            """)
        .contains(
            "   opened at : io.github.streamleak.junit.EnforcementTest.take(",
            "\nTo allow it on purpose: @AllowStreamLeak(method = \"acme.Market/Watch\", reason ="
                + " \"why it may stay open\")\n")
        .endsWith(
            "To switch the rule off: streamleak.rule.terminal-not-read = off (a configuration"
                + " parameter)");
  }

  @Test
  void streamsThatOnlyTheCleanUpEndedAreCountedTest() {
    List<String> log = new ArrayList<>();
    EngineExecutionResults results =
        Logs.collect(
            log, () -> Runs.all(StopsServerTestCases.class, ShutsChannelDownTestCases.class));

    assertThat(Runs.failed(results)).isEmpty();
    log.replaceAll(line -> line.replaceAll("\\.java:\\d+", ".java:LINE"));
    assertThat(log)
        .containsExactly(
            "gRPC client streams that only a shutdown has ended (no test fails;"
                + " streamleak.rule.ended-by-shutdown = fail makes them fail):\n"
                + "  EnforcementTest.ShutsChannelDownTestCases.leaves: acme.Market/Subscribe, opened"
                + " at io.github.streamleak.junit.EnforcementTest$WiredByHand.subscribe"
                + "(EnforcementTest.java:LINE), called by"
                + " io.github.streamleak.junit.EnforcementTest$ShutsChannelDownTestCases.leaves"
                + "(EnforcementTest.java:LINE)\n"
                + "  EnforcementTest.StopsServerTestCases.leaves: acme.Market/Subscribe, opened at"
                + " io.github.streamleak.junit.EnforcementTest$WiredByHand.subscribe"
                + "(EnforcementTest.java:LINE), called by"
                + " io.github.streamleak.junit.EnforcementTest$StopsServerTestCases.leaves"
                + "(EnforcementTest.java:LINE)",
            "Streamleak: 2 streams in 2 tests on 2 channels, none leaked; 2 ended only by a"
                + " shutdown");
    EngineExecutionResults strict =
        Runs.all(StopsServerTestCases.class, ShutsChannelDownTestCases.class)
            .configurationParameter("streamleak.rule.ended-by-shutdown", "fail")
            .execute();
    assertThat(Runs.failed(strict)).containsExactly("leaves()", "leaves()");
  }

  @Test
  void shutdownThatATestTriesIsNoFindingTest() {
    List<String> log = new ArrayList<>();
    Runs.assertAllPass(Logs.collect(log, () -> Runs.all(TriesAShutdownTestCases.class)), 1);

    assertThat(log).containsExactly("Streamleak: 1 stream in 1 test on 1 channel, none leaked");
  }

  @Test
  void annotationWinsOverTheParametersTest() {
    EngineExecutionResults results =
        kit(LenientTestCases.class, RuleTestCases.class)
            .configurationParameter("streamleak.strictness", "strict")
            .configurationParameter("streamleak.rule.terminal-not-read", "fail")
            .execute();

    assertThat(
            results.testEvents().failed().stream().map(e -> e.getTestDescriptor().getDisplayName()))
        .containsExactly("stops(MarketBlockingStub)");
  }

  @Test
  void builderSetsRulesTest() {
    results(BuilderTestCases.class).testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThatThrownBy(
            () ->
                GrpcStreamLeakExtension.builder().rule(StreamRule.LEAKED_STREAM, RuleSeverity.OFF))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("leaked-stream always fails; excuse a stream with allow(), or set the mode");
  }

  @Test
  void inheritedTestIsHeldToWhatEachSubclassSaysTest() {
    EngineExecutionResults results =
        results(LenientSubclassTestCases.class, StrictSubclassTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(Runs.thrown(results.testEvents().failed().list().get(0)).orElseThrow())
        .hasMessageStartingWith("1 breach of the rules for gRPC client streams:");
    assertThat(results.testEvents().failed().list().get(0).getTestDescriptor().getParent())
        .hasValueSatisfying(
            type ->
                assertThat(type.getDisplayName())
                    .isEqualTo("EnforcementTest$StrictSubclassTestCases"));
  }

  @Test
  void eachTestIsHeldToTheBuilderOfItsInstanceTest() {
    EachItsBuilderTestCases.made.set(0);
    EngineExecutionResults results = results(EachItsBuilderTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(3).succeeded(2).failed(1));
    assertThat(Runs.failed(results)).containsExactly("repetition 2 of 3");
  }

  @Test
  void registeredExtensionIsAsStrictWhereEveryTestIsWatchedTest() {
    EngineExecutionResults results = Runs.all(RegisteredTestCases.class).execute();

    results.testEvents().assertStatistics(s -> s.started(1).succeeded(1));
    assertThat(reports(results)).hasSize(1);
    assertThat(reports(results).get(0)).containsOnlyKeys("streamleak.warning");
  }

  @Test
  void listenerThatThrowsFailsOnlyWhereTheCheckWasAskedForTest() {
    results(ThrowsTestCases.class).testEvents().assertStatistics(s -> s.started(1).failed(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "streamleak.strictness | high | the configuration parameter streamleak.strictness is"
            + " \"high\"; the valid values are lenient, normal and strict",
        "streamleak.rule.protocol | no | the configuration parameter streamleak.rule.protocol is"
            + " \"no\"; the valid values are off, warn and fail",
        "streamleak.rule.leaked-stream | off | streamleak.rule.leaked-stream cannot be set: a leak"
            + " always fails. Excuse a stream with @AllowStreamLeak or streamleak.ignore, which"
            + " have a reason, or set streamleak.mode",
        "streamleak.baseline.update | yes | the configuration parameter streamleak.baseline.update"
            + " is \"yes\"; the valid values are true and false",
        "streamleak.baseline.update | true | streamleak.baseline.update is true, but"
            + " streamleak.baseline names no file",
        "streamleak.baseline | no/such/file.txt | streamleak.baseline: no/such/file.txt: there is"
            + " no such baseline; a run with streamleak.baseline.update = true writes it",
        "streamleak.report.streams | some | the configuration parameter streamleak.report.streams"
            + " is \"some\"; the valid values are found and all",
        "streamleak.ignore | a.B/C not-read x: r | the configuration parameter streamleak.ignore,"
            + " at \"a.B/C not-read x: r\": \"not-read x\" is no class that could open a stream;"
            + " write a class, or class and method, with * for any number of characters, such as"
            + " \"com.acme.health.*\"; write package.Service/Method: reason, and put a"
            + " semicolon between two of them; a cause or rule, and the class that opens the stream,"
            + " may stand before the colon",
      })
  void badParameterIsAnErrorThatNamesTheValidOnesTest(
      String parameter, String value, String message) {
    assertThat(
            onlyFailure(
                kit(StoppedTestCases.class).configurationParameter(parameter, value).execute()))
        .isInstanceOf(ExtensionConfigurationException.class)
        .hasMessage(message);
  }

  @Test
  void unknownRuleIsAnErrorTest() {
    System.setProperty("streamleak.rule.TERMINAL_NOT_READ", "off");
    try {
      assertThat(onlyFailure(results(StoppedTestCases.class)))
          .hasMessage(
              "there is no configuration parameter streamleak.rule.TERMINAL_NOT_READ; the rules are"
                  + " terminal-not-read, ended-by-shutdown, ended-by-deadline,"
                  + " cancel-without-done, listener-threw, protocol, not-started,"
                  + " channel-left-open, no-deadline");
    } finally {
      System.clearProperty("streamleak.rule.TERMINAL_NOT_READ");
    }
  }

  // ---- allowances ----

  @ParameterizedTest
  @CsvSource({
    "acme.Market/Watch NOT_DRAINED: old, true",
    "acme.Market/Watch leaked-stream: old, true",
    "acme.Market/Watch io.github.streamleak.junit.*: old, true",
    "acme.Market/Watch NOT_DRAINED io.github.*.leaves: old, true",
    "acme.Market/Watch NOT_HALF_CLOSED: old, false",
    "acme.Market/Watch NOT_DRAINED com.acme.*: old, false",
  })
  void ignoredStreamMayBeNarrowedTest(String ignored, boolean passes) {
    EngineExecutionResults results =
        kit(LeavesTestCases.class).configurationParameter("streamleak.ignore", ignored).execute();

    results.testEvents().assertStatistics(s -> s.started(1).failed(passes ? 0 : 1));
  }

  @Test
  void allowanceOfACauseTest() {
    EngineExecutionResults results = results(AllowedCauseTestCases.class);

    assertThat(
            results.testEvents().failed().stream().map(e -> e.getTestDescriptor().getDisplayName()))
        .containsExactly("otherCause(MarketBlockingStub)");
  }

  @Test
  void allowanceThatExcusedNothingFailsUnderStrictTest() {
    EngineExecutionResults results = results(UnusedStrictTestCases.class);

    assertThat(onlyFailure(results))
        .hasMessage(
            "@AllowStreamLeak of EnforcementTest.UnusedStrictTestCases excused no stream:"
                + " acme.Market/Watch NOT_DRAINED (gone long ago); remove it, or correct the"
                + " method");
  }

  // ---- the baseline and the report ----

  @Test
  void suiteIsAdoptedByOneCommandAndANewLeakFailsTest(@TempDir Path directory) throws Exception {
    Path baseline = directory.resolve("known.txt");
    EngineExecutionResults update =
        reporting(directory, baseline, LeavesTestCases.class, TwoLeaksTestCases.class)
            .configurationParameter("streamleak.baseline.update", "true")
            .execute();

    assertAllPass(update, 3);
    String own = "io.github.streamleak.junit.EnforcementTest$";
    assertThat(Files.readAllLines(baseline))
        .hasSize(4)
        .contains(
            "acme.Market/Watch NOT_DRAINED " + own + "LeavesTestCases.leaves",
            "acme.Market/Watch NOT_DRAINED " + own + "TwoLeaksTestCases.one",
            "acme.Market/Watch NOT_DRAINED " + own + "TwoLeaksTestCases.two");

    EngineExecutionResults later =
        reporting(
                directory,
                baseline,
                LeavesTestCases.class,
                TwoLeaksTestCases.class,
                NewLeakTestCases.class)
            .execute();

    assertThat(
            later.testEvents().failed().stream().map(e -> e.getTestDescriptor().getDisplayName()))
        .containsExactly("isNew(MarketBlockingStub)");
    assertThat(reports(later).subList(0, 1))
        .containsExactly(
            Map.of("streamleak.allowed", "acme.Market/Watch: known: in the baseline " + baseline));
    assertThat(outcomes(directory)).containsExactlyInAnyOrder("known", "known", "known", "failed");
  }

  @Test
  void leakOnAFurtherLineOfAKnownMethodFailsTest(@TempDir Path directory) throws Exception {
    Path baseline = directory.resolve("known.txt");
    String line =
        "acme.Market/Watch NOT_DRAINED io.github.streamleak.junit.EnforcementTest"
            + "$TwoLinesTestCases.leaves";
    String header = "# Streamleak baseline, version 1: by hand\n";
    Files.writeString(baseline, header + line + " x2\n");
    assertAllPass(reporting(directory, baseline, TwoLinesTestCases.class).execute(), 1);

    Files.writeString(baseline, header + line + "\n");
    assertThat(onlyFailure(reporting(directory, baseline, TwoLinesTestCases.class).execute()))
        .hasMessageStartingWith("1 gRPC client stream leaked, still open ");

    reporting(directory, baseline, TwoLinesTestCases.class)
        .configurationParameter("streamleak.baseline.update", "true")
        .execute();
    assertThat(Files.readAllLines(baseline)).endsWith(line + " x2");
  }

  @Test
  void whatIsGoneIsListedAndTakenOffTest(@TempDir Path directory) throws Exception {
    Path baseline = directory.resolve("known.txt");
    reporting(directory, baseline, LeavesTestCases.class, TwoLeaksTestCases.class)
        .configurationParameter("streamleak.baseline.update", "true")
        .execute();
    int before = Files.readAllLines(baseline).size();
    List<String> log = new ArrayList<>();
    // Another build, as far as the report can tell: the parts of the last one are gone.
    try (Stream<Path> parts = Files.list(directory.resolve("report/parts"))) {
      for (Path part : parts.toList()) {
        Files.delete(part);
      }
    }
    Logs.collect(log, () -> reporting(directory, baseline, LeavesTestCases.class));

    assertThat(log)
        .containsExactly(
            "leaks and warnings that the baseline "
                + baseline
                + " excused: 1; 2 of its entries were not found in this JVM. To remove what is gone, run"
                + " the whole suite with streamleak.baseline.update = true",
            "Streamleak: 1 stream in 1 test, no new one leaked; 1 is known; report: "
                + directory.resolve("report/index.html"));
    assertThat(report(directory).getAsJsonObject("baseline").getAsJsonArray("gone")).hasSize(2);

    reporting(directory, baseline, LeavesTestCases.class)
        .configurationParameter("streamleak.baseline.update", "true")
        .execute();
    assertThat(Files.readAllLines(baseline)).hasSize(before - 2);
  }

  @Test
  void updateThatCannotBeWrittenFailsTheRunTest(@TempDir Path directory) throws IOException {
    Path baseline = directory.resolve("known.txt");
    // A file where the report's directory must be.
    Files.writeString(directory.resolve("report"), "mine");
    List<String> log = new ArrayList<>();
    List<EngineExecutionResults> results = new ArrayList<>();
    Logs.during(
        log,
        () ->
            results.add(
                reporting(directory, baseline, LeavesTestCases.class)
                    .configurationParameter("streamleak.baseline.update", "true")
                    .execute()));

    assertThat(failedContainers(results.get(0))).containsExactly("JUnit Jupiter");
    Throwable failure = onlyFailure(results.get(0));
    // Newer versions of JUnit wrap what is thrown while a context is closed.
    assertThat(failure instanceof ExtensionConfigurationException ? failure : failure.getCause())
        .isInstanceOf(ExtensionConfigurationException.class)
        .hasMessage(
            "streamleak.baseline.update: "
                + directory.resolve("report")
                + ": the report could not be written: there is a file where a directory must be ("
                + directory.resolve("report")
                + ")");
    assertThat(baseline).doesNotExist();
  }

  @Test
  void brokenBaselineIsAnErrorTest(@TempDir Path directory) throws IOException {
    Path baseline = directory.resolve("known.txt");
    Files.writeString(baseline, "# Streamleak baseline, version 1: x\nmarket.Market/Watch\n");

    assertThat(onlyFailure(reporting(directory, baseline, LeavesTestCases.class).execute()))
        .isInstanceOf(ExtensionConfigurationException.class)
        .hasMessageStartingWith(
            "streamleak.baseline: " + baseline + ":2: a line must have three fields");
  }

  @Test
  void reportHasTestStoryAndCountsTest(@TempDir Path directory) throws Exception {
    reporting(directory, null, LeavesTestCases.class).execute();
    JsonObject report = report(directory);
    JsonObject jvm = report.getAsJsonArray("jvms").get(0).getAsJsonObject();
    JsonObject entry = report.getAsJsonArray("entries").get(0).getAsJsonObject();

    assertThat(jvm.get("tests").getAsInt()).isEqualTo(1);
    assertThat(jvm.get("streams").getAsInt()).isEqualTo(1);
    assertThat(jvm.get("strictness").getAsString()).isEqualTo("lenient");
    assertThat(entry.get("outcome").getAsString()).isEqualTo("failed");
    assertThat(entry.getAsJsonObject("test").get("name").getAsString())
        .isEqualTo("leaves(MarketBlockingStub)");
    assertThat(entry.getAsJsonObject("test").get("class").getAsString())
        .isEqualTo(LeavesTestCases.class.getName());
    assertThat(entry.getAsJsonObject("stream").get("testEndedNanos").getAsLong()).isPositive();
    assertThat(directory.resolve("report/index.html")).isNotEmptyFile();
    assertThat(directory.resolve("report/leaks.sarif")).isNotEmptyFile();
    assertThat(directory.resolve("report/summary.md")).isNotEmptyFile();
  }

  @ParameterizedTest
  @CsvSource({"found, 0", "all, 1"})
  void streamsThatAreAskedForAreShownTest(String which, int shown, @TempDir Path directory)
      throws Exception {
    reporting(directory, null, CleanTestCases.class)
        .configurationParameter("streamleak.report.streams", which)
        .execute();

    assertThat(report(directory).getAsJsonArray("entries")).hasSize(shown);
  }

  @Test
  void reportThatCannotBeWrittenFailsNothingTest(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("report"), "in the way");
    List<String> log = new ArrayList<>();
    EngineExecutionResults results =
        Logs.collect(log, () -> reporting(directory, null, CleanTestCases.class));

    assertAllPass(results, 1);
    assertThat(log).hasSize(2);
    assertThat(log.get(0)).contains(file.toString());
  }

  @Test
  void warningsAreSummedUpOnceTest(@TempDir Path directory) {
    List<String> log = new ArrayList<>();
    Logs.collect(
        log, () -> reporting(directory, null, StoppedTestCases.class, StopsTwiceTestCases.class));

    assertThat(log)
        .containsExactly(
            "Streamleak: 3 streams in 3 tests, none leaked; rule warnings: terminal-not-read 3; report: "
                + directory.resolve("report/index.html"));
  }

  private static EngineTestKit.Builder reporting(
      Path directory, @Nullable Path baseline, Class<?>... fixtures) {
    EngineTestKit.Builder kit =
        kit(fixtures)
            .configurationParameter(
                "streamleak.report.dir", directory.resolve("report").toString());
    return baseline == null
        ? kit
        : kit.configurationParameter("streamleak.baseline", baseline.toString());
  }

  private static JsonObject report(Path directory) throws IOException {
    return JsonParser.parseString(Files.readString(directory.resolve("report/streams.json")))
        .getAsJsonObject();
  }

  private static List<String> outcomes(Path directory) throws IOException {
    List<String> outcomes = new ArrayList<>();
    for (JsonElement entry : report(directory).getAsJsonArray("entries")) {
      outcomes.add(entry.getAsJsonObject().get("outcome").getAsString());
    }
    return outcomes;
  }

  private static EngineExecutionResults results(Class<?>... fixtures) {
    return kit(fixtures).execute();
  }

  // ---- fixtures; the service sends three prices, so that two taken leave one unread ----

  @GrpcStreamLeakCheck
  static class TwoLinesTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      stub.watch("ACME").next();
      stub.watch("ACME").next();
    }
  }

  @GrpcStreamLeakCheck
  static class StoppedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void stops(MarketBlockingStub stub) {
      take(stub, MarketServer.PRICES_PER_WATCH - 1);
    }
  }

  abstract static class Stops {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void stops(MarketBlockingStub stub) {
      take(stub, MarketServer.PRICES_PER_WATCH - 1);
    }
  }

  @GrpcStreamLeakCheck(strictness = LeakStrictness.LENIENT)
  static class LenientSubclassTestCases extends Stops {}

  @GrpcStreamLeakCheck(strictness = LeakStrictness.STRICT)
  static class StrictSubclassTestCases extends Stops {}

  static class EachItsBuilderTestCases {
    static final AtomicInteger made = new AtomicInteger();

    @RegisterExtension
    final GrpcStreamLeakExtension streams =
        GrpcStreamLeakExtension.builder()
            .serve(new MarketServer())
            .strictness(made.incrementAndGet() == 2 ? Strictness.STRICT : Strictness.LENIENT)
            .build();

    @RepeatedTest(3)
    void stops(MarketBlockingStub stub) {
      take(stub, MarketServer.PRICES_PER_WATCH - 1);
    }
  }

  static class RegisteredTestCases {
    @RegisterExtension
    static final GrpcStreamLeakExtension STREAMS =
        GrpcStreamLeakExtension.builder().serve(new MarketServer()).build();

    @Test
    void stops(MarketBlockingStub stub) {
      take(stub, MarketServer.PRICES_PER_WATCH - 1);
    }
  }

  @GrpcStreamLeakCheck
  static class StopsTwiceTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void one(MarketBlockingStub stub) {
      take(stub, MarketServer.PRICES_PER_WATCH - 1);
    }

    @Test
    void two(MarketBlockingStub stub) {
      take(stub, MarketServer.PRICES_PER_WATCH - 1);
    }
  }

  @GrpcStreamLeakCheck(strictness = LeakStrictness.LENIENT)
  static class LenientTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void stops(MarketBlockingStub stub) {
      take(stub, MarketServer.PRICES_PER_WATCH - 1);
    }
  }

  @GrpcStreamLeakCheck(
      rules = @LeakRule(value = StreamRule.TERMINAL_NOT_READ, severity = RuleSeverity.OFF))
  static class RuleTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void isLetBe(MarketBlockingStub stub) {
      take(stub, MarketServer.PRICES_PER_WATCH - 1);
    }
  }

  /** A server and a client as people wire them by hand, without any annotation. */
  abstract static class WiredByHand {
    final Server server = start();
    final ManagedChannel channel =
        NettyChannelBuilder.forAddress(server.getListenSockets().get(0)).usePlaintext().build();

    private static Server start() {
      try {
        return NettyServerBuilder.forAddress(Wire.loopback(0))
            .addService(new MarketServer())
            .build()
            .start();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    Received subscribe() {
      Received prices = new Received();
      MarketGrpc.newStub(channel).subscribe(prices).onNext("1+");
      MarketClient.await(prices.first);
      return prices;
    }
  }

  static class StopsServerTestCases extends WiredByHand {
    private final List<Received> open = new ArrayList<>();

    @AfterEach
    void stop() {
      server.shutdownNow();
      open.forEach(prices -> MarketClient.await(prices.closed));
      channel.shutdownNow();
    }

    @Test
    void leaves() {
      open.add(subscribe());
    }
  }

  static class ShutsChannelDownTestCases extends WiredByHand {
    @AfterEach
    void stop() {
      channel.shutdownNow();
      server.shutdownNow();
    }

    @Test
    void leaves() {
      subscribe();
    }
  }

  static class TriesAShutdownTestCases extends WiredByHand {
    @AfterEach
    void stop() {
      channel.shutdownNow();
    }

    @Test
    void hearsOfTheShutdown() {
      Received prices = subscribe();
      server.shutdownNow();
      MarketClient.await(prices.closed);
    }
  }

  static class BuilderTestCases {
    @RegisterExtension
    static final GrpcStreamLeakExtension CHECK =
        GrpcStreamLeakExtension.builder()
            .serve(new MarketServer())
            .strictness(Strictness.LENIENT)
            .rule(StreamRule.TERMINAL_NOT_READ, RuleSeverity.FAIL)
            .build();

    @Test
    void stops(MarketBlockingStub stub) {
      take(stub, MarketServer.PRICES_PER_WATCH - 1);
    }
  }

  @GrpcStreamLeakCheck
  static class ThrowsTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void listenerThrows(MarketStub stub) throws Exception {
      CountDownLatch thrown = new CountDownLatch(1);
      stub.watch(
          "ACME",
          new StreamObserver<>() {
            @Override
            public void onNext(String price) {
              thrown.countDown();
              throw new IllegalStateException("cannot take " + price);
            }

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onCompleted() {}
          });
      thrown.await();
    }
  }

  @GrpcStreamLeakCheck
  static class LeavesTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }
  }

  @GrpcStreamLeakCheck
  static class TwoLeaksTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void one(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }

    @Test
    void two(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }
  }

  @GrpcStreamLeakCheck
  static class NewLeakTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void isNew(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }
  }

  @GrpcStreamLeakCheck
  static class AllowedCauseTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @AllowStreamLeak(method = "acme.Market/Watch", cause = "NOT_DRAINED", reason = "old")
    void thatCause(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }

    @Test
    @AllowStreamLeak(
        method = "acme.Market/Watch",
        cause = "not-half-closed",
        openedBy = "io.github.*",
        reason = "old")
    void otherCause(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }
  }

  @GrpcStreamLeakCheck(strictness = LeakStrictness.STRICT)
  @AllowStreamLeak(method = "acme.Market/Watch", cause = "NOT_DRAINED", reason = "gone long ago")
  static class UnusedStrictTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void drains(MarketBlockingStub stub) {
      stub.watch("ACME").forEachRemaining(price -> {});
    }
  }

  @GrpcStreamLeakCheck
  static class CleanTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void drains(MarketBlockingStub stub) {
      stub.watch("ACME").forEachRemaining(price -> {});
    }
  }

  private static void take(MarketBlockingStub stub, int count) {
    Iterator<String> prices = stub.watch("ACME");
    for (int i = 0; i < count; i++) {
      prices.next();
    }
  }
}
