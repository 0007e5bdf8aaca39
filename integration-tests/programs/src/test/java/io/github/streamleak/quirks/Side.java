package io.github.streamleak.quirks;

import acme.market.MarketClient;
import io.github.streamleak.programs.RoundTrip;
import io.github.streamleak.testsupport.Text;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ClientStreamTracer;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server that sends as many messages as it is told and closes, a channel to it, and what a tracer
 * and a listener have seen of the one call. All of it gRPC's own.
 */
final class Side implements AutoCloseable {

  static final MethodDescriptor<String, String> WATCH =
      Text.method("quirks.Quirks", "Watch", MethodType.SERVER_STREAMING);
  static final MethodDescriptor<String, String> CHAT =
      Text.method("quirks.Quirks", "Chat", MethodType.BIDI_STREAMING);

  /** Refused by every server here. */
  static final MethodDescriptor<String, String> QUOTE =
      Text.method("quirks.Quirks", "Quote", MethodType.UNARY);

  private final Transport transport;
  private final Wire wire;
  final ManagedChannel managed;

  /** The same channel, watched: every program makes one call on it. */
  final Channel channel;

  /** The server has answered the call, and if it closes at all it has closed. */
  final CountDownLatch answered = new CountDownLatch(1);

  private volatile boolean halfClosed;
  private volatile @Nullable Status tracerClosed;
  private volatile @Nullable Status onClose;

  /** The terminal status and every cancel of the call, in the order in which they came. */
  final List<String> order = new CopyOnWriteArrayList<>();

  private Side(Transport transport, int messages, boolean closes) {
    this.transport = transport;
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("quirks.Quirks")
            .addMethod(WATCH, (call, headers) -> answer(call, messages, closes))
            .addMethod(CHAT, (call, headers) -> answer(call, messages, closes))
            .addMethod(QUOTE, (call, headers) -> refuse(call))
            .build();
    wire =
        Wire.to(
            transport,
            server -> server.directExecutor().addService(service).addService(RoundTrip.service()));
    managed = wire.channel(ManagedChannelBuilder::directExecutor);
    channel = ClientInterceptors.intercept(managed, new Watcher());
  }

  /** A server that sends {@code messages} and closes with OK. */
  static Side closing(Transport transport, int messages) {
    return new Side(transport, messages, true);
  }

  /** A server that sends {@code messages} and leaves the stream open. */
  static Side open(Transport transport, int messages) {
    return new Side(transport, messages, false);
  }

  private ServerCall.Listener<String> answer(
      ServerCall<String, String> call, int messages, boolean closes) {
    call.sendHeaders(new Metadata());
    for (int i = 0; i < messages; i++) {
      call.sendMessage("message " + i);
    }
    if (closes) {
      call.close(Status.OK, new Metadata());
    }
    answered.countDown();
    call.request(1);
    return new ServerCall.Listener<>() {
      @Override
      public void onHalfClose() {
        halfClosed = true;
      }
    };
  }

  private static ServerCall.Listener<String> refuse(ServerCall<String, String> call) {
    call.close(Status.PERMISSION_DENIED, new Metadata());
    return new ServerCall.Listener<>() {};
  }

  /** Adds a tracer to a call, and listens for its terminal status and for cancels. */
  private final class Watcher implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      ClientStreamTracer.Factory tracer =
          new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(
                ClientStreamTracer.StreamInfo info, Metadata headers) {
              return new ClientStreamTracer() {
                @Override
                public void streamClosed(Status status) {
                  tracerClosed = status;
                }
              };
            }
          };
      return new SimpleForwardingClientCall<>(
          next.newCall(method, options.withStreamTracerFactory(tracer))) {
        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onClose(Status status, Metadata trailers) {
                  onClose = status;
                  order.add("onClose " + code(status));
                  super.onClose(status, trailers);
                }
              },
              headers);
        }

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {
          order.add("cancel");
          super.cancel(message, cause);
        }
      };
    }
  }

  /**
   * Returns whether the request and the half-close have come to the server, when nothing more is on
   * its way. A generated service is not called before.
   */
  boolean requestReachedTheServer() {
    settle();
    return halfClosed;
  }

  /** Returns when every timer of gRPC's that was set for this time before has run. */
  static void awaitTimers(long millis) throws InterruptedException {
    try (Side other = open(Transport.NETTY, 0)) {
      // gRPC has one timer thread: what is scheduled later for the same time runs later.
      CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS);
      new MarketClient(other.managed).raw(CHAT, options, 0).closed.await();
    }
  }

  /** Returns what became of the call, when nothing more is on its way. */
  String seen() {
    settle();
    return "tracer " + code(tracerClosed) + ", onClose " + code(onClose);
  }

  /** Returns when nothing more is on its way, on a channel that is not shut down. */
  void settle() {
    if (transport == Transport.NETTY && !managed.isShutdown()) {
      RoundTrip.settle(managed);
    }
  }

  private static String code(@Nullable Status status) {
    return status == null ? "never" : status.getCode().name();
  }

  @Override
  public void close() {
    wire.close();
  }
}
