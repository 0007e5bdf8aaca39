package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.all;
import static io.github.streamleak.junit.Runs.kit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import acme.feed.PriceFeed;
import acme.market.MarketClient;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import io.grpc.InternalConfiguratorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.engine.EngineDiscoveryRequest;
import org.junit.platform.engine.ExecutionRequest;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestEngine;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.AbstractTestDescriptor;
import org.junit.platform.engine.support.descriptor.EngineDescriptor;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The one line that a run ends with. */
@Isolated("The log and the session are those of the JVM.")
class ClosingLineTest {

  @Test
  void cleanRunSaysWhatWasCheckedTest() {
    assertThat(logOf(CleanTestCases.class))
        .containsExactly("Streamleak: 3 streams in 2 tests, none leaked");
  }

  @Test
  void leaksAreCountedTest() {
    assertThat(logOf(LeavesTestCases.class, CleanTestCases.class))
        .containsExactly("Streamleak: 5 streams in 4 tests, 2 leaked");
  }

  @Test
  void leaksThatFailNothingSayWhyTest() {
    List<String> log = new ArrayList<>();
    Logs.collect(
        log, () -> kit(LeavesTestCases.class).configurationParameter("streamleak.mode", "warn"));

    assertThat(log)
        .containsExactly("Streamleak: 2 streams in 2 tests, 2 leaked (streamleak.mode = warn)");
  }

  @Test
  void whatEndedOnlyByLuckIsCountedByRuleTest() {
    List<String> log = logOf(ByLuckTestCases.class);
    log.replaceAll(line -> line.replaceAll("\\.java:\\d+", ".java:LINE"));
    assertThat(log)
        .containsExactly(
            "gRPC client streams that only a shutdown has ended (no test fails;"
                + " streamleak.rule.ended-by-shutdown = fail makes them fail):\n"
                + "  ClosingLineTest.ByLuckTestCases.leavesItToTheCleanUp: acme.Market/Subscribe,"
                + " opened at io.github.streamleak.junit.ClosingLineTest$ByLuckTestCases"
                + ".leavesItToTheCleanUp(ClosingLineTest.java:LINE)",
            "Streamleak: 2 streams in 2 tests, none leaked; 1 ended only by a shutdown; rule warnings:"
                + " terminal-not-read 1");
  }

  @Test
  void allowedStreamIsNotLeakedTest() {
    assertThat(logOf(AllowedTestCases.class))
        .containsExactly("Streamleak: 1 stream in 1 test, none leaked; 1 is allowed");
  }

  @Test
  void ruleThatFailsATestIsCountedTest() {
    assertThat(logOf(StrictTestCases.class))
        .containsExactly("Streamleak: 1 stream in 1 test, none leaked; 1 other finding fails");
  }

  @Test
  void runWithoutAnyChannelSaysWhyThatMayBeTest() {
    assertThat(logOf(NoStreamTestCases.class))
        .containsExactly(
            "Streamleak: no stream was recorded in 1 test, and no channel was seen: the tests use no"
                + " gRPC client, or one that the check does not reach, whose channel was built before"
                + " the check began, or by no ManagedChannelBuilder, or by a second copy of gRPC on"
                + " the class path");
  }

  @Test
  void runThatIsSwitchedOffSaysNothingTest() {
    List<String> log = new ArrayList<>();
    Logs.collect(
        log, () -> kit(CleanTestCases.class).configurationParameter("streamleak.mode", "off"));

    assertThat(log).isEmpty();
  }

  @Test
  void runWhoseChannelsWereNotUsedSaysSoTest() {
    List<String> log = new ArrayList<>();
    Logs.collect(log, () -> all(UnusedChannelTestCases.class));

    assertThat(log)
        .containsExactly(
            "Streamleak: no stream was recorded in 1 test: no call was started on the channel that was"
                + " built");
  }

  @Test
  void runThatWatchesItsOwnChannelsSaysThatItDoesTest() {
    List<String> log = new ArrayList<>();
    Logs.collect(
        log, () -> kit(NoStreamTestCases.class).configurationParameter("streamleak.watch", "own"));

    assertThat(log)
        .containsExactly(
            "Streamleak: no stream was recorded in 1 test: with streamleak.watch = own only the"
                + " channels are recorded that the check itself makes or is given");
  }

