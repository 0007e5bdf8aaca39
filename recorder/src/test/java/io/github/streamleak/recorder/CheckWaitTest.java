package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.RunningCallback;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How long a check waits for an application that is still at work: inside a callback, between two
 * messages of an iterator, or with calls that nobody awaits. Told by the check's own count of time.
 */
final class CheckWaitTest {

  private static final StreamLeakPolicy NORMAL = StreamLeakPolicy.normal();
  private static final StreamLeakPolicy LENIENT =
      StreamLeakPolicy.normal().strictness(Strictness.LENIENT);
  private static final Duration QUIET = Duration.ofMillis(20);
  private static final Duration GRACE = Duration.ofMillis(200);
  private static final Duration FOR_EVER = Duration.ofDays(1);

  private GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder().quietTime(QUIET).grace(GRACE).build();
  private final MarketServer service = new MarketServer();
  private final CountDownLatch atTheEnd = new CountDownLatch(1);
  private Wire wire = Wire.direct(service);
  private ManagedChannel channel = wire.channel(recorder::attachTo);
  private MarketClient client = new MarketClient(channel);

  @AfterEach
  void shutDown() {
    atTheEnd.countDown();
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  /** For what has to end well: no machine is so slow that a message is on its way for so long. */
  private void patientlyOn(Transport transport) {
    recorder = GrpcStreamRecorder.builder().quietTime(Duration.ofSeconds(20)).build();
    on(transport);
  }

  private void on(Transport transport) {
    on(() -> Wire.to(transport, service));
  }

  private void on(Supplier<Wire> other) {
    wire.close();
    wire = other.get();
    channel = wire.channel(recorder::attachTo);
    client = new MarketClient(channel);
  }

  /** A check on a thread of its own, so that the application can see it wait. */
  private final class Checking {
    private final AtomicReference<StreamVerdict> verdict = new AtomicReference<>();
    private final Thread thread;

    Checking(StreamLeakPolicy policy, Duration grace) {
      thread = new Thread(() -> verdict.set(recorder.check(policy, grace)), "check");
      thread.start();
    }

    boolean waits() {
      return thread.getState() == Thread.State.TIMED_WAITING;
    }

    StreamVerdict verdict() {
      Uninterruptibles.joinUninterruptibly(thread);
      return Objects.requireNonNull(verdict.get());
    }
  }

  private static Thread started(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.start();
    return thread;
  }

  /** Runs {@code then} in its terminal callback, once told to. */
  private static final class Next extends Received {
    private final CountDownLatch go = new CountDownLatch(1);
    private final CountDownLatch inside = new CountDownLatch(1);
    private final Runnable then;

    Next(Runnable then) {
      this.then = then;
    }

    @Override
    public void onCompleted() {
      super.onCompleted();
      inside.countDown();
      Uninterruptibles.awaitUninterruptibly(go);
      then.run();
    }
  }

  // ---- a callback that has not returned ----

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_POOLED", "NETTY"})
  void callStartedInOnCompletedWhileTheCheckWaitsIsJudgedByItTest(Transport transport) {
    on(transport);
    Next quote = new Next(() -> client.watchAsync("1+"));
    MarketGrpc.newStub(channel).quote("1", quote);
    Uninterruptibles.awaitUninterruptibly(quote.inside);
    Checking check = new Checking(NORMAL, GRACE);
    Await.until(check::waits);
    quote.go.countDown();

    assertThat(check.verdict().leaks())
        .singleElement()
        .returns("acme.Market/Watch", leak -> leak.stream().fullMethodName());
    assertThat(recorder.streamCount()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_POOLED", "NETTY"})
  void callStartedInOnCompletedThatEndsIsNoLeakTest(Transport transport) {
    patientlyOn(transport);
    Next quote = new Next(() -> client.watchAsync("3"));
    MarketGrpc.newStub(channel).quote("1", quote);
    Uninterruptibles.awaitUninterruptibly(quote.inside);
    Checking check = new Checking(NORMAL, FOR_EVER);
    Await.until(check::waits);
    quote.go.countDown();
    StreamVerdict verdict = check.verdict();

    assertThat(verdict.describe()).isEqualTo("2 gRPC client streams recorded, none leaked");
    assertThat(verdict.waited()).isLessThan(FOR_EVER);
  }

  /** Nothing is held up here: the terminal status may be anywhere between Done and onClose. */
  @RepeatedTest(20)
  void callsThatStartOneAnotherAreOneOutcomeTest() {
    patientlyOn(Transport.IN_PROCESS_POOLED);
    client.quoteAsync("1").last();
    AtomicInteger left = new AtomicInteger(3);
    quoteAndThenWatch(left);

    StreamVerdict verdict = recorder.check(LENIENT, Duration.ofMillis(300));

    assertThat(verdict.leaks())
        .singleElement()
        .returns("acme.Market/Watch", leak -> leak.stream().fullMethodName());
    assertThat(verdict.streamCount()).isEqualTo(5);
    assertThat(recorder.streamCount()).isEqualTo(5);
  }

  private void quoteAndThenWatch(AtomicInteger left) {
    Next next =
        new Next(
            () -> {
              if (left.decrementAndGet() > 0) {
                quoteAndThenWatch(left);
              } else {
                client.watchAsync("1+");
              }
            });
    next.go.countDown();
    MarketGrpc.newStub(channel).quote("1", next);
  }

  @Test
  void callStartedInAnOnNextThatCancelsFirstIsJudgedTest() {
    on(Transport.IN_PROCESS_POOLED);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    ClientCall<String, String> call = channel.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(String message) {
            call.cancel("read enough", null);
            inside.countDown();
            Uninterruptibles.awaitUninterruptibly(go);
            client.watchAsync("1+");
          }
        },
        new Metadata());
    call.request(9);
    call.sendMessage("1+");
    call.halfClose();
    Uninterruptibles.awaitUninterruptibly(inside);
    assertThat(recorder.openStreams()).isEmpty();
    Checking check = new Checking(LENIENT, GRACE);
    Await.until(check::waits);
    go.countDown();

    assertThat(check.verdict().leaks()).hasSize(1);
    assertThat(recorder.streams().get(0).releases()).contains(StreamRelease.CANCELLED);
  }

  @Test
  void callbackThatDoesNotReturnIsGivenTheGraceAndNotMoreTest() {
    on(Transport.IN_PROCESS_POOLED);
    Next quote = new Next(() -> {});
    MarketGrpc.newStub(channel).quote("1", quote);
    Uninterruptibles.awaitUninterruptibly(quote.inside);

    StreamVerdict verdict = recorder.check(NORMAL, GRACE);
    assertThat(verdict.waited()).isEqualTo(GRACE);
    assertThat(verdict.describe()).isEqualTo("1 gRPC client stream recorded, none leaked");

    quote.go.countDown();
    Await.until(() -> recorder.streams().get(0).runningCallback().isEmpty());
    assertThat(recorder.check(NORMAL, GRACE).waited()).isZero();
  }

  @Test
  void callbackThatHasReturnedIsNotWaitedForTest() {
    client.quoteAsync("1");
    client.raw(MarketGrpc.WATCH, 9).send("1").halfClose();

    assertThat(recorder.check(NORMAL, FOR_EVER).waited()).isZero();
    assertThat(recorder.streams()).noneMatch(stream -> stream.runningCallback().isPresent());
  }

  @Test
  void checkWithinACallbackDoesNotWaitForItselfTest() {
    AtomicReference<StreamVerdict> verdict = new AtomicReference<>();
    Next quote = new Next(() -> verdict.set(recorder.check(NORMAL, FOR_EVER)));
    quote.go.countDown();
    MarketGrpc.newStub(channel).quote("1", quote);

    assertThat(verdict.get())
        .isNotNull()
        .returns(Duration.ZERO, StreamVerdict::waited)
        .returns(false, StreamVerdict::hasLeaks);
  }

  @ParameterizedTest
  @ValueSource(strings = {"onHeaders", "onMessage", "onClose", "onReady"})
  void snapshotTellsWhichCallbackIsInsideAndWhereItStandsTest(String name) {
    on(Transport.NETTY);
    CountDownLatch inside = new CountDownLatch(1);
    ClientCall<String, String> call = channel.newCall(MarketGrpc.SUBSCRIBE, CallOptions.DEFAULT);
    call.start(new StopsIn(name, inside), new Metadata());
    call.request(9);
    call.sendMessage("1");
    call.halfClose();
    Uninterruptibles.awaitUninterruptibly(inside);

    RecordedStream stream = recorder.streams().get(0);
    RunningCallback running = stream.runningCallback().orElseThrow();
    assertThat(running.name()).isEqualTo(name);
    assertThat(running.thread()).startsWith("grpc-default-executor-");
    assertThat(running.since()).isPositive();
    assertThat(running.stack())
        .anySatisfy(frame -> assertThat(frame.getMethodName()).isEqualTo("stopHere"));
    assertThat(running)
        .hasToString(name + " on thread \"" + running.thread() + "\" since " + running.since());

    atTheEnd.countDown();
    Await.until(() -> stream.latest().runningCallback().isEmpty());
  }

  private final class StopsIn extends ClientCall.Listener<String> {
    private final String where;
    private final CountDownLatch inside;

    StopsIn(String where, CountDownLatch inside) {
      this.where = where;
      this.inside = inside;
    }

    private void stopHere(String callback) {
      if (callback.equals(where)) {
        inside.countDown();
        Uninterruptibles.awaitUninterruptibly(atTheEnd);
      }
    }

    @Override
    public void onHeaders(Metadata headers) {
      stopHere("onHeaders");
    }

    @Override
    public void onMessage(String message) {
      stopHere("onMessage");
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      stopHere("onClose");
    }

    @Override
    public void onReady() {
      stopHere("onReady");
    }
  }

  @Test
  void listenerThatThrowsIsInsideNoMoreTest() {
    patientlyOn(Transport.IN_PROCESS_POOLED);
    ClientCall<String, String> call = channel.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(String message) {
            throw new IllegalStateException("a listener that throws");
          }
        },
        new Metadata());
    call.request(9);
    call.sendMessage("1");
    call.halfClose();
    Await.until(() -> recorder.streams().get(0).terminalStatus() != null);
    Await.until(() -> recorder.streams().get(0).runningCallback().isEmpty());

