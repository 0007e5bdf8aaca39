package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.examples.market.Requests.quote;
import static io.github.streamleak.examples.market.Requests.subscribe;
import static io.github.streamleak.examples.market.Requests.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.QuoteRequest;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.examples.market.SubscribeRequest;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.Strictness;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of each rule what breaks it, and its twin that does not. */
class RulesTest {

  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder().quietTime(Duration.ofMillis(20)).build();
  private Server server;
  private ManagedChannel channel;
  private MarketGrpc.MarketBlockingStub blocking;
  private MarketGrpc.MarketStub async;

  @BeforeEach
  void connect() throws Exception {
    server =
        InProcessServerBuilder.forName("rules")
            .directExecutor()
            .addService(new MarketService())
            .build()
            .start();
    connect(recorder.attachTo(builder()).build());
  }

  private static InProcessChannelBuilder builder() {
    return InProcessChannelBuilder.forName("rules").directExecutor();
  }

  private void connect(ManagedChannel to) {
    if (channel != null) {
      channel.shutdownNow();
    }
    channel = to;
    blocking = MarketGrpc.newBlockingStub(channel);
    async = MarketGrpc.newStub(channel);
  }

  @AfterEach
  void disconnect() {
    recorder.releaseLeaked();
    channel.shutdownNow();
    server.shutdownNow();
    recorder.close();
  }

  @Test
  void statusNotReadTest() {
    // snippet:terminal-not-read
    Iterator<Price> prices = blocking.watch(watch("ACME", 2));
    prices.next(); // the second price is on its way already, and the status after it
    // end:terminal-not-read
    assertThat(broken()).containsExactly(StreamRule.TERMINAL_NOT_READ);
  }

  @Test
  void statusReadTest() {
    // snippet:terminal-not-read-mended
    blocking.watch(watch("ACME", 2)).forEachRemaining(price -> {});
    // end:terminal-not-read-mended
    assertThat(broken()).isEmpty();
  }

  @Test
  void endedByShutdownTest() {
    // snippet:ended-by-shutdown
    StreamObserver<SubscribeRequest> requests = async.subscribe(new Received<>());
    requests.onNext(subscribe("ACME"));
    channel.shutdownNow();
    // end:ended-by-shutdown
    assertThat(broken()).containsExactly(StreamRule.ENDED_BY_SHUTDOWN);
  }

  @Test
  void endedBeforeTheShutdownTest() {
    // snippet:ended-by-shutdown-mended
    StreamObserver<SubscribeRequest> requests = async.subscribe(new Received<>());
    requests.onNext(subscribe("ACME"));
    requests.onCompleted();
    channel.shutdownNow();
    // end:ended-by-shutdown-mended
    assertThat(broken()).isEmpty();
  }

  @Test
  void endedByDeadlineTest() throws Exception {
    // snippet:ended-by-deadline
    Iterator<Price> prices =
        blocking.withDeadlineAfter(500, TimeUnit.MILLISECONDS).watch(watch("ACME", 5));
    prices.next(); // and walks away: the deadline will see to the rest
    // end:ended-by-deadline
    recorder.awaitReleased(Duration.ofSeconds(30));
    assertThat(broken()).containsExactly(StreamRule.ENDED_BY_DEADLINE);
  }

  @Test
  void endedBeforeTheDeadlineTest() {
    // snippet:ended-by-deadline-mended
    Context.CancellableContext call = Context.current().withCancellation();
    call.run(() -> blocking.withDeadlineAfter(1, TimeUnit.HOURS).watch(watch("ACME", 5)).next());
    call.cancel(null); // has read enough
    // end:ended-by-deadline-mended
    assertThat(broken()).isEmpty();
  }

