package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.kit;
import static io.github.streamleak.junit.Runs.onlyFailure;
import static io.github.streamleak.junit.Runs.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import io.github.streamleak.junit.NewsGrpc.NewsBlockingStub;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.AbstractStub;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** Each mistake in the use of the extension is named, with what would be right. */
@Isolated // A run with streamleak.watch = all would take the streams of a test beside it.
class BadInputTest {

  private static final String VALID =
      "Channel, ManagedChannel, a generated gRPC stub, GrpcStreamRecorder and GrpcResources";
  private static final String NO_SERVICE =
      " declares no service to connect to. Mark a field that holds a BindableService or a"
          + " ServerServiceDefinition with @Serve, or name it in"
          + " GrpcStreamLeakExtension.builder().serve(...); for a server elsewhere take"
          + " GrpcResources and its newChannel(builder)";

  // ---- @Serve ----

  @Test
  void serviceThatIsNullTest() {
    assertTestFails(
        NullServiceTestCases.class,
        "@Serve BadInputTest.NullServiceTestCases.market is null; initialise it where it is"
            + " declared, in the constructor or in @BeforeEach, with an io.grpc.BindableService or"
            + " an io.grpc.ServerServiceDefinition");
  }

  @Test
  void serviceThatIsNullAndNotAskedForTest() {
    assertTestFails(
        NullServiceNotAskedForTestCases.class,
        "@Serve BadInputTest.NullServiceNotAskedForTestCases.market is null; initialise it where"
            + " it is declared, in the constructor or in @BeforeEach, with an"
            + " io.grpc.BindableService or an io.grpc.ServerServiceDefinition");
  }

  @Test
  void serviceThatIsAStringTest() {
    assertTestFails(
        StringServiceTestCases.class,
        "@Serve BadInputTest.StringServiceTestCases.market holds a java.lang.String; it must hold"
            + " an io.grpc.BindableService or an io.grpc.ServerServiceDefinition");
  }

  @Test
  void staticServiceThatIsAStringTest() {
    assertTestFails(
        StaticStringServiceTestCases.class,
        "@Serve BadInputTest.StaticStringServiceTestCases.MARKET holds a java.lang.String; it must"
            + " hold an io.grpc.BindableService or an io.grpc.ServerServiceDefinition");
  }

  @Test
  void mockThatCannotBeBoundTest() {
    assertTestFails(
        MockTestCases.class,
        "@Serve BadInputTest.MockTestCases.service holds a"
            + " io.github.streamleak.junit.BadInputTest$Mocked whose bindService() returns null, as"
            + " that of a mock does; have it call the real method, or give the mock a real service"
            + " to delegate to");
  }

  @Test
  void twoServicesOfOneNameTest() {
    assertTestFails(
        TwoServicesTestCases.class,
        "two services are named acme.Market: @Serve BadInputTest.TwoServicesTestCases.market and"
            + " @Serve BadInputTest.TwoServicesTestCases.another; a server takes one of each name,"
            + " so remove one of them");
  }

  @Test
  void oneServiceOfEachNameTest() {
    assertAllPass(run(OneOfEachTestCases.class), 1);
  }

  @Test
  void serviceThatIsSetAgainTooLateTest() {
    assertTestFails(
        SetAgainTestCases.class,
        "@Serve BadInputTest.SetAgainTestCases.market was set again after its server had started,"
            + " and the server still serves the first service; set it where it is declared, or"
            + " take the stub as a parameter of the test, for which the server is started later");
  }

  @Test
  void serviceThatIsSetAgainBeforeItsServerStartsTest() {
    assertAllPass(run(SetAgainInTimeTestCases.class), 1);
  }

  @Test
  void serviceOfATestThatIsOnlyWatchedIsNamedTest() {
    EngineExecutionResults results = Runs.all(OnlyWatchedTestCases.class).execute();

    assertAllPass(results, 1);
    assertThat(Runs.reports(results))
        .containsExactly(
            Map.of(
                "streamleak.not-served",
                "@Serve BadInputTest.OnlyWatchedTestCases.market, @GrpcInject"
                    + " BadInputTest.OnlyWatchedTestCases.stub are left as they are:"
                    + " streamleak.watch=all watches the channels of a test and serves nothing; add"
                    + " @GrpcStreamLeakCheck to BadInputTest.OnlyWatchedTestCases"));
    assertThat(Runs.reports(Runs.all(OneOfEachTestCases.class).execute())).isEmpty();
  }

