package io.github.streamleak.conformance;

import io.github.streamleak.testsupport.Await;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The attempts of one cell, counted by a tracer of the grid's own, next to the transport. Shares no
 * code with the recorder. Also marks the calls of the cell for the server.
 */
final class AttemptCounts implements ClientInterceptor {

  final AtomicInteger created = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();
  private final CountDownLatch trailers = new CountDownLatch(1);
  private final CountDownLatch firstClosed = new CountDownLatch(1);
  private final String cell;

  AttemptCounts(String cell) {
    this.cell = cell;
  }

  int open() {
    return created.get() - closed.get();
  }

  void awaitTrailers() throws InterruptedException {
    Await.latch(trailers, "trailers at the client's transport");
  }

  void awaitClosed() throws InterruptedException {
    Await.latch(firstClosed, "the end of the first attempt");
  }

  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
    if (method.getFullMethodName().equals(GridMethods.WARM_UP.getFullMethodName())) {
      return next.newCall(method, options);
    }
    return new SimpleForwardingClientCall<>(
        next.newCall(method, options.withStreamTracerFactory(new Factory()))) {
      @Override
      public void start(Listener<RespT> listener, Metadata headers) {
        headers.put(ScriptedServer.CELL, cell);
        super.start(listener, headers);
      }
    };
  }

  private final class Factory extends ClientStreamTracer.Factory {
    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      created.incrementAndGet();
      return new ClientStreamTracer() {
        @Override
        public void inboundTrailers(Metadata received) {
          trailers.countDown();
        }

        @Override
        public void streamClosed(Status status) {
          closed.incrementAndGet();
          firstClosed.countDown();
        }
      };
    }
  }
}
