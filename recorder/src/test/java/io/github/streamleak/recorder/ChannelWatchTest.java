package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Stable;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.InternalConfigurator;
import io.grpc.InternalConfiguratorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.netty.NettyChannelBuilder;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Channels that nobody handed to a recorder. */
final class ChannelWatchTest {

  private static final Duration SHORT = Duration.ofMillis(300);

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.builder().clock(() -> 0).build();
  private final AtomicReference<@Nullable GrpcStreamRecorder> owner =
      new AtomicReference<>(recorder);
  private final List<AutoCloseable> closers = new ArrayList<>();
  private @Nullable MarketServer service;

  @AfterEach
  void closeAll() throws Exception {
    for (int i = closers.size() - 1; i >= 0; i--) {
      closers.get(i).close();
    }
    recorder.close();
  }

  private <T extends AutoCloseable> T closing(T closeable) {
    closers.add(closeable);
    return closeable;
  }

  private ChannelWatch watch() {
    return closing(ChannelWatch.start(owner::get));
  }

  private Wire serve(Transport transport) {
    service = new MarketServer();
    return closing(Wire.to(transport, service));
  }

  private static ManagedChannel build(Wire wire) {
    return wire.closing(wire.builder().build());
  }

  private static void connect(ManagedChannel channel) {
    assertThat(new MarketClient(channel).blockingQuote("1")).isEqualTo("price 0");
  }

  /** Takes one of three messages and leaves. */
  private static Iterator<String> leak(ManagedChannel channel) {
    Iterator<String> prices = new MarketClient(channel).iterate("3");
    prices.next();
    return prices;
  }