  // ---- parameters ----

  @Test
  void stubWithoutServiceTest() {
    assertTestFails(
        StubWithoutServiceTestCases.class,
        "parameter 1 (MarketBlockingStub) of BadInputTest.StubWithoutServiceTestCases.asks:"
            + " BadInputTest.StubWithoutServiceTestCases.asks"
            + NO_SERVICE);
  }

  @Test
  void stubWithoutServiceInBeforeEachTest() {
    assertTestFails(
        StubWithoutServiceInBeforeEachTestCases.class,
        "parameter 1 (Channel) of BadInputTest.StubWithoutServiceInBeforeEachTestCases.ask:"
            + " BadInputTest.StubWithoutServiceInBeforeEachTestCases.asks"
            + NO_SERVICE);
  }

  @Test
  void stubWithoutServiceInConstructorTest() {
    EngineExecutionResults results = run(StubWithoutServiceInConstructorTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyFailure(results))
        .isInstanceOf(ExtensionConfigurationException.class)
        .message()
        .endsWith(NO_SERVICE)
        .startsWith(
            "parameter 1 (MarketBlockingStub) of"
                + " BadInputTest.StubWithoutServiceInConstructorTestCases's constructor: ");
  }

  @Test
  void stubOfAServiceThatIsNotServedTest() {
    assertTestFails(
        UnservedStubTestCases.class,
        "parameter 1 (NewsBlockingStub) of BadInputTest.UnservedStubTestCases.asks is a stub of"
            + " news.News, which is not served; the services declared are acme.Market. Declare"
            + " it with @Serve, or inject a Channel if the call is meant to fail");
  }

  @Test
  void stubOfAServiceThatIsNotServedInConstructorTest() {
    assertTestFails(
        UnservedStubInConstructorTestCases.class,
        "parameter 1 (NewsBlockingStub) of BadInputTest.UnservedStubInConstructorTestCases's"
            + " constructor is a stub of news.News, which is not served; the services declared are"
            + " acme.Market. Declare it with @Serve, or inject a Channel if the call is meant to"
            + " fail");
  }

  @Test
  void stubThatIsNotGeneratedTest() {
    assertTestFails(
        HandmadeStubTestCases.class,
        "parameter 1 (HandmadeStub) of BadInputTest.HandmadeStubTestCases.asks:"
            + " io.github.streamleak.junit.BadInputTest$HandmadeStub is not a generated stub: the"
            + " class around it has no static method that makes one from a Channel, and it has no"
            + " public constructor that takes one. What can be injected: "
            + VALID);
  }

  @Test
  void parameterThatNobodyResolvesTest() {
    assertTestFails(
        UnresolvableTestCases.class,
        "No ParameterResolver registered for parameter [java.lang.String symbol] in method [void"
            + " io.github.streamleak.junit.BadInputTest$UnresolvableTestCases.asks(java.lang.String)]."
            + " What @GrpcStreamLeakCheck injects: "
            + VALID);
  }

  // ---- @GrpcInject ----

  @Test
  void finalFieldTest() {
    assertTestFails(
        FinalFieldTestCases.class,
        "@GrpcInject BadInputTest.FinalFieldTestCases.channel is final; it must be neither static"
            + " nor final");
  }

  @Test
  void staticFieldTest() {
    assertTestFails(
        StaticFieldTestCases.class,
        "@GrpcInject BadInputTest.StaticFieldTestCases.channel is static; it must be neither"
            + " static nor final");
  }

  @Test
  void unsupportedFieldTest() {
    assertTestFails(
        UnsupportedFieldTestCases.class,
        "@GrpcInject BadInputTest.UnsupportedFieldTestCases.channel is of type java.lang.String;"
            + " what can be injected: "
            + VALID);
  }

  @Test
  void fieldWithoutServiceTest() {
    assertTestFails(
        FieldWithoutServiceTestCases.class,
        "@GrpcInject BadInputTest.FieldWithoutServiceTestCases.channel:"
            + " BadInputTest.FieldWithoutServiceTestCases.passes"
            + NO_SERVICE);
  }

