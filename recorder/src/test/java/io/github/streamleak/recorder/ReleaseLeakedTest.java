package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.StreamEvent.Cancelled;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Names;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** After a release, picker Done has run on every stream. */
final class ReleaseLeakedTest {

  // Long, so that a slow machine is not taken for a stream that was not released.
  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder().grace(Duration.ofMinutes(1)).build();
  private final MarketServer service = new MarketServer();
  private Wire wire = Wire.direct(service);

  @AfterEach
  void shutDown() {
    wire.close();
    recorder.close();
  }

  private MarketClient on(Transport transport) {
    wire.close();
    wire = Wire.to(transport, service);
    return new MarketClient(wire.channel(recorder::attachTo));
  }

  private void everyDoneHasRun(int streams) {
    assertThat(recorder.releaseLeaked()).isTrue();
    assertThat(recorder.openStreams()).isEmpty();
    assertThat(recorder.streams())
        .hasSize(streams)
        .allSatisfy(
            stream -> {
              assertThat(stream.attempts()).allMatch(RecordedAttempt::isClosed);
              assertThat(stream.count(EventKind.PICKER_DONE)).isEqualTo(stream.attempts().size());
            });
  }

  @ParameterizedTest
  @EnumSource
  void iteratorWithAThousandMessagesUnreadIsReleasedTest(Transport transport) throws Exception {
    Iterator<String> prices = on(transport).iterate("1000");
    prices.next();
    service.closed.await();

    everyDoneHasRun(1);
    assertThat(recorder.streams().get(0).count(EventKind.CANCELLED)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void v2CallWithAThousandMessagesUnreadIsReleasedTest(Transport transport) throws Exception {
    BlockingClientCall<String, String> prices = on(transport).subscribeV2();
    prices.write("1000");
    prices.read();
    prices.halfClose();
    service.closed.await();

    everyDoneHasRun(1);
  }

  @ParameterizedTest
  @EnumSource
  void manualFlowControlWithAThousandMessagesUnreadIsReleasedTest(Transport transport)
      throws Exception {
    Received prices = on(transport).watchManually("1000", 1);
    prices.first.await();
    service.closed.await();

    everyDoneHasRun(1);
    prices.closed.await();
    // What is drained is for nobody.
    assertThat(prices.messages).containsExactly("price 0");
  }

  @ParameterizedTest
  @EnumSource
  void openStreamsOfEveryKindAreReleasedTest(Transport transport) throws Exception {
    MarketClient client = on(transport);
    client.quoteAsync("1").closed.await();
    ListenableFuture<String> unused = client.future("0+");
    Received uploaded = new Received();
    client.uploadAsync(uploaded).onNext("0+");
    Received subscribed = new Received();
    client.subscribeAsync(subscribed).onNext("echo");
    subscribed.first.await();
    client.raw(MarketGrpc.WATCH, 9).send("1+").halfClose().first.await();
    Await.until(
        () ->
            recorder.streams().stream()
                .allMatch(s -> s.attempts().stream().anyMatch(RecordedAttempt::hasPickerTracer)));

    everyDoneHasRun(5);
    uploaded.closed.await();
    subscribed.closed.await();
  }

  @ParameterizedTest
  @EnumSource
  void threadThatWaitsInTheIteratorWakesUpTest(Transport transport) throws Exception {
    Iterator<String> prices = on(transport).iterate("1+");
    prices.next();
    AtomicReference<RuntimeException> thrown = new AtomicReference<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                assertThat(prices.hasNext()).isFalse();
              } catch (StatusRuntimeException e) {
                thrown.set(e);
              }
            });
    reader.start();
    Await.until(() -> reader.getState() == Thread.State.WAITING);

    everyDoneHasRun(1);
    reader.join();
    assertThat(thrown.get())
        .hasMessage("CANCELLED: released by Streamleak: still open after the check");
  }

  @Test
  void pendingStreamIsReleasedTest() throws Exception {
    ManagedChannel unresolved =
        wire.closing(
            recorder
                .attachTo(ManagedChannelBuilder.forTarget(Names.unresolved("x")).usePlaintext())
                .build());
    Received prices = new MarketClient(unresolved).watchAsync("1");

    everyDoneHasRun(1);
    prices.closed.await();
    assertThat(recorder.streams().get(0).attempts()).isEmpty();
  }

  @Test
  void nothingOpenIsReleasedAtOnceTest() {
    on(Transport.IN_PROCESS_DIRECT).quoteAsync("1");

    everyDoneHasRun(1);
    assertThat(recorder.streams().get(0).count(EventKind.CANCELLED)).isZero();
  }

  @Test
  void releasingTwiceCancelsOnceTest() {
    ListenableFuture<String> unused = on(Transport.IN_PROCESS_DIRECT).future("0+");
    recorder.releaseLeaked();

    everyDoneHasRun(1);
    assertThat(
            recorder.streams().get(0).events().stream()
                .filter(Cancelled.class::isInstance)
                .map(event -> ((Cancelled) event).by()))
        .containsExactly(Canceller.RECORDER);
  }
}
