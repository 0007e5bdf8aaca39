package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Names;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The hook on the picker, with real policies, over three real servers. */
final class PickerHookTest {

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
  private final List<MarketServer> services = new ArrayList<>();
  private final List<Wire> wires = new ArrayList<>();
  private volatile Consumer<String> switchTo = policy -> {};

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wires.forEach(Wire::close);
    recorder.close();
  }

  /** Resolves to the servers of this test, with a service config that can be switched. */
  private void resolve(String policy, NameResolver.Args args, NameResolver.Listener2 listener) {
    listener.onResult(
        Names.result(wires.stream().map(Wire::address).toList())
            .setServiceConfig(
                args.getServiceConfigParser()
                    .parseServiceConfig(
                        Map.of("loadBalancingConfig", List.of(Map.of(policy, Map.of())))))
            .build());
  }

  private ManagedChannel over(int servers, String policy, GrpcStreamRecorder... recorders) {
    for (int i = 0; i < servers; i++) {
      MarketServer service = new MarketServer();
      services.add(service);
      wires.add(Wire.to(Transport.NETTY, service));
    }
    String target =
        Names.target(
            "three",
            (args, listener) -> {
              switchTo = next -> resolve(next, args, listener);
              switchTo.accept(policy);
            });
    NettyChannelBuilder builder = NettyChannelBuilder.forTarget(target).usePlaintext();
    for (GrpcStreamRecorder each : recorders) {
      each.attachTo(builder);
    }
    return wires.get(0).closing(builder.build());
  }

  private static void quote(ManagedChannel channel) throws InterruptedException {
    Received answer = new MarketClient(channel).quoteAsync("1");
    answer.closed.await();
    assertThat(answer.messages).hasSize(1);
  }

  private static void oneDoneForEachAttempt(RecordedStream stream) {
    assertThat(stream.attempts()).hasSize(1);
    RecordedAttempt attempt = stream.attempts().get(0);
    assertThat(attempt.hasPickerTracer()).isTrue();
    assertThat(attempt.pickerStatus()).isEqualTo(Status.OK);
    assertThat(stream.count(EventKind.PICKER_DONE)).isEqualTo(1);
    assertThat(attempt.pick()).isNotNull().returns(Pick.Kind.SUBCHANNEL, Pick::kind);
    assertThat(attempt.remoteAddress()).isNotNull();
  }

  @Test
  void pickFirstIsWrappedOnceTest() throws Exception {
    ManagedChannel channel = over(1, "pick_first", recorder);
    quote(channel);
    recorder.awaitReleased(java.time.Duration.ofMinutes(1));

    assertThat(recorder.streams()).singleElement().satisfies(PickerHookTest::oneDoneForEachAttempt);
  }

  @Test
  void nothingOfAChannelIsKeptForTheJvmTest() throws Exception {
    Set<Object> before = keysOfStaticMaps();
    ManagedChannel channel = over(1, "pick_first", recorder);
    quote(channel);
    // Its root policy, lest a policy below it is wrapped too.
    assertThat(without(keysOfStaticMaps(), before)).hasSize(1);

    channel.shutdown();
    channel.awaitTermination(1, TimeUnit.MINUTES);

    assertThat(without(keysOfStaticMaps(), before)).isEmpty();
  }

  private static Set<Object> without(Set<Object> keys, Set<Object> before) {
    Set<Object> rest = new HashSet<>(keys);
    rest.removeAll(before);
    return rest;
  }

  /** Nobody else asks for them: what is kept shows only in what the heap holds. */
  private static Set<Object> keysOfStaticMaps() throws ReflectiveOperationException {
    Set<Object> keys = new HashSet<>();
    Field lock = PickerHook.class.getDeclaredField("LOCK");
    lock.setAccessible(true);
    // Channels of other tests may still be on their way out.
    synchronized (Objects.requireNonNull(lock.get(null))) {
      for (Field field : PickerHook.class.getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers())) {
          field.setAccessible(true);
          if (field.get(null) instanceof Map<?, ?> map) {
            keys.addAll(map.keySet());
          }
        }
      }
    }
    return keys;
  }

  @Test
  void roundRobinOverThreeServersIsWrappedOnceTest() throws Exception {
    ManagedChannel channel = over(3, "round_robin", recorder);
    // The first call starts the connecting; all three are ready before picks go round.
    for (int i = 0; i < 60; i++) {
      quote(channel);
    }
    Await.until(() -> recorder.openStreams().isEmpty());

    assertThat(recorder.streams()).hasSize(60).allSatisfy(PickerHookTest::oneDoneForEachAttempt);
    assertThat(recorder.streams().stream().map(s -> s.attempts().get(0).remoteAddress()).distinct())
        .hasSizeBetween(1, 3);
  }

  @Test
  void policyThatCountsByItsTracersStillCountsTest() throws Exception {
    LeastLoadedProvider.IN_FLIGHT.clear();
    LeastLoadedProvider.NOT_COUNTED.set(0);
    ManagedChannel channel = over(3, LeastLoadedProvider.POLICY, recorder);
    MarketClient client = new MarketClient(channel);
    List<Raw> open = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      Raw raw = client.raw(MarketGrpc.WATCH, 5).send("1+").halfClose();
      raw.first.await();
      open.add(raw);
    }

    assertThat(services).allSatisfy(service -> assertThat(service.calls).hasValue(3));
    assertThat(LeastLoadedProvider.IN_FLIGHT.values())
        .hasSize(3)
        .allSatisfy(inFlight -> assertThat(inFlight).hasValue(3));
    assertThat(LeastLoadedProvider.NOT_COUNTED).hasValue(0);
    for (Raw raw : open) {
      raw.call.cancel("enough", null);
    }
    Await.until(
        () -> LeastLoadedProvider.IN_FLIGHT.values().stream().allMatch(count -> count.get() == 0));
    Await.until(
        () -> recorder.streams().stream().allMatch(s -> s.count(EventKind.PICKER_DONE) == 1));
  }

  @Test
  void twoRecordersOnOneChannelBothSeeDoneTest() throws Exception {
    try (GrpcStreamRecorder second = GrpcStreamRecorder.create()) {
      ManagedChannel channel = over(1, "pick_first", recorder, second);
      quote(channel);
      Await.until(() -> second.openStreams().isEmpty() && recorder.openStreams().isEmpty());

      assertThat(recorder.streams())
          .singleElement()
          .satisfies(PickerHookTest::oneDoneForEachAttempt);
      assertThat(second.streams()).singleElement().satisfies(PickerHookTest::oneDoneForEachAttempt);
    }
  }

  @Test
  void policySwitchedByTheServiceConfigIsWrappedAnewTest() throws Exception {
    ManagedChannel channel = over(2, "pick_first", recorder);
    quote(channel);
    switchTo.accept("round_robin");
    quote(channel);
    switchTo.accept("pick_first");
    quote(channel);
    Await.until(() -> recorder.openStreams().isEmpty());

    assertThat(recorder.streams()).hasSize(3).allSatisfy(PickerHookTest::oneDoneForEachAttempt);
  }

  @Test
  void channelThatWakesFromIdleIsWrappedAnewTest() throws Exception {
    ManagedChannel channel = over(1, "pick_first", recorder);
    quote(channel);
    channel.enterIdle();
    Await.until(() -> channel.getState(false) == ConnectivityState.IDLE);
    quote(channel);
    Await.until(() -> recorder.openStreams().isEmpty());

    assertThat(recorder.streams()).hasSize(2).allSatisfy(PickerHookTest::oneDoneForEachAttempt);
  }

  @Test
  void droppedPickIsRecordedAndReleasesTest() throws Exception {
    LoadBalancerProvider drops =
        new FixedPolicy("acme_drops", 50, LoadBalancer.PickResult.withDrop(Status.UNAVAILABLE));
    LoadBalancerRegistry.getDefaultRegistry().register(drops);
    try {
      // Registered by hand and in no service file: picks are not seen, the attempt is.
      ManagedChannel channel = over(1, "acme_drops", recorder);
      Raw raw = new MarketClient(channel).raw(MarketGrpc.QUOTE, 2).send("1").halfClose();
      raw.closed.await();
      Await.until(() -> recorder.openStreams().isEmpty());

      assertThat(recorder.streams())
          .singleElement()
          .satisfies(
              stream -> {
                assertThat(stream.attempts().get(0).pick()).isNull();
                assertThat(stream.attempts().get(0).isClosed()).isTrue();
              });
    } finally {
      LoadBalancerRegistry.getDefaultRegistry().deregister(drops);
    }
  }

  @Test
  void dropOfAWrappedPolicyIsRecordedTest() throws Exception {
    FixedPolicy drops = new FixedPolicy(LeastLoadedProvider.POLICY, 50, DROP);
    LoadBalancerRegistry.getDefaultRegistry().register(drops);
    try (GrpcStreamRecorder later = GrpcStreamRecorder.create()) {
      ManagedChannel channel = over(1, LeastLoadedProvider.POLICY, later);
      Raw raw = new MarketClient(channel).raw(MarketGrpc.QUOTE, 2).send("1").halfClose();
      raw.closed.await();
      Await.until(() -> later.openStreams().isEmpty());

      Pick pick = later.streams().get(0).attempts().get(0).pick();
      assertThat(pick)
          .hasToString("pick dropped UNAVAILABLE: over budget")
          .returns("pick dropped UNAVAILABLE: over budget", p -> p == null ? "" : p.describe());
    } finally {
      LoadBalancerRegistry.getDefaultRegistry().deregister(drops);
      PickerHook.install();
    }
  }

  @Test
  void providerThatAUserPutsAboveGrpcsServesAtOnceTest() throws Exception {
    FixedPolicy users = new FixedPolicy("pick_first", 6, DROP);
    LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
    registry.register(users);
    try {
      assertThat(registry.getProvider("pick_first")).isSameAs(users);

      PickerHook.install();
      assertThat(registry.getProvider("pick_first"))
          .isNotSameAs(users)
          .returns(6, provider -> provider == null ? 0 : provider.getPriority());
      ManagedChannel channel = over(1, "pick_first", recorder);
      Raw raw = new MarketClient(channel).raw(MarketGrpc.QUOTE, 2).send("1").halfClose();
      raw.closed.await();
      Await.until(() -> recorder.openStreams().isEmpty());
      assertThat(recorder.streams().get(0).attempts().get(0).pick())
          .hasToString("pick dropped UNAVAILABLE: over budget");
    } finally {
      registry.deregister(users);
      PickerHook.install();
    }
  }

  @Test
  void providerThatAUserTakesAwayServesNoMoreTest() throws Exception {
    LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
    FixedPolicy users = new FixedPolicy("pick_first", 6, DROP);
    registry.register(users);
    PickerHook.install();
    registry.deregister(users);
    PickerHook.install();

    quote(over(1, "pick_first", recorder));
    Await.until(() -> recorder.openStreams().isEmpty());
    assertThat(recorder.streams()).singleElement().satisfies(PickerHookTest::oneDoneForEachAttempt);
    assertThat(registry.getProvider("pick_first"))
        .returns(5, provider -> provider == null ? 0 : provider.getPriority());
  }

  @Test
  void ofEqualProvidersTheFirstStaysTheOneTest() throws Exception {
    LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
    FixedPolicy users = new FixedPolicy("pick_first", 5, DROP);
    registry.register(users);
    try {
      PickerHook.install();
      PickerHook.install();
      quote(over(1, "pick_first", recorder));
    } finally {
      registry.deregister(users);
    }
  }

  private static final LoadBalancer.PickResult DROP =
      LoadBalancer.PickResult.withDrop(Status.UNAVAILABLE.withDescription("over budget"));

  /** Gives the same result for every pick. */
  private static final class FixedPolicy extends LoadBalancerProvider {
    private final String name;
    private final int priority;
    private final LoadBalancer.PickResult result;

    FixedPolicy(String name, int priority, LoadBalancer.PickResult result) {
      this.name = name;
      this.priority = priority;
      this.result = result;
    }

    @Override
    public boolean isAvailable() {
      return true;
    }

    @Override
    public int getPriority() {
      return priority;
    }

    @Override
    public String getPolicyName() {
      return name;
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
      return new LoadBalancer() {
        @Override
        public Status acceptResolvedAddresses(ResolvedAddresses addresses) {
          helper.updateBalancingState(ConnectivityState.READY, new FixedResultPicker(result));
          return Status.OK;
        }

        @Override
        public void handleNameResolutionError(Status error) {}

        @Override
        public void shutdown() {}
      };
    }
  }

  @Test
  void authorityOfThePickReachesTheServerTest() throws Exception {
    // acme_least_loaded sets one; it must survive the tracer that is added.
    ManagedChannel channel = over(1, LeastLoadedProvider.POLICY, recorder);
    quote(channel);

    assertThat(services.get(0).authorities).containsExactly("override.acme");
  }

  @Test
  void installingAgainAddsNoFurtherWrapTest() {
    LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
    LoadBalancerProvider before = registry.getProvider("pick_first");
    PickerHook.install();

    assertThat(registry.getProvider("pick_first")).isSameAs(before);
    assertThat(before).isNotNull();
    // One of a user's that stands above gRPC's own has to stand above ours.
    assertThat(before.getPriority()).isEqualTo(5);
    assertThat(before.isAvailable()).isTrue();
    assertThat(before.parseLoadBalancingPolicyConfig(Map.of("shuffleAddressList", true)))
        .isNotNull();
  }
}
