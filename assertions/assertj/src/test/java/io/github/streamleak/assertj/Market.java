package io.github.streamleak.assertj;

import acme.market.MarketClient;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.testsupport.ServiceConfig;
import io.github.streamleak.testsupport.SilentCall;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessServerBuilder;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A {@link MarketServer}, a channel and a recorder, in-process on direct executors and with a clock
 * that stands still unless it is told: every text is the same in every run.
 */
final class Market implements AutoCloseable {

  static final MethodDescriptor<String, String> WATCH = MarketGrpc.WATCH;
  static final MethodDescriptor<String, String> SUBSCRIBE = MarketGrpc.SUBSCRIBE;
  static final Metadata.Key<String> SHARD =
      Metadata.Key.of("shard", Metadata.ASCII_STRING_MARSHALLER);

  /** The clock of the recorder. */
  final AtomicLong now = new AtomicLong();

  final GrpcStreamRecorder recorder;
  private final MarketServer server = new MarketServer();
  private final Wire wire;
  private final MarketClient client;

  Market() {
    this(32);
  }

  Market(int eventLimit) {
    recorder = recorder(eventLimit);
    wire = Wire.direct(InProcessServerBuilder.generateName(), server);
    server.trailers.put(SHARD, "eu");
    client =
        new MarketClient(
            wire.channel(builder -> recorder.attachTo(builder.overrideAuthority("market"))));
  }

  private Market(Map<String, ?> policy) {
    recorder = recorder(32);
    wire = Wire.to(Transport.NETTY, server);
    client =
        new MarketClient(
            wire.channel(
                builder ->
                    recorder.attachTo(
                        builder
                            .defaultServiceConfig(ServiceConfig.of(policy))
                            .enableRetry()
                            .maxHedgedAttempts(5))));
  }

  /** On Netty, which alone makes retries and hedges, as {@code policy} says. */
  static Market onNetty(Map<String, ?> policy) {
    return new Market(policy);
  }

  private GrpcStreamRecorder recorder(int eventLimit) {
    return GrpcStreamRecorder.builder()
        .clock(now::get)
        .captureStacks(false)
        .eventLimit(eventLimit)
        .build();
  }

  /** Lets time pass in which nothing happens, so that what is open can be judged. */
  void beQuiet() {
    now.addAndGet(Duration.ofSeconds(1).toNanos());
  }

  int port() {
    return wire.address().getPort();
  }

  /** Sends one message, half-closes, and asks for {@code wanted} messages. */
  ClientCall<String, String> watch(String command, int wanted) {
    return watch(command, wanted, CallOptions.DEFAULT);
  }

  ClientCall<String, String> watch(String command, int wanted, CallOptions options) {
    return client.raw(WATCH, options, wanted).send(command).halfClose().call;
  }

  ClientCall<String, String> open(
      MethodDescriptor<String, String> method, int wanted, CallOptions options) {
    return client.raw(method, options, wanted).call;
  }

  /** Makes a call of the blocking stub that the server refuses with ABORTED. */
  void refused() {
    Throwable thrown = StreamAssertions.catchThrowable(() -> client.blockingQuote("0!"));
    StreamAssertions.assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
  }

  /** Starts a call that an interceptor keeps to itself: no attempt is made. */
  void startWithoutAttempt() {
    ManagedChannel kept =
        wire.channel(builder -> recorder.attachTo(builder.intercept(new KeepsToItself())));
    new MarketClient(kept).raw(WATCH, 0);
  }

  private static final class KeepsToItself implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SilentCall<>();
    }
  }

  @Override
  public void close() {
    boolean unused = recorder.releaseLeaked();
    recorder.close();
    wire.close();
  }
}
