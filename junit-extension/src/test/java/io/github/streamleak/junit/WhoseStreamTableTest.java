package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.all;
import static io.github.streamleak.junit.Runs.failed;
import static io.github.streamleak.junit.Runs.failedContainers;
import static io.github.streamleak.junit.Runs.kit;
import static org.assertj.core.api.Assertions.assertThat;

import acme.feed.PriceFeed;
import acme.market.MarketClient.Raw;
import acme.market.MarketGrpc;
import io.github.streamleak.testsupport.UserInterceptors.InRootContext;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/**
 * Runs what people do, and holds the table of docs/junit.md to what comes of it: who fails for a
 * stream that is left open. With {@code -Ddocs.update=true} the table is written anew.
 */
@Isolated
class WhoseStreamTableTest {

  private static final Path PAGE = page();
  private static final String BEGIN = "<!-- table: WhoseStreamTableTest -->\n";
  private static final String END = "<!-- end of table -->\n";

  /** What somebody does. */
  private record Row(String what, EngineTestKit.Builder run) {}

  private static final List<Row> ROWS =
      List.of(
          row("on a thread that the test starts", kit(OwnThreadTestCases.class)),
          row(
              "under `assertTimeoutPreemptively`, beside another test",
              twin(UnderATimeoutTestCases.class)),
          row(
              "on a pool of a client that the test makes, beside another test",
              twin(WhoseStreamTest.PoolOfTheClientTestCases.class)),
          row(
              "by `supplyAsync` on a channel that the test builds, beside another test",
              twin(WhoseStreamTest.CommonPoolTestCases.class)),
          row(
              "by a lambda that the test hands to a loop which another test started",
              twin(WhoseStreamTest.LambdaOnAnothersThreadTestCases.class)),
          row(
              "by a static helper that stands in another test class",
              twin(WhoseStreamTest.HelperOfAnotherTestTestCases.class)),
          row(
              "on a channel that the test's constructor builds, from a pool",
              twin(WhoseStreamTest.ConstructorTestCases.class)),
          row(
              "on a channel in a field of a PER_CLASS instance, the first class of the JVM",
              kit(WhoseStreamTest.ChannelOfAPerClassFieldTestCases.class)),
          row(
              "in the constructor of a PER_CLASS instance",
              kit(WhoseStreamTest.OpensInAPerClassConstructorTestCases.class)),
          row(
              "in the constructor or a field of the test's own instance, under `streamleak.watch=all`",
              all(WhoseStreamTest.OpensInAFieldTestCases.class)),
          row(
              "in the same of the instance around that of a `@Nested` test",
              all(WhoseStreamTest.OpensInTheInstanceAroundTestCases.class)),
          row("by an inherited test method", kit(LifetimeTest.InheritsItsTestCases.class)),
          row(
              "made with `newCall` in one test, started in the next",
              kit(StartedLaterTestCases.class)),
          row(
              "the same on a channel that `GrpcResources` of the class has made",
              kit(StartedLaterOnTheClassesTestCases.class)),
          row("by a callback, while the check of the test waits", kit(NextCallTestCases.class)),
          row(
              "cancelled through a Context that an interceptor keeps from the call",
              kit(CutContextTestCases.class)),
          row(
              "by a client that subscribes anew, from a pool, when its test is over",
              all(WhoseStreamTest.ReconnectsLaterTestCases.class)),
          row(
              "by a client that subscribes anew in a callback, when its test is over",
              all(WhoseStreamTest.ReconnectsInACallbackTestCases.class)),
          row(
              "by a thread of a test whose class is over too",
              all(
                  WhoseStreamTest.SubscribesTestCases.class,
                  WhoseStreamTest.IsInnocentTestCases.class)),
          row(
              "on a pool that no test started, while two tests run",
              parallel(kit(WhoseStreamTest.NobodysTestCases.class))),
          row(
              "by the test itself, on a channel of its class",
              kit(LifetimeTest.OpensDirectlyTestCases.class)),
          row(
              "by a client of the class, which has stopped asking",
              kit(LifetimeTest.StopsAskingTestCases.class)),
          row(
              "by a client of the class, which `@AfterAll` closes",
              kit(LifetimeTest.ClosesItsClientTestCases.class)),
          row(
              "by a client of a `@Nested` class, which its `@AfterAll` closes",
              kit(LifetimeTest.NestedClientTestCases.class)),
          row(
              "by a client of the class, which only `shutdownNow()` of the channel ends",
              kit(LifetimeTest.ForgetsItsClientTestCases.class)),
          row("by a client in a lazy holder, which still asks", all(AsksTestCases.class)),
          row(
              "the same under `streamleak.strictness = strict`",
              strict(all(AlsoAsksTestCases.class))));

  private static Row row(String what, EngineTestKit.Builder run) {
    return new Row(what, run);
  }

  /** Two tests at the same time. */
  private static EngineTestKit.Builder twin(Class<?> fixture) {
    return parallel(kit(fixture));
  }

