package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Wire;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A snapshot that somebody keeps holds the log of its stream, so that {@link RecordedStream#latest}
 * can look again. The log holds the call for as long as it may have to cancel it, and no longer.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class SnapshotMemoryTest {

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
  private final Wire wire = Wire.direct(new MarketServer());
  private final Weakly weakly = new Weakly();
  private final ManagedChannel channel =
      wire.channel(builder -> recorder.attachTo(builder.intercept(weakly)));

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  /** Keeps a weak hold of the calls that the recorder gets to see. */
  private static final class Weakly implements ClientInterceptor {
    final List<WeakReference<ClientCall<?, ?>>> calls = new ArrayList<>();
    boolean refuses;

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      ClientCall<Q, R> call =
          new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
              if (refuses) {
                throw new IllegalStateException("refused");
              }
              super.start(listener, headers);
            }
          };
      calls.add(new WeakReference<>(call));
      return call;
    }
  }

  private ClientCall<String, String> start() {
    ClientCall<String, String> call = channel.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    return call;
  }

  private RecordedStream snapshot() {
    return recorder.streams().get(0);
  }

  /** Ends when the collector has taken the call; a test that hangs here has failed. */
  private void untilCollected() {
    Await.until(
        () -> {
          System.gc();
          return weakly.calls.get(0).get() == null;
        });
  }

  @Test
  void snapshotOfAClosedStreamDoesNotHoldItsCallTest() {
    RecordedStream before = afterStart();
    cancelled(before);
    RecordedStream after = snapshot();

    untilCollected();
    assertThat(before.isOpen()).isTrue();
    assertThat(before.latest().releases()).isEqualTo(after.latest().releases()).isNotEmpty();
  }

  /** In methods of their own, so that no local variable holds the call. */
  private RecordedStream afterStart() {
    ClientCall<String, String> call = start();
    call.request(1);
    return snapshot();
  }

  private void cancelled(RecordedStream stream) {
    ClientCall<?, ?> call = Objects.requireNonNull(weakly.calls.get(0).get());
    call.cancel("enough", null);
    assertThat(stream.latest().terminalStatus()).extracting(Status::getCode).isNotNull();
  }

  @Test
  void snapshotOfAStreamWhoseStartFailedDoesNotHoldItsCallTest() {
    weakly.refuses = true;
    RecordedStream kept = afterFailedStart();

    untilCollected();
    assertThat(kept.latest().isOpen()).isFalse();
  }

  private RecordedStream afterFailedStart() {
    try {
      ClientCall<String, String> unused = start();
      throw new AssertionError("the start was to fail");
    } catch (IllegalStateException e) {
      return snapshot();
    }
  }

  @Test
  void openStreamHoldsItsCallSoThatItCanBeReleasedTest() {
    RecordedStream kept = afterStart();
    System.gc();

    assertThat(weakly.calls.get(0).get()).isNotNull();
    assertThat(recorder.releaseLeaked()).isTrue();
    untilCollected();
    assertThat(kept.latest().isOpen()).isFalse();
  }
}
