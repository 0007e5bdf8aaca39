package io.github.streamleak.verdict;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StubKind;
import io.grpc.MethodDescriptor.MethodType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The change to the code that stops a leak or the breach of a rule.
 *
 * <p>The lines are chosen by the cause or rule, and by the kind of stub that opened the stream: the
 * user can paste a line for the stub that he has, and need not translate one for {@code
 * ClientCall}. The price is a table for each kind of stub, in which names such as {@code responses}
 * are only examples: the recorder cannot know the user's variables.
 *
 * @param lines the lines of code, best first, each with a comment that says where it belongs
 */
public record Remedy(List<String> lines) {

  private static final String STUB_DEADLINE =
      "stub.withDeadlineAfter(5, TimeUnit.SECONDS)  // on the client: a limit to every wait";

  private static final String CALL_DEADLINE =
      "callOptions.withDeadlineAfter(5, TimeUnit.SECONDS)  // on the client: a limit to every wait";

  // A step of a chain, and not a blocking call: a Flux or Flowable may be composed on a thread that
  // must not block.
  private static final String TAKE_ONE =
      "responses.take(1)  // or stops after one: cancels by itself";

  // The subscriber is disposed, because subscribe(subscriber) returns nothing that could be.
  private static final String DISPOSE_SUBSCRIBER = "subscriber.dispose();  // or stops, in finally";

  /** An iterator has no cancel; the Context of the call has. */
  private static final List<String> CANCEL_ITERATOR =
      List.of(
          "CancellableContext context = Context.current().withCancellation();  // stops:",
          "Context caller = context.attach();  // before the call",
          "context.detachAndCancel(caller, null);  // in finally");

  /** Copies {@code lines}. */
  public Remedy {
    lines = List.copyOf(lines);
  }

  /**
   * Returns the change that releases {@code stream}.
   *
   * @throws IllegalArgumentException if {@code stream} is neither open nor {@linkplain
   *     RecordedStream#isAbandoned() abandoned}
   */
  public static Remedy of(RecordedStream stream) {
    return of(
        stream,
        stream
            .cause()
            .orElseThrow(() -> new IllegalArgumentException(stream + " has nothing to mend")));
  }

  static Remedy of(RecordedStream stream, LeakCause cause) {
    return new Remedy(
        switch (cause) {
          case NOT_DRAINED -> drain(stream.stubKind());
          case NOT_HALF_CLOSED ->
              halfClose(stream.stubKind(), stream.methodType() == MethodType.BIDI_STREAMING);
          case SERVER_NOT_FINISHED -> serverFinishes(stream);
          case STILL_SUBSCRIBED -> unsubscribe(stream);
          case CALLBACK_NOT_RETURNED -> callbackReturns(stream.stubKind());
          case WAITING_FOR_TRANSPORT -> request(stream);
          case WAITING_TO_RETRY ->
              stopWaiting(stream.stubKind(), stream.methodType() == MethodType.UNARY);
          case NOT_PICKED ->
              List.of(
                  STUB_DEADLINE,
                  "// the channel to "
                      + authority(stream)
                      + ": check its name, its addresses, its policy and waitForReady");
          case ATTEMPT_NOT_CLOSED ->
              List.of(
                  "call.cancel(\"answered by the interceptor\", null);  // in the interceptor,"
                      + " before it gives the status");
        });
  }

  /**
   * Returns the change that keeps {@code rule}.
   *
   * @param stream the stream that broke it; null if that was a call that was never started, a
   *     channel, or streams that are no longer kept
   */
  static Remedy of(StreamRule rule, @Nullable RecordedStream stream) {
    StubKind kind = stream == null ? StubKind.UNKNOWN : stream.stubKind();
    return new Remedy(
        switch (rule) {
          case TERMINAL_NOT_READ -> drain(kind);
          case LEAKED_STREAM, ENDED_BY_SHUTDOWN, ENDED_BY_DEADLINE ->
              stream == null || stream.isHalfClosed()
                  ? drain(kind)
                  : halfClose(kind, stream.methodType() == MethodType.BIDI_STREAMING);
          case CANCEL_WITHOUT_DONE ->
              List.of(
                  "super.cancel(message, cause);  // in the interceptor whose call overrides"
                      + " cancel()");
          case LISTENER_THREW -> {
            String tell =
                "failure.completeExceptionally(e);  // in a catch around the callback's body, for"
                    + " the test to see";
            boolean last =
                stream != null
                    && stream
                        .thrown()
                        .filter(event -> event.callback().equals("onClose"))
                        .isPresent();
            // When the last callback is called there is nothing left to cancel.
            yield last
                ? List.of(tell)
                : List.of(
                    tell,
                    kind == StubKind.ASYNC
                        ? "requestStream.cancel(\"cannot go on\", e);  // and ends the stream"
                        : "call.cancel(\"cannot go on\", e);  // and ends the stream");
          }
          case PROTOCOL ->
              List.of(
                  kind == StubKind.ASYNC
                      ? "requests.onCompleted();  // or onError, once, and nothing after it"
                      : "call.halfClose();  // or cancel, once, and nothing is sent after it");
          case NOT_STARTED ->
              List.of(
                  "call.start(listener, new Metadata());  // or do not create the call",
                  "call.cancel(\"not needed\", null);  // or cancel it");
          case CHANNEL_LEFT_OPEN ->
              List.of("channel.shutdown();  // in finally, by whoever has built it");
          case NO_DEADLINE -> List.of(kindHasCallOptions(kind) ? CALL_DEADLINE : STUB_DEADLINE);
        });
  }

