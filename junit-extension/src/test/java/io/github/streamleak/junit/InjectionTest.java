package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.onlyFailure;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.reports;
import static io.github.streamleak.junit.Runs.run;
import static io.github.streamleak.junit.Runs.runInParallel;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketGrpc.MarketBlockingV2Stub;
import acme.market.MarketGrpc.MarketFutureStub;
import acme.market.MarketGrpc.MarketStub;
import acme.market.MarketServer;
import io.github.streamleak.junit.NewsGrpc.NewsBlockingStub;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ServerServiceDefinition;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** What tests are handed, where, and to whom its streams belong. */
class InjectionTest {

  /** Of each fixture one test passes, one leaks. */
  static Stream<Class<?>> places() {
    return Stream.of(
        ParameterTestCases.class,
        BeforeEachParameterTestCases.class,
        ConstructorTestCases.class,
        NestedConstructorTestCases.class,
        FieldTestCases.class,
        SuperclassFieldTestCases.class,
        OuterFieldTestCases.class,
        StaticServiceTestCases.class,
        DefinitionTestCases.class,
        LateServiceTestCases.class,
        PerClassTestCases.class,
        InstanceBuilderTestCases.class,
        StaticBuilderTestCases.class,
        InstanceBuilderAndAnnotationTestCases.class,
        StaticBuilderAndAnnotationTestCases.class,
        TwoBuildersTestCases.class);
  }

  @ParameterizedTest
  @MethodSource("places")
  void stubIsThatOfTheTestTest(Class<?> fixture) {
    assertOneRightAndOneLeaky(run(fixture));
  }

  @ParameterizedTest
  @MethodSource("places")
  void stubIsThatOfTheTestInParallelTest(Class<?> fixture) {
    assertOneRightAndOneLeaky(runInParallel(2, fixture));
  }

  private static void assertOneRightAndOneLeaky(EngineExecutionResults results) {
    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    results.containerEvents().assertStatistics(s -> s.failed(0));
    assertThat(results.testEvents().failed().list())
        .extracting(event -> event.getTestDescriptor().getDisplayName().replaceFirst("\\(.*", ""))
        .containsExactly("leaks");
    assertThat(onlyLeak(results).leaks())
        .extracting(leak -> leak.stream().fullMethodName())
        .containsExactly("acme.Market/Watch");
    // Judged once: a second check would be suppressed.
    assertThat(onlyFailure(results)).hasNoSuppressedExceptions();
    assertThat(reports(results)).isEmpty();
  }

  @Test
  void everyKindCanBeAParameterTest() {
    EngineExecutionResults results = run(EveryKindTestCases.class);

    assertAllPass(results, 8);
  }

  @Test
  void everyKindCanBeAFieldTest() {
    assertAllPass(run(EveryKindOfFieldTestCases.class), 1);
  }

  @Test
  void everyKindCanBeAParameterOfAConstructorTest() {
    assertAllPass(run(EveryKindInConstructorTestCases.class), 2);
  }

  @Test
  void testsHaveChannelsAndRecordersOfTheirOwnTest() {
    EngineExecutionResults results = run(OwnTestCases.class);

    assertAllPass(results, 2);
    assertThat(OwnTestCases.SEEN).as("channels and recorders of two tests").hasSize(4);
  }

