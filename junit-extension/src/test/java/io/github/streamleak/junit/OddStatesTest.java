package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.all;
import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.failed;
import static io.github.streamleak.junit.Runs.failedContainers;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.run;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.junit.WatchTest.Client;
import io.github.streamleak.junit.WatchTest.Loopback;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Names;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.UserInterceptors.SwallowsCancel;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakError;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.InternalConfigurator;
import io.grpc.InternalConfiguratorRegistry;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** What a suite may do to the hooks, to its threads and to its channels. Alone, as WatchTest is. */
@Isolated
class OddStatesTest {

  // ---- somebody else in gRPC's registries ----

  @Test
  void configuratorsSetBeforeTheRunStandBesideOursTest() throws Exception {
    InternalConfiguratorRegistry.setConfigurators(List.of(new SwallowsCancels()));
    try {
      EngineExecutionResults results = all(CancellingTestCases.class).execute();

      assertBlamed(results, "cancels()");
      assertThat(onlyLeak(results).leaks())
          .singleElement()
          .extracting(StreamFinding::stream)
          .returns(Coverage.WHOLE, RecordedStream::coverage);
      assertThat(InternalConfiguratorRegistry.getConfigurators())
          .singleElement()
          .isInstanceOf(SwallowsCancels.class);
    } finally {
      unsetConfigurators();
    }
    assertAllPass(all(CancellingTestCases.class).execute(), 2);
  }

  @Test
  void configuratorsSetByATestReplaceOursUntilTheNextOneTest() throws Exception {
    try {
      EngineExecutionResults results = all(SetsConfiguratorsTestCases.class).execute();

      assertBlamed(results, "aSetsThem()", "cLeaves()");
      Map<String, Coverage> sides = new TreeMap<>();
      results
          .testEvents()
          .failed()
          .list()
          .forEach(
              event ->
                  ((StreamLeakError) Runs.thrown(event).orElseThrow())
                      .leaks()
                      .forEach(
                          leak ->
                              sides.put(
                                  event.getTestDescriptor().getDisplayName(),
                                  leak.stream().coverage())));
      assertThat(sides)
          .isEqualTo(Map.of("aSetsThem()", Coverage.TRANSPORT_ONLY, "cLeaves()", Coverage.WHOLE));
      assertThat(InternalConfiguratorRegistry.getConfigurators())
          .singleElement()
          .isInstanceOf(DoesNothing.class);
    } finally {
      unsetConfigurators();
    }
  }

  @Test
  void policyOfAUsersIsServedAndIsGoneWithHimTest() {
    OwnPolicyTestCases.made = 0;
    EngineExecutionResults results = run(OwnPolicyTestCases.class);

    assertBlamed(results, "leaves()");
    assertThat(onlyLeak(results).leaks().get(0).stream().attempts().get(0).hasPickerTracer())
        .isTrue();
    assertThat(OwnPolicyTestCases.made).isEqualTo(2);
    // No check has begun since he took it away.
    new Client().all();
    assertThat(OwnPolicyTestCases.made).isEqualTo(2);
  }

  // ---- timeouts ----

  @Test
  void streamOfATestThatTimedOutIsAddedToItsFailureTest() {
    EngineExecutionResults results = all(TimedOutTestCases.class).execute();

    assertThat(failed(results))
        .containsExactlyInAnyOrder(
            "leavesOnItsThread()", "leavesOnAThreadOfJUnits()", "drainsAndHangs()");
    assertThat(failedContainers(results)).isEmpty();
    Map<String, Long> leaks = new TreeMap<>();
    results
        .testEvents()
        .failed()
        .list()
        .forEach(
            event -> {
              Throwable failure = Runs.thrown(event).orElseThrow();
              assertThat(failure).isInstanceOf(TimeoutException.class);
              leaks.put(
                  event.getTestDescriptor().getDisplayName(),
                  List.of(failure.getSuppressed()).stream()
                      .filter(StreamLeakError.class::isInstance)
                      .count());
            });
    assertThat(leaks)
        .isEqualTo(
            Map.of(
                "leavesOnItsThread()",
                1L,
                "leavesOnAThreadOfJUnits()",
                1L,
                "drainsAndHangs()",
                0L));
  }

  @Test
  void whatATimedOutTestOpensLateIsNotChargedToTheNextTest() {
    EngineExecutionResults results = all(OpensLateTestCases.class).execute();

    assertThat(failed(results)).containsExactly("aTimesOut()");
    assertThat(Runs.thrown(results.testEvents().failed().list().get(0)).orElseThrow())
        .isInstanceOf(TimeoutException.class)
        .hasNoSuppressedExceptions();
    assertThat(failedContainers(results)).containsExactly("OddStatesTest$OpensLateTestCases");
  }