  @ParameterizedTest
  @EnumSource
  void channelThatAClientBuildsItselfIsSeenWholeTest(Transport transport) {
    ChannelWatch watch = watch();
    ManagedChannel channel = build(serve(transport));
    leak(channel);

    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal(), SHORT);
    assertThat(verdict.leaks())
        .singleElement()
        .returns(LeakCause.NOT_DRAINED, StreamFinding::cause)
        .extracting(StreamFinding::stream)
        .returns(Coverage.WHOLE, RecordedStream::coverage)
        .returns(1, stream -> stream.attempts().size())
        .satisfies(
            stream ->
                assertThat(stream.openingLine().orElseThrow().getMethodName())
                    .isEqualTo("iterate"));
    assertThat(watch.coverage()).isEqualTo(Coverage.WHOLE);
    assertThat(watch.channelCount()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void drainedStreamOfSuchAChannelIsReleasedTest(Transport transport) {
    watch();
    leak(build(serve(transport))).forEachRemaining(price -> {});

    assertThat(recorder.check(StreamLeakPolicy.normal()).describe())
        .isEqualTo("1 gRPC client stream recorded, none leaked");
    assertThat(recorder.streams().get(0).attempts().get(0).hasPickerTracer()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void channelWithARecorderOfItsOwnIsRecordedOnceTest(Transport transport) {
    watch();
    GrpcStreamRecorder own = closing(GrpcStreamRecorder.create());
    Wire wire = serve(transport);
    ManagedChannel channel = wire.channel(own::attachTo);
    leak(channel);

    assertThat(own.streams()).hasSize(1);
    assertThat(recorder.streams()).isEmpty();
    own.releaseLeaked();
  }

  @Test
  void streamBelongsToWhoeverTheWatchNamesWhenItIsOpenedTest() {
    watch();
    ManagedChannel channel = build(serve(Transport.NETTY));
    GrpcStreamRecorder next = closing(GrpcStreamRecorder.create());
    connect(channel);
    owner.set(next);
    connect(channel);
    owner.set(null);
    connect(channel);

    assertThat(recorder.streams()).hasSize(1);
    assertThat(next.streams()).hasSize(1);
  }

  @Test
  void watchThatThrowsFailsNoCallTest() {
    closing(
        ChannelWatch.start(
            () -> {
              throw new IllegalStateException("mine");
            }));
    connect(build(serve(Transport.NETTY)));

    assertThat(recorder.streams()).isEmpty();
  }

  @Test
  void watchStartedLastIsAskedFirstTest() {
    watch();
    GrpcStreamRecorder inner = closing(GrpcStreamRecorder.create());
    ManagedChannel channel = build(serve(Transport.NETTY));
    try (ChannelWatch innerWatch = ChannelWatch.start(() -> inner)) {
      connect(channel);
      assertThat(innerWatch.channelCount()).isZero();
    }
    connect(channel);

    assertThat(inner.streams()).hasSize(1);
    assertThat(recorder.streams()).hasSize(1);
  }

  @Test
  void nothingIsLeftOfAWatchThatIsClosedTest() throws Exception {
    ChannelWatch watch = ChannelWatch.start(owner::get);
    ManagedChannel channel = build(serve(Transport.NETTY));
    watch.close();
    connect(channel);

    assertThat(recorder.streams()).isEmpty();
    assertThat(configurators()).isEmpty();
    assertThat(InternalConfiguratorRegistry.wasSetConfiguratorsCalled()).isFalse();
  }

  // ---- channels that were built before ----

  @Test
  void channelBuiltBeforeIsSeenFromTheTransportTest() {
    Wire wire = serve(Transport.NETTY);
    ManagedChannel channel = build(wire);
    watch();
    connect(channel);
    leak(channel);
    // The iterator asks for the second message when it gives the first, so that the transport may
    // hand it on after the trailers.
    Await.until(() -> recorder.streams().get(1).count(EventKind.TRAILERS_RECEIVED) == 1);
    Await.until(() -> recorder.streams().get(1).count(EventKind.ATTEMPT_RECEIVED) == 2);

    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal());
    assertThat(verdict.streamCount()).isEqualTo(2);
    assertThat(Stable.text(verdict.describe()))
        .isEqualTo(
            """
            1 gRPC client stream leaked, still open 0.20 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, blocking iterator)
               opened at : acme.market.MarketClient.iterate(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.ChannelWatchTest.channelBuiltBeforeIsSeenFromTheTransportTest(ChannelWatchTest.java:LINE)
               seen from : the transport only: the channel was built before the check began
               attempt   : 1, picked LOOPBACK
               state     : 1 outbound message, 2 inbound messages on the transport
               events    :   +0.0 ms  started
                             +0.0 ms  picked LOOPBACK
                             +0.0 ms  trailers on the transport
               cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
               owed by   : the client: read on to the terminal status, or cancel
               to fix    : <your iterator>.forEachRemaining(message -> {});  // at the end: reads to the end
                           Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
                           Context caller = context.attach();  // before the call
                           context.detachAndCancel(caller, null);  // in finally
                           import io.grpc.Context;  // with the imports
                           // in full: docs/fixing-leaks.md#stop-with-a-context

            To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.Market/Watch", "the reason"))""");
    assertThat(verdict.leaks().get(0).stream().coverage()).isEqualTo(Coverage.TRANSPORT_ONLY);
  }

  @Test
  void drainedStreamOfAChannelBuiltBeforeIsReleasedTest() {
    ManagedChannel channel = build(serve(Transport.NETTY));
    watch();
    connect(channel);
    leak(channel).forEachRemaining(price -> {});

    assertThat(recorder.check(StreamLeakPolicy.normal()).describe())
        .isEqualTo("2 gRPC client streams recorded, none leaked");
    assertThat(recorder.streams().get(1).releases()).containsExactly(StreamRelease.PICKER_DONE);
  }

  @Test
  void lineOfAStreamThatIsPickedLaterIsNotGuessedTest() {
    // The name is resolved when the call has been started, on a thread that is in no test's code.
    List<Runnable> resolving = new CopyOnWriteArrayList<>();
    Wire wire = serve(Transport.NETTY);
    // By name: an address that is given needs no resolver, and may be connected to at any moment.
    ManagedChannel channel =
        wire.closing(
            NettyChannelBuilder.forTarget("dns:///127.0.0.1:" + wire.address().getPort())
                .usePlaintext()
                .offloadExecutor(resolving::add)
                .build());
    watch();
    new MarketClient(channel).raw(MarketGrpc.WATCH, 1).send("3").halfClose();
    ExecutorService resolver = Executors.newSingleThreadExecutor();
    resolving.forEach(resolver::execute);
    resolver.shutdown();
    Await.until(
        () -> recorder.streams().stream().anyMatch(s -> s.count(EventKind.TRAILERS_RECEIVED) == 1));

    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal());
    assertThat(verdict.leaks().get(0).stream().openingLine()).isEmpty();
    assertThat(Stable.text(verdict.describe()).replaceAll("thread \"[^\"]+\"", "thread \"ITS\""))
        .startsWith(
            """
            1 gRPC client stream leaked, still open 0.20 s after the check began:

            1. acme.Market/Watch (SERVER_STREAMING, unknown stub)
               opened at : thread "ITS", which made the pick; the line was not seen
               seen from : the transport only: the channel was built before the check began
               attempt   : 1, picked LOOPBACK
            """);
  }

  @Test
  void inProcessStreamSeenFromTheTransportIsNotJudgedTest() {
    // A cancel that in-process swallowed would look the same.
    ManagedChannel channel = build(serve(Transport.IN_PROCESS_DIRECT));
    watch();
    connect(channel);
    leak(channel);

    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal(), SHORT);
    assertThat(verdict.hasLeaks()).isFalse();
    assertThat(verdict.undecided())
        .singleElement()
        .satisfies(
            undecided ->
                assertThat(undecided.fault())
                    .hasMessage(
                        "only the transport's side of this in-process stream was seen, and"
                            + " in-process may swallow a cancel: build its channel after the check"
                            + " has begun"));
  }

