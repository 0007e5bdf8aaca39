package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.ServiceConfig;
import io.github.streamleak.testsupport.Stable;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Streams that wait for something in the client itself: no handler has anything to do with it. */
final class WaitingCausesTest {

  private static final StreamLeakPolicy NORMAL = StreamLeakPolicy.normal();

  private final AtomicLong now = new AtomicLong();
  private final CountDownLatch atTheEnd = new CountDownLatch(1);
  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder()
          .clock(now::get)
          .quietTime(Duration.ofMillis(10))
          .grace(Duration.ofMillis(20))
          .build();
  private volatile CallCredentials.@Nullable MetadataApplier waiting;
  private Wire wire = Wire.direct(new MarketServer());
  private ManagedChannel channel = wire.channel(builder -> {});

  @AfterEach
  void shutDown() {
    atTheEnd.countDown();
    recorder.releaseLeaked();
    CallCredentials.MetadataApplier applier = waiting;
    if (applier != null) {
      // A transport does not terminate before that.
      applier.fail(Status.CANCELLED);
    }
    wire.close();
    recorder.close();
  }

  private MarketClient on(Supplier<Wire> other, Consumer<ManagedChannelBuilder<?>> setUp) {
    wire.close();
    wire = other.get();
    channel =
        wire.channel(
            builder -> {
              setUp.accept(builder);
              recorder.attachTo(builder);
            });
    return new MarketClient(channel);
  }

  /** Returns the end of the text, from the cause on, of the last leak. */
  private String end() {
    String text = Stable.text(recorder.check(NORMAL).describe());
    return text.substring(text.lastIndexOf("   cause     :"), text.indexOf("\n\nTo allow"))
        .stripIndent();
  }

  private List<LeakCause> causes() {
    return recorder.check(NORMAL).leaks().stream().map(StreamFinding::cause).toList();
  }

  private RecordedStream stream(int index) {
    return recorder.streams().get(index);
  }

  // ---- no slot on the connection ----

  private MarketClient twoStreamsOn(int slots) {
    MarketClient client =
        on(
            () ->
                Wire.to(
                    Transport.NETTY,
                    server ->
                        ((NettyServerBuilder) server)
                            .maxConcurrentCallsPerConnection(slots)
                            .addService(new MarketServer())),
            builder -> {});
    Received first = client.watchAsync("1+");
    Uninterruptibles.awaitUninterruptibly(first.first);
    client.watchAsync("1+");
    Await.until(() -> stream(1).count(EventKind.TRANSPORT_STREAM_CREATED) == 1);
    return client;
  }

  @Test
  void streamThatWaitsForASlotIsNotBlamedOnTheHandlerTest() {
    twoStreamsOn(1);

    assertThat(Stable.text(stream(1).details()))
        .contains(
            """
               attempt   : 1, picked LOOPBACK
               held up by: acme.Market/Watch #1, opened at acme.market.MarketClient.watchAsync(MarketClient.java:LINE)
            """);
    assertThat(stream(0).heldUpBy()).isEmpty();
    assertThat(causes())
        .containsExactly(LeakCause.STILL_SUBSCRIBED, LeakCause.WAITING_FOR_TRANSPORT);
    assertThat(end())
        .isEqualTo(
            """
               cause     : WAITING_FOR_TRANSPORT: the request has not left the client
               owed by   : the client: what the transport waits for, or cancel
               to fix    : // close the streams to LOOPBACK that nobody needs: they take all that the server allows on a connection
                           <your ClientCallStreamObserver>.cancel("no longer wanted", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports""");
  }

  @Test
  void streamsThatHoldAConnectionShareALineTest() {
    SlotHolders holders = new SlotHolders();
    for (int i = 1; i <= 5; i++) {
      holders.add("acme.Market/Watch", i, "A.java:1");
    }
    for (int line = 2; line <= 7; line++) {
      holders.add("acme.Market/Subscribe", line, "A.java:" + line);
    }

    assertThat(holders.lines())
        .containsExactly(
            "acme.Market/Watch #1, #2, #3 and 2 more, opened at A.java:1",
            "acme.Market/Subscribe #2, opened at A.java:2",
            "acme.Market/Subscribe #3, opened at A.java:3",
            "acme.Market/Subscribe #4, opened at A.java:4",
            "acme.Market/Subscribe #5, opened at A.java:5",
            "... and 2 more");
  }

  @Test
  void streamThatHasASlotWaitsForTheServerTest() {
    twoStreamsOn(2);
    Await.until(() -> stream(1).count(EventKind.RECEIVED) == 1);

    assertThat(stream(1).heldUpBy()).isEmpty();
    assertThat(causes()).containsExactly(LeakCause.STILL_SUBSCRIBED, LeakCause.STILL_SUBSCRIBED);
  }

  // ---- call credentials ----

  /** Applies nothing, or what is asked for. */
  private final class Credentials extends CallCredentials {
    private final boolean apply;

