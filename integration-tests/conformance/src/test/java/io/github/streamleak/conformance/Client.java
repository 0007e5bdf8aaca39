package io.github.streamleak.conformance;

import io.github.streamleak.testsupport.Await;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.Objects;
import java.util.Spliterators;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * An application on one stub kind, with the steps that a case can take. What the server's status
 * is, no step cares: the verdict alone counts.
 */
abstract class Client {

  final Channel channel;
  final MethodDescriptor<String, String> method;
  final CallOptions options;

  /** What the application sends. */
  String request = "request";

  /** The callback in which the application throws; none by default. */
  volatile String throwsIn = "";

  Client(Channel channel, MethodDescriptor<String, String> method, CallOptions options) {
    this.channel = channel;
    this.method = method;
    this.options = options;
  }

  static Client of(
      Kind kind, Channel channel, MethodDescriptor<String, String> method, CallOptions options) {
    return switch (kind) {
      case ASYNC -> new Async(channel, method, options, false);
      case OBSERVER -> new Async(channel, method, options, true);
      case FUTURE -> new FutureStub(channel, method, options);
      case BLOCKING -> new Blocking(channel, method, options, false);
      case V2 ->
          method.getType() == MethodType.UNARY
              ? new Blocking(channel, method, options, true)
              : new V2(channel, method, options);
      case ITERATOR -> new BlockingIterator(channel, method, options, false);
      case JAVA_STREAM -> new BlockingIterator(channel, method, options, true);
      case RAW -> new Raw(channel, method, options);
    };
  }

  boolean sendsOneMessage() {
    return method.getType().clientSendsOneMessage();
  }

  /** Starts the call. Where the client sends one message, sends it and half-closes. */
  abstract void open();

  void send() throws Exception {
    throw new UnsupportedOperationException("send");
  }

  void halfClose() {
    throw new UnsupportedOperationException("halfClose");
  }

  /** Takes {@code count} further messages as an application does that wants no more than these. */
  abstract void take(int count) throws Exception;

  /** Reads to the terminal status. */
  abstract void drain() throws Exception;

  /** Cancels by whatever this kind of stub offers. */
  abstract void cancel();

  /** {@code onError} of the request observer. */
  void fail() {
    throw new UnsupportedOperationException("onError");
  }

  /** {@code cancel(false)} of the future. */
  void cancelFutureSoftly() {
    throw new UnsupportedOperationException("cancel(false)");
  }

  /** Waits until the terminal status is there, without asking for anything. */
  void awaitTerminal() throws InterruptedException {
    throw new UnsupportedOperationException("awaitTerminal");
  }

  void trap(String callback) {
    if (throwsIn.equals(callback)) {
      throw new Trap(callback);
    }
  }

