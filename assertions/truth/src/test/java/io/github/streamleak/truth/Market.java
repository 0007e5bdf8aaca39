package io.github.streamleak.truth;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketGrpc;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.CommandServer;
import io.github.streamleak.testsupport.ServiceConfig;
import io.github.streamleak.testsupport.Text;
import io.github.streamleak.testsupport.Wire;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * A {@link CommandServer}, a channel and a recorder, in-process on direct executors and with a
 * clock that stands still: every text is the same in every run.
 */
final class Market implements AutoCloseable {

  static final MethodDescriptor<String, String> WATCH = MarketGrpc.WATCH;
  static final MethodDescriptor<String, String> SUBSCRIBE = MarketGrpc.SUBSCRIBE;

  /** Retried on UNAVAILABLE. */
  static final MethodDescriptor<String, String> QUOTE = MarketGrpc.QUOTE;

  /** Sent twice at once. */
  static final MethodDescriptor<String, String> HEDGED =
      Text.method(MarketGrpc.SERVICE_NAME, "Hedged", MethodType.UNARY);

  static final Metadata.Key<String> SHARD =
      Metadata.Key.of("shard", Metadata.ASCII_STRING_MARSHALLER);

  /** The clock of the recorder. */
  final AtomicLong now = new AtomicLong();

  final GrpcStreamRecorder recorder;
  private final CommandServer<String, String> server =
      new CommandServer<>(
          List.of(WATCH, SUBSCRIBE, QUOTE, HEDGED), Function.identity(), Function.identity());
  // A fixed name: it stands in the texts as the address that was picked.
  private final Wire wire = Wire.direct("market-server", server);
  private final MarketClient client;

  Market() {
    this(32);
  }

  Market(int eventLimit) {
    recorder =
        GrpcStreamRecorder.builder()
            .clock(now::get)
            .captureStacks(false)
            .eventLimit(eventLimit)
            .build();
    server.trailers.put(SHARD, "eu");
    client =
        new MarketClient(
            wire.channel(
                builder ->
                    recorder.attachTo(
                        builder
                            .overrideAuthority("market")
                            .enableRetry()
                            .defaultServiceConfig(
                                ServiceConfig.of(
                                    ServiceConfig.retry(3, "0.001s", QUOTE),
                                    ServiceConfig.hedge(2, "0s", HEDGED))))));
  }

  /** Sends one message, half-closes, and asks for {@code wanted} messages. */
  @CanIgnoreReturnValue
  ClientCall<String, String> watch(String command, int wanted) {
    return client.raw(WATCH, wanted).send(command).halfClose().call;
  }

  @CanIgnoreReturnValue
  ClientCall<String, String> open(MethodDescriptor<String, String> method, int wanted) {
    return client.raw(method, wanted).call;
  }

  /** Calls to the terminal status, after the server has failed so many attempts. */
  void call(MethodDescriptor<String, String> method, int failures) throws InterruptedException {
    // The call cannot be over before its hedge is there.
    String command = method == HEDGED ? "1~" : "1" + "?".repeat(failures);
    Raw call = client.raw(method, 2).send(command).halfClose();
    call.closed.await();
  }

  /** Makes a call of the blocking stub that the server refuses with ABORTED. */
  void refused() {
    try {
      String unused = client.blockingQuote("0!");
    } catch (StatusRuntimeException refused) {
      return;
    }
    throw new AssertionError("not refused");
  }

  /** Starts a call whose deadline has passed. */
  void callTooLate() {
    client.raw(WATCH, CallOptions.DEFAULT.withDeadline(Deadline.after(-1, TimeUnit.DAYS)), 0);
  }

  /** Lets time pass in which nothing happens, so that what is open can be judged. */
  void beQuiet() {
    now.addAndGet(Duration.ofSeconds(1).toNanos());
  }

  RecordedStream stream() {
    return recorder.streams().get(0);
  }

  @Override
  public void close() {
    boolean unused = recorder.releaseLeaked();
    recorder.close();
    wire.close();
  }
}