    Credentials(boolean apply) {
      this.apply = apply;
    }

    @Override
    public void applyRequestMetadata(
        RequestInfo request, Executor executor, MetadataApplier applier) {
      if (apply) {
        applier.apply(new Metadata());
      } else {
        waiting = applier;
      }
    }
  }

  private void callWith(Credentials credentials) {
    MarketClient client = on(() -> Wire.to(Transport.NETTY, new MarketServer()), builder -> {});
    Raw unused =
        client
            .raw(MarketGrpc.WATCH, CallOptions.DEFAULT.withCallCredentials(credentials), 9)
            .send("1+")
            .halfClose();
  }

  @Test
  void callWhoseCredentialsNeverApplyHasNotLeftTheClientTest() {
    callWith(new Credentials(false));
    Await.until(() -> stream(0).attempts().stream().anyMatch(a -> a.hasSubchannel()));

    assertThat(end())
        .isEqualTo(
            """
               cause     : WAITING_FOR_TRANSPORT: the request has not left the client
               owed by   : the client: what the transport waits for, or cancel
               to fix    : // the CallCredentials of the call: they call apply() or fail() on every path
                           <your call>.cancel("no longer wanted", null);  // or in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-in-finally
                           var limited = <your call options>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then takes them: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports""");
  }

  @Test
  void callWhoseCredentialsApplyWaitsForTheServerTest() {
    callWith(new Credentials(true));
    Await.until(() -> stream(0).count(EventKind.RECEIVED) == 1);

    assertThat(causes()).containsExactly(LeakCause.STILL_SUBSCRIBED);
  }

  // ---- back-off ----

  @Test
  void callThatWaitsForItsNextTryIsNotBlamedOnTheHandlerTest() {
    MarketClient client =
        on(
            () -> Wire.to(Transport.NETTY, new MarketServer()),
            builder ->
                builder
                    .enableRetry()
                    .defaultServiceConfig(
                        ServiceConfig.of(ServiceConfig.retry(2, "3600s", MarketGrpc.WATCH))));
    client.watchAsync("!UNAVAILABLE");
    Await.until(() -> stream(0).count(EventKind.ATTEMPT_CLOSED) == 1);

    assertThat(end())
        .isEqualTo(
            """
               cause     : WAITING_TO_RETRY: all attempts have failed, and gRPC waits before the next one
               owed by   : the client: wait for the next attempt, or cancel
               to fix    : <your ClientCallStreamObserver>.cancel("no longer wanted", null);  // in finally: stops
                           // in full: docs/fixing-leaks.md#cancel-an-async-call
                           var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);  // or before the call, which then goes through it: ends the wait
                           import java.util.concurrent.TimeUnit;  // with the imports""");
  }

  // ---- a callback ----

  /** Leaves a subscription whose first message is being worked on. */
  private void workOnAMessage() {
    CountDownLatch inside = new CountDownLatch(1);
    MarketClient unused =
        on(() -> Wire.to(Transport.IN_PROCESS_POOLED, new MarketServer()), b -> {});
    MarketGrpc.newStub(channel)
        .watch(
            "3+",
            new Received() {
              @Override
              public void onNext(String price) {
                inside.countDown();
                Uninterruptibles.awaitUninterruptibly(atTheEnd);
              }
            });
    Uninterruptibles.awaitUninterruptibly(inside);
  }

  @Test
  void callbackThatHasNotReturnedIsNamedWithItsStackTest() {
    workOnAMessage();
    now.set(Duration.ofSeconds(2).toNanos());

    String text = Stable.text(recorder.check(NORMAL).describe());
    assertThat(
            text.substring(text.indexOf("   callback  :"), text.indexOf("\n\nTo allow"))
                .stripIndent())
        .matches(
            """
               callback  : onNext has not returned since \\+0\\.0 ms, on thread "grpc-default-executor-\\d+"
                           at [^\\n]+(?s:.*)
                           at [^\\n]*io\\.github\\.streamleak\\.recorder\\.WaitingCausesTest\\$1\\.onNext\\(WaitingCausesTest\\.java:LINE\\)(?s:.*)
               cause     : CALLBACK_NOT_RETURNED: a callback of the client has not returned, so nothing can follow it
               owed by   : the client: return from every callback, and wait elsewhere; or cancel
               to fix    : <your executor>\\.execute\\(\\(\\) -> <what waits>\\);  // in onNext, in place of what waits: goes on
                           <your ClientCallStreamObserver>\\.cancel\\("cannot go on", null\\);  // or in finally: stops
                           // in full: docs/fixing-leaks\\.md#cancel-an-async-call""");
  }

  @Test
  void callbackThatHasJustBegunIsNotTheCauseTest() {
    workOnAMessage();

    assertThat(causes()).doesNotContain(LeakCause.CALLBACK_NOT_RETURNED).hasSize(1);
  }
}
