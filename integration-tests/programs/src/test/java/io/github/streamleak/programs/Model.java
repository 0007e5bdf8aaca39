package io.github.streamleak.programs;

import io.github.streamleak.testsupport.Transport;
import io.grpc.MethodDescriptor.MethodType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The life cycle of a stream as the documentation states it, on a pipe that carries messages and
 * one status. Knows nothing of the recorder's code.
 *
 * <p>Where the transports differ, the model says by which {@link Quirk}.
 */
final class Model {

  /** Why a program may come to another state on the other transport. */
  enum Quirk {
    /** In-process ignores a cancel once the server has closed and messages are unread. */
    CANCEL_SWALLOWED,
    /** Netty keeps a unary response back until the server closes. */
    RESPONSE_KEPT_BACK,
    /** In-process shows messages that nobody asked for, Netty only the trailers behind them. */
    MESSAGES_UNASKED_FOR
  }

  private final Transport transport;
  private final MethodType type;
  private final Set<Quirk> quirks = EnumSet.noneOf(Quirk.class);

  private final List<String> application = new ArrayList<>();
  private final List<String> attempt = new ArrayList<>();
  private final List<String> picker = new ArrayList<>();
  private final List<String> releases = new ArrayList<>();

  // The client.
  private boolean started;
  private boolean refused;
  private boolean hasStream;
  private boolean closedWithinStart;
  private boolean cancelCalled;
  private boolean contextCancelled;
  private boolean contextIsWatched;
  private boolean deadlinePassed;
  private boolean halfClosed;
  private boolean threw;
  private boolean autoRead;
  private @Nullable Step trap;
  private int outbound;
  private int delivered;
  private long requested;
  private @Nullable String terminal;

  // The pipe.
  private boolean clientClosed;
  private boolean cancelPending;
  private boolean committed;
  private boolean detached;
  private int transportSent;
  private int responsesKeptBack;
  private int written;
  private int unread;
  private int read;
  private long demand;
  private @Nullable String status;
  private @Nullable String closedWith;

  // The server.
  private boolean serverGone;
  private boolean headersSent;
  private int responses;
  private boolean serverThrows;

  Model(Transport transport, MethodType type) {
    this.transport = transport;
    this.type = type;
  }

  Set<Quirk> quirks() {
    return quirks;
  }

  boolean started() {
    return started;
  }

  boolean open() {
    return started && !refused && releases.isEmpty() && closedWith == null;
  }

  String cause() {
    if (!open()) {
      return "-";
    }
    // What waits unasked for is seen in-process as messages, over Netty as trailers behind them.
    boolean waits = transport == Transport.IN_PROCESS_DIRECT ? unread > 0 : status != null;
    if (requested <= delivered && !halfClosed && unread > 0 && status == null) {
      quirks.add(Quirk.MESSAGES_UNASKED_FOR);
    }
    if (requested <= delivered && waits) {
      return "NOT_DRAINED";
    }
    if (!halfClosed) {
      return "NOT_HALF_CLOSED";
    }
    if (requested <= delivered) {
      return "NOT_DRAINED";
    }
    return type.serverSendsOneMessage() ? "SERVER_NOT_FINISHED" : "STILL_SUBSCRIBED";
  }

  Life life() {
    List<String> ways = new ArrayList<>(releases);
    if (closedWith != null) {
      ways.add("PICKER_DONE");
    }
    return new Life(
        List.copyOf(application),
        List.copyOf(attempt),
        List.copyOf(picker),
        Life.count(List.of(application, attempt, picker)),
        open(),
        List.copyOf(ways),
        cause(),
        terminal == null ? "-" : terminal);
  }

  /** Does a step, and returns whether it can be done at all in this state. */
  boolean step(Step step) {
    if (!applies(step)) {
      return false;
    }
    switch (step) {
      case START, START_ELSEWHERE -> start();
      case REQUEST_1, REQUEST_2, REQUEST_5 -> request(step.requested());
      case AUTO_READ -> {
        autoRead = true;
        request(step.requested());
      }
      case STOP -> autoRead = false;
      case SEND -> send();
      case HALF_CLOSE -> halfClose();
      case CANCEL -> cancel();
      case CONTEXT_CANCEL -> cancelContext();
      case DEADLINE -> deadlinePassed = true;
      case THROW_ON_HEADERS, THROW_ON_MESSAGE, THROW_ON_CLOSE -> trap = step;
      case SERVER_HEADERS -> serverHeaders();
      case SERVER_MESSAGE -> serverMessage();
      case SERVER_CLOSE_OK -> serverClose("OK");
      case SERVER_CLOSE_ERROR -> serverClose("FAILED_PRECONDITION");
      case SERVER_THROW -> serverThrows = true;
    }
    noticeDeadline();
    return true;
  }

