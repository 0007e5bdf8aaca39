package io.github.streamleak.conformance.reactive;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedStream;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.ClientStreamTracer.StreamInfo;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** One cell on one transport: a server, a recorded channel, and what has to be undone after it. */
public final class Run implements AutoCloseable {

  /**
   * Only so that a cell that hangs names itself: no verdict depends on it. Mutants of the recorder
   * are tried with a shorter one.
   */
  static final Duration LIMIT = Duration.ofSeconds(Long.getLong("conformance.limit", 40));

  /** What the server does and has seen. */
  public final MarketServer server = new MarketServer();

  final GrpcStreamRecorder recorder = GrpcStreamRecorder.builder().grace(LIMIT).build();
  final Tracers tracers = new Tracers();
  final ManagedChannel channel;
  private final Server started;
  private final Deque<Runnable> closers = new ArrayDeque<>();

  Run(Transport transport) {
    started = transport.start(server);
    ManagedChannelBuilder<?> builder = transport.channelTo(started);
    // Ours is nearer to the transport than the recorder: it sees what really happens to attempts.
    channel = recorder.attachTo(builder.intercept(tracers)).build();
  }

  /** Undoes something once the verdict is there: a leak must not outlive its cell. */
  public void after(Runnable closer) {
    closers.push(closer);
  }

  /** Returns a subscription that is left until its cell has been judged. */
  Market.Left left(Runnable dispose, CompletableFuture<Throwable> failure) {
    after(dispose);
    return new Market.Left(dispose, failure);
  }

  /** Waits until there is one stream, and {@code condition} holds for it. */
  public void await(Predicate<RecordedStream> condition) {
    until(
        () -> {
          List<RecordedStream> all = recorder.streams();
          return all.size() == 1 && condition.test(all.get(0));
        });
  }

  /** Waits until {@code count} messages have reached the application's listener. */
  public void awaitReceived(long count) {
    await(stream -> stream.count(EventKind.RECEIVED) >= count);
  }

  /** Waits until the client has half-closed and the server knows it, or has closed itself. */
  public void awaitHalfClosed() {
    await(RecordedStream::isHalfClosed);
    until(() -> server.halfClosed.getCount() == 0 || server.closed.getCount() == 0);
  }

  /**
   * Waits until all that was asked for has come, the server has closed, and the client's transport
   * knows that something waits: in-process has the messages, Netty the status.
   */
  public void awaitServerClosedAndDemandMet() throws InterruptedException {
    server.closed.await();
    await(
        stream ->
            stream.count(EventKind.RECEIVED) == stream.requested()
                && (tracers.trailers.get() > 0 || tracers.inbound.get() > stream.requested()));
  }

  /** Lets a clock go on until the stream is released; a time-out is set anew by each message. */
  public void goOnUntilReleased(Runnable clock) {
    until(
        () -> {
          clock.run();
          return recorder.openStreams().isEmpty();
        });
  }

  /** Waits until {@code count} messages have come and more are asked for. */
  public void awaitDemandAfter(long count) {
    await(stream -> stream.count(EventKind.RECEIVED) == count && stream.requested() > count);
  }

  /** Waits for both, which leaves nothing to happen while the server stays open. */
  public void awaitHalfClosedAndDemandAfter(long count) {
    awaitHalfClosed();
    awaitDemandAfter(count);
  }

  /** Waits until the server has acted on a message. */
  public void awaitCommand() throws InterruptedException {
    server.commands.acquire();
  }

  /** Waits until all that was asked for has come, and the server has acted on the first message. */
  public void awaitServerObeyedAndDemandMet() throws InterruptedException {
    awaitCommand();
    await(
        stream -> stream.requested() > 0 && stream.count(EventKind.RECEIVED) == stream.requested());
  }

  /** Waits until the call is started. */
  public void awaitStarted() {
    await(stream -> true);
  }

  /** Takes the server away before anything was connected to it. */
  public void stopServer() {
    started.shutdownNow();
    until(started::isTerminated);
  }

  /** Waits until {@code condition} holds. */
  public static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (Thread.currentThread().isInterrupted() || System.nanoTime() - end > 0) {
        throw new AssertionError("waited in vain");
      }
      LockSupport.parkNanos(200_000);
    }
  }

  @Override
  public void close() {
    while (!closers.isEmpty()) {
      closers.pop().run();
    }
    channel.shutdownNow();
    started.shutdownNow();
    until(channel::isTerminated);
    until(started::isTerminated);
    recorder.close();
  }

  /** Counts attempts and their ends with gRPC's own means, as a check of the recorder. */
  static final class Tracers extends ClientStreamTracer.Factory implements ClientInterceptor {

    final AtomicInteger opened = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();
    final AtomicInteger inbound = new AtomicInteger();
    final AtomicInteger trailers = new AtomicInteger();

    int open() {
      return opened.get() - closed.get();
    }

    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return next.newCall(method, options.withStreamTracerFactory(this));
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(StreamInfo info, Metadata headers) {
      opened.incrementAndGet();
      return new ClientStreamTracer() {
        @Override
        public void inboundMessage(int number) {
          inbound.incrementAndGet();
        }

        @Override
        public void inboundTrailers(Metadata metadata) {
          trailers.incrementAndGet();
        }

        @Override
        public void streamClosed(Status status) {
          closed.incrementAndGet();
        }
      };
    }
  }
}
