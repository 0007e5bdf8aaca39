package io.github.streamleak.conformance;

import io.github.streamleak.testsupport.Await;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Handlers that do what the case tells them: from the test's own thread, one step at a time, or by
 * a {@link Script} where the client blocks.
 *
 * <p>The servers of a transport are shared by all cells; the header {@code grid-cell} says which
 * cell a call belongs to.
 */
final class ScriptedServer {

  static final Metadata.Key<String> CELL =
      Metadata.Key.of("grid-cell", Metadata.ASCII_STRING_MARSHALLER);

  private static final Map<String, Calls> CELLS = new ConcurrentHashMap<>();

  private ScriptedServer() {}

  /** What a handler does by itself, in its own callbacks. */
  interface Script {
    default void onStart(Handler handler, int callNumber) {}

    default void onMessage(Handler handler) {}

    default void onHalfClose(Handler handler, int callNumber) {}
  }

  /** The server's side of one cell. */
  static final class Calls {
    private final BlockingQueue<Handler> arrived = new LinkedBlockingQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    volatile Script script = new Script() {};

    /** Returns the next call that has arrived for this cell. */
    Handler next() throws InterruptedException {
      return Await.next(arrived, "a call at the server");
    }
  }

  static Calls register(String cell) {
    Calls calls = new Calls();
    CELLS.put(cell, calls);
    return calls;
  }

  static void forget(String cell) {
    CELLS.remove(cell);
  }

  /** One call as the server sees it. */
  static final class Handler extends ServerCall.Listener<String> {
    private final ServerCall<String, String> call;
    private final Calls calls;
    private final int number;
    private final CountDownLatch halfClosed = new CountDownLatch(1);
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private boolean headersSent;

    private Handler(ServerCall<String, String> call, Calls calls, int number) {
      this.call = call;
      this.calls = calls;
      this.number = number;
    }

    synchronized Handler headers() {
      if (!headersSent) {
        headersSent = true;
        call.sendHeaders(new Metadata());
      }
      return this;
    }

    synchronized Handler send(int count) {
      headers();
      for (int i = 0; i < count; i++) {
        call.sendMessage("response " + i);
      }
      return this;
    }

    synchronized Handler send(String message) {
      headers();
      call.sendMessage(message);
      return this;
    }

    synchronized void close(Status status) {
      call.close(status, new Metadata());
    }

    synchronized void close(Status status, Metadata trailers) {
      call.close(status, trailers);
    }

    void awaitHalfClose() throws InterruptedException {
      Await.latch(halfClosed, "half-close at the server");
    }

    void awaitCancel() throws InterruptedException {
      Await.latch(cancelled, "cancel at the server");
    }

    String awaitMessage() throws InterruptedException {
      return Await.next(messages, "a message at the server");
    }

    @Override
    public void onMessage(String message) {
      messages.add(message);
      calls.script.onMessage(this);
    }

    @Override
    public void onHalfClose() {
      halfClosed.countDown();
      calls.script.onHalfClose(this, number);
    }

    @Override
    public void onCancel() {
      cancelled.countDown();
    }
  }

  static ServerServiceDefinition service() {
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(GridMethods.SERVICE).addMethod(GridMethods.WARM_UP);
    GridMethods.SCRIPTED.forEach(descriptor::addMethod);
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor.build());
    for (MethodDescriptor<String, String> method : GridMethods.SCRIPTED) {
      service.addMethod(method, new ScriptedHandler());
    }
    return service.addMethod(GridMethods.WARM_UP, new WarmUpHandler()).build();
  }

  private static final class ScriptedHandler implements ServerCallHandler<String, String> {
    @Override
    public ServerCall.Listener<String> startCall(
        ServerCall<String, String> call, Metadata headers) {
      String cell = headers.get(CELL);
      @Nullable Calls calls = cell == null ? null : CELLS.get(cell);
      if (calls == null) {
        call.close(Status.NOT_FOUND.withDescription("the cell is over"), new Metadata());
        return new ServerCall.Listener<>() {};
      }
      int number = calls.count.getAndIncrement();
      Handler handler = new Handler(call, calls, number);
      // Takes whatever the client sends, so that no client waits to be allowed to send.
      call.request(1000);
      calls.script.onStart(handler, number);
      calls.arrived.add(handler);
      return handler;
    }
  }

  private static final class WarmUpHandler implements ServerCallHandler<String, String> {
    @Override
    public ServerCall.Listener<String> startCall(
        ServerCall<String, String> call, Metadata headers) {
      call.request(2);
      return new ServerCall.Listener<>() {
        @Override
        public void onHalfClose() {
          call.sendHeaders(new Metadata());
          call.sendMessage("warm");
          call.close(Status.OK, new Metadata());
        }
      };
    }
  }
}
