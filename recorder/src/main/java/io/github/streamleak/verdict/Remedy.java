package io.github.streamleak.verdict;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StubKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The change to the code that stops a leak or the breach of a rule.
 *
 * <p>The lines are chosen by the cause or rule, and by the kind of stub that opened the stream: the
 * user can paste a line for the stub that he has, and need not translate one for {@code
 * ClientCall}. Each is a whole statement, followed by a comment that says where it belongs. They
 * use the user's own names where the line that opened the stream can be read; else a placeholder,
 * such as {@code <your iterator>}, stands where a name belongs. Where the code belongs into a
 * {@code try} or into another class, a last line names the section of the pages that shows it in
 * full.
 *
 * @param lines the lines of code, best first, each with a comment that says where it belongs
 */
public record Remedy(List<String> lines) {

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
    StubCode code = StubCode.of(stream);
    return new Remedy(
        switch (cause) {
          case NOT_DRAINED -> code.drain();
          case NOT_HALF_CLOSED -> code.halfClose();
          case SERVER_NOT_FINISHED ->
              StubCode.join(
                  List.of(closesInTheHandler(stream)), StubCode.otherwise(code.waitNoLonger()));
          case STILL_SUBSCRIBED ->
              StubCode.join(
                  code.stop("closed", StubCode.CLOSES),
                  StubCode.otherwise(List.of(closesInTheHandler(stream))));
          case CALLBACK_NOT_RETURNED -> callbackReturns(stream, code);
          case WAITING_FOR_TRANSPORT -> request(stream, code);
          case WAITING_TO_RETRY -> code.waitNoLonger();
          case NOT_PICKED ->
              StubCode.join(
                  List.of(
                      "// the channel to "
                          + authority(stream)
                          + ": check its name, its addresses, its policy and waitForReady"),
                  StubCode.otherwise(code.waitNoLonger()));
          case ATTEMPT_NOT_CLOSED ->
              List.of(
                  StubCode.line(
                      "<the call below>.cancel(\"answered by the interceptor\", null);",
                      "in the interceptor, before it gives the status"),
                  StubCode.inFull("attempt_not_closed"));
        });
  }

  /**
   * Returns the change that keeps {@code rule}.
   *
   * @param stream the stream that broke it; null if that was a call that was never started, a
   *     channel, or streams that are no longer kept
   */
  static Remedy of(StreamRule rule, @Nullable RecordedStream stream) {
    StubCode code = StubCode.of(stream);
    return new Remedy(
        switch (rule) {
          case TERMINAL_NOT_READ -> code.drain();
          case LEAKED_STREAM, ENDED_BY_SHUTDOWN, ENDED_BY_DEADLINE ->
              stream == null || stream.isHalfClosed() ? code.drain() : code.halfClose();
          case CANCEL_WITHOUT_DONE ->
              List.of(
                  StubCode.line(
                      "super.cancel(message, cause);",
                      "in the interceptor whose call overrides cancel()"));
          case LISTENER_THREW -> {
            List<String> tell =
                List.of(
                    StubCode.line(
                        "<your future>.completeExceptionally(e);",
                        "in a catch around the callback's body: lets the test see it"));
            boolean last =
                stream != null
                    && stream
                        .thrown()
                        .filter(event -> event.callback().equals("onClose"))
                        .isPresent();
            // When the last callback is called there is nothing left to cancel.
            yield last
                ? tell
                : StubCode.join(
                    tell,
                    List.of(
                        StubCode.line(
                            (code.kind() == StubKind.ASYNC
                                    ? "<your ClientCallStreamObserver>"
                                    : "<your call>")
                                + ".cancel(\"cannot go on\", e);",
                            "in the same catch: ends the stream")));
          }
          case PROTOCOL ->
              List.of(
                  code.kind() == StubKind.ASYNC
                      ? StubCode.line(
                          "<your request observer>.onCompleted();",
                          "or onError, once, and nothing after it")
                      : StubCode.line(
                          "<your call>.halfClose();",
                          "or cancel, once, and nothing is sent after it"));
          case NOT_STARTED ->
              List.of(
                  StubCode.line(
                      "<your call>.start(<your listener>, new Metadata());",
                      "or do not create the call"),
                  StubCode.imported("io.grpc.Metadata"),
                  StubCode.or("<your call>.cancel(\"not needed\", null);", StubCode.FINALLY));
          case CHANNEL_LEFT_OPEN ->
              List.of(
                  StubCode.line(
                      "<your channel>.shutdown();", "in finally, by whoever has built it"));
          case NO_DEADLINE -> code.limit();
        });
  }

  private static String authority(RecordedStream stream) {
    String authority = stream.authority();
    return authority == null ? "its target" : authority;
  }

  /** Returns the lines that take what holds back the request. */
  private static List<String> request(RecordedStream stream, StubCode code) {
    boolean created =
        stream.attempts().stream().anyMatch(attempt -> attempt.remoteAddress() != null);
    List<String> cause =
        List.of(
            created
                ? "// close the streams to "
                    + stream.attempts().get(stream.attempts().size() - 1).remoteAddress()
                    + " that nobody needs: they take all that the server allows on a connection"
                : "// the CallCredentials of the call: they call apply() or fail() on every path");
    List<String> mend = StubCode.otherwise(code.waitNoLonger());
    // Its executor is the thread that waits in it: without one the call goes no further.
    return stream.stubKind() == StubKind.BLOCKING_V2 && !code.isUnary()
        ? StubCode.join(
            List.of("// a thread that waits in read(): without one the call goes no further"), mend)
        : StubCode.join(cause, mend);
  }

  private static List<String> callbackReturns(RecordedStream stream, StubCode code) {
    String callback =
        stream
            .runningCallback()
            .map(running -> running.nameFor(stream.stubKind()))
            .orElse(stream.stubKind() == StubKind.ASYNC ? "onNext" : "onMessage");
    return StubCode.join(
        List.of(
            StubCode.line(
                "<your executor>.execute(() -> <what waits>);",
                "in " + callback + ", in place of what waits: goes on")),
        StubCode.otherwise(code.stop("cannot go on", StubCode.FINALLY)));
  }

  private static String closesInTheHandler(RecordedStream stream) {
    String handler = "in the handler of " + stream.fullMethodName() + ", on every path";
    String answer = answer(stream.stubKind(), stream.methodType().serverSendsOneMessage());
    return answer == null
        ? StubCode.line("<your response observer>.onCompleted();", handler + " (or onError)")
        : "// " + handler + ": " + answer + ", or onCompleted() is called";
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
      case ASYNC, BLOCKING, BLOCKING_ITERATOR, BLOCKING_V2, FUTURE, GAX, RAW_CALL, UNKNOWN -> null;
      case MUTINY -> "the " + (one ? "Uni" : "Multi") + " completes";
    };
  }
}
