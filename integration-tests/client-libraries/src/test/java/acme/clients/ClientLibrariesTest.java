package acme.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import acme.clients.FeedGrpc.FeedBlockingStub;
import acme.clients.MutinyMarketGrpc.MutinyMarketStub;
import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.grpc.GrpcCallSettings;
import com.google.api.gax.grpc.GrpcCallableFactory;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.rpc.BidiStream;
import com.google.api.gax.rpc.BidiStreamingCallable;
import com.google.api.gax.rpc.ClientContext;
import com.google.api.gax.rpc.ServerStream;
import com.google.api.gax.rpc.ServerStreamingCallSettings;
import com.google.api.gax.rpc.ServerStreamingCallable;
import com.google.api.gax.rpc.StreamingCallSettings;
import com.google.protobuf.StringValue;
import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
import io.github.streamleak.junit.GrpcResources;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.testsupport.CommandServer;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamFinding.Leaked;
import io.github.streamleak.verdict.StreamLeakError;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.census.GrpcCensus;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingClientInterceptor;
import io.micrometer.core.instrument.binder.grpc.ObservationGrpcClientInterceptor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.instrumentation.grpc.v1_6.GrpcTelemetry;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpcio.client.GrpcIoClient;
import io.vertx.grpcio.client.GrpcIoClientChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.MethodSelector;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.springframework.grpc.client.interceptor.security.BearerTokenAuthenticationInterceptor;

/**
 * Leaks through the client libraries that people use: two leaks on two lines are two items, each
 * with the user's line, the kind of client and a remedy for what the user holds, and they fail the
 * test that has left them.
 */
class ClientLibrariesTest {

  private static final String FIXTURE = TwoLeaksTestCases.class.getName();

  /** The lines on which each fixture has opened its streams. */
  private static final Map<String, List<Integer>> LINES = new ConcurrentHashMap<>();

  /** Notes that the statement on the line above has opened a stream. */
  private static void note() {
    StackWalker.StackFrame caller =
        StackWalker.getInstance().walk(frames -> frames.skip(1).findFirst().orElseThrow());
    LINES
        .computeIfAbsent(caller.getMethodName(), test -> new ArrayList<>())
        .add(caller.getLineNumber() - 1);
  }

  /** The kind of client that a text names, and the first line of its remedy. */
  private record Expected(String kind, String remedy) {}

  private static final Expected RAW =
      new Expected(
          "raw ClientCall",
          "<your call>.request(1);  // at the end of every onMessage: reads to the end");
  private static final Expected ITERATOR =
      new Expected(
          "blocking iterator",
          "<name>.forEachRemaining(message -> {});  // at the end: reads to the end");

  private static final Map<String, Expected> EXPECTED =
      Map.ofEntries(
          Map.entry("rawCallThroughOwnInterceptors", RAW),
          Map.entry("rawCallThroughMicrometer", RAW),
          Map.entry("rawCallThroughOpenTelemetry", RAW),
          Map.entry("rawCallThroughCensus", RAW),
          Map.entry("rawCallThroughSpring", RAW),
          Map.entry("stubThroughAllOfThem", ITERATOR),
          Map.entry("stubOfArmeria", ITERATOR),
          Map.entry("stubOnAChannelOfVertx", ITERATOR),
          Map.entry(
              "serverStreamOfGax",
              new Expected(
                  "gax client",
                  "<your stream>.forEach(message -> {});  // at the end: reads to the end")),
          Map.entry(
              "bidiStreamOfGax",
              new Expected("gax client", "<your stream>.closeSend();  // when all is sent")),
          Map.entry(
              "multiOfMutiny",
              new Expected(
                  "Mutiny stub",
                  "<your Cancellable>.cancel();  // where the client closes: stops")));

