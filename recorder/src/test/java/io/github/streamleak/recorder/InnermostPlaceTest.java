package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.UserInterceptors.InRootContext;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An interceptor further in than the recorder's may make the call in another Context and with other
 * options. What gRPC gets from it is what counts.
 */
final class InnermostPlaceTest {

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
  private final List<Runnable> delayed = new ArrayList<>();
  private Wire wire = Wire.direct(new MarketServer());

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  /** Has the recorder outside of {@code inner}. */
  private MarketClient client(Transport transport, ClientInterceptor inner) {
    wire.close();
    wire = Wire.to(transport, new MarketServer());
    return new MarketClient(
        wire.channel(
            builder -> {
              builder.intercept(inner);
              recorder.attachTo(builder);
            }));
  }

  /**
   * Makes a call of its own before each, with the same options, as code does that fetches a token.
   */
  private static final class FetchesFirst implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      ClientCall<String, String> fetch = next.newCall(MarketGrpc.QUOTE, options);
      fetch.start(new ClientCall.Listener<>() {}, new Metadata());
      fetch.request(1);
      fetch.sendMessage("silent");
      fetch.halfClose();
      return next.newCall(method, options);
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void callThatAnInterceptorMakesWithTheSameOptionsIsNoAttemptOfTheStreamTest(Transport transport) {
    MarketClient client = client(transport, new FetchesFirst());
    client.iterate("3").forEachRemaining(price -> {});

    assertThat(recorder.streams())
        .singleElement()
        .satisfies(
            stream -> {
              assertThat(stream.isOpen()).isFalse();
              assertThat(stream.attempts()).hasSize(1);
              assertThat(stream.count(EventKind.ATTEMPT_SENT)).isEqualTo(1);
            });
    assertThat(recorder.check(StreamLeakPolicy.normal()).hasLeaks()).isFalse();
  }

  /** Makes and starts each call later, elsewhere, as code does that fetches a token first. */
  private final class Later implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new ClientCall<>() {
        private final List<Consumer<ClientCall<Q, R>>> todo = new ArrayList<>();
        private @Nullable ClientCall<Q, R> made;

        @Override
        public void start(Listener<R> listener, Metadata headers) {
          delayed.add(
              () -> {
                ClientCall<Q, R> call = next.newCall(method, options);
                call.start(listener, headers);
                made = call;
                todo.forEach(act -> act.accept(call));
              });
        }

        private void soon(Consumer<ClientCall<Q, R>> act) {
          ClientCall<Q, R> call = made;
          if (call == null) {
            todo.add(act);
          } else {
            act.accept(call);
          }
        }

        @Override
        public void request(int count) {
          soon(call -> call.request(count));
        }

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {
          soon(call -> call.cancel(message, cause));
        }

        @Override
        public void halfClose() {
          soon(call -> call.halfClose());
        }

        @Override
        public void sendMessage(Q message) {
          soon(call -> call.sendMessage(message));
        }
      };
    }
  }

  /** Does nothing: the twin of the others. */
  private static final class Nothing implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return next.newCall(method, options);
    }
  }

  /** Gives every call the same deadline, or none. */
  private record WithDeadline(@Nullable Integer seconds) implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return next.newCall(
          method,
          seconds == null
              ? options.withDeadline(null)
              : options.withDeadlineAfter(seconds, TimeUnit.SECONDS));
    }
  }

  private RecordedStream only() {
    assertThat(recorder.streams()).hasSize(1);
    return recorder.streams().get(0);
  }

  private static void open(MarketClient client) {
    client.raw(MarketGrpc.SUBSCRIBE, 1).send("1+");
  }

  // ---- the Context ----

  @ParameterizedTest
  @EnumSource
  void cancelOfAContextThatTheCallDoesNotHaveReleasesNothingTest(Transport transport) {
    MarketClient client = client(transport, new InRootContext());
    CancellableContext context = Context.current().withCancellation();
    context.run(() -> open(client));
    Await.until(() -> only().count(EventKind.RECEIVED) == 1);

    context.cancel(null);

    assertThat(only().isOpen()).isTrue();
    assertThat(only().count(EventKind.CANCELLED)).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void cancelBeforeTheStartOfAContextThatTheCallDoesNotHaveReleasesNothingTest(
      Transport transport) {
    MarketClient client = client(transport, new InRootContext());
    CancellableContext context = Context.current().withCancellation();
    context.cancel(null);

    context.run(() -> open(client));

    Await.until(() -> only().count(EventKind.RECEIVED) == 1);
    assertThat(only().isOpen()).isTrue();
    assertThat(only().releases()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void cancelOfTheContextOfTheCallReleasesItTest(Transport transport) {
    MarketClient client = client(transport, new Nothing());
    CancellableContext context = Context.current().withCancellation();
    context.run(() -> open(client));
    Await.until(() -> only().count(EventKind.RECEIVED) == 1);

    context.cancel(null);

    assertThat(only().isOpen()).isFalse();
    assertThat(only().releases()).contains(StreamRelease.CANCELLED);
    assertThat(only().count(EventKind.CANCELLED)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void callThatIsMadeLaterHasTheContextOfThatPlaceTest(Transport transport) {
    MarketClient client = client(transport, new Later());
    CancellableContext first = Context.current().withCancellation();
    CancellableContext second = Context.current().withCancellation();
    first.run(() -> open(client));
    second.run(() -> delayed.forEach(Runnable::run));
    Await.until(() -> only().count(EventKind.RECEIVED) == 1);

    first.cancel(null);
    assertThat(only().isOpen()).isTrue();

    second.cancel(null);
    assertThat(only().isOpen()).isFalse();
    assertThat(only().count(EventKind.CANCELLED)).isEqualTo(1);
  }

  // ---- the deadline ----

  @ParameterizedTest
  @EnumSource
  void deadlineThatIsTakenAwayIsNoneTest(Transport transport) {
    MarketClient client = client(transport, new WithDeadline(null));
    client.raw(MarketGrpc.SUBSCRIBE, CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS), 1);
    // Only when the pick has been made.
    Await.until(() -> !only().hasDeadline());
  }

  @ParameterizedTest
  @EnumSource
  void deadlineThatIsKeptIsOneTest(Transport transport) {
    MarketClient client = client(transport, new Nothing());
    client.raw(MarketGrpc.SUBSCRIBE, CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS), 1);
    assertThat(only().hasDeadline()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void deadlineThatIsAddedFurtherInIsOneTest(Transport transport) {
    MarketClient client = client(transport, new WithDeadline(3600));
    open(client);
    assertThat(only().hasDeadline()).isTrue();
  }
}
