package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.stream.StreamEvent.ListenerThrew;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.SilentCall;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No fault of the recorder's reaches a call, and none is taken for a leak or for its absence. */
final class RobustnessTest {

  private static final StreamLeakPolicy NORMAL = StreamLeakPolicy.normal();

  private static GrpcStreamRecorder withClock(LongSupplier clock) {
    return GrpcStreamRecorder.builder()
        .clock(clock)
        .grace(Duration.ofMillis(20))
        .quietTime(Duration.ofMillis(10))
        .build();
  }

  private static LongSupplier failingAfter(int reads) {
    AtomicInteger left = new AtomicInteger(reads);
    return () -> {
      if (left.getAndDecrement() <= 0) {
        throw new IllegalStateException("no time");
      }
      return 0;
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 8, 12, 20})
  void clockThatThrowsDisturbsNoCallAndNoCheckTest(int reads) throws Exception {
    try (GrpcStreamRecorder recorder = withClock(failingAfter(reads));
        Wire wire = Wire.direct(new MarketServer())) {
      MarketClient client = new MarketClient(wire.channel(recorder::attachTo));
      Received answer = client.quoteAsync("1");
      answer.closed.await();
      client.iterate("3").next();
      StreamVerdict verdict = recorder.check(NORMAL);

      assertThat(answer.messages).containsExactly("price 0");
      assertThat(verdict.recorderFault())
          .hasValueSatisfying(fault -> assertThat(fault).hasMessage("no time"));
      // The stream of the fault may be known or not; it is no leak.
      assertThat(verdict.leaks()).isEmpty();
      recorder.releaseLeaked();
      assertThat(recorder.streams()).hasSizeLessThanOrEqualTo(2);
    }
  }

  @Test
  void authorityThatThrowsDisturbsNoCallTest() {
    GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
    try (Wire wire = Wire.direct("authority", new MarketServer())) {
      Channel channel = wire.channel(builder -> {});
      Channel without =
          new Channel() {
            @Override
            public <ReqT, RespT> ClientCall<ReqT, RespT> newCall(
                MethodDescriptor<ReqT, RespT> method, CallOptions options) {
              return channel.newCall(method, options);
            }

            @Override
            public String authority() {
              throw new UnsupportedOperationException("none");
            }
          };

      assertThat(new MarketClient(recorder.intercept(without)).blockingQuote("1"))
          .isEqualTo("price 0");
      assertThat(recorder.streams())
          .singleElement()
          .returns(null, RecordedStream::authority)
          .returns(null, RecordedStream::recorderFault);
    }
  }

