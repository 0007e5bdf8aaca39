package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Events that gRPC makes in one step share one reading of the clock. Wherever code of a user takes
 * its time, all later events have to be that much later.
 */
final class EventTimesTest {

  /** Who takes 50 ms, and the first event after that. Everything runs on the caller's thread. */
  private enum Slow {
    NOBODY(null),
    INNER_START(EventKind.ATTEMPT_STARTED),
    HANDLER_CALLED(EventKind.REQUESTED),
    INNER_SEND(EventKind.ATTEMPT_SENT),
    HANDLER_HEADERS(EventKind.ATTEMPT_HEADERS_RECEIVED),
    ON_HEADERS(EventKind.ATTEMPT_RECEIVED),
    HANDLER_SEND(EventKind.ATTEMPT_RECEIVED),
    ON_MESSAGE(EventKind.TRAILERS_RECEIVED),
    HANDLER_CLOSE(EventKind.TRAILERS_RECEIVED);

    private final @Nullable EventKind next;

    Slow(@Nullable EventKind next) {
      this.next = next;
    }
  }

  private static final long PAUSE = Duration.ofMillis(50).toNanos();

  private final AtomicLong now = new AtomicLong();
  private final AtomicInteger readings = new AtomicInteger();
  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder()
          .clock(
              () -> {
                readings.incrementAndGet();
                return now.get();
              })
          .build();

  private Slow slow = Slow.NOBODY;

  private final Wire wire =
      Wire.to(
          Transport.IN_PROCESS_DIRECT,
          server -> server.addService(new MarketServer()).intercept(new SlowHandler()));

  @AfterEach
  void shutDown() {
    wire.close();
    recorder.close();
  }

  private void pause(Slow place) {
    if (slow == place) {
      now.addAndGet(PAUSE);
    }
  }

  private final class SlowHandler implements ServerInterceptor {
    @Override
    public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
        ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
      pause(Slow.HANDLER_CALLED);
      return next.startCall(
          new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendHeaders(Metadata sent) {
              pause(Slow.HANDLER_HEADERS);
              super.sendHeaders(sent);
            }

            @Override
            public void sendMessage(RespT message) {
              pause(Slow.HANDLER_SEND);
              super.sendMessage(message);
            }

            @Override
            public void close(Status status, Metadata trailers) {
              pause(Slow.HANDLER_CLOSE);
              super.close(status, trailers);
            }
          },
          headers);
    }
  }

  /** Further in than the recorder. */
  private final class SlowCall implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          pause(Slow.INNER_START);
          super.start(listener, headers);
        }

        @Override
        public void sendMessage(ReqT message) {
          pause(Slow.INNER_SEND);
          super.sendMessage(message);
        }
      };
    }
  }

  /** Further out than the recorder, as the application's own listener is. */
  private final class SlowListener implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onHeaders(Metadata received) {
                  pause(Slow.ON_HEADERS);
                  super.onHeaders(received);
                }

                @Override
                public void onMessage(RespT message) {
                  pause(Slow.ON_MESSAGE);
                  super.onMessage(message);
                }
              },
              headers);
        }
      };
    }
  }

  /** The interceptor that is added last is the outermost. */
  private ManagedChannel channel(boolean withInterceptorsInside) {
    return wire.channel(
        builder -> {
          builder.directExecutor();
          if (withInterceptorsInside) {
            builder.intercept(new SlowCall());
          }
          recorder.attachTo(builder).intercept(new SlowListener());
        });
  }

  private List<StreamEvent> quote(ManagedChannel channel, Slow place) {
    // The first call of a channel waits until its name is resolved.
    new MarketClient(channel).blockingQuote("1");
    slow = place;
    now.set(0);
    readings.set(0);
    new MarketClient(channel).raw(MarketGrpc.QUOTE, 2).send("1").halfClose();
    return recorder.streams().get(1).events();
  }

  @ParameterizedTest
  @EnumSource
  void allThatComesAfterASlowPlaceIsLaterTest(Slow place) {
    List<StreamEvent> events =
        quote(channel(place == Slow.INNER_START || place == Slow.INNER_SEND), place);

    assertThat(events).hasSize(17);
    int firstLate =
        place.next == null
            ? events.size()
            : events.stream().map(StreamEvent::kind).toList().indexOf(place.next);
    assertThat(events)
        .allSatisfy(
            event ->
                assertThat(event.at().sinceStart().toNanos())
                    .as(event.toString())
                    .isEqualTo(event.at().sequence() < firstLate ? 0 : PAUSE));
  }

  @Test
  void stepsOfGrpcShareOneReadingOfTheClockTest() {
    ManagedChannel channel = channel(false);
    new MarketClient(channel).blockingQuote("1");
    readings.set(0);
    new MarketClient(channel).raw(MarketGrpc.QUOTE, 2).send("1").halfClose();

    // Of seventeen events, four are one step with the start, one with the message that is sent, and
    // two with the trailers.
    assertThat(readings.get()).isEqualTo(10);
  }
}