  private static EngineTestKit.Builder parallel(EngineTestKit.Builder kit) {
    return WhoseStreamTest.inParallel(kit);
  }

  private static EngineTestKit.Builder strict(EngineTestKit.Builder kit) {
    return kit.configurationParameter("streamleak.strictness", "strict");
  }

  @Test
  void tableOfTheDocsIsWhatComesOfItTest() throws IOException {
    StringBuilder table = new StringBuilder("| the stream is opened | fails |\n|---|---|\n");
    for (Row row : ROWS) {
      table.append("| " + row.what + " | " + verdict(row) + " |\n");
    }
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    assertThat(begin).isBetween(BEGIN.length(), end);
    if (Boolean.getBoolean("docs.update")) {
      Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
    } else {
      assertThat(page.substring(begin, end)).isEqualTo(table.toString());
    }
  }

  /** The tests of this module are run from other modules, too. */
  private static Path page() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("docs/junit.md"))) {
      folder = Objects.requireNonNull(folder.getParent(), "no folder above has docs/junit.md");
    }
    return folder.resolve("docs/junit.md");
  }

  private static String verdict(Row row) {
    List<String> log = new ArrayList<>();
    EngineExecutionResults results = Logs.collect(log, () -> row.run);
    List<String> verdicts = new ArrayList<>();
    for (String test : failed(results)) {
      // Whatever is called otherwise is innocent.
      assertThat(test).as(row.what).matches("(a?[lL]eaves|bStarts)\\(.*\\)");
      verdicts.add("the test");
    }
    for (String container : failedContainers(results)) {
      verdicts.add(container.equals("JUnit Jupiter") ? "the run" : "the class");
    }
    assertThat(verdicts).as(row.what).hasSizeLessThan(2);
    if (!verdicts.isEmpty()) {
      return verdicts.get(0);
    }
    return log.stream().anyMatch(line -> line.contains("still open when the run ended"))
        ? "nobody; the run lists it"
        : "nobody";
  }

  // ---- fixtures ----

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class OwnThreadTestCases {
    @Test
    void leaves() throws Exception {
      PriceFeed feed = new PriceFeed(PriceFeed.connect());
      Thread thread = new Thread(feed::first);
      thread.start();
      thread.join();
    }

    @Test
    void isInnocent() {
      new PriceFeed(PriceFeed.connect()).all();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class UnderATimeoutTestCases extends WhoseStreamTest.Two {
    @Override
    void leave() {
      PriceFeed feed = new PriceFeed(PriceFeed.connect());
      Assertions.assertTimeoutPreemptively(Duration.ofHours(1), feed::first);
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class StartedLaterTestCases {
    private static final ManagedChannel CHANNEL = PriceFeed.connect();
    private static @Nullable ClientCall<String, String> call;

    @Test
    void aMakes() {
      call = CHANNEL.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    }

    @Test
    void bStarts() {
      start(Objects.requireNonNull(call));
    }

    static void start(ClientCall<String, String> made) {
      Raw raw = new Raw(made);
      made.start(raw, new Metadata());
      made.request(1);
      raw.send("3").halfClose();
      acme.market.MarketClient.await(raw.first);
    }

    @Test
    void cIsInnocent() {
      new PriceFeed(CHANNEL).all();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class StartedLaterOnTheClassesTestCases {
    private static @Nullable ManagedChannel channel;
    private static @Nullable ClientCall<String, String> call;

    @BeforeAll
    static void connect(GrpcResources resources) {
      channel = resources.newChannel(PriceFeed.builder());
    }

    @Test
    void aMakes() {
      call = Objects.requireNonNull(channel).newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    }

    @Test
    void bStarts() {
      StartedLaterTestCases.start(Objects.requireNonNull(call));
    }

    @Test
    void cIsInnocent() {
      new PriceFeed(Objects.requireNonNull(channel)).all();
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class NextCallTestCases {
    @Test
    void leaves() {
      PriceFeed feed = new PriceFeed(PriceFeed.connect());
      feed.allThen(feed::first);
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class CutContextTestCases {
    @Test
    void leaves() {
      ManagedChannel channel = PriceFeed.builder().intercept(new InRootContext()).build();
      CancellableContext context = Context.current().withCancellation();
      context.run(() -> new PriceFeed(channel).first());
      context.cancel(null);
    }
  }

  /** The session of a holder is opened once in a JVM. */
  static class AsksTestCases {
    static final class Holder {
      static final PriceFeed FEED = new PriceFeed(PriceFeed.connect());

      private Holder() {}
    }

    @Test
    void asks() {
      assertThat(Holder.FEED.ask("A")).isEqualTo("A");
    }
  }

  static class AlsoAsksTestCases {
    static final class OtherHolder {
      static final PriceFeed FEED = new PriceFeed(PriceFeed.connect());

      private OtherHolder() {}
    }

    @Test
    void asks() {
      assertThat(OtherHolder.FEED.ask("A")).isEqualTo("A");
    }
  }
}