  @Test
  void summaryOfACleanRunIsNamedTest(@TempDir Path directory) {
    List<String> log = new ArrayList<>();
    Logs.during(
        log,
        () -> {
          try (LauncherSession session = session()) {
            execute(session.getLauncher(), "checked", CleanTestCases.class, directory);
          }
        });

    assertThat(log)
        .containsExactly(
            "Streamleak: 3 streams in 2 tests, none leaked; 1 test of engine other was not checked;"
                + " report: "
                + directory.resolve(pageIsWritten() ? "index.html" : "summary.md"));
    assertThat(directory.resolve("summary.md"))
        .hasContent(
            """
            ## gRPC client streams

            No gRPC client stream leaked: all 3 recorded were released. 3 streams in 2 tests; 1 test of\
             engine other was not checked.
            """);
    assertThat(directory.resolve("leaks.sarif")).content().contains("\"results\": []");
  }

  /** An environment that a test cannot change decides it. */
  private static boolean pageIsWritten() {
    return Stream.of(
            "CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "TF_BUILD")
        .anyMatch(name -> System.getenv(name) != null);
  }

  @Test
  void fileToOpenIsNamedTest(@TempDir Path directory) {
    List<String> log = new ArrayList<>();
    Logs.collect(
        log,
        () ->
            kit(LeavesTestCases.class)
                .configurationParameter("streamleak.report.dir", directory.toString()));

    assertThat(log)
        .containsExactly(
            "Streamleak: 2 streams in 2 tests, 2 leaked; report: "
                + directory.resolve("index.html"));
  }

  @Test
  void runsOfOneSessionAreOneLineWithTheTestsOfOtherEnginesTest() {
    List<String> log = new ArrayList<>();
    Logs.during(
        log,
        () -> {
          try (LauncherSession session = session()) {
            execute(session.getLauncher(), "checked", CleanTestCases.class);
            execute(session.getLauncher(), "checked", LeavesTestCases.class);
            assertThat(log).isEmpty();
          }
        });

    assertThat(log)
        .containsExactly(
            "Streamleak: 5 streams in 4 tests, 2 leaked; 2 tests of engine other were not checked");
  }

  @Test
  void sessionInWhichNothingIsCheckedSaysNothingTest() {
    List<String> log = new ArrayList<>();
    Logs.during(
        log,
        () -> {
          try (LauncherSession session = session()) {
            execute(session.getLauncher(), "checked", PlainTestCases.class);
          }
        });

    assertThat(log).isEmpty();
  }

  @Test
  void watchThatAutoDetectionIsMissingForSaysSoTest() {
    List<String> log = new ArrayList<>();
    Logs.during(
        log,
        () -> {
          try (LauncherSession session = session()) {
            execute(session.getLauncher(), "all", PlainTestCases.class);
          }
        });

    assertThat(log)
        .containsExactly(
            "Streamleak: nothing was checked: streamleak.watch = all has an effect only with"
                + " junit.jupiter.extensions.autodetection.enabled = true");
  }

  private static List<String> logOf(Class<?>... fixtures) {
    List<String> log = new ArrayList<>();
    Logs.collect(log, () -> kit(fixtures));
    return log;
  }

  @Test
  void channelInAFieldAboveItsExtensionIsSeenInASessionTest() {
    List<String> log = new ArrayList<>();
    Logs.during(
        log,
        () -> {
          try (LauncherSession session = session()) {
            execute(session.getLauncher(), "checked", FieldAboveItsExtensionTestCases.class);
          }
          assertThat(InternalConfiguratorRegistry.getConfigurators()).isEmpty();
        });
    assertThat(log)
        .last()
        .isEqualTo(
            "Streamleak: 1 stream in 1 test, 1 leaked; 1 test of engine other was not checked");
  }

  @TestInstance(Lifecycle.PER_CLASS)
  static class FieldAboveItsExtensionTestCases {
    private final PriceFeed feed = new PriceFeed(PriceFeed.connect());

    @RegisterExtension
    final GrpcStreamLeakExtension streams =
        GrpcStreamLeakExtension.builder().grace(Duration.ofMillis(300)).build();

    @Test
    void leaves() {
      feed.first();
    }
  }

  private static LauncherSession session() {
    return LauncherFactory.openSession(
        LauncherConfig.builder()
            .enableTestEngineAutoRegistration(true)
            .addTestEngines(new OtherEngine())
            .build());
  }

  private static void execute(Launcher launcher, String watch, Class<?> fixture) {
    execute(launcher, watch, fixture, Path.of("none"));
  }

  private static void execute(
      Launcher launcher, String watch, Class<?> fixture, Path reportDirectory) {
    launcher.execute(
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(fixture))
            .configurationParameter("streamleak.report.dir", reportDirectory.toString())
            .configurationParameter("streamleak.watch", watch)
            .build());
  }

