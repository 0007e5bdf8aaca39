package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.LateRelease;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What comes of a stream once a check has found it open. */
final class AfterVerdictTest {

  private static final StreamLeakPolicy NORMAL = StreamLeakPolicy.normal();

  private final AtomicLong now = new AtomicLong();
  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder().clock(now::get).grace(Duration.ofMillis(100)).build();
  private final MarketServer service = new MarketServer();
  private final List<RecordedStream> told = Collections.synchronizedList(new ArrayList<>());
  private Wire wire = Wire.direct(service);
  private ManagedChannel channel = wire.channel(recorder::attachTo);
  private MarketClient client = new MarketClient(channel);

  @AfterEach
  void shutDown() {
    wire.close();
    recorder.close();
  }

  private void on(Transport transport) {
    wire.close();
    wire = Wire.to(transport, service);
    channel = wire.channel(recorder::attachTo);
    client = new MarketClient(channel);
  }

  private RecordedStream first() {
    return recorder.streams().get(0);
  }

  /** Leaves a stream open, is judged, and acts on it 340 ms later. */
  private LateRelease lateRelease(boolean released, Consumer<Raw> act) {
    recorder.onLateRelease(told::add);
    Raw raw = client.raw(MarketGrpc.SUBSCRIBE, 1).send("1+");
    assertThat(recorder.check(NORMAL).leaks()).hasSize(1);
    if (released) {
      assertThat(recorder.releaseLeaked()).isTrue();
    }
    recorder.close();
    assertThat(first().lateRelease()).isEmpty();
    assertThat(told).isEmpty();
    now.addAndGet(Duration.ofMillis(340).toNanos());
    act.accept(raw);
    assertThat(told).hasSize(1);
    LateRelease late = first().lateRelease().orElseThrow();
    assertThat(told.get(0).lateRelease()).hasToString("Optional[" + late + "]");
    assertThat(late.after()).isEqualTo(Duration.ofMillis(340));
    return late;
  }

  @Test
  void clientThatCancelsLaterIsNotedTest() {
    LateRelease late = lateRelease(false, raw -> raw.call.cancel("closed at last", null));

    assertThat(late.act()).isEqualTo(EventKind.CANCELLED);
    assertThat(late).hasToString("released 340 ms after the verdict by cancel");
  }

  @Test
  void clientThatCancelsAfterOurReleaseIsNotedTest() {
    assertThat(lateRelease(true, raw -> raw.call.cancel("closed at last", null)).describe())
        .isEqualTo("released 340 ms after the verdict by cancel");
  }

  @Test
  void clientThatHalfClosesLaterIsNotedTest() {
    assertThat(lateRelease(false, raw -> raw.call.halfClose()).describe())
        .isEqualTo("released 340 ms after the verdict by half-close");
  }

  @Test
  void clientThatReadsOnLaterIsNotedTest() {
    assertThat(lateRelease(false, raw -> raw.call.request(1)).describe())
        .isEqualTo("released 340 ms after the verdict by a request for messages");
  }

  @Test
  void contextThatIsCancelledLaterIsNotedTest() throws Exception {
    CancellableContext context = Context.current().withCancellation();
    context.call(() -> client.raw(MarketGrpc.SUBSCRIBE, 1).send("1+"));
    assertThat(recorder.check(NORMAL).leaks()).hasSize(1);
    context.cancel(null);

    assertThat(first().lateRelease().orElseThrow().act()).isEqualTo(EventKind.CANCELLED);
  }

  @Test
  void onlyTheFirstActIsNotedTest() {
    lateRelease(
        false,
        raw -> {
          raw.call.halfClose();
          now.addAndGet(1_000_000);
          raw.call.cancel("again", null);
        });

    assertThat(first().lateRelease().orElseThrow().act()).isEqualTo(EventKind.HALF_CLOSED);
  }