  @Test
  void testAnswersForWhatItOpensOnAStubOfAPerClassConstructorTest() {
    EngineExecutionResults results = run(PerClassConstructorTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    results.containerEvents().assertStatistics(s -> s.failed(0));
    assertThat(onlyLeak(results).leaks())
        .extracting(leak -> leak.stream().fullMethodName())
        .containsExactly("acme.Market/Watch");
  }

  @Test
  void testAnswersForWhatItOpensOnAFieldOfAPerClassInstanceTest() {
    EngineExecutionResults results = run(PerClassFieldTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    results.containerEvents().assertStatistics(s -> s.failed(0));
    assertThat(onlyLeak(results).leaks()).hasSize(1);
  }

  @Test
  void mockOfAServiceIsServedTest() {
    assertAllPass(run(MockTestCases.class), 1);
  }

  @Test
  void testsOfAPerClassInstanceShareItsServiceTest() {
    EngineExecutionResults results = run(SharedServiceTestCases.class);

    assertAllPass(results, 2);
    assertThat(SharedServiceTestCases.quotes).isEqualTo(2);
  }

  @Test
  void nestedTestHasTheServicesOfTheOuterClassAndItsOwnTest() {
    assertAllPass(run(NestedServicesTestCases.class), 2);
  }

  @Test
  void nestedTestWithAConstructorOfTheOuterClassHasItsOwnStaticServiceTest() {
    assertAllPass(run(NestedStaticServiceTestCases.class), 1);
  }

  @Test
  void perClassNestedTestsKeepTheStubOfTheOuterConstructorTest() {
    assertAllPass(run(PerClassNestedTestCases.class), 2);
  }

  @Test
  void serversOfBuilderAndAnnotationAreOneTest() {
    assertAllPass(run(BuilderAndAnnotationServicesTestCases.class), 1);
  }

  @Test
  void builderServesBeforeAllTest() {
    assertAllPass(run(BuilderBeforeAllTestCases.class), 1);
  }

  @Test
  void constructorThatThrowsLeavesNothingForTheNextTest() {
    EngineExecutionResults results = run(ThrowingConstructorTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(onlyFailure(results)).hasMessage("constructor");
    assertThat(reports(results)).isEmpty();
    assertThat(present(ThrowingConstructorTestCases.LEFT.get()).isTerminated()).isTrue();
  }

  @Test
  void constructorThatThrowsLeavesNothingAfterItsClassTest() {
    EngineExecutionResults results = run(LastConstructorTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(onlyFailure(results)).hasMessage("constructor");
    assertThat(present(LastConstructorTestCases.LEFT.get()).isTerminated()).isTrue();
  }

  @Test
  void constructorThatThrowsAtLastLeavesNothingForTheNextClassTest() {
    EngineExecutionResults results =
        run(OnlyThrowingConstructorTestCases.class, NextClassTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(onlyFailure(results)).hasMessage("constructor");
    assertThat(present(OnlyThrowingConstructorTestCases.LEFT.get()).isTerminated()).isTrue();
  }

  // ---- fixtures ----

  private static void drain(MarketBlockingStub stub) {
    stub.watch("ACME").forEachRemaining(price -> {});
  }

  private static void leave(MarketBlockingStub stub) {
    assertThat(stub.watch("ACME").next()).isEqualTo("ACME at 100");
  }

  private static void assertServes(Channel channel) {
    assertThat(MarketGrpc.newBlockingStub(channel).quote("ACME")).isEqualTo("ACME at 100");
  }

  /** One test that is right and one that leaks, both with a stub that the subclass was handed. */
  abstract static class RightAndLeaky {
    abstract MarketBlockingStub stub();

    @Test
    void drains() {
      drain(stub());
    }

    @Test
    void leaks() {
      leave(stub());
    }
  }

  /** The same with a parameter. */
  abstract static class RightAndLeakyByParameter {
    @Test
    void drains(MarketBlockingStub stub) {
      drain(stub);
    }

    @Test
    void leaks(MarketBlockingStub stub) {
      leave(stub);
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class ParameterTestCases extends RightAndLeakyByParameter {
    // Read by the extension alone, which a private field must not keep from it.
    @SuppressWarnings("UnusedVariable")
    @Serve
    private final MarketServer market = new MarketServer();
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class BeforeEachParameterTestCases extends RightAndLeaky {
    @Serve final MarketServer market = new MarketServer();
    private @Nullable MarketBlockingStub stub;

    @BeforeEach
    void keep(MarketBlockingStub stub) {
      this.stub = stub;
    }

    @Override
    MarketBlockingStub stub() {
      return present(stub);
    }
  }

  private static <T> T present(@Nullable T value) {
    return Objects.requireNonNull(value, "not injected");
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class ConstructorTestCases extends RightAndLeaky {
    @Serve final MarketServer market = new MarketServer();
    private final MarketBlockingStub stub;

    ConstructorTestCases(MarketBlockingStub stub) {
      this.stub = stub;
    }

    @Override
    MarketBlockingStub stub() {
      return stub;
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class NestedConstructorTestCases {
    @Serve final MarketServer market = new MarketServer();
    private final Channel channel;

    NestedConstructorTestCases(Channel channel) {
      this.channel = channel;
    }

    @Nested
    class Inner extends RightAndLeaky {
      private final MarketBlockingStub stub;

      Inner(MarketBlockingStub stub) {
        this.stub = stub;
      }

      @Override
      MarketBlockingStub stub() {
        assertThat(stub.getChannel()).isSameAs(channel);
        return stub;
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class FieldTestCases extends RightAndLeaky {
    @Serve final MarketServer market = new MarketServer();
    @GrpcInject private @Nullable MarketBlockingStub stub;

    @Override
    MarketBlockingStub stub() {
      return present(stub);
    }
  }

  static class SuperclassFieldTestCases extends FieldTestCases {}

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class OuterFieldTestCases {
    @Serve final MarketServer market = new MarketServer();
    @GrpcInject private @Nullable MarketBlockingStub stub;

    @Nested
    class Inner extends RightAndLeaky {
      @Override
      MarketBlockingStub stub() {
        return present(stub);
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class StaticServiceTestCases extends RightAndLeakyByParameter {
    @Serve static final MarketServer MARKET = new MarketServer();
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class DefinitionTestCases extends RightAndLeakyByParameter {
    @Serve final ServerServiceDefinition market = new MarketServer().bindService();
  }

  /** As Mockito's extension and others do: the field is empty until @BeforeEach. */
  @GrpcStreamLeakCheck(grace = "50 ms")
  static class LateServiceTestCases extends RightAndLeakyByParameter {
    @Serve @Nullable MarketServer market;

    @BeforeEach
    void fill() {
      market = new MarketServer();
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  @TestInstance(Lifecycle.PER_CLASS)
  static class PerClassTestCases extends RightAndLeakyByParameter {
    @Serve final MarketServer market = new MarketServer();
  }

  static class InstanceBuilderTestCases extends RightAndLeakyByParameter {
    @RegisterExtension
    final GrpcStreamLeakExtension streams =
        GrpcStreamLeakExtension.builder().serve(new MarketServer()).build();
  }

  static class StaticBuilderTestCases extends RightAndLeakyByParameter {
    @RegisterExtension
    static final GrpcStreamLeakExtension STREAMS =
        GrpcStreamLeakExtension.builder().serve(new MarketServer().bindService()).build();
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class InstanceBuilderAndAnnotationTestCases extends RightAndLeakyByParameter {
    @RegisterExtension
    final GrpcStreamLeakExtension streams =
        GrpcStreamLeakExtension.builder().serve(new MarketServer()).build();

    @Serve final NewsGrpc.News news = new NewsGrpc.News();
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  static class StaticBuilderAndAnnotationTestCases extends RightAndLeakyByParameter {
    @RegisterExtension
    static final GrpcStreamLeakExtension STREAMS =
        GrpcStreamLeakExtension.builder().serve(new MarketServer()).build();

    @Serve final NewsGrpc.News news = new NewsGrpc.News();
  }

  static class TwoBuildersTestCases extends RightAndLeakyByParameter {
    @RegisterExtension
    static final GrpcStreamLeakExtension MARKET =
        GrpcStreamLeakExtension.builder().serve(new MarketServer()).build();

    @RegisterExtension
    static final GrpcStreamLeakExtension NEWS =
        GrpcStreamLeakExtension.builder().serve(new NewsGrpc.News()).build();
  }

  @GrpcStreamLeakCheck
  static class EveryKindTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void channel(Channel channel) {
      assertServes(channel);
    }

    @Test
    void managedChannel(ManagedChannel channel) {
      assertServes(channel);
    }

    @Test
    void blocking(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }

    @Test
    void blockingV2(MarketBlockingV2Stub stub) throws Exception {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }

    @Test
    void future(MarketFutureStub stub) throws Exception {
      assertThat(stub.quote("ACME").get()).isEqualTo("ACME at 100");
    }

    @Test
    void async(MarketStub stub) {
      Received answer = new Received();
      stub.quote("ACME", answer);
      assertThat(answer.last()).isEqualTo("ACME at 100");
    }

    @Test
    void recorder(GrpcStreamRecorder recorder, ManagedChannel channel) {
      assertServes(channel);
      assertThat(recorder.streams()).hasSize(1);
    }

    @Test
    void resources(GrpcResources resources, GrpcStreamRecorder recorder) {
      assertThat(resources.recorder()).isSameAs(recorder);
    }
  }

  @GrpcStreamLeakCheck
  static class EveryKindOfFieldTestCases {
    @Serve final MarketServer market = new MarketServer();
    @GrpcInject private @Nullable Channel channel;
    @GrpcInject @Nullable ManagedChannel managedChannel;
    @GrpcInject protected @Nullable MarketBlockingStub blocking;
    @GrpcInject public @Nullable MarketBlockingV2Stub blockingV2;
    @GrpcInject private @Nullable MarketFutureStub future;
    @GrpcInject private @Nullable MarketStub async;
    @GrpcInject private @Nullable GrpcStreamRecorder recorder;
    @GrpcInject private @Nullable GrpcResources resources;

    @BeforeEach
    void fieldsAreSetBefore() {
      assertServes(present(channel));
    }

    @Test
    void allAreOfThisTest(ManagedChannel ofTheTest) {
      assertThat(channel).isSameAs(ofTheTest);
      assertThat(managedChannel).isSameAs(ofTheTest);
      assertThat(present(blocking).getChannel()).isSameAs(ofTheTest);
      assertThat(present(blockingV2).getChannel()).isSameAs(ofTheTest);
      assertThat(present(future).getChannel()).isSameAs(ofTheTest);
      assertThat(present(async).getChannel()).isSameAs(ofTheTest);
      assertThat(present(recorder).streams()).hasSize(1);
      assertThat(present(resources).recorder()).isSameAs(recorder);
    }
  }

  @GrpcStreamLeakCheck
  static class EveryKindInConstructorTestCases {
    @Serve final MarketServer market = new MarketServer();
    private final ManagedChannel channel;
    private final List<Channel> others;
    private final GrpcStreamRecorder recorder;
    private final GrpcResources resources;

    EveryKindInConstructorTestCases(
        Channel channel,
        ManagedChannel managedChannel,
        MarketBlockingStub blocking,
        MarketBlockingV2Stub blockingV2,
        MarketFutureStub future,
        MarketStub async,
        GrpcStreamRecorder recorder,
        GrpcResources resources) {
      this.channel = managedChannel;
      this.others =
          List.of(
              channel,
              blocking.getChannel(),
              blockingV2.getChannel(),
              future.getChannel(),
              async.getChannel());
      this.recorder = recorder;
      this.resources = resources;
    }

    @Test
    void allAreOfThisTest(ManagedChannel ofTheTest) {
      assertAllAreOf(ofTheTest);
    }

    @Test
    void allAreOfTheNextTest(ManagedChannel ofTheTest) {
      assertAllAreOf(ofTheTest);
    }

    private void assertAllAreOf(ManagedChannel ofTheTest) {
      assertServes(channel);
      assertThat(channel).isSameAs(ofTheTest);
      assertThat(others).allMatch(other -> other == ofTheTest);
      assertThat(recorder.streams()).hasSize(1);
      assertThat(resources.recorder()).isSameAs(recorder);
    }
  }

  @GrpcStreamLeakCheck
  static class OwnTestCases {
    static final Set<Object> SEEN = Collections.newSetFromMap(new IdentityHashMap<>());

    @Serve static final MarketServer MARKET = new MarketServer();

    @BeforeEach
    void note(ManagedChannel channel, GrpcStreamRecorder recorder) {
      assertServes(channel);
      SEEN.add(channel);
      SEEN.add(recorder);
    }

    @Test
    void first(ManagedChannel channel, GrpcStreamRecorder recorder) {
      assertThat(SEEN).contains(channel, recorder);
    }

    @Test
    void second(ManagedChannel channel, GrpcStreamRecorder recorder) {
      assertThat(SEEN).contains(channel, recorder);
    }

    @AfterEach
    void stillTheSame(ManagedChannel channel, GrpcStreamRecorder recorder) {
      assertThat(SEEN).contains(channel, recorder);
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  @TestInstance(Lifecycle.PER_CLASS)
  static class PerClassConstructorTestCases {
    @Serve final MarketServer market = new MarketServer();
    private final MarketBlockingStub stub;

    PerClassConstructorTestCases(MarketBlockingStub stub) {
      this.stub = stub;
    }

    @Test
    void drains() {
      drain(stub);
    }

    @Test
    void leaves() {
      leave(stub);
    }
  }

  /** As a mock of the generated class is: each of its methods answers null. */
  static final class MockedNews extends NewsGrpc.News {
    @Override
    @SuppressWarnings("NullAway")
    public ServerServiceDefinition bindService() {
      return null;
    }
  }

  @GrpcStreamLeakCheck
  static class MockTestCases {
    @Serve final MockedNews news = new MockedNews();

    @Test
    void asks(NewsBlockingStub stub) {
      assertThat(stub.headline("ACME")).isEqualTo("ACME rises");
    }
  }

  @GrpcStreamLeakCheck(grace = "50 ms")
  @TestInstance(Lifecycle.PER_CLASS)
  static class PerClassFieldTestCases {
    @Serve final MarketServer market = new MarketServer();
    @GrpcInject private @Nullable MarketBlockingStub stub;

    @Test
    void leaves() {
      leave(present(stub));
    }
  }

  @GrpcStreamLeakCheck
  @TestInstance(Lifecycle.PER_CLASS)
  static class SharedServiceTestCases {
    static int quotes;

    @Serve
    final MarketServer market =
        new MarketServer() {
          @Override
          protected void beforeAnswer() {
            quotes++;
          }
        };

    @Test
    void first(Channel channel) {
      assertServes(channel);
    }

    @Test
    void second(Channel channel) {
      assertServes(channel);
    }
  }

  @GrpcStreamLeakCheck
  static class NestedServicesTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Nested
    class Inner {
      @Serve final NewsGrpc.News news = new NewsGrpc.News();

      @Test
      void both(MarketBlockingStub market, NewsBlockingStub news) {
        drain(market);
        assertThat(news.headline("ACME")).isEqualTo("ACME rises");
      }
    }

    @Test
    void outer(MarketBlockingStub market) {
      drain(market);
    }
  }

  @GrpcStreamLeakCheck
  static class NestedStaticServiceTestCases {
    NestedStaticServiceTestCases(GrpcResources resources) {
      assertThat(resources).isNotNull();
    }

    @Nested
    class Inner {
      @Serve static final MarketServer MARKET = new MarketServer();

      @Test
      void served(MarketBlockingStub market) {
        drain(market);
      }
    }
  }

  @GrpcStreamLeakCheck
  static class PerClassNestedTestCases {
    @Serve final MarketServer market = new MarketServer();
    private final MarketBlockingStub stub;

    PerClassNestedTestCases(MarketBlockingStub stub) {
      this.stub = stub;
    }

    @Nested
    @TestInstance(Lifecycle.PER_CLASS)
    class Inner {
      @Test
      void first() {
        drain(stub);
      }

      @Test
      void second() {
        drain(stub);
      }
    }
  }

  @GrpcStreamLeakCheck
  static class BuilderAndAnnotationServicesTestCases {
    @RegisterExtension
    static final GrpcStreamLeakExtension STREAMS =
        GrpcStreamLeakExtension.builder().serve(new MarketServer()).build();

    @Serve final NewsGrpc.News news = new NewsGrpc.News();

    @Test
    void both(MarketBlockingStub market, NewsBlockingStub news) {
      drain(market);
      assertThat(news.headline("ACME")).isEqualTo("ACME rises");
      assertThat(news.getChannel()).isSameAs(market.getChannel());
    }
  }

  static class BuilderBeforeAllTestCases {
    @RegisterExtension
    static final GrpcStreamLeakExtension STREAMS =
        GrpcStreamLeakExtension.builder().serve(new MarketServer()).build();

    @BeforeAll
    static void drains(MarketBlockingStub market) {
      drain(market);
    }

    @Test
    void drainsToo(MarketBlockingStub market) {
      drain(market);
    }
  }

  @GrpcStreamLeakCheck
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  static class ThrowingConstructorTestCases {
    static final AtomicReference<@Nullable ManagedChannel> LEFT = new AtomicReference<>();

    @Serve final MarketServer market = new MarketServer();
    private final MarketBlockingStub stub;

    ThrowingConstructorTestCases(MarketBlockingStub stub) {
      this.stub = stub;
      if (LEFT.compareAndSet(null, (ManagedChannel) stub.getChannel())) {
        throw new IllegalStateException("constructor");
      }
    }

    @Test
    @Order(1)
    void neverRuns() {}

    @Test
    @Order(2)
    void hasItsOwn(ManagedChannel channel, GrpcStreamRecorder recorder) {
      assertThat(channel).isSameAs(stub.getChannel()).isNotSameAs(LEFT.get());
      drain(stub);
      assertThat(recorder.streams()).hasSize(1);
    }
  }

  @GrpcStreamLeakCheck
  static class LastConstructorTestCases {
    static final AtomicReference<@Nullable ManagedChannel> LEFT = new AtomicReference<>();

    @Serve final MarketServer market = new MarketServer();

    LastConstructorTestCases(ManagedChannel channel) {
      LEFT.set(channel);
      throw new IllegalStateException("constructor");
    }

    @Test
    void neverRuns() {}
  }

  @GrpcStreamLeakCheck
  static class OnlyThrowingConstructorTestCases {
    static final AtomicReference<@Nullable ManagedChannel> LEFT = new AtomicReference<>();

    @Serve final MarketServer market = new MarketServer();

    OnlyThrowingConstructorTestCases(ManagedChannel channel) {
      LEFT.set(channel);
      throw new IllegalStateException("constructor");
    }

    @Test
    void neverRuns() {}
  }

  static class NextClassTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    @GrpcStreamLeakCheck
    void hasItsOwn(ManagedChannel channel) {
      assertThat(channel).isNotSameAs(OnlyThrowingConstructorTestCases.LEFT.get());
      assertServes(channel);
    }
  }
}
