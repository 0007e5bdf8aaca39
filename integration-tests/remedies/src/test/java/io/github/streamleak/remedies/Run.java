package io.github.streamleak.remedies;

import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.Names;
import io.github.streamleak.testsupport.ServiceConfig;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.BindableService;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One run of a program on real gRPC. */
final class Run implements Scene, AutoCloseable {

  private final GrpcStreamRecorder recorder;
  private final Program program;
  private final Class<?> type;
  private final MarketServer market = new MarketServer();
  private final Wire wire;
  private final ManagedChannel channel;
  private final CountDownLatch over = new CountDownLatch(1);
  private final ExecutorService executor = Executors.newCachedThreadPool(Run::daemon);
  private final Queue<CallCredentials.MetadataApplier> appliers = new ConcurrentLinkedQueue<>();
  private final Queue<String> sent = new ConcurrentLinkedQueue<>();
  private final Queue<String> received = new ConcurrentLinkedQueue<>();
  private volatile MethodDescriptor<?, ?> method = MarketGrpc.QUOTE;

  Run(Program program, Class<?> type, Transport transport, Duration grace) {
    this.program = program;
    this.type = type;
    recorder = GrpcStreamRecorder.builder().grace(grace).build();
    wire = Wire.to(transport, service());
    ManagedChannelBuilder<?> builder = builder(transport);
    builder.intercept(new Listening());
    if (declares("interceptor")) {
      builder.intercept((ClientInterceptor) invoke("interceptor"));
    }
    channel = wire.closing(recorder.attachTo(builder).build());
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    return thread;
  }

  private ManagedChannelBuilder<?> builder(Transport transport) {
    if (program.cause() == LeakCause.NOT_PICKED) {
      String nowhere = Names.unresolved("nowhere");
      return transport == Transport.NETTY
          ? NettyChannelBuilder.forTarget(nowhere).usePlaintext()
          : InProcessChannelBuilder.forTarget(nowhere);
    }
    ManagedChannelBuilder<?> builder = wire.builder();
    return program.cause() == LeakCause.WAITING_TO_RETRY
        ? builder
            .enableRetry()
            .defaultServiceConfig(
                ServiceConfig.of(
                    ServiceConfig.retry(3, "1000s", MarketGrpc.QUOTE, MarketGrpc.WATCH)))
        : builder;
  }

  // ---- the server ----

  /** Where the server is at fault the program has its handler, else the market answers. */
  private BindableService service() {
    return program.cause() == LeakCause.SERVER_NOT_FINISHED
            || program.cause() == LeakCause.STILL_SUBSCRIBED
        ? this::handlers
        : market;
  }

  private ServerServiceDefinition handlers() {
    return ServerServiceDefinition.builder(MarketGrpc.SERVICE_NAME)
        .addMethod(MarketGrpc.QUOTE, ServerCalls.asyncUnaryCall(this::handle))
        .addMethod(MarketGrpc.WATCH, ServerCalls.asyncServerStreamingCall(this::handle))
        .addMethod(MarketGrpc.UPLOAD, ServerCalls.asyncClientStreamingCall(this::atHalfClose))
        .addMethod(MarketGrpc.SUBSCRIBE, ServerCalls.asyncBidiStreamingCall(this::atHalfClose))
        .build();
  }

  private void handle(String request, StreamObserver<String> responses) {
    invoke("handle", request, responses);
  }

  private StreamObserver<String> atHalfClose(StreamObserver<String> responses) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String message) {}

      @Override
      public void onError(Throwable t) {}

      @Override
      public void onCompleted() {
        handle("", responses);
      }
    };
  }

  /** Returns whether the server has seen a client half-close. */
  boolean wasHalfClosed() {
    return market.halfClosed.getCount() == 0;
  }

  // ---- the program ----

  private boolean declares(String name) {
    return List.of(type.getDeclaredMethods()).stream().anyMatch(m -> m.getName().equals(name));
  }

  private Object invoke(String name, Object... arguments) {
    try {
      for (Method each : type.getDeclaredMethods()) {
        if (each.getName().equals(name)) {
          each.setAccessible(true);
          Object result = each.invoke(null, arguments);
          return result == null ? "nothing" : result;
        }
      }
    } catch (InvocationTargetException e) {
      throw new AssertionError(program + " fails", e.getCause());
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError(type + " has no " + name);
  }

  /** Runs the program, and judges what it leaves. */
  StreamVerdict verdict() {
    invoke(program.cell(), this);
    return recorder.check(StreamLeakPolicy.normal());
  }

  /** Returns the messages that the program has received. */
  List<String> received() {
    return new ArrayList<>(received);
  }

  /** Makes the call of the program again and asks for all messages; returns them. */
  @SuppressWarnings("unchecked") // all messages of the market are strings
  List<String> allMessages() {
    List<String> all = new ArrayList<>();
    CountDownLatch closed = new CountDownLatch(1);
    ClientCall<String, String> call =
        wire.channel(builder -> {})
            .newCall((MethodDescriptor<String, String>) method, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(String message) {
            all.add(message);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            closed.countDown();
          }
        },
        new Metadata());
    call.request(Integer.MAX_VALUE);
    sent.forEach(call::sendMessage);
    call.halfClose();
    await(closed);
    return all;
  }

  /** Keeps what goes over the channel, below the recorder. */
  private final class Listening implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> called, CallOptions options, Channel next) {
      method = called;
      return new SimpleForwardingClientCall<>(next.newCall(called, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onMessage(R message) {
                  received.add(String.valueOf(message));
                  super.onMessage(message);
                }
              },
              headers);
        }

        @Override
        public void sendMessage(Q message) {
          sent.add(String.valueOf(message));
          super.sendMessage(message);
        }
      };
    }
  }

  // ---- what the program finds around it ----

  @Override
  public Channel channel() {
    return channel;
  }

  @Override
  public CallCredentials neverApplied() {
    return new CallCredentials() {
      @Override
      public void applyRequestMetadata(
          RequestInfo request, Executor application, MetadataApplier applier) {
        appliers.add(applier);
      }
    };
  }

  @Override
  public Executor executor() {
    return executor;
  }

  @Override
  public void untilTheEnd() {
    await(over);
  }

  @Override
  public void await(CountDownLatch latch) {
    Uninterruptibles.awaitUninterruptibly(latch);
  }

  @Override
  public void awaitDone(Future<?> future) {
    Await.until(future::isDone);
  }

  @Override
  public void inBackground(Action action) {
    CountDownLatch begun = new CountDownLatch(1);
    executor.execute(
        () -> {
          begun.countDown();
          try {
            action.run();
          } catch (Exception e) {
            // The thread ends with its call.
          }
        });
    await(begun);
    Await.until(() -> !recorder.streams().isEmpty());
  }

  @Override
  public void print(String answer) {}

  @Override
  public void fail() {
    throw new IllegalStateException("there are no more trades");
  }

  @Override
  public void close() {
    over.countDown();
    recorder.releaseLeaked();
    // A transport does not terminate before that.
    appliers.forEach(applier -> applier.fail(Status.CANCELLED));
    wire.close();
    recorder.close();
    executor.shutdown();
  }
}