  /** What the application does wrong in a callback. */
  static final class Trap extends RuntimeException {
    Trap(String callback) {
      super("the application throws in " + callback);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  /** {@link StreamObserver}s, with automatic or with manual requests. */
  private static final class Async extends Client
      implements ClientResponseObserver<String, String> {
    private final boolean manual;
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final CountDownLatch terminal = new CountDownLatch(1);
    private @Nullable StreamObserver<String> requests;
    private @Nullable ClientCallStreamObserver<String> flow;

    Async(
        Channel channel,
        MethodDescriptor<String, String> method,
        CallOptions options,
        boolean manual) {
      super(channel, method, options);
      this.manual = manual;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<String> flow) {
      trap("beforeStart");
      if (manual) {
        flow.disableAutoRequestWithInitial(0);
      }
      this.flow = flow;
    }

    @Override
    void open() {
      ClientCall<String, String> call = channel.newCall(method, options);
      StreamObserver<String> observer = manual ? this : new Plain(this);
      switch (method.getType()) {
        case UNARY -> ClientCalls.asyncUnaryCall(call, request, observer);
        case SERVER_STREAMING -> ClientCalls.asyncServerStreamingCall(call, request, observer);
        case CLIENT_STREAMING -> requests = ClientCalls.asyncClientStreamingCall(call, observer);
        case BIDI_STREAMING -> requests = ClientCalls.asyncBidiStreamingCall(call, observer);
        case UNKNOWN -> throw new IllegalArgumentException();
      }
    }

    @Override
    void send() {
      Objects.requireNonNull(requests).onNext(request);
    }

    @Override
    void halfClose() {
      Objects.requireNonNull(requests).onCompleted();
    }

    @Override
    void take(int count) throws InterruptedException {
      if (manual && count > 0) {
        Objects.requireNonNull(flow).request(count);
      }
      for (int i = 0; i < count; i++) {
        Await.next(messages, "response " + i);
      }
    }

    @Override
    void drain() throws InterruptedException {
      if (manual) {
        Objects.requireNonNull(flow).request(1000);
      }
      awaitTerminal();
    }

    @Override
    void awaitTerminal() throws InterruptedException {
      Await.latch(terminal, "onCompleted or onError");
    }

    @Override
    void cancel() {
      if (flow != null) {
        flow.cancel("read enough", null);
      } else {
        ((ClientCallStreamObserver<?>) Objects.requireNonNull(requests))
            .cancel("read enough", null);
      }
    }

    @Override
    void fail() {
      Objects.requireNonNull(requests).onError(new IllegalStateException("no more to send"));
    }

    @Override
    public void onNext(String message) {
      messages.add(message);
      trap("onNext");
    }

    @Override
    public void onError(Throwable t) {
      terminal.countDown();
      trap("onError");
    }

    @Override
    public void onCompleted() {
      terminal.countDown();
      trap("onCompleted");
    }

    /** Hides that the observer could be more. */
    private record Plain(StreamObserver<String> observer) implements StreamObserver<String> {
      @Override
      public void onNext(String value) {
        observer.onNext(value);
      }

      @Override
      public void onError(Throwable t) {
        observer.onError(t);
      }

      @Override
      public void onCompleted() {
        observer.onCompleted();
      }
    }
  }

  private static final class FutureStub extends Client {
    private @Nullable Future<String> answer;

    FutureStub(Channel channel, MethodDescriptor<String, String> method, CallOptions options) {
      super(channel, method, options);
    }

    @Override
    void open() {
      answer = ClientCalls.futureUnaryCall(channel.newCall(method, options), request);
    }

    @Override
    void take(int count) throws InterruptedException {
      if (count > 0) {
        awaitTerminal();
      }
    }

    @Override
    void drain() throws InterruptedException {
      awaitTerminal();
    }

    @Override
    void awaitTerminal() throws InterruptedException {
      try {
        Objects.requireNonNull(answer).get();
      } catch (ExecutionException | CancellationException e) {
        // An end like any other.
      }
    }

    @Override
    void cancel() {
      Objects.requireNonNull(answer).cancel(true);
    }

    @Override
    void cancelFutureSoftly() {
      Objects.requireNonNull(answer).cancel(false);
    }
  }

  /** A unary call of the blocking stub or of blocking v2; it blocks on a thread of its own. */
  private static final class Blocking extends Client {
    private final boolean v2;
    private @Nullable Thread caller;

    Blocking(
        Channel channel, MethodDescriptor<String, String> method, CallOptions options, boolean v2) {
      super(channel, method, options);
      this.v2 = v2;
    }

    @Override
    void open() {
      Thread thread = new Thread(Context.current().wrap(this::call), "grid-blocking");
      thread.setDaemon(true);
      thread.start();
      caller = thread;
    }

    private void call() {
      try {
        if (v2) {
          ClientCalls.blockingV2UnaryCall(channel, method, options, request);
        } else {
          ClientCalls.blockingUnaryCall(channel, method, options, request);
        }
      } catch (StatusException | StatusRuntimeException e) {
        // An end like any other.
      }
    }

    @Override
    void take(int count) throws InterruptedException {
      awaitTerminal();
    }

    @Override
    void drain() throws InterruptedException {
      awaitTerminal();
    }

    @Override
    void awaitTerminal() throws InterruptedException {
      Objects.requireNonNull(caller).join();
    }

    @Override
    void cancel() {
      Objects.requireNonNull(caller).interrupt();
    }
  }

  private static final class BlockingIterator extends Client {
    private final boolean asStream;
    private @Nullable Iterator<String> responses;

    BlockingIterator(
        Channel channel,
        MethodDescriptor<String, String> method,
        CallOptions options,
        boolean asStream) {
      super(channel, method, options);
      this.asStream = asStream;
    }

    @Override
    void open() {
      responses = ClientCalls.blockingServerStreamingCall(channel, method, options, request);
    }

    private Iterator<String> responses() {
      return Objects.requireNonNull(responses);
    }

    @Override
    void take(int count) {
      if (asStream) {
        long got =
            StreamSupport.stream(Spliterators.spliteratorUnknownSize(responses(), 0), false)
                .limit(count)
                .mapToInt(String::length)
                .boxed()
                .toList()
                .size();
        if (got != count) {
          throw new AssertionError("took " + got + " of " + count);
        }
        return;
      }
      for (int i = 0; i < count; i++) {
        responses().next();
      }
    }

    @Override
    void drain() {
      try {
        if (asStream) {
          StreamSupport.stream(Spliterators.spliteratorUnknownSize(responses(), 0), false)
              .forEach(response -> {});
        } else {
          while (responses().hasNext()) {
            responses().next();
          }
        }
      } catch (StatusRuntimeException e) {
        // An end like any other.
      }
    }

    /** The only cancel that the iterator offers: an interrupt while it waits. */
    @Override
    void cancel() {
      Thread.currentThread().interrupt();
      try {
        while (responses().hasNext()) {
          responses().next();
        }
      } catch (StatusRuntimeException e) {
        // What the interrupt brings.
      } finally {
        // The stub has set it again.
        Thread.interrupted();
      }
    }
  }

  private static final class V2 extends Client {
    private @Nullable BlockingClientCall<String, String> call;

    V2(Channel channel, MethodDescriptor<String, String> method, CallOptions options) {
      super(channel, method, options);
    }

    private BlockingClientCall<String, String> call() {
      return Objects.requireNonNull(call);
    }

    @Override
    void open() {
      call =
          switch (method.getType()) {
            case SERVER_STREAMING ->
                ClientCalls.blockingV2ServerStreamingCall(channel, method, options, request);
            case CLIENT_STREAMING ->
                ClientCalls.blockingClientStreamingCall(channel, method, options);
            default -> ClientCalls.blockingBidiStreamingCall(channel, method, options);
          };
    }

    @Override
    void send() throws Exception {
      try {
        call().write(request);
      } catch (StatusException e) {
        // An end like any other.
      }
    }

    @Override
    void halfClose() {
      call().halfClose();
    }

    @Override
    void take(int count) throws Exception {
      for (int i = 0; i < count; i++) {
        if (call().read() == null) {
          throw new AssertionError("closed before response " + i);
        }
      }
    }

    @Override
    void drain() throws Exception {
      try {
        while (call().read() != null) {
          // Reads on.
        }
      } catch (StatusException e) {
        // An end like any other.
      }
    }

    @Override
    void cancel() {
      call().cancel("read enough", null);
    }
  }

  /** A {@link ClientCall} with nothing around it, whose listener may throw. */
  static final class Raw extends Client {
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final CountDownLatch headers = new CountDownLatch(1);
    private final CountDownLatch ready = new CountDownLatch(1);
    private final CountDownLatch terminal = new CountDownLatch(1);
    private @Nullable ClientCall<String, String> call;

    Raw(Channel channel, MethodDescriptor<String, String> method, CallOptions options) {
      super(channel, method, options);
    }

    ClientCall<String, String> call() {
      if (call == null) {
        call = channel.newCall(method, options);
      }
      return call;
    }

    void start() {
      call().start(new Listener(), new Metadata());
    }

    @Override
    void open() {
      start();
      if (sendsOneMessage()) {
        send();
        halfClose();
      }
    }

    @Override
    void send() {
      call().sendMessage(request);
    }

    @Override
    void halfClose() {
      call().halfClose();
    }

    void request(int count) {
      call().request(count);
    }

    @Override
    void take(int count) throws InterruptedException {
      if (count > 0) {
        request(count);
      }
      awaitMessages(count);
    }

    void awaitMessages(int count) throws InterruptedException {
      for (int i = 0; i < count; i++) {
        Await.next(messages, "response " + i);
      }
    }

    void awaitHeaders() throws InterruptedException {
      Await.latch(headers, "headers");
    }

    void awaitReady() throws InterruptedException {
      Await.latch(ready, "onReady");
    }

    @Override
    void drain() throws InterruptedException {
      request(1000);
      awaitTerminal();
    }

    @Override
    void awaitTerminal() throws InterruptedException {
      Await.latch(terminal, "onClose");
    }

    @Override
    void cancel() {
      call().cancel("read enough", null);
    }

    private final class Listener extends ClientCall.Listener<String> {
      @Override
      public void onHeaders(Metadata received) {
        headers.countDown();
        trap("onHeaders");
      }

      @Override
      public void onMessage(String message) {
        messages.add(message);
        trap("onMessage");
      }

      @Override
      public void onClose(Status status, Metadata trailers) {
        terminal.countDown();
        trap("onClose");
      }

      @Override
      public void onReady() {
        ready.countDown();
        trap("onReady");
      }
    }
  }
}
