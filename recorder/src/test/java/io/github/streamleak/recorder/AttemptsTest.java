package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.ServiceConfig;
import io.github.streamleak.testsupport.SilentCall;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.BlockingClientCall;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Retries and hedges on Netty: in-process knows neither. */
final class AttemptsTest {

  private static final StreamLeakPolicy LEAKS_ONLY =
      StreamLeakPolicy.normal().strictness(Strictness.LENIENT);

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
  private final MarketServer server = new MarketServer();
  private final Wire wire = Wire.to(Transport.NETTY, server);

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  private static Map<String, ?> retry(int attempts, String backoff) {
    return ServiceConfig.of(
        ServiceConfig.retry(attempts, backoff, MarketGrpc.QUOTE, MarketGrpc.WATCH));
  }

  private static Map<String, ?> hedge(int attempts, String delay) {
    return ServiceConfig.of(
        ServiceConfig.hedge(attempts, delay, MarketGrpc.QUOTE, MarketGrpc.WATCH));
  }

  private MarketClient client(Map<String, ?> config) {
    return new MarketClient(
        wire.channel(
            builder ->
                recorder.attachTo(
                    builder.defaultServiceConfig(config).enableRetry().maxHedgedAttempts(5))));
  }

  private RecordedStream stream() {
    List<RecordedStream> all = recorder.streams();
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  @Test
  void retriedStreamHasAnAttemptForEachTryTest() throws Exception {
    Raw raw = client(retry(3, "0.001s")).raw(MarketGrpc.QUOTE, 2).send("1??").halfClose();
    raw.closed.await();

    assertThat(raw.status).isEqualTo(Status.OK);
    Await.until(() -> stream().releases().contains(StreamRelease.TERMINAL_STATUS));
    assertThat(stream().attempts())
        .extracting(RecordedAttempt::number, RecordedAttempt::retry, AttemptsTest::code)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1, Retry.FIRST, Status.Code.UNAVAILABLE),
            org.assertj.core.groups.Tuple.tuple(2, Retry.RETRY, Status.Code.UNAVAILABLE),
            org.assertj.core.groups.Tuple.tuple(3, Retry.RETRY, Status.Code.OK));
    assertThat(stream().attempts())
        .allSatisfy(
            attempt -> {
              assertThat(attempt.isClosed()).isTrue();
              assertThat(attempt.hasPickerTracer()).isTrue();
              assertThat(attempt.pickerStatus()).isNotNull();
            });
    assertThat(stream().count(EventKind.ATTEMPT_STARTED)).isEqualTo(3);
    assertThat(stream().count(EventKind.PICKER_DONE)).isEqualTo(3);
    assertThat(stream().count(EventKind.TERMINATED)).isEqualTo(1);
  }

  private static Status.Code code(RecordedAttempt attempt) {
    Status status = attempt.status();
    return status == null ? Status.Code.UNKNOWN : status.getCode();
  }

  @Test
  void exhaustedRetryIsReleasedTest() throws Exception {
    Raw raw = client(retry(2, "0.001s")).raw(MarketGrpc.QUOTE, 2).send("1??").halfClose();
    raw.closed.await();

    assertThat(recorder.check(StreamLeakPolicy.normal()).describe())
        .isEqualTo("1 gRPC client stream recorded, none leaked");
    assertThat(stream().attempts()).hasSize(2);
  }

  @Test
  void streamInBackOffIsOpenTest() throws Exception {
    Raw raw = client(retry(2, "3600s")).raw(MarketGrpc.QUOTE, 2).send("1?").halfClose();
    Await.until(() -> stream().count(EventKind.ATTEMPT_STARTED) == 2);
    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal(), Duration.ofMillis(10));

    assertThat(stream().isOpen()).isTrue();
    assertThat(verdict.hasLeaks()).isTrue();
    raw.call.cancel("no longer", null);
    assertThat(stream().isOpen()).isFalse();
  }

  /** Drives the log itself: gRPC cannot be held between the end of an attempt and the next. */
  private static StreamLog closedAttempt(GrpcStreamRecorder recorder, Status status) {
    StreamLog log =
        Objects.requireNonNull(
            recorder
                .recording()
                .newLog(MarketGrpc.QUOTE, CallOptions.DEFAULT, null, Coverage.WHOLE, null));
    log.started(new SilentCall<>(), null);
    attempt(log, status);
    return log;
  }

  private static void attempt(StreamLog log, @Nullable Status status) {
    AttemptLog attempt =
        log.attemptStarted(ClientStreamTracer.StreamInfo.newBuilder().build(), new Metadata());
    if (status != null) {
      log.record(EventKind.ATTEMPT_CLOSED, attempt, status);
    }
  }

  @Test
  void checkBetweenTwoAttemptsWaitsForTheNextTest() throws Exception {
    GrpcStreamRecorder patient =
        GrpcStreamRecorder.builder()
            .grace(Duration.ofHours(1))
            .quietTime(Duration.ofMinutes(30))
            .build();
    StreamLog log = closedAttempt(patient, Status.UNAVAILABLE);

    assertThat(log.isOpen()).isTrue();
    assertThat(log.snapshot().releases()).isEmpty();
    CompletableFuture<Boolean> awaited =
        CompletableFuture.supplyAsync(() -> patient.awaitReleased(Duration.ofHours(1)));
    attempt(log, null);
    assertThat(log.conclude()).isFalse();
    assertThat(log.isOpen()).isTrue();
    assertThat(awaited).isNotDone();
    log.terminated(Status.UNAVAILABLE, new Metadata());
    log.cancelled(Canceller.CALL, null, null);
    assertThat(awaited.get()).isTrue();
  }

  @Test
  void attemptThatNoneFollowsIsTheLastByTheClockTooTest() {
    AtomicLong now = new AtomicLong();
    GrpcStreamRecorder clocked =
        GrpcStreamRecorder.builder().clock(now::get).quietTime(Duration.ofNanos(100)).build();
    StreamLog log = closedAttempt(clocked, Status.UNAVAILABLE);

    now.set(99);
    assertThat(log.snapshot().isOpen()).isTrue();
    now.set(100);
    assertThat(log.snapshot().isOpen()).isFalse();
    assertThat(log.snapshot().releases()).containsExactly(StreamRelease.PICKER_DONE);
    attempt(log, null);
    assertThat(log.snapshot().isOpen()).isTrue();
  }

  @Test
  void checkThatMayNotWaitTakesTheAttemptForTheLastTest() {
    StreamLog log = closedAttempt(recorder, Status.UNAVAILABLE);

    assertThat(recorder.check(StreamLeakPolicy.normal(), Duration.ZERO).hasLeaks()).isFalse();
    assertThat(log.isOpen()).isFalse();
  }

  @Test
  void attemptThatIsOkIsTheLastAtOnceTest() {
    assertThat(closedAttempt(recorder, Status.OK).isOpen()).isFalse();
  }

  @Test
  void attemptThatNoneFollowsInGoodTimeReleasesTest() throws Exception {
    // A v2 call takes its status only in read(): picker Done alone tells that it is over. No server
    // has answered this one, so gRPC might try again.
    MarketClient client = client(Map.of());
    connect(client);
    BlockingClientCall<?, String> unused = client.watchV2(MarketServer.NEVER);
    server.awaitHandled(1);
    wire.close();
    Await.until(() -> last().count(EventKind.PICKER_DONE) == 1);

    assertThat(recorder.check(LEAKS_ONLY).describe())
        .isEqualTo("2 gRPC client streams recorded, none leaked");
    assertThat(last().releases()).containsExactly(StreamRelease.PICKER_DONE);
  }

  @Test
  void codeThatIsNotRetryableReleasesACallNobodyReadsTest() throws Exception {
    MarketClient client = client(retry(3, "3600s"));
    connect(client);
    BlockingClientCall<?, String> unused = client.watchV2("!INTERNAL");
    Await.until(() -> last().count(EventKind.PICKER_DONE) == 1);

    assertThat(recorder.check(LEAKS_ONLY).describe())
        .isEqualTo("2 gRPC client streams recorded, none leaked");
  }

  @Test
  void serverThatForbidsTheRetryReleasesACallNobodyReadsTest() throws Exception {
    // A v2 call takes its status only in read(): picker Done alone tells that it is over.
    server.trailers.put(
        Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER), "-1");
    MarketClient client = client(retry(3, "0.001s"));
    connect(client);
    BlockingClientCall<?, String> unused = client.watchV2("!UNAVAILABLE");
    Await.until(() -> last().count(EventKind.PICKER_DONE) == 1);

    assertThat(recorder.check(LEAKS_ONLY).describe())
        .isEqualTo("2 gRPC client streams recorded, none leaked");
  }

  /** On a channel that is not connected a v2 call is not even sent until somebody reads. */
  private static void connect(MarketClient client) throws InterruptedException {
    client.raw(MarketGrpc.QUOTE, 2).send("1").halfClose().closed.await();
  }

  private RecordedStream last() {
    List<RecordedStream> all = recorder.streams();
    return all.get(all.size() - 1);
  }

  @Test
  void winnerAndLosersOfAHedgeAreAttemptsOfOneStreamTest() throws Exception {
    Raw raw = client(hedge(2, "0.02s")).raw(MarketGrpc.QUOTE, 2).send("1~").halfClose();
    raw.closed.await();

    assertThat(raw.status).isEqualTo(Status.OK);
    Await.until(() -> stream().releases().contains(StreamRelease.TERMINAL_STATUS));
    assertThat(stream().attempts())
        .extracting(RecordedAttempt::retry, AttemptsTest::code)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(Retry.FIRST, Status.Code.CANCELLED),
            org.assertj.core.groups.Tuple.tuple(Retry.HEDGE, Status.Code.OK));
    assertThat(recorder.check(StreamLeakPolicy.normal()).hasLeaks()).isFalse();
  }

  @Test
  void streamBetweenTwoHedgesIsOpenTest() {
    client(hedge(2, "3600s")).raw(MarketGrpc.QUOTE, 2).send("1?").halfClose();
    Await.until(() -> stream().count(EventKind.PICKER_DONE) == 1);

    assertThat(stream().isOpen()).isTrue();
    assertThat(stream().releases()).isEmpty();
  }

  @Test
  void hedgeWonByTheFirstAttemptAndLeftIsNotDrainedTest() throws Exception {
    // The first attempt wins, so the last one says nothing about what waits. Only a v2 call leaves
    // a message that has arrived outside the application.
    Metadata.Key<String> attemptsBefore =
        Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);
    AtomicReference<ServerCall<String, String>> first = new AtomicReference<>();
    CountDownLatch both = new CountDownLatch(2);
    ServerCallHandler<String, String> handler =
        (call, headers) -> {
          call.request(2);
          if (!headers.containsKey(attemptsBefore)) {
            first.set(call);
          }
          both.countDown();
          return new ServerCall.Listener<>() {};
        };
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("acme.Market").addMethod(MarketGrpc.WATCH, handler).build();
    try (Wire own = Wire.to(Transport.NETTY, () -> service)) {
      ManagedChannel channel =
          own.channel(
              builder ->
                  recorder.attachTo(builder.defaultServiceConfig(hedge(2, "0.02s")).enableRetry()));
      BlockingClientCall<?, String> prices = new MarketClient(channel).watchV2("q");
      Thread server = new Thread(() -> answer(both, first));
      server.start();
      assertThat(prices.read()).isEqualTo("price 0");
      Await.until(() -> stream().attempts().get(0).received() == 2);

      assertThat(recorder.check(StreamLeakPolicy.normal()).leaks())
          .singleElement()
          .returns(LeakCause.NOT_DRAINED, StreamFinding::cause);
      recorder.releaseLeaked();
    }
  }

  private static void answer(
      CountDownLatch both, AtomicReference<ServerCall<String, String>> first) {
    Uninterruptibles.awaitUninterruptibly(both);
    ServerCall<String, String> call = Objects.requireNonNull(first.get());
    call.sendHeaders(new Metadata());
    for (int i = 0; i < 4; i++) {
      call.sendMessage("price " + i);
    }
    call.close(Status.OK, new Metadata());
  }

  @Test
  void lastAttemptOfThePolicyIsFollowedByNoneTest() {
    CallOptions options =
        CallOptions.DEFAULT.withOption(
            CallOptions.Key.create("as ManagedChannelServiceConfig prints it"),
            "MethodInfo{retryPolicy=null, hedgingPolicy=HedgingPolicy{maxAttempts=3, hedgingDelayNanos=1,"
                + " nonFatalStatusCodes=[UNAVAILABLE, ABORTED]}}");

    RetryPolicy policy = Objects.requireNonNull(RetryPolicy.of(options));

    assertThat(policy.hedges()).isTrue();
    assertThat(policy.goesOn(Status.Code.UNAVAILABLE, 2)).isTrue();
    assertThat(policy.goesOn(Status.Code.ABORTED, 2)).isTrue();
    assertThat(policy.goesOn(Status.Code.UNAVAILABLE, 3)).isFalse();
    assertThat(policy.goesOn(Status.Code.INTERNAL, 1)).isFalse();
    assertThat(RetryPolicy.of(CallOptions.DEFAULT)).isNull();
  }

  @Test
  void failedPickIsRecordedAndReleasesTest() throws Exception {
    // Nobody listens there: pick_first hands out the error of the connection.
    wire.close();
    Raw raw = client(Map.of()).raw(MarketGrpc.QUOTE, 2).send("1").halfClose();
    raw.closed.await();

    assertThat(raw.status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    Await.until(() -> stream().releases().contains(StreamRelease.TERMINAL_STATUS));
    Pick pick = stream().attempts().get(0).pick();
    assertThat(pick).isNotNull().returns(Pick.Kind.ERROR, Pick::kind);
    assertThat(stream().attempts().get(0).hasPickerTracer()).isFalse();
    assertThat(stream().attempts().get(0).isClosed()).isTrue();
    assertThat(
            stream().events().stream()
                .filter(StreamEvent.Picked.class::isInstance)
                .map(event -> ((StreamEvent.Picked) event).pick().kind()))
        .contains(Pick.Kind.ERROR);
  }

  @Test
  void failedPickThatWaitsForReadyIsNotPickedTest() {
    wire.close();
    MarketClient client = client(Map.of());
    client.raw(MarketGrpc.QUOTE, CallOptions.DEFAULT.withWaitForReady(), 2);
    Await.until(
        () -> stream().events().stream().anyMatch(event -> event.describe().startsWith("pick f")));

    assertThat(recorder.check(StreamLeakPolicy.normal(), Duration.ofMillis(10)).leaks())
        .singleElement()
        .returns(LeakCause.NOT_PICKED, StreamFinding::cause);
    // A pending stream: never picked, so only its own tracer is there to be closed.
    assertThat(recorder.releaseLeaked()).isTrue();
    assertThat(stream().attempts().get(0).isClosed()).isTrue();
  }

  @Test
  void streamReleasedInBackOffIsReportedTruthfullyTest() {
    // RetriableStream makes and picks the next attempt before the back-off, and never closes it
    // when the call is cancelled meanwhile.
    client(retry(2, "3600s")).raw(MarketGrpc.QUOTE, 2).send("1?").halfClose();
    Await.until(() -> stream().attempts().size() == 2);
    boolean closed = recorder.check(StreamLeakPolicy.normal(), Duration.ZERO).hasLeaks();
    assertThat(closed).isTrue();

    assertThat(recorder.releaseLeaked())
        .isEqualTo(stream().attempts().stream().allMatch(RecordedAttempt::isClosed));
    assertThat(stream().isOpen()).isFalse();
  }
}