  private boolean applies(Step step) {
    return switch (step) {
      case START, START_ELSEWHERE -> !started;
      case REQUEST_1, REQUEST_2, REQUEST_5, AUTO_READ, HALF_CLOSE -> started;
      // What a second request does depends on the version of gRPC, not on the recorder; and whether
      // Netty still frames a message for a call that was closed within its own start is a race.
      case SEND ->
          started
              && !closedWithinStart
              && !(type.clientSendsOneMessage() && outbound > 0 && !cancelCalled && !halfClosed);
      // With a single response Netty sends message and trailers together: whether the trailers or
      // the cancel that answers the exception come first is a race.
      case THROW_ON_MESSAGE -> !type.serverSendsOneMessage();
      case SERVER_HEADERS -> hasStream && !serverGone && !headersSent;
      case SERVER_MESSAGE -> hasStream && !serverGone && headersSent;
      case SERVER_CLOSE_OK, SERVER_CLOSE_ERROR -> hasStream && !serverGone;
      default -> true;
    };
  }

  /** Whoever looks at an open stream notices that its deadline has passed. */
  private void noticeDeadline() {
    if (deadlinePassed && open()) {
      application.add("DeadlinePassed");
      releases.add("DEADLINE");
    }
  }

  private void release(String way) {
    if (!releases.contains(way)) {
      releases.add(way);
    }
  }

  // ---- the client ----

  private void start() {
    started = true;
    application.add("Started");
    if (contextCancelled) {
      noticeDeadline();
      application.add("Cancelled CONTEXT");
      release("CANCELLED");
    }
    if (cancelCalled) {
      // ClientCall.start throws: such a call holds nothing.
      refused = true;
      return;
    }
    if (contextCancelled) {
      // gRPC makes no attempt.
      clientClosed = true;
      terminate("CANCELLED");
      return;
    }
    noticeDeadline();
    attempt.add("AttemptStarted FIRST");
    if (deadlinePassed) {
      // gRPC makes a stream that only fails; nothing is picked.
      close("DEADLINE_EXCEEDED", false);
      return;
    }
    hasStream = true;
    contextIsWatched = true;
    picker.add("Picked SUBCHANNEL");
    attempt.add("TransportStreamCreated");
    attempt.add("AttemptHeadersSent");
    serverCallback();
    closedWithinStart = clientClosed;
  }

  private void request(int count) {
    application.add("Requested " + count);
    requested += count;
    if (!clientClosed && !refused) {
      demand += count;
      pump();
    }
  }

  private void send() {
    // What gRPC refuses was done all the same.
    application.add("Sent #" + outbound);
    outbound++;
    if (cancelCalled || halfClosed || !hasStream) {
      return;
    }
    boolean gone = serverGone || clientClosed || cancelPending;
    if (transport == Transport.IN_PROCESS_DIRECT ? gone : detached) {
      return;
    }
    // Netty counts what it frames, though the stream may be closed.
    attempt.add("AttemptSent #" + transportSent);
    transportSent++;
    if (gone) {
      return;
    }
    // The one message of a unary request reaches the handler with the half-close.
    if (!type.clientSendsOneMessage()) {
      serverCallback();
    }
  }

  private void halfClose() {
    boolean refusedByGrpc = cancelCalled || halfClosed || !hasStream;
    application.add("HalfClosed");
    halfClosed = true;
    if (!refusedByGrpc && !clientClosed) {
      serverCallback();
    }
  }

  private void cancel() {
    if (started) {
      application.add("Cancelled CALL");
      release("CANCELLED");
    }
    boolean first = !cancelCalled;
    cancelCalled = true;
    if (hasStream && first) {
      contextIsWatched = false;
      cancelStream();
    }
  }

  private void cancelContext() {
    if (contextCancelled) {
      return;
    }
    contextCancelled = true;
    if (started && terminal == null) {
      application.add("Cancelled CONTEXT");
      release("CANCELLED");
    }
    if (contextIsWatched) {
      cancelStream();
    }
  }

  private boolean throwsAt(Step where, String callback) {
    if (trap != where) {
      return false;
    }
    trap = null;
    application.add("ListenerThrew " + callback);
    return true;
  }