  @Test
  void threadOfATimeoutSpeaksForItsTestAmongParallelOnesTest() {
    assertBlamed(bothAtOnce(PreemptiveTestCases.class).execute(), "leaves()");
  }

  @Test
  void conditionThatIsWaitedForSpeaksForItsTestAmongParallelOnesTest() {
    assertBlamed(bothAtOnce(AwaitilityTestCases.class).execute(), "leaves()");
  }

  private static EngineTestKit.Builder bothAtOnce(Class<?> fixture) {
    return all(fixture)
        .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
        .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
        .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
        .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "2");
  }

  // ---- while JUnit closes, and after ----

  @Test
  void resourceThatClosesAfterTheWatchIsNobodysTest() {
    assertAllPass(run(OpensAfterTheWatchTestCases.class), 1);
  }

  @Test
  void channelThatOutlivesItsRunServesTheNextTest() {
    EngineExecutionResults first = all(KeepsAChannelTestCases.class).execute();
    assertAllPass(first, 2);
    KeepsAChannelTestCases.client().all();
    KeepsAChannelTestCases.client().first();
    EngineExecutionResults second = all(UsesTheChannelTestCases.class).execute();

    assertBlamed(second, "leaves()");
    assertThat(onlyLeak(second).leaks())
        .singleElement()
        .extracting(StreamFinding::stream)
        .returns(Coverage.WHOLE, RecordedStream::coverage);
    KeepsAChannelTestCases.client().close();
  }

  // ---- channels ----

  @Test
  void channelsOfShadedNettyAreWatchedTest() {
    assertBlamed(all(ShadedTestCases.class).execute(), "leaves()");
  }

  @Test
  void channelsOverAUnixSocketAreWatchedTest() {
    assertBlamed(all(UnixTestCases.class).execute(), "leaves()");
  }

  @Test
  void policyWithChildrenIsSeenWholeTest() {
    EngineExecutionResults results = all(RoundRobinTestCases.class).execute();

    assertBlamed(results, "leaves()");
    assertThat(onlyLeak(results).leaks())
        .hasSize(2)
        .allSatisfy(leak -> assertThat(leak.stream().attempts().get(0).hasPickerTracer()).isTrue());
  }

  @Test
  void lineThatOpenedAStreamIsFoundBehindADecoratorTest() {
    EngineExecutionResults results = all(DecoratedTestCases.class).execute();

    assertBlamed(results, "leaves()");
    StackTraceElement line = onlyLeak(results).leaks().get(0).stream().openingLine().orElseThrow();
    assertThat(line.getClassName()).isEqualTo(DecoratedTestCases.class.getName());
    assertThat(line.getMethodName()).isEqualTo("leaves");
  }

  // ---- reading ----

  /** Exactly these failed, for a leak and nothing else; all else passed, the run too. */
  private static void assertBlamed(EngineExecutionResults results, String... tests) {
    assertThat(failed(results)).containsExactlyInAnyOrder(tests);
    assertThat(failedContainers(results)).isEmpty();
    assertThat(results.testEvents().failed().stream().map(Runs::thrown))
        .allSatisfy(thrown -> assertThat(thrown.orElseThrow()).isInstanceOf(StreamLeakError.class));
    assertThat(results.testEvents().succeeded().count()).as("twins that pass").isPositive();
  }

  /** As if nobody had ever set any: other tests share this JVM. */
  private static void unsetConfigurators() throws ReflectiveOperationException {
    Method instance =
        Class.forName("io.grpc.ConfiguratorRegistry").getDeclaredMethod("getDefaultRegistry");
    instance.setAccessible(true);
    Object registry = instance.invoke(null);
    for (String name : List.of("configurators", "wasConfiguratorsSet")) {
      Field field = registry.getClass().getDeclaredField(name);
      field.setAccessible(true);
      field.set(registry, name.equals("configurators") ? List.of() : false);
    }
  }

  private static String first(Channel channel) {
    return MarketGrpc.newBlockingStub(channel).watch("ACME").next();
  }

  private static void drain(Channel channel) {
    MarketGrpc.newBlockingStub(channel).watch("ACME").forEachRemaining(price -> {});
  }

  private static ManagedChannel build(ManagedChannelBuilder<?> builder) {
    return builder.usePlaintext().build();
  }

  private static ManagedChannel toLoopback() {
    return build(NettyChannelBuilder.forAddress(Loopback.WIRE.address()));
  }

  // ---- fixtures: registries ----

  /** An interceptor that keeps every cancel back: the stream stays open. */
  static final class SwallowsCancels implements InternalConfigurator {
    @Override
    public void configureChannelBuilder(ManagedChannelBuilder<?> builder) {
      builder.intercept(new SwallowsCancel());
    }
  }

  static class CancellingTestCases {
    @Test
    void cancels() {
      ClientCall<String, String> call =
          toLoopback().newCall(MarketGrpc.SUBSCRIBE, CallOptions.DEFAULT);
      call.start(new ClientCall.Listener<>() {}, new Metadata());
      call.cancel("enough", null);
    }

    @Test
    void drains() {
      drain(toLoopback());
    }
  }

  static final class DoesNothing implements InternalConfigurator {}

  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class SetsConfiguratorsTestCases {
    @Test
    void aSetsThem() {
      InternalConfiguratorRegistry.setConfigurators(List.of(new DoesNothing()));
      first(toLoopback());
    }

    @Test
    void bDrains() {
      drain(toLoopback());
    }

    @Test
    void cLeaves() {
      first(toLoopback());
    }
  }

  /** One above gRPC's own, as a user's would be. */
  static final class OwnPickFirst extends LoadBalancerProvider {
    private final LoadBalancerProvider grpcs;

    OwnPickFirst(LoadBalancerProvider grpcs) {
      this.grpcs = grpcs;
    }

    @Override
    public boolean isAvailable() {
      return true;
    }

    @Override
    public int getPriority() {
      return 6;
    }

    @Override
    public String getPolicyName() {
      return "pick_first";
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
      OwnPolicyTestCases.made++;
      return grpcs.newLoadBalancer(helper);
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class OwnPolicyTestCases {
    static int made;
    private static @Nullable LoadBalancerProvider own;

    @BeforeAll
    static void register() {
      LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
      own = new OwnPickFirst(Objects.requireNonNull(registry.getProvider("pick_first")));
      registry.register(own);
    }

    @AfterAll
    static void deregister() {
      LoadBalancerRegistry.getDefaultRegistry().deregister(Objects.requireNonNull(own));
    }

    @Test
    void leaves() {
      first(toLoopback());
    }

    @Test
    void drains() {
      drain(toLoopback());
    }
  }

  // ---- fixtures: timeouts ----

  static class TimedOutTestCases {
    @Test
    @Timeout(value = 200, unit = TimeUnit.MILLISECONDS)
    void leavesOnItsThread() throws Exception {
      new Client().first();
      new CountDownLatch(1).await();
    }

    @Test
    @Timeout(
        value = 200,
        unit = TimeUnit.MILLISECONDS,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void leavesOnAThreadOfJUnits() throws Exception {
      new Client().first();
      new CountDownLatch(1).await();
    }

    @Test
    @Timeout(
        value = 200,
        unit = TimeUnit.MILLISECONDS,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void drainsAndHangs() throws Exception {
      new Client().all();
      new CountDownLatch(1).await();
    }

    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void drains() {
      new Client().all();
    }
  }

  @TestMethodOrder(MethodOrderer.MethodName.class)
  static class OpensLateTestCases {
    private static final CountDownLatch OVER = new CountDownLatch(1);
    private static final CountDownLatch OPENED = new CountDownLatch(1);

    @Test
    @Timeout(
        value = 50,
        unit = TimeUnit.MILLISECONDS,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aTimesOut() {
      // Deaf to the interrupt, as many a client is.
      boolean over = false;
      while (!over) {
        try {
          OVER.await();
          over = true;
        } catch (InterruptedException e) {
          // Goes on.
        }
      }
      new Client().first();
      OPENED.countDown();
    }

    @Test
    void bIsNotToBlame() throws Exception {
      OVER.countDown();
      OPENED.await();
    }
  }

  static class PreemptiveTestCases {
    private static final CyclicBarrier BOTH = new CyclicBarrier(2);

    @Test
    void leaves() throws Exception {
      BOTH.await();
      Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), new Client()::first);
      BOTH.await();
    }

    @Test
    void drains() throws Exception {
      BOTH.await();
      Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), new Client()::all);
      BOTH.await();
    }
  }

  /** Awaitility asks on a thread of a pool that it makes for one wait. */
  static class AwaitilityTestCases {
    private static final CyclicBarrier BOTH = new CyclicBarrier(2);

    @Test
    void leaves() throws Exception {
      BOTH.await();
      Awaitility.await().untilAsserted(() -> new Client().first());
      BOTH.await();
    }

    @Test
    void drains() throws Exception {
      BOTH.await();
      Awaitility.await().untilAsserted(() -> new Client().all());
      BOTH.await();
    }
  }

  // ---- fixtures: while JUnit closes, and after ----

  /** Puts into the store of the run what calls as it is closed. */
  private static BeforeAllCallback atEndOfRun(Runnable call) {
    return context ->
        context
            .getRoot()
            .getStore(Namespace.create(OddStatesTest.class))
            .put("at the end", AtClose.of(call));
  }

  static final class OpensAtClose implements BeforeAllCallback {
    @Override
    public void beforeAll(org.junit.jupiter.api.extension.ExtensionContext context)
        throws Exception {
      atEndOfRun(() -> new Client().first()).beforeAll(context);
    }
  }

  /** In the store before the watch is, and so closed after it. */
  @ExtendWith(OpensAtClose.class)
  @GrpcStreamLeakCheck(grace = "300 ms")
  static class OpensAfterTheWatchTestCases {
    @Test
    void passes() {
      new Client().all();
    }
  }

  static class KeepsAChannelTestCases {
    private static @Nullable Client client;

    static Client client() {
      return Objects.requireNonNull(client);
    }

    @BeforeAll
    static void connect() {
      client = new Client();
    }

    @Test
    void drains() {
      client().all();
    }

    @Test
    void drainsOnAThread() throws Exception {
      Thread thread = new Thread(client()::all);
      thread.start();
      thread.join();
    }
  }

  static class UsesTheChannelTestCases {
    @Test
    void leaves() {
      KeepsAChannelTestCases.client().first();
    }

    @Test
    void drains() {
      KeepsAChannelTestCases.client().all();
    }
  }

  // ---- fixtures: channels ----

  static class ShadedTestCases {
    private final ManagedChannel channel =
        build(
            io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder.forAddress(
                Loopback.WIRE.address()));

    @Test
    void leaves() {
      first(channel);
    }

    @Test
    void drains() {
      drain(channel);
    }
  }

  /** By the JDK's own sockets, which need no natives. */
  static class UnixTestCases {
    private static final EventLoopGroup LOOPS =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("unix", true), NioIoHandler.newFactory());

    @TempDir static @Nullable Path folder;
    private static @Nullable Server server;
    private static @Nullable ManagedChannel channel;

    @BeforeAll
    static void connect() throws Exception {
      SocketAddress address =
          UnixDomainSocketAddress.of(Objects.requireNonNull(folder).resolve("market"));
      server =
          NettyServerBuilder.forAddress(address)
              .bossEventLoopGroup(LOOPS)
              .workerEventLoopGroup(LOOPS)
              .channelType(NioServerDomainSocketChannel.class)
              .addService(new MarketServer())
              .build()
              .start();
      channel =
          build(
              NettyChannelBuilder.forAddress(address)
                  .eventLoopGroup(LOOPS)
                  .channelType(NioDomainSocketChannel.class));
    }

    @AfterAll
    static void disconnect() {
      Objects.requireNonNull(channel).shutdownNow();
      Objects.requireNonNull(server).shutdownNow();
    }

    @Test
    void leaves() {
      first(Objects.requireNonNull(channel));
    }

    @Test
    void drains() {
      drain(Objects.requireNonNull(channel));
    }
  }

  /** Two servers under one name. */
  static class RoundRobinTestCases {
    private static @Nullable Wire second;

    @BeforeAll
    static void serve() {
      second = Wire.to(Transport.NETTY, new MarketServer());
    }

    @AfterAll
    static void stop() {
      Objects.requireNonNull(second).close();
    }

    private static ManagedChannel toBoth() {
      List<InetSocketAddress> both =
          List.of(Loopback.WIRE.address(), Objects.requireNonNull(second).address());
      return build(
          NettyChannelBuilder.forTarget(Names.target("both", both))
              .defaultLoadBalancingPolicy("round_robin"));
    }

    @Test
    void leaves() {
      ManagedChannel channel = toBoth();
      first(channel);
      first(channel);
    }

    @Test
    void drains() {
      ManagedChannel channel = toBoth();
      drain(channel);
      drain(channel);
    }
  }

  /** What a client library puts around the channel it is given. */
  static final class Decorated extends Channel {
    private final Channel delegate;

    Decorated(Channel delegate) {
      this.delegate = delegate;
    }

    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> newCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options) {
      return new SimpleForwardingClientCall<>(delegate.newCall(method, options)) {
        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          super.start(listener, headers);
        }
      };
    }

    @Override
    public String authority() {
      return delegate.authority();
    }
  }

  static class DecoratedTestCases {
    private final Channel channel = new Decorated(toLoopback());

    @Test
    void leaves() {
      MarketGrpc.newBlockingStub(channel).watch("ACME").next();
    }

    @Test
    void drains() {
      drain(channel);
    }
  }
}