  private static String authority(RecordedStream stream) {
    String authority = stream.authority();
    return authority == null ? "its target" : authority;
  }

  /** Returns the lines that take what holds back the request. */
  private static List<String> request(RecordedStream stream) {
    if (stream.stubKind() == StubKind.BLOCKING_V2) {
      // Its executor is the thread that waits in it: without one the call goes no further.
      return drain(StubKind.BLOCKING_V2);
    }
    boolean created =
        stream.attempts().stream().anyMatch(attempt -> attempt.remoteAddress() != null);
    return List.of(
        created
            ? "// close the streams to "
                + stream.attempts().get(stream.attempts().size() - 1).remoteAddress()
                + " that nobody needs: they take all that the server allows on a connection"
            : "// the CallCredentials of the call: they call apply() or fail() on every path",
        kindHasCallOptions(stream.stubKind()) ? CALL_DEADLINE : STUB_DEADLINE);
  }

  private static boolean kindHasCallOptions(StubKind kind) {
    return kind == StubKind.RAW_CALL || kind == StubKind.UNKNOWN;
  }

  private static List<String> callbackReturns(StubKind kind) {
    return List.of(
        kind == StubKind.ASYNC
            ? "executor.execute(() -> use(message));  // in onNext: takes the work elsewhere"
            : "executor.execute(() -> use(message));  // in onMessage: takes the work elsewhere",
        cancel(kind, "cannot go on", "or ends the stream"));
  }

  /** Returns the line with which a client of this kind cancels. */
  private static String cancel(StubKind kind, String why, String when) {
    return switch (kind) {
          case ASYNC -> "requestStream.cancel(\"" + why + "\", null);";
          case FUTURE -> "future.cancel(true);";
          case KOTLIN -> "job.cancel()";
          case REACTOR, RX -> "disposable.dispose();";
          case BLOCKING, BLOCKING_ITERATOR -> "context.cancel(null);";
          case BLOCKING_V2, RAW_CALL, UNKNOWN -> "call.cancel(\"" + why + "\", null);";
        }
        + "  // "
        + when;
  }

  private static List<String> unsubscribe(RecordedStream stream) {
    StubKind kind = stream.stubKind();
    List<String> lines = new ArrayList<>();
    if (kind == StubKind.BLOCKING_ITERATOR) {
      lines.addAll(CANCEL_ITERATOR);
    } else {
      lines.add(cancel(kind, "closed", "where the client closes, in finally"));
    }
    lines.add(closesInTheHandler(stream));
    return lines;
  }

  private static List<String> drain(StubKind kind) {
    return switch (kind) {
      case BLOCKING_ITERATOR ->
          List.of(
              "responses.forEachRemaining(response -> {});  // reads to the end",
              "CancellableContext context = Context.current().withCancellation();  // or stops:",
              CANCEL_ITERATOR.get(1),
              CANCEL_ITERATOR.get(2));
      case BLOCKING_V2, BLOCKING ->
          List.of(
              "while (call.read() != null) {}  // reads to the end",
              "call.cancel(\"read enough\", null);  // or stops, in finally");
      case FUTURE -> List.of("future.cancel(true);  // if it no longer waits");
      case ASYNC ->
          List.of(
              "requestStream.request(1);  // at the end of every onNext",
              "requestStream.cancel(\"read enough\", null);  // or stops");
      case KOTLIN ->
          List.of(
              "responses.collect {}  // reads to the end, if its block does not wait for ever",
              "responses.first()  // or stops after one: cancels by itself",
              "job.cancel()  // or stops, in finally: the coroutine that collects");
      case REACTOR ->
          List.of(
              "request(1);  // in hookOnSubscribe, and at the end of every hookOnNext",
              TAKE_ONE,
              DISPOSE_SUBSCRIBER);
      case RX ->
          List.of(
              "request(1);  // in onStart, and at the end of every onNext",
              TAKE_ONE,
              DISPOSE_SUBSCRIBER);
      case RAW_CALL, UNKNOWN ->
          List.of(
              "call.request(1);  // at the end of every onMessage, until onClose",
              "call.cancel(\"read enough\", null);  // or stops, in finally");
    };
  }