  /** gRPC cancels when a listener throws, and gives it nothing more but the terminal status. */
  private void listenerThrew() {
    threw = true;
    release("CANCELLED");
    cancelPending = true;
  }

  // ---- the pipe ----

  /** Hands over what has been asked for, then the status if nothing is left before it. */
  private void pump() {
    deliver();
    finish();
  }

  private void deliver() {
    while (unread > 0 && demand > 0) {
      unread--;
      demand--;
      if (transport == Transport.NETTY) {
        // In-process counts a message when it is written, Netty when it is asked for.
        attempt.add("AttemptReceived #" + read);
      }
      read++;
      if (threw) {
        continue;
      }
      application.add("Received #" + delivered);
      delivered++;
      if (throwsAt(Step.THROW_ON_MESSAGE, "onMessage")) {
        listenerThrew();
      } else if (autoRead) {
        application.add("Requested 1");
        requested++;
        demand++;
      }
    }
  }

  private void finish() {
    if (unread == 0 && status != null && !clientClosed) {
      close(status, transport == Transport.IN_PROCESS_DIRECT);
    }
    // Reaches the transport after what was asked for before it.
    if (cancelPending && !clientClosed) {
      cancelStream();
    }
    cancelPending = false;
  }

  /** A cancel reaches the transport. */
  private void cancelStream() {
    if (clientClosed) {
      return;
    }
    if (status != null) {
      quirks.add(Quirk.CANCEL_SWALLOWED);
      if (transport == Transport.IN_PROCESS_DIRECT) {
        return;
      }
    }
    unread = 0;
    close("CANCELLED", false);
  }

  private void close(String code, boolean trailers) {
    clientClosed = true;
    closedWith = code;
    // Before response headers, Netty's calls buffer for a retry, and hand nothing on after that.
    detached = !committed;
    if (trailers) {
      attempt.add("TrailersReceived");
    }
    attempt.add("AttemptClosed " + code);
    if (hasStream) {
      picker.add("PickerDone " + code);
    }
    terminate(deadlinePassed && code.equals("CANCELLED") ? "DEADLINE_EXCEEDED" : code);
  }

  private void terminate(String code) {
    // A status that gRPC gave itself because the listener threw goes before all others.
    String seen = threw ? "CANCELLED" : code;
    contextIsWatched = false;
    terminal = seen;
    application.add("Terminated " + seen);
    release("TERMINAL_STATUS");
    throwsAt(Step.THROW_ON_CLOSE, "onClose");
  }

  // ---- the server ----

  /** Something reaches the handler. */
  private void serverCallback() {
    if (serverGone || clientClosed || !serverThrows) {
      return;
    }
    serverThrows = false;
    serverEnds("UNKNOWN");
  }

  private void serverHeaders() {
    headersSent = true;
    if (clientClosed) {
      return;
    }
    committed = true;
    attempt.add("AttemptHeadersReceived");
    application.add("HeadersReceived");
    if (throwsAt(Step.THROW_ON_HEADERS, "onHeaders")) {
      listenerThrew();
      finish();
    }
  }

  private void serverMessage() {
    if (type.serverSendsOneMessage() && responses > 0) {
      serverCancels();
      return;
    }
    responses++;
    if (clientClosed) {
      return;
    }
    if (type.serverSendsOneMessage()) {
      quirks.add(Quirk.RESPONSE_KEPT_BACK);
      if (transport == Transport.NETTY) {
        responsesKeptBack++;
        return;
      }
    }
    arrive();
  }

  private void arrive() {
    if (transport == Transport.IN_PROCESS_DIRECT) {
      attempt.add("AttemptReceived #" + written);
    }
    written++;
    unread++;
    pump();
  }

  private void serverClose(String code) {
    if (code.equals("OK") && type.serverSendsOneMessage() && responses == 0) {
      serverCancels();
    } else {
      serverEnds(code);
    }
  }

  private void serverEnds(String code) {
    serverGone = true;
    if (clientClosed) {
      return;
    }
    if (transport == Transport.NETTY) {
      unread += responsesKeptBack;
      responsesKeptBack = 0;
      deliver();
      // Seen when they arrive, be there messages to read before them or not.
      attempt.add("TrailersReceived");
    }
    status = code;
    finish();
  }

  /** The server breaks the rules of the method type, and gRPC cancels in its stead. */
  private void serverCancels() {
    serverGone = true;
    if (clientClosed) {
      return;
    }
    responsesKeptBack = 0;
    unread = 0;
    close("CANCELLED", false);
  }
}