  @Test
  void whatWeReleaseIsNoLateReleaseTest() {
    recorder.onLateRelease(told::add);
    client.iterate("3").next();
    client.subscribeAsync(new Received()).onNext("1+");
    assertThat(recorder.check(NORMAL).leaks()).hasSize(2);
    recorder.releaseLeaked();

    assertThat(recorder.streams()).allMatch(stream -> stream.lateRelease().isEmpty());
    assertThat(told).isEmpty();
  }

  @Test
  void stubThatCancelsBecauseItWasReleasedHasNotActedTest() throws Exception {
    on(Transport.IN_PROCESS_POOLED);
    recorder.onLateRelease(told::add);
    Thread caller =
        new Thread(
            () -> {
              try {
                client.blockingQuote("silent");
              } catch (RuntimeException e) {
                // It was released.
              }
            });
    caller.start();
    Await.until(() -> recorder.streamCount() == 1 && caller.getState() == Thread.State.WAITING);
    assertThat(recorder.check(NORMAL).leaks()).hasSize(1);
    recorder.releaseLeaked();
    caller.join();

    assertThat(first().count(EventKind.CANCELLED)).isGreaterThanOrEqualTo(1);
    assertThat(told).isEmpty();
  }

  @Test
  void streamThatNoCheckFoundOpenHasNoLateReleaseTest() {
    client.raw(MarketGrpc.SUBSCRIBE, 1).send("1+").call.cancel("in time", null);

    assertThat(recorder.check(NORMAL).hasLeaks()).isFalse();
    assertThat(first().lateRelease()).isEmpty();
  }

  @Test
  void listenerThatThrowsDisturbsNobodyTest() {
    recorder.onLateRelease(
        stream -> {
          throw new IllegalStateException("no time for that");
        });
    Raw raw = client.raw(MarketGrpc.SUBSCRIBE, 1).send("1+");
    assertThat(recorder.check(NORMAL).leaks()).hasSize(1);
    raw.call.cancel("closed at last", null);

    assertThat(raw.closed.getCount()).isZero();
    assertThat(first().lateRelease()).isPresent();
  }

  // ---- calls in answer to a release ----

  private final class Reconnecting extends Received {
    private final CountDownLatch over = new CountDownLatch(1);

    @Override
    public void onError(Throwable t) {
      super.onError(t);
      MarketGrpc.newStub(channel).watch("1+", new Received());
      MarketGrpc.newStub(channel).quote("1", new Received());
      over.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void callStartedInTheCallbackOfAReleaseBelongsToThatLeakTest(Transport transport) {
    on(transport);
    Reconnecting prices = new Reconnecting();
    MarketGrpc.newStub(channel).watch("1+", prices);
    Uninterruptibles.awaitUninterruptibly(prices.first);
    assertThat(recorder.check(NORMAL).leaks()).hasSize(1);
    recorder.releaseLeaked();
    Uninterruptibles.awaitUninterruptibly(prices.over);

    assertThat(first().latest().reconnects()).isEqualTo(2);
    assertThat(recorder.streamCount()).isEqualTo(1);
    assertThat(recorder.check(NORMAL).hasLeaks()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void callThatIsNoAnswerToAReleaseIsRecordedTest(Transport transport) {
    on(transport);
    Received prices = client.watchAsync("1+");
    Uninterruptibles.awaitUninterruptibly(prices.first);
    assertThat(recorder.check(NORMAL).leaks()).hasSize(1);
    recorder.releaseLeaked();
    Uninterruptibles.awaitUninterruptibly(prices.closed);
    client.watchAsync("1+");

    assertThat(first().reconnects()).isZero();
    assertThat(recorder.streamCount()).isEqualTo(2);
    assertThat(recorder.check(NORMAL).leaks()).hasSize(1);
    recorder.releaseLeaked();
  }

  @Test
  void callStartedInACallbackThatAnswersNoReleaseIsRecordedTest() {
    Reconnecting prices = new Reconnecting();
    MarketGrpc.newStub(channel).watch("1!UNAVAILABLE", prices);

    assertThat(recorder.streamCount()).isEqualTo(3);
    assertThat(recorder.check(NORMAL).leaks()).hasSize(1);
    recorder.releaseLeaked();
  }
}