  /**
   * Returns the lines that end the client's side. Not in a {@code finally}: where sending fails,
   * half an upload must be taken back and not be completed.
   */
  private static List<String> halfClose(StubKind kind, boolean bidi) {
    return switch (kind) {
      case ASYNC ->
          bidi
              ? List.of(
                  "requestStream.cancel(\"closed\", null);  // where the client closes",
                  "requests.onCompleted();  // or when all is sent, if the server then closes")
              : List.of(
                  "requests.onCompleted();  // when all is sent",
                  "requests.onError(Status.CANCELLED.asException());  // where sending fails");
      case KOTLIN ->
          List.of(
              "requestChannel.close()  // lets the flow of requests complete",
              "job.cancel()  // or gives up: the coroutine that makes the call");
      case REACTOR ->
          List.of(
              "requestSink.tryEmitComplete();  // lets the requests complete",
              "disposable.dispose();  // or gives up");
      case RX ->
          List.of(
              "requestProcessor.onComplete();  // lets the requests complete",
              "disposable.dispose();  // or gives up");
      case BLOCKING_V2, BLOCKING, BLOCKING_ITERATOR, FUTURE, RAW_CALL, UNKNOWN ->
          List.of(
              "call.halfClose();  // when all is sent; then read to the end",
              "call.cancel(\"gave up\", null);  // where sending fails, or to stop");
    };
  }

  private static String closesInTheHandler(RecordedStream stream) {
    String handler = "// in the handler of " + stream.fullMethodName() + ", on every path";
    String answer = answer(stream.stubKind(), stream.methodType().serverSendsOneMessage());
    return answer == null
        ? "responseObserver.onCompleted();  " + handler + " (or onError)"
        : handler + ": " + answer + ", or onCompleted() is called";
  }

  private static List<String> serverFinishes(RecordedStream stream) {
    List<String> lines = new ArrayList<>();
    lines.add(closesInTheHandler(stream));
    lines.addAll(stopWaiting(stream.stubKind(), stream.methodType() == MethodType.UNARY));
    return lines;
  }

  /**
   * Returns how a handler that is written with the client's own library closes; null for the stubs
   * of grpc-java. These are words and not a line of code, since the handler may use another library
   * than the client.
   */
  private static @Nullable String answer(StubKind kind, boolean one) {
    return switch (kind) {
      case KOTLIN -> one ? "it returns" : "the Flow completes";
      case REACTOR -> "the " + (one ? "Mono" : "Flux") + " completes";
      case RX -> "the " + (one ? "Single" : "Flowable") + " completes";
      case ASYNC, BLOCKING, BLOCKING_ITERATOR, BLOCKING_V2, FUTURE, RAW_CALL, UNKNOWN -> null;
    };
  }

  private static List<String> stopWaiting(StubKind kind, boolean unary) {
    return switch (kind) {
      case FUTURE -> List.of("future.cancel(true);  // on the client, if it no longer waits");
      case RAW_CALL, UNKNOWN -> List.of(CALL_DEADLINE);
      case KOTLIN ->
          List.of(
              STUB_DEADLINE,
              "job.cancel()  // or stops, in finally: the coroutine that makes the call");
      // reactive-grpc does not pass a cancel of the Mono or Single of a unary call on to gRPC.
      case REACTOR, RX ->
          unary
              ? List.of(
                  "stub.withDeadlineAfter(5, TimeUnit.SECONDS)  // on the client: dispose() and"
                      + " timeout() do not reach a unary call")
              : List.of(
                  STUB_DEADLINE,
                  "disposable.dispose();  // or stops, in finally; timeout() does so too");
      case ASYNC, BLOCKING, BLOCKING_ITERATOR, BLOCKING_V2 -> List.of(STUB_DEADLINE);
    };
  }
}
