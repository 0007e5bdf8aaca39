package io.github.streamleak.testsupport;

import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A service that does with each call what the first message tells it:
 *
 * <ul>
 *   <li>"3" sends three messages and closes with OK;
 *   <li>"3+" sends three and stays open;
 *   <li>"3!UNAVAILABLE" sends three and fails so, "3!" with ABORTED;
 *   <li>"!UNAVAILABLE" fails so without headers, after which gRPC may try again;
 *   <li>"3??" fails the first two tries of the call in that way, and sends three to the next;
 *   <li>"3~" leaves the first try unanswered, and sends three to a hedge;
 *   <li>"3throw" sends three and throws out of the handler;
 *   <li>"3each" sends three for each message, and closes with the client;
 *   <li>"echo" answers each message, the first one too, and closes with the client;
 *   <li>"sum" answers once when the client has half-closed;
 *   <li>"silent" does nothing at all.
 * </ul>
 *
 * <p>Any other text is a symbol, and is answered as a market would: one price for a unary call,
 * five for a stream of responses, the sum for a stream of requests, three each for both.
 *
 * <p>As a generated service, it acts on the one message of a unary or server streaming call when
 * the client has half-closed. It takes no heed of readiness: all that it was told to send is handed
 * to the transport at once.
 *
 * @param <Q> what the client sends
 * @param <R> what the client receives
 */
public class CommandServer<Q, R> implements BindableService {

  /** What no handler answers. */
  public static final String NEVER = "silent";

  /** How many prices a symbol is answered with on a stream of responses. */
  public static final int PRICES_PER_WATCH = 5;

  private static final Metadata.Key<String> PREVIOUS_ATTEMPTS =
      Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);

  /** How many calls have come. */
  public final AtomicInteger calls = new AtomicInteger();

  /** The authority of each call. */
  public final List<String> authorities = new CopyOnWriteArrayList<>();

  /** Counted down when the server has closed a call. */
  public final CountDownLatch closed = new CountDownLatch(1);

  /** Counted down when the server has seen a client half-close. */
  public final CountDownLatch halfClosed = new CountDownLatch(1);

  /** A permit for each message that has come from a client and been acted on. */
  public final Semaphore commands = new Semaphore(0);

  /** Sent with each status. */
  public final Metadata trailers = new Metadata();

  private final Semaphore handled = new Semaphore(0);
  private final List<MethodDescriptor<Q, R>> methods;
  private final Function<Q, String> textOf;
  private final Function<String, R> messageOf;

  public CommandServer(
      List<MethodDescriptor<Q, R>> methods,
      Function<Q, String> textOf,
      Function<String, R> messageOf) {
    this.methods = methods;
    this.textOf = textOf;
    this.messageOf = messageOf;
  }

  @Override
  public ServerServiceDefinition bindService() {
    ServerServiceDefinition.Builder service =
        ServerServiceDefinition.builder(String.valueOf(methods.get(0).getServiceName()));
    for (MethodDescriptor<Q, R> method : methods) {
      service.addMethod(method, (call, headers) -> new Handler(call, headers));
    }
    return service.build();
  }

  /**
   * Waits until {@code count} more messages of calls with a stream of responses have had all their
   * answers sent. From then on nothing but the client can move such a stream.
   */
  public void awaitHandled(int count) {
    handled.acquireUninterruptibly(count);
  }

  /** Called before a call is answered, on the thread that answers it; does nothing here. */
  protected void beforeAnswer() {}

  private static String meaning(String text, MethodType type) {
    if (text.matches("\\d+(\\+|!\\w*|\\?+|~|throw|each)?|!\\w+|echo|sum|silent")) {
      return text;
    }
    return switch (type) {
      case UNARY -> "1";
      case SERVER_STREAMING -> String.valueOf(PRICES_PER_WATCH);
      case CLIENT_STREAMING -> "sum";
      default -> "3each";
    };
  }

  private static String digits(String command) {
    return command.replaceAll("\\D.*", "");
  }

  private final class Handler extends ServerCall.Listener<Q> {
    private final ServerCall<Q, R> call;
    private final MethodType type;
    private final int previousAttempts;
    private String text = "";
    private int received;
    private int count;
    private String end = "";
    private boolean isSymbol;
    private boolean headersSent;
    private boolean over;

    Handler(ServerCall<Q, R> call, Metadata headers) {
      this.call = call;
      type = call.getMethodDescriptor().getType();
      String before = headers.get(PREVIOUS_ATTEMPTS);
      previousAttempts = before == null ? 0 : Integer.parseInt(before);
      calls.incrementAndGet();
      authorities.add(String.valueOf(call.getAuthority()));
      call.request(1);
    }

    @Override
    public void onMessage(Q message) {
      received++;
      text = textOf.apply(message);
      if (!type.clientSendsOneMessage()) {
        act();
      }
      call.request(1);
    }

    @Override
    public void onHalfClose() {
      halfClosed.countDown();
      if (type.clientSendsOneMessage() && received > 0) {
        act();
      }
      if (end.equals("sum")) {
        send(received + " commands");
      }
      if (received == 0 || List.of("sum", "echo", "each").contains(end)) {
        close(Status.OK);
      }
    }

    private void act() {
      boolean first = received == 1;
      if (first) {
        beforeAnswer();
        String command = meaning(text, type);
        isSymbol = !command.equals(text);
        understand(inThisTry(command));
      }
      if (end.equals("echo")) {
        send(text);
      } else if (first || end.equals("each")) {
        for (int i = 0; i < count; i++) {
          send(isSymbol ? text + " at " + (100 + i) : "price " + i);
        }
      }
      if (first) {
        finish();
      }
      commands.release();
      if (!type.serverSendsOneMessage()) {
        handled.release();
      }
    }

    private String inThisTry(String command) {
      String digits = digits(command);
      if (command.endsWith("?")) {
        int refused = command.length() - digits.length();
        return previousAttempts < refused ? "!UNAVAILABLE" : digits;
      }
      return !command.endsWith("~") ? command : previousAttempts == 0 ? NEVER : digits;
    }

    private void understand(String command) {
      String digits = digits(command);
      count = digits.isEmpty() ? 0 : Integer.parseInt(digits);
      end = command.substring(digits.length());
      if (!isSymbol && !end.equals(NEVER) && !command.startsWith("!")) {
        sendHeaders();
      }
    }

    private void finish() {
      if (end.isEmpty()) {
        close(Status.OK);
      } else if (end.equals("throw")) {
        over = true;
        throw new IllegalStateException("a handler that throws");
      } else if (end.startsWith("!")) {
        Status.Code code =
            end.length() == 1 ? Status.Code.ABORTED : Status.Code.valueOf(end.substring(1));
        close(code.toStatus().withDescription("told so"));
      }
    }

    private void sendHeaders() {
      if (!headersSent) {
        headersSent = true;
        call.sendHeaders(new Metadata());
      }
    }

    private void send(String text) {
      if (!over) {
        sendHeaders();
        call.sendMessage(messageOf.apply(text));
      }
    }

    private void close(Status status) {
      if (!over) {
        over = true;
        // A copy: gRPC writes the status into it.
        Metadata sent = new Metadata();
        sent.merge(trailers);
        call.close(status, sent);
        closed.countDown();
      }
    }
  }
}
