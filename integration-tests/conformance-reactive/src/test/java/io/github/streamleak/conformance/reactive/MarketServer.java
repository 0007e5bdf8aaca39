package io.github.streamleak.conformance.reactive;

import acme.market.Command;
import acme.market.MarketGrpc;
import acme.market.Price;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/**
 * A service that does what the first message tells it: "3" sends three prices and closes OK, "3+"
 * sends three and stays open, "3!UNAVAILABLE" sends three and fails, "3throw" sends three and
 * throws out of the handler. "echo" answers each message and closes with the client; "sum" answers
 * once when the client half-closes; "silent" does nothing at all.
 *
 * <p>Takes no heed of readiness: all that it was told to send is handed to the transport at once.
 */
public final class MarketServer implements BindableService {

  /** Counted down when the server has closed a call. */
  public final CountDownLatch closed = new CountDownLatch(1);

  /** Counted down when the server has seen a client half-close. */
  public final CountDownLatch halfClosed = new CountDownLatch(1);

  /** A permit for each message that has come from a client and been acted on. */
  public final Semaphore commands = new Semaphore(0);

  @Override
  public ServerServiceDefinition bindService() {
    ServerCallHandler<Command, Price> handler = (call, headers) -> new Handler(call);
    return ServerServiceDefinition.builder(MarketGrpc.SERVICE_NAME)
        .addMethod(MarketGrpc.getQuoteMethod(), handler)
        .addMethod(MarketGrpc.getWatchMethod(), handler)
        .addMethod(MarketGrpc.getUploadMethod(), handler)
        .addMethod(MarketGrpc.getSubscribeMethod(), handler)
        .build();
  }

  /** Returns the command of that text. */
  public static Command command(String text) {
    return Command.newBuilder().setText(text).build();
  }

  private final class Handler extends ServerCall.Listener<Command> {
    private final ServerCall<Command, Price> call;
    private String first = "";
    private int received;
    private boolean over;

    Handler(ServerCall<Command, Price> call) {
      this.call = call;
      call.request(1);
    }

    @Override
    public void onMessage(Command command) {
      received++;
      if (received == 1) {
        first = command.getText();
        if (!call.getMethodDescriptor().getType().clientSendsOneMessage()) {
          obey();
        }
      }
      if (first.equals("echo")) {
        send(command.getText());
      }
      commands.release();
      call.request(1);
    }

    private void obey() {
      if (first.equals("silent")) {
        return;
      }
      call.sendHeaders(new Metadata());
      if (first.equals("echo") || first.equals("sum")) {
        return;
      }
      String count = first.replaceAll("\\D.*", "");
      for (int i = 0; i < Integer.parseInt(count); i++) {
        send("price " + i);
      }
      String end = first.substring(count.length());
      if (end.isEmpty()) {
        close(Status.OK);
      } else if (end.equals("throw")) {
        over = true;
        throw new IllegalStateException("a handler that throws");
      } else if (end.startsWith("!")) {
        close(Status.Code.valueOf(end.substring(1)).toStatus().withDescription("told so"));
      }
    }

    @Override
    public void onHalfClose() {
      halfClosed.countDown();
      if (call.getMethodDescriptor().getType().clientSendsOneMessage()) {
        obey();
      }
      if (first.equals("sum")) {
        send(received + " commands");
      }
      if (first.isEmpty() || first.equals("sum") || first.equals("echo")) {
        close(Status.OK);
      }
    }

    private void send(String text) {
      if (!over) {
        call.sendMessage(Price.newBuilder().setText(text).build());
      }
    }

    private void close(Status status) {
      if (!over) {
        over = true;
        call.close(status, new Metadata());
        closed.countDown();
      }
    }
  }
}