  // ---- durations and modes ----

  @Test
  void graceThatIsNoDurationTest() {
    assertTestFails(
        GraceSoonTestCases.class,
        "@GrpcStreamLeakCheck(grace) of BadInputTest.GraceSoonTestCases is \"soon\", which is not a"
            + " duration; write a number and a unit (ms, s or m), such as \"500 ms\" or \"2 s\"");
  }

  @Test
  void graceOfAMethodThatIsNoDurationTest() {
    assertTestFails(
        GraceSoonOnMethodTestCases.class,
        "@GrpcStreamLeakCheck(grace) of BadInputTest.GraceSoonOnMethodTestCases.passes is"
            + " \"soon\", which is not a duration; write a number and a unit (ms, s or m), such as"
            + " \"500 ms\" or \"2 s\"");
  }

  @Test
  void graceThatIsNegativeTest() {
    assertTestFails(
        GraceNegativeTestCases.class,
        "@GrpcStreamLeakCheck(grace) of BadInputTest.GraceNegativeTestCases is \"-1 s\", but must"
            + " not be negative; \"0 s\" means not to wait");
  }

  @Test
  void graceOfABuilderThatIsNegativeTest() {
    assertThatThrownBy(() -> GrpcStreamLeakExtension.builder().grace(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("grace must not be negative, but is PT-1S; Duration.ZERO means not to wait");
  }

  @Test
  void graceOfTheConfigurationThatIsNoDurationTest() {
    assertFails(
        kit(NoGraceTestCases.class).configurationParameter("streamleak.grace", "soon").execute(),
        "the configuration parameter streamleak.grace is \"soon\", which is not a duration; write a"
            + " number and a unit (ms, s or m), such as \"500 ms\" or \"2 s\"");
  }

  @Test
  void modeThatIsUnknownTest() {
    assertFails(
        kit(NoGraceTestCases.class).configurationParameter("streamleak.mode", "loud").execute(),
        "the configuration parameter streamleak.mode is \"loud\"; the valid values are fail, warn"
            + " and off");
  }

  // ---- allowances ----

  @Test
  void allowanceWithoutReasonTest() {
    assertTestFails(
        NoReasonTestCases.class,
        "@AllowStreamLeak of BadInputTest.NoReasonTestCases.passes: the allowance for"
            + " \"acme.Market/Watch\" has no reason; say why such a stream may stay open, such"
            + " as \"lives as long as the client\"");
  }

  @Test
  void allowanceThatCannotMatchTest() {
    assertTestFails(
        NoMatchTestCases.class,
        "@AllowStreamLeak of BadInputTest.NoMatchTestCases.passes: the method pattern"
            + " \"acme.Market.Watch\" matches no gRPC method; write \"package.Service/Method\","
            + " with * for any number of characters, such as \"grpc.health.v1.Health/*\"");
  }

  @Test
  void allowanceOfABuilderWithoutReasonTest() {
    assertThatThrownBy(() -> GrpcStreamLeakExtension.builder().allow("acme.Market/Watch", " "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the allowance for \"acme.Market/Watch\" has no reason; say why such a stream may"
                + " stay open, such as \"lives as long as the client\"");
  }

  // ---- use after the end, and twice ----

  @Test
  void resourcesUsedAfterTheirTest() {
    EngineExecutionResults results = run(KeptTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(2));
    String closed =
        "the GrpcResources of BadInputTest.KeptTestCases.keeps are closed; each test has its own,"
            + " so take them as a parameter of the test that uses them";
    GrpcResources resources = Objects.requireNonNull(KeptTestCases.keptResources);
    assertThatThrownBy(() -> resources.register(() -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(closed);
    assertThatThrownBy(() -> resources.newChannel(InProcessChannelBuilder.forName("none")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(closed);
    assertThatThrownBy(
            () ->
                resources.start(
                    InProcessServerBuilder.forName("none").addService(new MarketServer())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(closed);
  }

  @Test
  void recorderUsedAfterItsTest() {
    EngineExecutionResults results = run(KeptRecorderTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).succeeded(1));
    GrpcStreamRecorder recorder = Objects.requireNonNull(KeptRecorderTestCases.kept);
    String closed =
        "() on a recorder that is closed. A recorder given to a test ends with that test; take the"
            + " one of the running test, or create your own with GrpcStreamRecorder.create()";
    assertThatThrownBy(() -> recorder.attachTo(InProcessChannelBuilder.forName("none")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("attachTo" + closed);
    ManagedChannel channel = InProcessChannelBuilder.forName("none").build();
    assertThatThrownBy(() -> recorder.intercept(channel))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("intercept" + closed);
    channel.shutdownNow();
  }

  @Test
  void recorderAttachedTwiceTest() {
    EngineExecutionResults results = run(AttachedTwiceTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyFailure(results))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "This recorder is attached to this InProcessChannelBuilder already; attach it once to"
                + " each channel");
  }

  @Test
  void shutdownLimitThatIsNotPositiveTest() {
    EngineExecutionResults results = run(NoShutdownLimitTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyFailure(results))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the shutdown limit must be positive, but is PT0S");
  }

  private static void assertTestFails(Class<?> fixture, String message) {
    EngineExecutionResults results = run(fixture);

    assertFails(results, message);
  }

  private static void assertFails(EngineExecutionResults results, String message) {
    assertThat(onlyFailure(results))
        .isInstanceOf(ExtensionConfigurationException.class)
        .hasMessage(message);
  }

  // ---- fixtures ----

  @GrpcStreamLeakCheck
  static class NullServiceTestCases {
    @Serve final @Nullable MarketServer market = null;

    @Test
    void asks(Channel channel) {}
  }

  @GrpcStreamLeakCheck
  static class NullServiceNotAskedForTestCases {
    @Serve final @Nullable MarketServer market = null;

    @Test
    void asksForNothing() {}
  }

  @GrpcStreamLeakCheck
  static class StringServiceTestCases {
    @Serve final String market = "market";

    @Test
    void asksForNothing() {}
  }

  @GrpcStreamLeakCheck
  static class StaticStringServiceTestCases {
    @Serve static final String MARKET = "market";

    @Test
    void asksForNothing() {}
  }

  @GrpcStreamLeakCheck
  static class TwoServicesTestCases {
    @Serve final MarketServer market = new MarketServer();
    @Serve final MarketServer another = new MarketServer();

    @Test
    void asksForNothing() {}
  }

  @GrpcStreamLeakCheck
  static class SetAgainTestCases {
    @Serve MarketServer market = new MarketServer();

    @BeforeEach
    void setAgain(Channel startsTheServer) {
      market = new MarketServer();
    }

    @Test
    void asksForNothing() {}
  }

  @GrpcStreamLeakCheck
  static class SetAgainInTimeTestCases {
    @Serve MarketServer market = new MarketServer();

    @BeforeEach
    void setAgain() {
      market = new MarketServer();
    }

    @Test
    void asks(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }
  }

  /** A mock of a service that no generated class binds. */
  static final class Mocked implements io.grpc.BindableService {
    @Override
    @SuppressWarnings("NullAway")
    public io.grpc.ServerServiceDefinition bindService() {
      return null;
    }
  }

  @GrpcStreamLeakCheck
  static class MockTestCases {
    @Serve final Mocked service = new Mocked();

    @Test
    void asksForNothing() {}
  }

  static class OnlyWatchedTestCases {
    @Serve final MarketServer market = new MarketServer();
    @GrpcInject @Nullable MarketBlockingStub stub;

    @Test
    void hasNoStub() {
      assertThat(stub).isNull();
    }
  }

  @GrpcStreamLeakCheck
  static class OneOfEachTestCases {
    @Serve final MarketServer first = new MarketServer();
    @Serve final NewsGrpc.News second = new NewsGrpc.News();

    @Test
    void asksForBoth(MarketBlockingStub market, NewsBlockingStub news) {
      assertThat(market.quote("ACME")).isEqualTo("ACME at 100");
      assertThat(news.headline("ACME")).isEqualTo("ACME rises");
    }
  }

  @GrpcStreamLeakCheck
  static class StubWithoutServiceTestCases {
    @Test
    void asks(MarketBlockingStub stub) {}
  }

  @GrpcStreamLeakCheck
  static class StubWithoutServiceInBeforeEachTestCases {
    @BeforeEach
    void ask(Channel channel) {}

    @Test
    void asks() {}
  }

  @GrpcStreamLeakCheck
  static class StubWithoutServiceInConstructorTestCases {
    StubWithoutServiceInConstructorTestCases(MarketBlockingStub stub) {}

    @Test
    void passes() {}
  }

  @GrpcStreamLeakCheck
  static class UnservedStubTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void asks(NewsBlockingStub stub) {}
  }

  @GrpcStreamLeakCheck
  static class UnservedStubInConstructorTestCases {
    @Serve final MarketServer market = new MarketServer();

    UnservedStubInConstructorTestCases(NewsBlockingStub stub) {}

    @Test
    void passes() {}
  }

  /** Not generated: a user's own stub, which nothing here knows how to make. */
  abstract static class HandmadeStub extends AbstractStub<HandmadeStub> {
    HandmadeStub(Channel channel) {
      super(channel);
    }
  }

  @GrpcStreamLeakCheck
  static class HandmadeStubTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void asks(HandmadeStub stub) {}
  }

  @GrpcStreamLeakCheck
  static class UnresolvableTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void asks(String symbol) {}
  }

  @GrpcStreamLeakCheck
  static class FinalFieldTestCases {
    @Serve final MarketServer market = new MarketServer();
    @GrpcInject final @Nullable Channel channel = null;

    @Test
    void passes() {}
  }

  @GrpcStreamLeakCheck
  static class StaticFieldTestCases {
    @Serve final MarketServer market = new MarketServer();
    @GrpcInject static @Nullable Channel channel;

    @Test
    void passes() {}
  }

  @GrpcStreamLeakCheck
  static class UnsupportedFieldTestCases {
    @Serve final MarketServer market = new MarketServer();
    @GrpcInject @Nullable String channel;

    @Test
    void passes() {}
  }

  @GrpcStreamLeakCheck
  static class FieldWithoutServiceTestCases {
    @GrpcInject @Nullable Channel channel;

    @Test
    void passes() {}
  }

  @GrpcStreamLeakCheck(grace = "soon")
  static class GraceSoonTestCases {
    @Test
    void passes() {}
  }

  static class GraceSoonOnMethodTestCases {
    @Test
    @GrpcStreamLeakCheck(grace = "soon")
    void passes() {}
  }

  @GrpcStreamLeakCheck(grace = "-1 s")
  static class GraceNegativeTestCases {
    @Test
    void passes() {}
  }

  @GrpcStreamLeakCheck
  static class NoGraceTestCases {
    @Test
    void passes() {}
  }

  @GrpcStreamLeakCheck
  static class NoReasonTestCases {
    @Test
    @AllowStreamLeak(method = "acme.Market/Watch", reason = "")
    void passes() {}
  }

  @GrpcStreamLeakCheck
  static class NoMatchTestCases {
    @Test
    @AllowStreamLeak(method = "acme.Market.Watch", reason = "a reason")
    void passes() {}
  }

  @GrpcStreamLeakCheck
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  static class KeptTestCases {
    static @Nullable GrpcResources keptResources;

    @Test
    @Order(1)
    void keeps(GrpcResources resources) {
      keptResources = resources;
    }

    @Test
    @Order(2)
    void hasItsOwn(GrpcResources resources) {
      assertThat(resources).isNotSameAs(keptResources);
    }
  }

  @GrpcStreamLeakCheck
  static class KeptRecorderTestCases {
    static @Nullable GrpcStreamRecorder kept;

    @Test
    void keeps(GrpcStreamRecorder recorder) {
      kept = recorder;
    }
  }

  @GrpcStreamLeakCheck
  static class AttachedTwiceTestCases {
    @Test
    void attaches(GrpcStreamRecorder recorder) {
      InProcessChannelBuilder builder =
          recorder.attachTo(InProcessChannelBuilder.forName("BadInputTest.attachedTwice"));
      recorder.attachTo(builder);
    }
  }

  @GrpcStreamLeakCheck
  static class NoShutdownLimitTestCases {
    @Test
    void sets(GrpcResources resources) {
      resources.shutdownLimit(Duration.ZERO);
    }
  }
}
