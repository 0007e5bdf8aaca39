package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Names;
import io.github.streamleak.testsupport.Text;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamFinding.Allowed;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a check waits and what it allows, told by its own count of time and not by a clock. */
final class CheckTest {

  private static final StreamLeakPolicy NORMAL = StreamLeakPolicy.normal();

  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder().quietTime(Duration.ofMillis(20)).build();
  private final Wire wire = Wire.direct(new MarketServer());
  private final ManagedChannel channel = wire.channel(recorder::attachTo);
  private final MarketClient client = new MarketClient(channel);

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  @Test
  void nothingOpenWaitsForNothingTest() {
    client.quoteAsync("1");
    StreamVerdict verdict = recorder.check(NORMAL, Duration.ofDays(1));

    assertThat(verdict.waited()).isZero();
    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.error()).isEmpty();
    assertThat(verdict.recorderFault()).isEmpty();
    assertThat(verdict).hasToString("1 gRPC client stream recorded, none leaked");
    verdict.throwIfLeaked();
  }

  @Test
  void nothingRecordedIsSaidTest() {
    assertThat(recorder.check(NORMAL).describe()).isEqualTo("no gRPC client stream was recorded");
    assertThat(recorder.check(NORMAL).streamCount()).isZero();
  }

  @Test
  void streamThatOnlyTheApplicationCanMoveIsSettledAfterTheQuietTimeTest() {
    client.iterate("3").next();

    assertThat(recorder.check(NORMAL, Duration.ofDays(1)).waited())
        .isEqualTo(Duration.ofMillis(20));
  }

  @Test
  void streamThatTheServerCanMoveIsGivenTheWholeGraceTest() {
    ListenableFuture<String> unused = client.future("0+");

    assertThat(recorder.check(NORMAL, Duration.ofMillis(50)).waited())
        .isEqualTo(Duration.ofMillis(50));
  }

  @Test
  void graceOfZeroJudgesAtOnceTest() {
    client.iterate("3").next();
    StreamVerdict verdict = recorder.check(NORMAL, Duration.ZERO);

    assertThat(verdict.waited()).isZero();
    assertThat(verdict.describe())
        .startsWith("1 gRPC client stream leaked, still open 0.00 s after the check began:\n");
  }

  @Test
  void releaseFromAnotherThreadWakesTheCheckTest() throws Exception {
    Raw raw = client.raw(MarketGrpc.WATCH, 9).send("0+").halfClose();
    CountDownLatch checking = new CountDownLatch(1);
    Thread other =
        new Thread(
            () -> {
              Uninterruptibles.awaitUninterruptibly(checking);
              raw.call.cancel("done", null);
            });
    other.start();
    checking.countDown();
    StreamVerdict verdict = recorder.check(NORMAL, Duration.ofDays(1));

    assertThat(verdict.hasLeaks()).isFalse();
    assertThat(verdict.waited()).isLessThan(Duration.ofDays(1));
    other.join();
  }

  @Test
  void releaseFromAnotherThreadWakesAwaitReleasedTest() throws Exception {
    Raw raw = client.raw(MarketGrpc.WATCH, 9).send("0+").halfClose();
    Thread waiting =
        new Thread(() -> assertThat(recorder.awaitReleased(Duration.ofDays(1))).isTrue());
    waiting.start();
    Await.until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
    raw.call.cancel("done", null);

    waiting.join();
    assertThat(recorder.openStreams()).isEmpty();
  }

  @Test
  void deadlineWithinTheGraceIsAwaitedTest() {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(400, TimeUnit.MILLISECONDS);
    Raw raw = client.raw(MarketGrpc.WATCH, options, 1).send("3").halfClose();
    assertThat(raw.messages).hasSize(1);
    StreamVerdict verdict = recorder.check(NORMAL, Duration.ofDays(1));

    assertThat(verdict.hasLeaks()).isFalse();
    assertThat(verdict.waited()).isLessThan(Duration.ofDays(1));
    assertThat(recorder.streams().get(0).releases()).containsExactly(StreamRelease.DEADLINE);
  }

  @Test
  void deadlineAfterTheGraceIsNotAwaitedTest() {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(3, TimeUnit.DAYS);
    client.raw(MarketGrpc.WATCH, options, 1).send("3").halfClose();

    assertThat(recorder.check(NORMAL, Duration.ofDays(1)).waited())
        .isEqualTo(Duration.ofMillis(20));
  }

  @Test
  void deadlineWithinTwiceTheGraceIsAwaitedTest() {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(800, TimeUnit.MILLISECONDS);
    client.raw(MarketGrpc.WATCH, options, 9).send("0+").halfClose();
    StreamVerdict verdict = recorder.check(NORMAL, Duration.ofMillis(500));

    assertThat(verdict.hasLeaks()).isFalse();
    assertThat(verdict.waited()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    assertThat(recorder.streams().get(0).releases()).startsWith(StreamRelease.DEADLINE);
  }

  @Test
  void deadlineWithinTwiceTheGraceIsAwaitedWhereMessagesWaitTest() {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(800, TimeUnit.MILLISECONDS);
    client.raw(MarketGrpc.WATCH, options, 1).send("3").halfClose();
    StreamVerdict verdict = recorder.check(NORMAL, Duration.ofMillis(500));

    assertThat(verdict.hasLeaks()).isFalse();
    assertThat(recorder.streams().get(0).releases()).containsExactly(StreamRelease.DEADLINE);
  }

  @Test
  void deadlineBeyondTwiceTheGraceDoesNotExtendTheWaitTest() {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS);
    client.raw(MarketGrpc.WATCH, options, 9).send("0+").halfClose();
    StreamVerdict verdict = recorder.check(NORMAL, Duration.ofMillis(50));

    assertThat(verdict.leaks()).hasSize(1);
    assertThat(verdict.waited()).isEqualTo(Duration.ofMillis(50));
    assertThat(verdict.leaks().get(0).stream().untilDeadline().orElseThrow())
        .isBetween(Duration.ofMinutes(30), Duration.ofHours(1));
  }

  @Test
  void interruptedThreadKeepsItsFlagAndTheVerdictTest() {
    client.iterate("3").next();
    Thread.currentThread().interrupt();
    StreamVerdict verdict = recorder.check(NORMAL, Duration.ofDays(1));
    boolean flag = Thread.interrupted();

    assertThat(flag).isTrue();
    assertThat(verdict.leaks()).hasSize(1);
    assertThat(verdict.waited()).isEqualTo(Duration.ofMillis(20));
  }

  @Test
  void interruptDuringTheWaitKeepsItsFlagAndTheVerdictTest() throws Exception {
    ListenableFuture<String> unused = client.future("0+");
    AtomicBoolean flag = new AtomicBoolean();
    AtomicBoolean released = new AtomicBoolean(true);
    Thread waiting =
        new Thread(
            () -> {
              released.set(recorder.awaitReleased(Duration.ofMillis(200)));
              flag.set(Thread.currentThread().isInterrupted());
            });
    waiting.start();
    Await.until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
    waiting.interrupt();
    waiting.join();

    assertThat(flag).isTrue();
    assertThat(released).isFalse();
  }

  @Test
  void negativeTimesAreRefusedTest() {
    assertThatThrownBy(() -> recorder.check(NORMAL, Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("grace must not be negative, but is PT-1S; Duration.ZERO means not to wait");
    assertThatThrownBy(() -> recorder.awaitReleased(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("limit must not be negative, but is PT-1S; Duration.ZERO means not to wait");
    assertThatThrownBy(() -> GrpcStreamRecorder.builder().grace(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("grace must not be negative");
    assertThatThrownBy(() -> GrpcStreamRecorder.builder().quietTime(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("quietTime must be positive, but is PT0S");
    assertThatThrownBy(() -> GrpcStreamRecorder.builder().eventLimit(7))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("eventLimit must be at least 8, but is 7");
    assertThat(recorder.awaitReleased(Duration.ZERO)).isTrue();
  }

  @Test
  void endlessGraceDoesNotOverflowTest() {
    client.iterate("3").next();

    assertThat(recorder.check(NORMAL, Duration.ofSeconds(Long.MAX_VALUE)).leaks()).hasSize(1);
  }

  // ---- allowances ----

  @ParameterizedTest
  @CsvSource({
    "acme.Market/Watch, true",
    "acme.Market/*, true",
    "*, true",
    "*/Watch, true",
    "acme.*/W*h, true",
    "*Market/Watch, true",
    "acme*Watch, true",
    "acme.Market/Wat, false",
    "cme.Market/Watch, false",
    "acmeXMarket/Watch, false",
    "*/Quote, false",
    "acme.Market/watch, false",
  })
  void patternMatchesWholeNamesTest(String pattern, boolean matches) {
    assertThat(StreamAllowance.of(pattern, "kept").matches("acme.Market/Watch")).isEqualTo(matches);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Watch", "/Watch", "acme.Market/", "a/b/c", "acme Market/W", "a/.*?", "a\n/b"})
  void patternThatCannotMatchIsRefusedTest(String pattern) {
    assertThatThrownBy(() -> StreamAllowance.of(pattern, "kept"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the method pattern \""
                + pattern.replace("\n", "\\n")
                + "\" matches no gRPC method; write \"package.Service/Method\", with * for any"
                + " number of characters, such as \"grpc.health.v1.Health/*\"");
  }

  @Test
  void allowanceWithoutAReasonIsRefusedTest() {
    assertThatThrownBy(() -> StreamAllowance.of("acme.Market/*", " "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the allowance for \"acme.Market/*\" has no reason; say why such a stream may stay"
                + " open, such as \"lives as long as the client\"");
  }

  @Test
  void allowedStreamIsNoLeakAndIsSaidTest() {
    client.iterate("3").next();
    StreamAllowance kept = StreamAllowance.of("acme.Market/Watch", "kept for the session");
    StreamVerdict verdict = recorder.check(NORMAL.allow(kept));

    assertThat(verdict.hasLeaks()).isFalse();
    assertThat(verdict.describe())
        .isEqualTo("1 gRPC client stream recorded, none leaked, 1 open and allowed");
    assertThat(verdict.allowed()).singleElement().returns(kept, Allowed::allowance);
    assertThat(NORMAL.allowances()).isEmpty();
    assertThat(kept).hasToString("acme.Market/Watch (kept for the session)");
    assertThat(kept).isEqualTo(StreamAllowance.of("acme.Market/Watch", "kept for the session"));
  }

  @ParameterizedTest
  @CsvSource({
    "grpc.health.v1.Health, Watch",
    "grpc.reflection.v1.ServerReflection, ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection, ServerReflectionInfo",
    "envoy.service.discovery.v3.AggregatedDiscoveryService, StreamAggregatedResources",
    "envoy.service.load_stats.v3.LoadReportingService, StreamLoadStats",
  })
  void streamsOfGrpcsOwnAreAllowedTest(String service, String name) {
    MethodDescriptor<String, String> method = Text.method(service, name, MethodType.BIDI_STREAMING);
    ManagedChannel unresolved =
        wire.closing(
            recorder
                .attachTo(ManagedChannelBuilder.forTarget(Names.unresolved("x")).usePlaintext())
                .build());
    new MarketClient(unresolved).raw(method, 1);
    StreamVerdict verdict = recorder.check(NORMAL, Duration.ofMillis(1));

    assertThat(verdict.leaks()).isEmpty();
    assertThat(verdict.allowed()).hasSize(1);
  }

  @Test
  void healthCheckIsNotAllowedTest() {
    assertThat(NORMAL.allowances().stream().anyMatch(a -> a.matches("grpc.health.v1.Health/Check")))
        .isFalse();
  }

  // ---- misuse ----

  @Test
  void attachingTwiceIsRefusedTest() {
    ManagedChannelBuilder<?> builder = recorder.attachTo(wire.builder());

    assertThatThrownBy(() -> recorder.attachTo(builder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "This recorder is attached to this InProcessChannelBuilder already; attach it once to"
                + " each channel");
  }

  @Test
  void interceptingTwiceIsRefusedTest() {
    Channel recorded = recorder.intercept(channel);

    assertThatThrownBy(() -> recorder.intercept(recorded))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "This recorder intercepts this channel already; pass the channel that was given to"
                + " intercept(), or use the one it returned");
  }

  @Test
  void callThroughTwoLayersOfOneRecorderIsOneStreamTest() {
    Channel twice =
        recorder.intercept(ClientInterceptors.intercept(recorder.intercept(channel), new PassOn()));
    new MarketClient(twice).iterate("3").next();

    assertThat(recorder.streamCount()).isEqualTo(1);
    assertThat(recorder.streams().get(0).attempts()).hasSize(1);
  }

  private static final class PassOn implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return next.newCall(method, options);
    }
  }

  @Test
  void interceptedChannelIsRecordedWithItsAuthorityTest() {
    ManagedChannel plain = wire.closing(wire.builder().build());
    Channel recorded = recorder.intercept(plain);
    new MarketClient(recorded).iterate("3").next();

    assertThat(recorded.authority()).isEqualTo("localhost");
    assertThat(recorder.streams().get(0).authority()).isEqualTo("localhost");
    assertThat(recorder.check(NORMAL).leaks()).hasSize(1);
  }

  @Test
  void authorityOfTheCallOptionsIsTheStreamsTest() {
    client.raw(MarketGrpc.WATCH, CallOptions.DEFAULT.withAuthority("other.acme"), 9).send("1");

    assertThat(recorder.streams().get(0).authority()).isEqualTo("other.acme");
  }

  @Test
  void closedRecorderRecordsNoMoreAndKeepsWhatItHasTest() {
    client.quoteAsync("1");
    recorder.close();
    recorder.close();
    client.quoteAsync("1");

    assertThat(recorder.isClosed()).isTrue();
    assertThat(recorder.streamCount()).isEqualTo(1);
    assertThat(recorder.streams()).hasSize(1);
    String rest =
        "() on a recorder that is closed. A recorder given to a test ends with that test; take the"
            + " one of the running test, or create your own with GrpcStreamRecorder.create()";
    assertThatThrownBy(() -> recorder.attachTo(wire.builder()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("attachTo" + rest);
    assertThatThrownBy(() -> recorder.intercept(channel))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("intercept" + rest);
  }

  @Test
  void streamSaysItselfInOneLineTest() {
    client.iterate("3").next();
    client.quoteAsync("1");

    assertThat(recorder.streams().get(0))
        .hasToString("acme.Market/Watch (SERVER_STREAMING) open, NOT_DRAINED");
    assertThat(recorder.streams().get(1))
        .hasToString("acme.Market/Quote (UNARY) released by [TERMINAL_STATUS, PICKER_DONE]");
  }
}