  @Test
  void cancelSwallowedTest() {
    connect(recorder.attachTo(builder().intercept(new Swallows())).build());
    ClientCall<SubscribeRequest, Price> call =
        channel.newCall(MarketGrpc.getSubscribeMethod(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.cancel("enough", null);
    assertThat(broken()).containsExactly(StreamRule.CANCEL_WITHOUT_DONE);
    call.cancel("enough", null);
  }

  @Test
  void cancelHandedOnTest() {
    connect(recorder.attachTo(builder().intercept(new HandsOn())).build());
    ClientCall<SubscribeRequest, Price> call =
        channel.newCall(MarketGrpc.getSubscribeMethod(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.cancel("enough", null);
    assertThat(broken()).isEmpty();
  }

  @Test
  void listenerThrewTest() {
    // snippet:listener-threw
    async.watch(
        watch("ACME", 2),
        pricesTo(price -> assertThat(price.getCents()).isZero())); // fails, and no test hears of it
    // end:listener-threw
    assertThat(broken()).containsExactly(StreamRule.LISTENER_THREW);
  }

  @Test
  void listenerHandsItsFailureOverTest() {
    // snippet:listener-threw-mended
    CompletableFuture<Price> first = new CompletableFuture<>();
    async.watch(watch("ACME", 2), pricesTo(first::complete));
    assertThat(first.join().getCents()).isEqualTo(100_00);
    // end:listener-threw-mended
    assertThat(broken()).isEmpty();
  }

  @Test
  void misusedTest() {
    // snippet:protocol
    ClientCall<SubscribeRequest, Price> call =
        channel.newCall(MarketGrpc.getSubscribeMethod(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.halfClose();
    try {
      call.sendMessage(subscribe("ACME"));
    } catch (IllegalStateException e) {
      // "call was half-closed": swallowed by a catch that meant something else
    }
    // end:protocol
    assertThat(broken()).containsExactly(StreamRule.PROTOCOL);
  }

  @Test
  void usedAsItShouldBeTest() {
    // snippet:protocol-mended
    ClientCall<SubscribeRequest, Price> call =
        channel.newCall(MarketGrpc.getSubscribeMethod(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.sendMessage(subscribe("ACME"));
    call.request(3);
    call.halfClose();
    // end:protocol-mended
    assertThat(broken()).isEmpty();
  }

  @Test
  void notStartedTest() {
    // snippet:not-started
    ClientCall<QuoteRequest, ?> call =
        channel.newCall(MarketGrpc.getQuoteMethod(), CallOptions.DEFAULT);
    // end:not-started
    assertThat(call).isNotNull();
    assertThat(broken()).containsExactly(StreamRule.NOT_STARTED);
  }

  @Test
  void notNeededTest() {
    // snippet:not-started-mended
    ClientCall<QuoteRequest, ?> call =
        channel.newCall(MarketGrpc.getQuoteMethod(), CallOptions.DEFAULT);
    call.cancel("not needed", null);
    // end:not-started-mended
    assertThat(broken()).isEmpty();
  }

  @Test
  void channelLeftOpenTest() {
    // snippet:channel-left-open
    MarketGrpc.MarketBlockingStub stub = MarketGrpc.newBlockingStub(channel);
    assertThat(stub.quote(quote("ACME")).getBidCents()).isPositive();
    // end:channel-left-open
    assertThat(recorder.channelsLeftOpen(policy()))
        .extracting(RuleBreach::rule)
        .containsExactly(StreamRule.CHANNEL_LEFT_OPEN);
  }

  @Test
  void channelShutDownTest() {
    // snippet:channel-left-open-mended
    MarketGrpc.MarketBlockingStub stub = MarketGrpc.newBlockingStub(channel);
    try {
      assertThat(stub.quote(quote("ACME")).getBidCents()).isPositive();
    } finally {
      channel.shutdown();
    }
    // end:channel-left-open-mended
    assertThat(recorder.channelsLeftOpen(policy())).isEmpty();
  }

  @Test
  void noDeadlineTest() {
    // snippet:no-deadline
    blocking.quote(quote("ACME"));
    // end:no-deadline
    assertThat(recorder.check(policy()).breaches())
        .extracting(RuleBreach::rule)
        .containsExactly(StreamRule.NO_DEADLINE);
  }

  @Test
  void deadlineTest() {
    // snippet:no-deadline-mended
    blocking.withDeadlineAfter(5, TimeUnit.SECONDS).quote(quote("ACME"));
    // end:no-deadline-mended
    assertThat(recorder.check(policy()).breaches()).isEmpty();
  }

  private static StreamObserver<Price> pricesTo(Consumer<Price> consumer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(Price price) {
        consumer.accept(price);
      }

      @Override
      public void onError(Throwable t) {}

      @Override
      public void onCompleted() {}
    };
  }

  private static StreamLeakPolicy policy() {
    return StreamLeakPolicy.normal().strictness(Strictness.STRICT);
  }

  private List<StreamRule> broken() {
    return recorder.check(policy()).breaches().stream()
        .map(RuleBreach::rule)
        .filter(rule -> rule != StreamRule.NO_DEADLINE)
        .toList();
  }

  /** Forgets to hand a cancel on, the first time. */
  private static final class Swallows implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      // snippet:cancel-without-done
      return new SimpleForwardingClientCall<ReqT, RespT>(next.newCall(method, options)) {
        private boolean cancelled;

        @Override
        public void cancel(String message, Throwable cause) {
          if (cancelled) {
            super.cancel(message, cause);
          }
          cancelled = true; // meant to cancel once, and never does
        }
      };
      // end:cancel-without-done
    }
  }

  private static final class HandsOn implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      // snippet:cancel-without-done-mended
      return new SimpleForwardingClientCall<ReqT, RespT>(next.newCall(method, options)) {
        private boolean cancelled;

        @Override
        public void cancel(String message, Throwable cause) {
          if (!cancelled) {
            super.cancel(message, cause);
          }
          cancelled = true;
        }
      };
      // end:cancel-without-done-mended
    }
  }
}