  // ---- the registry of configurators ----

  @Test
  void configuratorsOfAUserAndOursServeBothOrdersTest() throws Exception {
    ChannelWatch watch = watch();
    AtomicInteger users = new AtomicInteger();
    InternalConfigurator mine =
        new InternalConfigurator() {
          @Override
          public void configureChannelBuilder(ManagedChannelBuilder<?> builder) {
            users.incrementAndGet();
          }
        };
    closing(ChannelWatchTest::unsetConfigurators);

    // Ours stand there, and his call succeeds all the same.
    InternalConfiguratorRegistry.setConfigurators(List.of(mine));
    assertThat(watch.coverage()).isEqualTo(Coverage.TRANSPORT_ONLY);
    watch.refresh();
    assertThat(watch.coverage()).isEqualTo(Coverage.WHOLE);
    watch.refresh();
    assertThat(configurators().contains(mine)).isTrue();
    assertThat(configurators()).hasSize(2);
    connect(build(serve(Transport.NETTY)));
    assertThat(users).hasValue(1);
    assertThat(recorder.streams()).hasSize(1);

    watch.close();
    assertThat(configurators()).singleElement().isSameAs(mine);
  }

  private static Object registry() throws ReflectiveOperationException {
    Method instance =
        Class.forName("io.grpc.ConfiguratorRegistry").getDeclaredMethod("getDefaultRegistry");
    instance.setAccessible(true);
    return instance.invoke(null);
  }

  private static List<?> configurators() throws ReflectiveOperationException {
    Field field = registry().getClass().getDeclaredField("configurators");
    field.setAccessible(true);
    return (List<?>) field.get(registry());
  }

  /** As if nobody had ever set any: other tests share this JVM. */
  private static void unsetConfigurators() throws ReflectiveOperationException {
    for (String name : List.of("configurators", "wasConfiguratorsSet")) {
      Field field = registry().getClass().getDeclaredField(name);
      field.setAccessible(true);
      field.set(registry(), name.equals("configurators") ? List.of() : false);
    }
  }

  // ---- the end of a channel ----

  @Test
  void streamThatOnlyShutdownNowEndedIsKnownTest() {
    watch();
    ManagedChannel channel = build(serve(Transport.NETTY));
    new MarketClient(channel).iterate("1+").next();
    channel.shutdownNow();

    assertThat(recorder.awaitReleased(Duration.ofSeconds(30))).isTrue();
    assertThat(recorder.streams().get(0).isEndedByShutdown()).isTrue();
  }

  @Test
  void streamThatEndedBeforeShutdownNowIsNotTest() {
    watch();
    ManagedChannel channel = build(serve(Transport.NETTY));
    connect(channel);
    channel.shutdownNow();

    assertThat(recorder.streams().get(0).isEndedByShutdown()).isFalse();
  }
}