  @Test
  void streamWithAFaultIsUndecidedTest() {
    AtomicInteger reads = new AtomicInteger();
    // Fails once, in the middle of the stream.
    LongSupplier clock =
        () -> {
          if (reads.incrementAndGet() == 4) {
            throw new IllegalStateException("no time");
          }
          return 0;
        };
    try (GrpcStreamRecorder recorder = withClock(clock);
        Wire wire = Wire.direct(new MarketServer())) {
      new MarketClient(wire.channel(recorder::attachTo)).iterate("3").next();
      StreamVerdict verdict = recorder.check(NORMAL);

      assertThat(verdict.undecided())
          .singleElement()
          .satisfies(finding -> assertThat(finding.fault()).hasMessage("no time"));
      assertThat(verdict.describe())
          .isEqualTo("1 gRPC client stream recorded, none leaked, 1 could not be judged");
      assertThat(recorder.streams().get(0).recorderFault()).hasMessage("no time");
      recorder.releaseLeaked();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"onHeaders", "onMessage", "onClose", "onReady"})
  void exceptionOfTheListenerReachesGrpcUnchangedTest(String callback) {
    RuntimeException thrown = new IllegalArgumentException("mine");
    AtomicReference<Throwable> below = new AtomicReference<>();
    try (GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
        Wire wire = Wire.to(Transport.NETTY, new MarketServer())) {
      ManagedChannel channel =
          wire.channel(builder -> recorder.attachTo(builder.intercept(new SeesThrown(below))));
      ClientCall<String, String> call = channel.newCall(MarketGrpc.SUBSCRIBE, CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            private void maybe(String now) {
              if (now.equals(callback)) {
                throw thrown;
              }
            }

            @Override
            public void onHeaders(Metadata headers) {
              maybe("onHeaders");
            }

            @Override
            public void onMessage(String message) {
              maybe("onMessage");
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              maybe("onClose");
            }

            @Override
            public void onReady() {
              maybe("onReady");
            }
          },
          new Metadata());
      call.request(9);
      call.sendMessage("2");
      call.halfClose();
      Await.until(() -> below.get() != null);

      assertThat(below.get()).isSameAs(thrown);
      assertThat(recorder.awaitReleased(Duration.ofMinutes(1))).isTrue();
      assertThat(
              recorder.streams().get(0).events().stream()
                  .filter(ListenerThrew.class::isInstance)
                  .map(StreamEvent::describe))
          .containsExactly("listener threw IllegalArgumentException in " + callback);
      assertThat(recorder.check(NORMAL).hasLeaks()).isFalse();
    }
  }

  /** Below the recorder's: keeps what the listener above it throws. */
  private record SeesThrown(AtomicReference<Throwable> below) implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<RespT> above, Metadata headers) {
          delegate()
              .start(
                  new Listener<>() {
                    private void keeping(Runnable callback) {
                      try {
                        callback.run();
                      } catch (RuntimeException e) {
                        below.compareAndSet(null, e);
                        throw e;
                      }
                    }

                    @Override
                    public void onHeaders(Metadata received) {
                      keeping(() -> above.onHeaders(received));
                    }

                    @Override
                    public void onMessage(RespT message) {
                      keeping(() -> above.onMessage(message));
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                      keeping(() -> above.onClose(status, trailers));
                    }

                    @Override
                    public void onReady() {
                      keeping(above::onReady);
                    }
                  },
                  headers);
        }
      };
    }
  }

  private static final class BadAddress extends SocketAddress {
    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      throw new IllegalStateException("no name");
    }
  }

  private static StreamLog newLog(GrpcStreamRecorder recorder, CallOptions options) {
    return Objects.requireNonNull(
        recorder.recording().newLog(MarketGrpc.WATCH, options, "market", Coverage.WHOLE, null));
  }

  @Test
  void addressThatCannotBePrintedIsAFaultAndNoLeakTest() {
    try (GrpcStreamRecorder recorder = withClock(() -> 0)) {
      StreamLog log = newLog(recorder, CallOptions.DEFAULT);
      log.started(new SilentCall<>(), null);
      ClientStreamTracer tracer =
          log.newClientStreamTracer(
              ClientStreamTracer.StreamInfo.newBuilder().build(), new Metadata());
      tracer.streamCreated(
          Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, new BadAddress()).build(),
          new Metadata());
      StreamVerdict verdict = recorder.check(NORMAL);

      assertThat(verdict.leaks()).isEmpty();
      assertThat(verdict.undecided())
          .singleElement()
          .satisfies(finding -> assertThat(finding.fault()).hasMessage("no name"));
    }
  }

  /**
   * What is rendered asks its stream something, which takes the lock: under it, that never ends.
   */
  @Test
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whatIsSlowOrTheUsersIsRenderedOutsideTheLockTest() {
    List<String> rendered = new ArrayList<>();
    AtomicReference<StreamLog> stream = new AtomicReference<>();
    Consumer<String> asks =
        what -> {
          rendered.add(what);
          Objects.requireNonNull(stream.get()).activity();
        };
    CallOptions options =
        CallOptions.DEFAULT.withOption(
            CallOptions.Key.create("the user's"),
            new Object() {
              @Override
              public String toString() {
                asks.accept("options");
                return "";
              }
            });
    try (GrpcStreamRecorder recorder = withClock(() -> 0)) {
      StreamLog log = newLog(recorder, options);
      stream.set(log);
      log.started(new SilentCall<>(), new AskingStack(asks));
      ClientStreamTracer tracer =
          log.newClientStreamTracer(
              ClientStreamTracer.StreamInfo.newBuilder().setCallOptions(options).build(),
              new Metadata());
      tracer.streamCreated(
          Attributes.newBuilder()
              .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, new AskingAddress(asks))
              .build(),
          new Metadata());
      log.tally(EventKind.REQUESTED, null, 1);
      log.tally(EventKind.RECEIVED, null, 0);
      tracer.streamClosed(Status.UNAVAILABLE);
      log.terminated(Status.UNAVAILABLE, new Metadata());
      assertThat(rendered).containsExactly("options");

      RecordedStream snapshot = recorder.streams().get(0);
      assertThat(rendered).containsExactly("options", "address");

      // As if it had stopped reading: which stub it was, the stack has to tell.
      assertThat(StreamRule.brokenBy(snapshot)).contains(StreamRule.NO_DEADLINE);

      assertThat(rendered).containsExactly("options", "address", "stack");
      assertThat(snapshot.attempts().get(0).remoteAddress()).isEqualTo("here");
      assertThat(snapshot.recorderFault()).isNull();
    }
  }

  private static final class AskingStack extends Throwable {
    private static final long serialVersionUID = 1L;
    private final transient Consumer<String> asks;

    AskingStack(Consumer<String> asks) {
      this.asks = asks;
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      asks.accept("stack");
      return super.getStackTrace();
    }
  }

  private static final class AskingAddress extends SocketAddress {
    private static final long serialVersionUID = 1L;
    private final transient Consumer<String> asks;

    AskingAddress(Consumer<String> asks) {
      this.asks = asks;
    }

    @Override
    public String toString() {
      asks.accept("address");
      return "here";
    }
  }

  @Test
  void callThatRefusesToBeCancelledDoesNotStopTheReleaseTest() {
    try (GrpcStreamRecorder recorder = withClock(() -> 0)) {
      StreamLog log = newLog(recorder, CallOptions.DEFAULT);
      log.started(
          new SilentCall<>() {
            @Override
            public void cancel(@Nullable String message, @Nullable Throwable cause) {
              throw new IllegalStateException("refuses");
            }
          },
          null);

      assertThat(recorder.releaseLeaked()).isTrue();
      assertThat(recorder.openStreams()).isEmpty();
    }
  }

  @Test
  void startThatThrowsAboveAnOpenAttemptIsALeakTest() {
    try (GrpcStreamRecorder recorder = withClock(() -> 0);
        Wire wire = Wire.direct(new MarketServer())) {
      ManagedChannel channel =
          wire.channel(builder -> recorder.attachTo(builder.intercept(new ThrowsAfterStart())));
      ClientCall<String, String> call = channel.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
      try {
        call.start(new Raw(call), new Metadata());
      } catch (IllegalStateException expected) {
        assertThat(expected).hasMessage("too late");
      }

      // The inner call runs: its attempt is open, whatever was thrown afterwards.
      assertThat(recorder.streams().get(0).attempts()).hasSize(1);
      assertThat(recorder.openStreams()).hasSize(1);
      recorder.releaseLeaked();
    }
  }

  private static final class ThrowsAfterStart implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          delegate().start(listener, headers);
          throw new IllegalStateException("too late");
        }
      };
    }
  }

  @Test
  void requestThatGrpcRefusesIsNotCountedTest() {
    try (GrpcStreamRecorder recorder = withClock(() -> 0);
        Wire wire = Wire.direct(new MarketServer())) {
      Raw raw = new MarketClient(wire.channel(recorder::attachTo)).raw(MarketGrpc.WATCH, 1);
      try {
        raw.call.request(-5);
      } catch (IllegalArgumentException expected) {
        assertThat(expected).hasMessage("Number requested must be non-negative");
      }

      assertThat(recorder.streams().get(0).requested()).isEqualTo(1);
      recorder.releaseLeaked();
    }
  }
}