  /** An engine with one test, which the check does not know. */
  private static final class OtherEngine implements TestEngine {

    @Override
    public String getId() {
      return "other";
    }

    @Override
    public TestDescriptor discover(EngineDiscoveryRequest request, UniqueId id) {
      EngineDescriptor engine = new EngineDescriptor(id, "other");
      engine.addChild(new OneTest(id.append("test", "one")));
      return engine;
    }

    @Override
    public void execute(ExecutionRequest request) {
      TestDescriptor engine = request.getRootTestDescriptor();
      request.getEngineExecutionListener().executionStarted(engine);
      for (TestDescriptor test : engine.getChildren()) {
        request.getEngineExecutionListener().executionStarted(test);
        request
            .getEngineExecutionListener()
            .executionFinished(test, TestExecutionResult.successful());
      }
      request
          .getEngineExecutionListener()
          .executionFinished(engine, TestExecutionResult.successful());
    }

    private static final class OneTest extends AbstractTestDescriptor {

      OneTest(UniqueId id) {
        super(id, "one");
      }

      @Override
      public Type getType() {
        return Type.TEST;
      }
    }
  }

  // ---- fixtures ----

  @GrpcStreamLeakCheck
  static class CleanTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void one(MarketBlockingStub stub) {
      stub.watch("ACME").forEachRemaining(price -> {});
    }

    @Test
    void two(MarketBlockingStub stub) {
      stub.watch("ACME").forEachRemaining(price -> {});
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class LeavesTestCases {
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
  static class ByLuckTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void stopsBeforeTheStatus(MarketBlockingStub stub) {
      var prices = stub.watch("ACME");
      for (int i = 0; i < MarketServer.PRICES_PER_WATCH - 1; i++) {
        prices.next();
      }
    }

    private @Nullable ManagedChannel channel;

    @AfterEach
    void shutDown() {
      if (channel != null) {
        channel.shutdownNow();
      }
    }

    @Test
    void leavesItToTheCleanUp(GrpcResources resources, MarketBlockingStub startsTheServer) {
      assertThat(startsTheServer).isNotNull();
      channel = resources.newChannel(InProcessChannelBuilder.forName(resources.serverName()));
      Received prices = new Received();
      MarketGrpc.newStub(channel).subscribe(prices).onNext("1+");
      MarketClient.await(prices.first);
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
  static class AllowedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }
  }

  @GrpcStreamLeakCheck(strictness = LeakStrictness.STRICT)
  static class StrictTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void stopsBeforeTheStatus(MarketBlockingStub stub) {
      var prices = stub.withDeadlineAfter(Duration.ofMinutes(1)).watch("ACME");
      for (int i = 0; i < MarketServer.PRICES_PER_WATCH - 1; i++) {
        prices.next();
      }
    }
  }

  @GrpcStreamLeakCheck
  static class NoStreamTestCases {
    @Test
    void passes() {}
  }

  static class UnusedChannelTestCases {
    @Test
    void builds() {
      InProcessChannelBuilder.forName("nobody").build().shutdownNow();
    }
  }

  static class PlainTestCases {
    @Test
    void passes() {}
  }
}