  static Stream<String> fixtures() {
    return Arrays.stream(TwoLeaksTestCases.class.getDeclaredMethods())
        .filter(method -> method.isAnnotationPresent(Test.class))
        .map(method -> method.getName())
        .sorted();
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void twoLeaksOnTwoLinesAreTwoItemsWithTheirLinesTest(String fixture) {
    Expected expected =
        Objects.requireNonNull(EXPECTED.get(fixture), () -> "nothing is expected of " + fixture);
    LINES.remove(fixture);

    StreamLeakError error = failure(fixture);

    List<Integer> lines = LINES.getOrDefault(fixture, List.of());
    assertThat(lines).hasSize(2);
    assertThat(error.leaks())
        .extracting(leak -> leak.stream().openingLink().orElse("none"))
        .containsExactly(link(fixture, lines.get(0)), link(fixture, lines.get(1)));
    assertThat(error.getMessage())
        .startsWith("2 gRPC client streams leaked, ")
        .contains("\n\n1. acme.Market/", "\n\n2. acme.Market/")
        .doesNotContain("\n\n3. ", "called by");
    assertThat(error.getStackTrace()[0].getLineNumber()).isEqualTo(lines.get(0));
    assertThat(error.leaks())
        .extracting(leak -> leak.stream().stubKind().text())
        .containsOnly(expected.kind);
    assertThat(error.leaks())
        .extracting(ClientLibrariesTest::firstLine)
        .containsOnly(expected.remedy);
  }

  /** Returns the first line of the remedy, which has the name of the leaked stream's variable. */
  private static String firstLine(Leaked leak) {
    return leak.remedy().lines().get(0).replaceFirst("^(first|second)\\.", "<name>.");
  }

  private static String link(String fixture, int line) {
    return FIXTURE + "." + fixture + "(ClientLibrariesTest.java:" + line + ")";
  }

  private static StreamLeakError failure(String fixture) {
    Class<?> type = TwoLeaksTestCases.class;
    return EngineTestKit.engine("junit-jupiter")
        .selectors(
            Arrays.stream(type.getDeclaredMethods())
                .filter(method -> method.getName().equals(fixture))
                .map(method -> selectMethod(type, method))
                .toArray(MethodSelector[]::new))
        .execute()
        .testEvents()
        .failed()
        .stream()
        .map(
            event ->
                event.getRequiredPayload(TestExecutionResult.class).getThrowable().orElseThrow())
        .map(
            thrown -> {
              assertThat(thrown).isInstanceOf(StreamLeakError.class);
              return (StreamLeakError) thrown;
            })
        .reduce((first, second) -> second)
        .orElseThrow(() -> new AssertionError(fixture + " has not failed"));
  }

  /** Each leaves two streams open, on two lines. */
  @GrpcStreamLeakCheck(grace = "300 ms")
  static class TwoLeaksTestCases {

    @Serve final MarketServer market = new MarketServer();

    @Test
    void rawCallThroughOwnInterceptors(ManagedChannel channel) {
      Channel intercepted =
          ClientInterceptors.intercept(channel, new AddsHeader(), new AddsHeader());
      ClientCall<String, String> first = newCall(intercepted);
      ClientCall<String, String> second = newCall(intercepted);
      first.start(new Reader(), new Metadata());
      note();
      second.start(new Reader(), new Metadata());
      note();
      ask(first, second);
    }

    @Test
    void rawCallThroughMicrometer(ManagedChannel channel) {
      Channel intercepted = ClientInterceptors.intercept(channel, micrometer());
      ClientCall<String, String> first = newCall(intercepted);
      ClientCall<String, String> second = newCall(intercepted);
      first.start(new Reader(), new Metadata());
      note();
      second.start(new Reader(), new Metadata());
      note();
      ask(first, second);
    }

    @Test
    void rawCallThroughOpenTelemetry(ManagedChannel channel) {
      Channel intercepted = ClientInterceptors.intercept(channel, openTelemetry());
      ClientCall<String, String> first = newCall(intercepted);
      ClientCall<String, String> second = newCall(intercepted);
      first.start(new Reader(), new Metadata());
      note();
      second.start(new Reader(), new Metadata());
      note();
      ask(first, second);
    }

    @Test
    void rawCallThroughCensus(GrpcResources resources) {
      resources.register(Wire.direct("census", new MarketServer()));
      Channel intercepted =
          resources.newChannel(
              GrpcCensus.newBuilder()
                  .build()
                  .configureChannelBuilder(InProcessChannelBuilder.forName("census")));
      ClientCall<String, String> first = newCall(intercepted);
      ClientCall<String, String> second = newCall(intercepted);
      first.start(new Reader(), new Metadata());
      note();
      second.start(new Reader(), new Metadata());
      note();
      ask(first, second);
    }

    @Test
    void rawCallThroughSpring(ManagedChannel channel) {
      Channel intercepted = ClientInterceptors.intercept(channel, spring());
      ClientCall<String, String> first = newCall(intercepted);
      ClientCall<String, String> second = newCall(intercepted);
      first.start(new Reader(), new Metadata());
      note();
      second.start(new Reader(), new Metadata());
      note();
      ask(first, second);
    }

    @Test
    void stubThroughAllOfThem(ManagedChannel channel) {
      MarketBlockingStub stub =
          MarketGrpc.newBlockingStub(channel)
              .withInterceptors(micrometer())
              .withInterceptors(openTelemetry(), spring(), new AddsHeader());
      Iterator<String> first = stub.watch("3");
      note();
      Iterator<String> second = stub.watch("3");
      note();
      assertThat(first.next() + second.next()).isNotEmpty();
    }

    @Test
    void stubOfArmeria(GrpcStreamRecorder recorder, GrpcResources resources) {
      Wire wire = feed();
      ClientFactory factory = ClientFactory.builder().build();
      resources.register(factory);
      resources.register(wire);
      FeedBlockingStub bare =
          GrpcClients.builder("gproto+http://127.0.0.1:" + wire.address().getPort())
              .factory(factory)
              .useMethodMarshaller(true)
              .build(FeedBlockingStub.class);
      FeedBlockingStub stub = FeedGrpc.newBlockingStub(recorder.intercept(bare.getChannel()));
      Iterator<StringValue> first = stub.watch("3");
      note();
      Iterator<StringValue> second = stub.watch("3");
      note();
      assertThat(List.of(first.next(), second.next())).hasSize(2);
    }

    @Test
    void stubOnAChannelOfVertx(GrpcStreamRecorder recorder, GrpcResources resources) {
      Wire wire = feed();
      Vertx vertx = Vertx.vertx();
      resources.register(() -> vertx.close().toCompletionStage().toCompletableFuture().join());
      resources.register(wire);
      Channel channel =
          new GrpcIoClientChannel(
              GrpcIoClient.client(vertx),
              SocketAddress.inetSocketAddress(wire.address().getPort(), "127.0.0.1"));
      FeedBlockingStub stub = FeedGrpc.newBlockingStub(recorder.intercept(channel));
      Iterator<StringValue> first = stub.watch("3");
      note();
      Iterator<StringValue> second = stub.watch("3");
      note();
      assertThat(List.of(first.next(), second.next())).hasSize(2);
    }

    @Test
    void serverStreamOfGax(ManagedChannel channel) {
      ServerStreamingCallable<String, String> watch =
          GrpcCallableFactory.createServerStreamingCallable(
              GrpcCallSettings.create(MarketGrpc.WATCH),
              ServerStreamingCallSettings.<String, String>newBuilder().build(),
              gax(channel));
      ServerStream<String> first = watch.call("5");
      note();
      ServerStream<String> second = watch.call("5");
      note();
      assertThat(first.iterator().next() + second.iterator().next()).isNotEmpty();
    }

    @Test
    void bidiStreamOfGax(ManagedChannel channel) {
      BidiStreamingCallable<String, String> subscribe =
          GrpcCallableFactory.createBidiStreamingCallable(
              GrpcCallSettings.create(MarketGrpc.SUBSCRIBE),
              StreamingCallSettings.<String, String>newBuilder().build(),
              gax(channel));
      BidiStream<String, String> first = subscribe.call();
      note();
      BidiStream<String, String> second = subscribe.call();
      note();
      first.send("1+");
      second.send("1+");
    }

    @Test
    void multiOfMutiny(ManagedChannel channel) {
      MutinyMarketStub stub = MutinyMarketGrpc.newMutinyStub(channel);
      Cancellable first = stub.watch("1+").map(String::trim).subscribe().with(p -> {}, e -> {});
      note();
      Cancellable second = stub.watch("1+").map(String::trim).subscribe().with(p -> {}, e -> {});
      note();
      assertThat(List.of(first, second)).hasSize(2);
    }

    private static Wire feed() {
      return Wire.to(
          Transport.NETTY,
          new CommandServer<>(List.of(FeedGrpc.WATCH), StringValue::getValue, StringValue::of));
    }

    private static ClientCall<String, String> newCall(Channel channel) {
      return channel.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    }

    @SafeVarargs
    private static void ask(ClientCall<String, String>... calls) {
      for (ClientCall<String, String> call : calls) {
        call.request(1);
        call.sendMessage("3");
        call.halfClose();
      }
    }

    private static ClientInterceptor[] micrometer() {
      return new ClientInterceptor[] {
        new MetricCollectingClientInterceptor(new SimpleMeterRegistry()),
        new ObservationGrpcClientInterceptor(ObservationRegistry.create())
      };
    }

    private static ClientInterceptor openTelemetry() {
      return GrpcTelemetry.create(OpenTelemetry.noop()).createClientInterceptor();
    }

    private static ClientInterceptor spring() {
      return new BearerTokenAuthenticationInterceptor("token");
    }

    private static ClientContext gax(ManagedChannel channel) {
      return ClientContext.newBuilder()
          .setTransportChannel(GrpcTransportChannel.create(channel))
          .setDefaultCallContext(GrpcCallContext.of(channel, CallOptions.DEFAULT))
          .build();
    }
  }

  /** Takes what it is given. */
  private static final class Reader extends ClientCall.Listener<String> {}

  /** An interceptor as each team has one. */
  private static final class AddsHeader implements ClientInterceptor {

    private static final Metadata.Key<String> TENANT =
        Metadata.Key.of("tenant", Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          headers.put(TENANT, "acme");
          super.start(listener, headers);
        }
      };
    }
  }
}
