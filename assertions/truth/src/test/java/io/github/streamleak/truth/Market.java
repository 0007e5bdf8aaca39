package io.github.streamleak.truth;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server, a channel and a recorder, in-process on direct executors and with a clock that stands
 * still: every text is the same in every run. "3" sends three messages and closes OK, "3+" sends
 * three and stays open, "0!" fails.
 */
final class Market implements AutoCloseable {

  static final MethodDescriptor<String, String> WATCH =
      method("Watch", MethodType.SERVER_STREAMING);
  static final MethodDescriptor<String, String> SUBSCRIBE =
      method("Subscribe", MethodType.BIDI_STREAMING);

  /** Retried on UNAVAILABLE. */
  static final MethodDescriptor<String, String> QUOTE = method("Quote", MethodType.UNARY);

  /** Sent twice at once. */
  static final MethodDescriptor<String, String> HEDGED = method("Hedged", MethodType.UNARY);

  static final Metadata.Key<String> SHARD =
      Metadata.Key.of("shard", Metadata.ASCII_STRING_MARSHALLER);

  private static final Map<String, ?> POLICIES =
      Map.of(
          "methodConfig",
          List.of(
              Map.of(
                  "name",
                  List.of(Map.of("service", "acme.Market", "method", "Quote")),
                  "retryPolicy",
                  Map.of(
                      "maxAttempts",
                      3.0,
                      "initialBackoff",
                      "0.001s",
                      "maxBackoff",
                      "0.001s",
                      "backoffMultiplier",
                      1.0,
                      "retryableStatusCodes",
                      List.of("UNAVAILABLE"))),
              Map.of(
                  "name",
                  List.of(Map.of("service", "acme.Market", "method", "Hedged")),
                  "hedgingPolicy",
                  Map.of("maxAttempts", 2.0, "hedgingDelay", "0s"))));

  final GrpcStreamRecorder recorder;
  private final Server server;
  private final ManagedChannel channel;

  /** Fails this many attempts before the server answers. */
  private final AtomicInteger failing = new AtomicInteger();

  Market() {
    this(32);
  }

  Market(int eventLimit) {
    recorder =
        GrpcStreamRecorder.builder()
            .clock(() -> 0)
            .captureStacks(false)
            .eventLimit(eventLimit)
            .build();
    // A fixed name: it stands in the texts as the address that was picked.
    String name = "market-server";
    ServerCallHandler<String, String> handler =
        (call, headers) -> {
          if (failing.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            call.close(Status.UNAVAILABLE.withDescription("try again"), new Metadata());
            return new ServerCall.Listener<>() {};
          }
          return new Handler(call);
        };
    // The first attempt is never answered: the call cannot be over before its hedge is there.
    AtomicBoolean first = new AtomicBoolean(true);
    ServerCallHandler<String, String> second =
        (call, headers) ->
            first.getAndSet(false) ? new ServerCall.Listener<>() {} : new Handler(call);
    try {
      server =
          InProcessServerBuilder.forName(name)
              .directExecutor()
              .addService(
                  ServerServiceDefinition.builder("acme.Market")
                      .addMethod(WATCH, handler)
                      .addMethod(SUBSCRIBE, handler)
                      .addMethod(QUOTE, handler)
                      .addMethod(HEDGED, second)
                      .build())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel =
        recorder
            .attachTo(
                InProcessChannelBuilder.forName(name)
                    .directExecutor()
                    .overrideAuthority("market")
                    .enableRetry()
                    .defaultServiceConfig(POLICIES))
            .build();
  }

  /** Sends one message, half-closes, and asks for {@code wanted} messages. */
  @CanIgnoreReturnValue
  ClientCall<String, String> watch(String command, int wanted) {
    ClientCall<String, String> call = open(WATCH, wanted);
    call.sendMessage(command);
    call.halfClose();
    return call;
  }

  @CanIgnoreReturnValue
  ClientCall<String, String> open(MethodDescriptor<String, String> method, int wanted) {
    ClientCall<String, String> call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(wanted);
    return call;
  }

  /** Calls to the terminal status, after the server has failed so many attempts. */
  void call(MethodDescriptor<String, String> method, int failures) throws InterruptedException {
    failing.set(failures);
    CountDownLatch closed = new CountDownLatch(1);
    ClientCall<String, String> call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            closed.countDown();
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage("1");
    call.halfClose();
    closed.await();
  }

  /** Starts a call whose deadline has passed. */
  void callTooLate() {
    ClientCall<String, String> call =
        channel.newCall(WATCH, CallOptions.DEFAULT.withDeadline(Deadline.after(-1, TimeUnit.DAYS)));
    call.start(new ClientCall.Listener<>() {}, new Metadata());
  }

  RecordedStream stream() {
    return recorder.streams().get(0);
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

    Handler(ServerCall<String, String> call) {
      this.call = call;
      call.request(1);
    }

    @Override
    public void onMessage(String command) {
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
