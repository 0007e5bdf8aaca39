package io.github.streamleak.assertj;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server, a channel and a recorder, in-process on direct executors and with a clock that stands
 * still: every text is the same in every run. "3" sends three messages and closes OK, "3+" sends
 * three and stays open, "0!" fails; "3?" is refused to the first try and its first retry, and "3~"
 * is answered to hedges alone.
 */
final class Market implements AutoCloseable {

  static final MethodDescriptor<String, String> WATCH =
      method("Watch", MethodType.SERVER_STREAMING);
  static final MethodDescriptor<String, String> SUBSCRIBE =
      method("Subscribe", MethodType.BIDI_STREAMING);
  static final Metadata.Key<String> SHARD =
      Metadata.Key.of("shard", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<String> PREVIOUS_ATTEMPTS =
      Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);

  final GrpcStreamRecorder recorder;
  private final Server server;
  private final ManagedChannel channel;

  Market() {
    this(32);
  }

  Market(int eventLimit) {
    this(eventLimit, false, Map.of());
  }

  /** On Netty, which alone makes retries and hedges, as {@code serviceConfig} says. */
  static Market onNetty(Map<String, ?> serviceConfig) {
    return new Market(32, true, serviceConfig);
  }

  private Market(int eventLimit, boolean netty, Map<String, ?> serviceConfig) {
    recorder =
        GrpcStreamRecorder.builder()
            .clock(() -> 0)
            .captureStacks(false)
            .eventLimit(eventLimit)
            .build();
    String name = InProcessServerBuilder.generateName();
    ServerCallHandler<String, String> handler =
        (call, headers) -> new Handler(call, headers.get(PREVIOUS_ATTEMPTS));
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    ServerBuilder<?> builder =
        netty
            ? NettyServerBuilder.forAddress(loopback)
            : InProcessServerBuilder.forName(name).directExecutor();
    try {
      server =
          builder
              .addService(
                  ServerServiceDefinition.builder("acme.Market")
                      .addMethod(WATCH, handler)
                      .addMethod(SUBSCRIBE, handler)
                      .build())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ManagedChannelBuilder<?> client =
        netty
            ? NettyChannelBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))
                .usePlaintext()
                .enableRetry()
                .maxHedgedAttempts(5)
            : InProcessChannelBuilder.forName(name).directExecutor();
    channel =
        recorder
            .attachTo(client.defaultServiceConfig(serviceConfig).overrideAuthority("market"))
            .build();
  }

  /** Sends one message, half-closes, and asks for {@code wanted} messages. */
  ClientCall<String, String> watch(String command, int wanted) {
    return watch(command, wanted, CallOptions.DEFAULT);
  }

  ClientCall<String, String> watch(String command, int wanted, CallOptions options) {
    ClientCall<String, String> call = open(WATCH, wanted, options);
    call.sendMessage(command);
    call.halfClose();
    return call;
  }

  /** Starts a call that an interceptor keeps to itself: no attempt is made. */
  void startWithoutAttempt() {
    ManagedChannel channel =
        recorder
            .attachTo(
                InProcessChannelBuilder.forName("nowhere")
                    .directExecutor()
                    .intercept(new KeepsToItself()))
            .build();
    channel
        .newCall(WATCH, CallOptions.DEFAULT)
        .start(new ClientCall.Listener<>() {}, new Metadata());
    channel.shutdownNow();
  }

  private static final class KeepsToItself implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new NoopClientCall<>();
    }
  }

  private static final class NoopClientCall<Q, R> extends ClientCall<Q, R> {
    @Override
    public void start(Listener<R> listener, Metadata headers) {}

    @Override
    public void request(int count) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(Q message) {}
  }

  ClientCall<String, String> open(
      MethodDescriptor<String, String> method, int wanted, CallOptions options) {
    ClientCall<String, String> call = channel.newCall(method, options);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(wanted);
    return call;
  }

  @Override
  public void close() {
    boolean unused = recorder.releaseLeaked();
    recorder.close();
    channel.shutdownNow();
    server.shutdownNow();
  }

  private static final class Handler extends ServerCall.Listener<String> {
    private final ServerCall<String, String> call;
    private final int previousAttempts;

    Handler(ServerCall<String, String> call, @Nullable String previousAttempts) {
      this.call = call;
      this.previousAttempts = previousAttempts == null ? 0 : Integer.parseInt(previousAttempts);
      call.request(1);
    }

    @Override
    public void onMessage(String command) {
      if (command.endsWith("?") && previousAttempts < 2) {
        call.close(Status.UNAVAILABLE, new Metadata());
        return;
      }
      if (command.endsWith("~") && previousAttempts == 0) {
        return;
      }
      call.sendHeaders(new Metadata());
      int count = Integer.parseInt(command.replaceAll("\\D", ""));
      for (int i = 0; i < count; i++) {
        call.sendMessage("price " + i);
      }
      if (!command.endsWith("+")) {
        Metadata trailers = new Metadata();
        trailers.put(SHARD, "eu");
        call.close(
            command.endsWith("!") ? Status.ABORTED.withDescription("told so") : Status.OK,
            trailers);
      }
    }
  }

  private static MethodDescriptor<String, String> method(String name, MethodType type) {
    return MethodDescriptor.<String, String>newBuilder()
        .setFullMethodName("acme.Market/" + name)
        .setType(type)
        .setRequestMarshaller(new StringMarshaller())
        .setResponseMarshaller(new StringMarshaller())
        .build();
  }

  private static final class StringMarshaller implements Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