    assertThat(recorder.check(LENIENT, FOR_EVER).waited()).isLessThan(FOR_EVER);
  }

  // ---- a slow consumer ----

  @Test
  void onNextThatTakesItsTimeIsNotFailedAfterTheQuietTimeTest() {
    on(Transport.IN_PROCESS_POOLED);
    SlowObserver prices = new SlowObserver();
    MarketGrpc.newStub(channel).watch("3", prices);
    Uninterruptibles.awaitUninterruptibly(prices.first);
    service.awaitHandled(1);

    StreamVerdict verdict = recorder.check(NORMAL, GRACE);
    // At the end of the grace it is judged like any other.
    assertThat(verdict.waited()).isEqualTo(GRACE);
    assertThat(verdict.leaks()).hasSize(1);
  }

  @Test
  void onNextThatTakesItsTimeAndThenGoesOnIsNoLeakTest() {
    patientlyOn(Transport.IN_PROCESS_POOLED);
    SlowObserver prices = new SlowObserver();
    MarketGrpc.newStub(channel).watch("3", prices);
    Uninterruptibles.awaitUninterruptibly(prices.first);
    service.awaitHandled(1);
    Checking check = new Checking(NORMAL, FOR_EVER);
    Await.until(check::waits);
    atTheEnd.countDown();

    assertThat(check.verdict().hasLeaks()).isFalse();
    assertThat(prices.messages).hasSize(3);
  }

  private final class SlowObserver extends Received {
    @Override
    public void onNext(String message) {
      super.onNext(message);
      Uninterruptibles.awaitUninterruptibly(atTheEnd);
    }
  }

  @Test
  void manualFlowThatHasReturnedWithoutAskingIsSettledAfterTheQuietTimeTest() {
    on(Transport.IN_PROCESS_POOLED);
    Received prices = client.watchManually("3", 1);
    Uninterruptibles.awaitUninterruptibly(prices.first);
    service.awaitHandled(1);
    Await.until(() -> recorder.streams().get(0).runningCallback().isEmpty());

    assertThat(recorder.check(NORMAL, FOR_EVER).waited()).isEqualTo(QUIET);
  }

  /** Takes the first message, and the others when told to. */
  private Runnable reader(Iterator<String> prices, CountDownLatch first, CountDownLatch goOn) {
    return () -> {
      prices.next();
      first.countDown();
      Uninterruptibles.awaitUninterruptibly(goOn);
      prices.forEachRemaining(price -> {});
    };
  }

  @ParameterizedTest
  @EnumSource
  void readerThatIsBusyWithAMessageHasNotStoppedAskingTest(Transport transport) throws Exception {
    on(transport);
    CountDownLatch first = new CountDownLatch(1);
    Thread reading = started("reader", reader(client.iterate("9"), first, atTheEnd));
    Uninterruptibles.awaitUninterruptibly(first);
    service.awaitHandled(1);

    StreamVerdict verdict = recorder.check(NORMAL, GRACE);
    assertThat(verdict.waited()).isEqualTo(GRACE);
    assertThat(verdict.leaks()).hasSize(1);

    atTheEnd.countDown();
    reading.join();
    assertThat(recorder.check(NORMAL, FOR_EVER).hasLeaks()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void readerThatGoesOnWithinTheGraceIsNoLeakTest(Transport transport) {
    patientlyOn(transport);
    CountDownLatch first = new CountDownLatch(1);
    started("reader", reader(client.iterate("9"), first, atTheEnd));
    Uninterruptibles.awaitUninterruptibly(first);
    service.awaitHandled(1);
    Checking check = new Checking(NORMAL, FOR_EVER);
    Await.until(check::waits);
    atTheEnd.countDown();

    assertThat(check.verdict().hasLeaks()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "IN_PROCESS_POOLED"})
  void readerThatTakesItsTimeHasNotStoppedReadingTest(Transport transport) {
    on(transport);
    CountDownLatch first = new CountDownLatch(1);
    // In-process the server is done at once, and all that is missing is the end for the reader.
    started("reader", reader(client.iterate("2"), first, atTheEnd));
    Uninterruptibles.awaitUninterruptibly(first);
    service.awaitHandled(1);
    Checking check = new Checking(NORMAL, FOR_EVER);
    Await.until(check::waits);
    atTheEnd.countDown();

    assertThat(check.verdict().describe()).isEqualTo("1 gRPC client stream recorded, none leaked");
  }

  @ParameterizedTest
  @EnumSource
  void readerThatHasEndedIsNotWaitedForTest(Transport transport) throws Exception {
    on(transport);
    Iterator<String> prices = client.iterate("9");
    started("reader", () -> prices.next()).join();
    service.awaitHandled(1);

    StreamVerdict verdict = recorder.check(NORMAL, FOR_EVER);
    assertThat(verdict.leaks()).hasSize(1);
    assertThat(verdict.waited()).isLessThanOrEqualTo(QUIET.multipliedBy(4));
  }

  @Test
  void readerOnAPoolThatHasNothingMoreToDoIsNotWaitedForTest() throws Exception {
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      Iterator<String> prices = client.iterate("9");
      pool.submit(() -> prices.next()).get();

      assertThat(recorder.check(NORMAL, FOR_EVER).waited())
          .isLessThanOrEqualTo(QUIET.multipliedBy(2));
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void readerThatIsTheCheckingThreadIsNotWaitedForTest() {
    client.iterate("9").next();

    assertThat(recorder.check(NORMAL, FOR_EVER).waited()).isEqualTo(QUIET);
  }

  // ---- calls that nobody awaits ----

  /** A server that sends the next price when it is told to. */
  private static final class Ticking {
    private final Semaphore ticks = new Semaphore(0);
    private final AtomicBoolean over = new AtomicBoolean();
    private Thread thread = new Thread();

    ServerServiceDefinition service() {
      return ServerServiceDefinition.builder("acme.Market")
          .addMethod(
              MarketGrpc.WATCH,
              ServerCalls.asyncServerStreamingCall(
                  (String request, StreamObserver<String> prices) ->
                      thread = started("ticks", () -> tick(prices))))
          .build();
    }

    private void tick(StreamObserver<String> prices) {
      try {
        while (!over.get()) {
          prices.onNext("tick");
          ticks.acquire();
        }
      } catch (InterruptedException | RuntimeException e) {
        // The test is over.
      }
    }

    void stop() {
      over.set(true);
      ticks.release();
      Uninterruptibles.joinUninterruptibly(thread);
    }
  }

  /** Asks for a message whenever one has come, or once for all. */
  private void subscribe(Ticking server, boolean asks) {
    ClientCall<String, String> call = channel.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(String message) {
            if (asks) {
              call.request(1);
            }
            server.ticks.release();
          }
        },
        new Metadata());
    call.request(asks ? 1 : 1_000_000_000);
    call.sendMessage("all");
    call.halfClose();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void streamThatIsAliveIsWaitedForFiveTimesIfTheClientStillAsksTest(boolean asks) {
    // A tick that a busy machine keeps back must not count as quiet.
    recorder = GrpcStreamRecorder.builder().quietTime(GRACE).build();
    Duration grace = GRACE.multipliedBy(3);
    Ticking server = new Ticking();
    on(() -> Wire.direct(server::service));
    subscribe(server, asks);
    StreamVerdict verdict = recorder.check(NORMAL, grace);
    server.stop();

    assertThat(verdict.leaks()).hasSize(1);
    assertThat(verdict.waited()).isEqualTo(asks ? grace.multipliedBy(5) : grace);
  }

  @Test
  void streamThatWasAliveIsLookedAtAgainAfterEachGraceTest() {
    patientlyOn(Transport.IN_PROCESS_POOLED);
    Raw prices = client.raw(MarketGrpc.SUBSCRIBE, 1).send("1+");
    Uninterruptibles.awaitUninterruptibly(prices.first);
    Checking check = new Checking(NORMAL, GRACE);
    Await.until(check::waits);
    prices.call.request(1);

    // The quiet time is far longer than the grace here, and must not be waited for.
    assertThat(check.verdict().leaks()).hasSize(1);
    assertThat(check.verdict().waited()).isEqualTo(GRACE.multipliedBy(2));
  }

  @RepeatedTest(20)
  void callsThatFollowOneAnotherAreWaitedForFiveTimesTest() {
    // A status that a busy machine keeps back must not count as one that never comes.
    recorder = GrpcStreamRecorder.builder().grace(GRACE).build();
    on(Transport.IN_PROCESS_POOLED);
    AtomicBoolean over = new AtomicBoolean();
    again(() -> !over.get());
    StreamVerdict verdict = recorder.check(LENIENT, GRACE);
    over.set(true);

    // Whether it was between two calls when the wait was over is chance, and must not matter.
    assertThat(verdict.leaks()).hasSize(1);
    assertThat(verdict.waited()).isLessThanOrEqualTo(GRACE.multipliedBy(5));
    Await.until(() -> recorder.openStreams().isEmpty());
  }

  @Test
  void callsThatFollowOneAnotherToAnEndAreNoLeakTest() {
    patientlyOn(Transport.IN_PROCESS_POOLED);
    AtomicInteger left = new AtomicInteger(200);
    again(() -> left.decrementAndGet() > 0);
    StreamVerdict verdict = recorder.check(LENIENT, FOR_EVER);

    assertThat(verdict.describe()).isEqualTo("200 gRPC client streams recorded, none leaked");
  }

  private void again(Supplier<Boolean> more) {
    Next next =
        new Next(
            () -> {
              if (more.get()) {
                again(more);
              }
            });
    next.go.countDown();
    MarketGrpc.newStub(channel).quote("1", next);
  }

  @Test
  void callThatBeginsWhileTheCheckWaitsIsGivenTheGraceItselfTest() {
    on(Transport.IN_PROCESS_POOLED);
    Next quote = new Next(() -> client.watchAsync("silent"));
    MarketGrpc.newStub(channel).quote("1", quote);
    Uninterruptibles.awaitUninterruptibly(quote.inside);
    Checking check = new Checking(NORMAL, GRACE);
    Await.until(check::waits);
    quote.go.countDown();
    StreamVerdict verdict = check.verdict();

    assertThat(verdict.leaks()).hasSize(1);
    assertThat(verdict.waited())
        .isGreaterThanOrEqualTo(GRACE)
        .isLessThanOrEqualTo(GRACE.multipliedBy(2).plus(QUIET.multipliedBy(2)));
  }

  @Test
  void streamOnWhichNothingHappensIsGivenTheGraceAndNotMoreTest() {
    Raw unused = client.raw(MarketGrpc.SUBSCRIBE, 1).send("silent");

    assertThat(recorder.check(NORMAL, GRACE).waited()).isEqualTo(GRACE);
  }
}
