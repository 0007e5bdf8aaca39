package acme.market;

import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A service that does what the first message tells it: "3" sends three messages and closes OK, "3+"
 * sends three and stays open, "3!UNAVAILABLE" sends three and fails. Streaming requests beyond the
 * first are counted; with "echo" each is answered and the call closes with the client.
 */
public final class MarketServer implements BindableService {

  public final AtomicInteger calls = new AtomicInteger();

  public final List<String> authorities = new CopyOnWriteArrayList<>();

  /** Counted down once for each call that the server has closed. */
  public final CountDownLatch closed = new CountDownLatch(1);

  @Override
  public ServerServiceDefinition bindService() {
    ServerCallHandler<String, String> handler = (call, headers) -> new Handler(call);
    return ServerServiceDefinition.builder("acme.Market")
        .addMethod(MarketGrpc.QUOTE, handler)
        .addMethod(MarketGrpc.WATCH, handler)
        .addMethod(MarketGrpc.UPLOAD, handler)
        .addMethod(MarketGrpc.SUBSCRIBE, handler)
        .build();
  }

  private final class Handler extends ServerCall.Listener<String> {
    private final ServerCall<String, String> call;
    private boolean told;
    private boolean echo;
    private boolean over;

    Handler(ServerCall<String, String> call) {
      this.call = call;
      calls.incrementAndGet();
      authorities.add(String.valueOf(call.getAuthority()));
      call.request(1);
    }

    @Override
    public void onMessage(String message) {
      if (!told) {
        told = true;
        call.sendHeaders(new Metadata());
        obey(message);
      }
      if (echo && !over) {
        call.sendMessage(message);
      }
      call.request(1);
    }

    private void obey(String command) {
      if (command.equals("echo")) {
        echo = true;
        return;
      }
      int digits = 0;
      while (digits < command.length() && Character.isDigit(command.charAt(digits))) {
        digits++;
      }
      int count = Integer.parseInt(command.substring(0, digits));
      for (int i = 0; i < count; i++) {
        call.sendMessage("price " + i);
      }
      String end = command.substring(digits);
      if (end.isEmpty()) {
        close(Status.OK);
      } else if (end.startsWith("!")) {
        close(Status.Code.valueOf(end.substring(1)).toStatus().withDescription("told so"));
      }
    }

    @Override
    public void onHalfClose() {
      if (echo || !told) {
        close(Status.OK);
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
