package io.github.streamleak.verdict;

import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StubKind;
import io.grpc.MethodDescriptor.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The code of a client for one kind of stub: how it reads on, half-closes, stops and waits no
 * longer.
 *
 * <p>Each line is a whole statement and ends in a comment that says where it belongs, in the words
 * of the constants below. A line whose comment begins with "or" is the first of another way; the
 * lines that follow it belong to it. Names are those of the user's source where {@link
 * OpeningStatement} can read them; elsewhere a placeholder such as {@code <your iterator>} stands
 * in their place, which no compiler takes for a name.
 */
final class StubCode {

  static final String AT_THE_END = "at the end";
  static final String FINALLY = "in finally";
  static final String BEFORE = "before the call";
  static final String INSTEAD = "in place of the call";
  static final String IMPORTS = "with the imports";
  static final String SENT = "when all is sent";
  static final String FAILS = "where sending fails";
  static final String CLOSES = "where the client closes";
  static final String STEP = "as a step of the chain";

  private static final String PAGE = "docs/fixing-leaks.md";

  /** How long a wait may last. Not longer than the grace period of a check, which is a second. */
  private static final String LIMIT = ".withDeadlineAfter(1, TimeUnit.SECONDS)";

  private static final String OBSERVER = "<your ClientCallStreamObserver>";

  private final StubKind kind;
  private final @Nullable MethodType type;
  private final OpeningStatement statement;

  /** Whether the client has yet to ask for the first message. */
  private final boolean hasAskedForNone;

  private StubCode(
      StubKind kind,
      @Nullable MethodType type,
      OpeningStatement statement,
      boolean hasAskedForNone) {
    this.kind = kind;
    this.type = type;
    this.statement = statement;
    this.hasAskedForNone = hasAskedForNone;
  }

  /** Returns the code for the stub that opened {@code stream}; if that is null, for any call. */
  static StubCode of(@Nullable RecordedStream stream) {
    if (stream == null) {
      return new StubCode(
          StubKind.UNKNOWN, null, OpeningStatement.of(List.of(), Optional.empty(), "start"), false);
    }
    String full = stream.fullMethodName();
    String name = full.substring(full.lastIndexOf('/') + 1);
    String method =
        stream.stubKind() == StubKind.RAW_CALL || name.isEmpty()
            ? "start"
            : name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    return new StubCode(
        stream.stubKind(),
        stream.methodType(),
        OpeningStatement.of(stream.openingStack(), stream.openingLine(), method),
        stream.requested() == 0);
  }

  static String line(String code, String comment) {
    return code + "  // " + comment;
  }

  static String or(String code, String comment) {
    return line(code, "or " + comment);
  }

  /** Returns a line that says in which section of the pages the code stands in full. */
  static String inFull(String section) {
    return "// in full: " + PAGE + "#" + section;
  }

  static String imported(String type) {
    return line("import " + type + ";", IMPORTS);
  }

  @SafeVarargs
  static List<String> join(List<String>... parts) {
    List<String> all = new ArrayList<>();
    for (List<String> part : parts) {
      all.addAll(part);
    }
    return all;
  }

  /** Makes the first line of some code the beginning of another way; of no code it makes none. */
  static List<String> otherwise(List<String> lines) {
    if (lines.isEmpty()) {
      return lines;
    }
    String first = lines.get(0).replaceFirst("^// ", "// or ");
    return join(
        List.of(first.replaceFirst("  // (?!or )", "  // or ")), lines.subList(1, lines.size()));
  }

  private String name(String placeholder) {
    return statement.variable().orElse("<your " + placeholder + ">");
  }

  private String call() {
    return kind == StubKind.RAW_CALL ? statement.receiver().orElse("<your call>") : name("call");
  }

  private boolean sendsMany() {
    return type == MethodType.CLIENT_STREAMING || type == MethodType.BIDI_STREAMING;
  }

  boolean isUnary() {
    return type == MethodType.UNARY;
  }

  StubKind kind() {
    return kind;
  }

  // ---- reading on ----

  /** Returns the code that reads to the terminal status. */
  List<String> readOn() {
    return switch (kind) {
      case BLOCKING_ITERATOR ->
          List.of(
              line(
                  name("iterator") + ".forEachRemaining(message -> {});",
                  AT_THE_END + ": reads to the end"));
      case BLOCKING_V2, BLOCKING ->
          List.of(
              line("while (" + call() + ".read() != null) {}", AT_THE_END + ": reads to the end"));
      case FUTURE -> List.of();
      case ASYNC ->
          List.of(line(OBSERVER + ".request(1);", "at the end of every onNext: reads to the end"));
      case KOTLIN ->
          List.of(
              line(
                  "<your responses>.collect {}",
                  AT_THE_END + ": reads to the end, if its block does not wait for ever"));
      case REACTOR ->
          List.of(line("request(1);", "in hookOnSubscribe, and at the end of every hookOnNext"));
      case RX -> List.of(line("request(1);", "in onStart, and at the end of every onNext"));
      case GAX ->
          List.of(line("<your stream>.forEach(message -> {});", AT_THE_END + ": reads to the end"));
      case MUTINY ->
          List.of(line("<your responses>.select().first(1)", STEP + ": cancels after the first"));
      case RAW_CALL, UNKNOWN -> {
        String ask = call() + ".request(1);";
        String everyMessage = "at the end of every onMessage: reads to the end";
        yield hasAskedForNone
            ? List.of(
                line(ask, AT_THE_END + ": asks for the first message"),
                line("<your call>.request(1);", everyMessage))
            : List.of(line("<your call>.request(1);", everyMessage));
      }
    };
  }

  /** Returns the ways in which a stream that was left early is mended. */
  List<String> drain() {
    List<String> readOn = readOn();
    List<String> stop =
        switch (kind) {
          // A step of a chain, and not a blocking call: a Flux or Flowable may be composed on a
          // thread that must not block.
          case REACTOR, RX ->
              List.of(
                  or("<your responses>.take(1)", STEP + ": cancels after the first"),
                  or("<your subscriber>.dispose();", FINALLY + ": stops"));
          case KOTLIN ->
              join(
                  List.of(or("<your responses>.first()", STEP + ": cancels after the first")),
                  otherwise(stop("read enough", FINALLY)));
          default -> stop("read enough", FINALLY);
        };
    return readOn.isEmpty() ? stop : join(readOn, otherwise(stop));
  }

  // ---- stopping ----

  /**
   * Returns the code with which the client stops.
   *
   * @param where the place for what cancels
   */
  List<String> stop(String why, String where) {
    String reason = "(\"" + why + "\", null);";
    return switch (kind) {
      case BLOCKING_ITERATOR ->
          List.of(
              line(
                  "Context.CancellableContext context = Context.current().withCancellation();",
                  BEFORE + ": stops"),
              line("Context caller = context.attach();", BEFORE),
              line("context.detachAndCancel(caller, null);", FINALLY),
              imported("io.grpc.Context"),
              inFull("stop-with-a-context"));
      case BLOCKING -> stopFromOutside();
      case BLOCKING_V2 ->
          isUnary()
              ? stopFromOutside()
              : List.of(
                  line(call() + ".cancel" + reason, where + ": stops"),
                  inFull("cancel-in-finally"));
      case FUTURE -> List.of(line(name("future") + ".cancel(true);", where + ": stops"));
      case ASYNC ->
          sendsMany() && statement.variable().isPresent()
              ? List.of(
                  line(
                      "((ClientCallStreamObserver<?>) " + name("requests") + ").cancel" + reason,
                      where + ": stops"),
                  imported("io.grpc.stub.ClientCallStreamObserver"))
              : List.of(
                  line(OBSERVER + ".cancel" + reason, where + ": stops"),
                  inFull("cancel-an-async-call"));
      case KOTLIN ->
          List.of(line("<your job>.cancel()", where + ": stops the coroutine of the call"));
      case REACTOR, RX -> List.of(line("<your disposable>.dispose();", where + ": stops"));
      case GAX ->
          List.of(
              line(
                  isUnary() ? "<your ApiFuture>.cancel(true);" : "<your stream>.cancel();",
                  where + ": stops"));
      case MUTINY -> List.of(line("<your Cancellable>.cancel();", where + ": stops"));
      case RAW_CALL, UNKNOWN ->
          List.of(
              line(call() + ".cancel" + reason, where + ": stops"), inFull("cancel-in-finally"));
    };
  }

  /** The thread that could stop a blocking call is inside it: another one has to. */
  private static List<String> stopFromOutside() {
    return List.of(
        line(
            "Context.CancellableContext context = Context.current().withCancellation();",
            "before its thread begins"),
        line("Context caller = context.attach();", BEFORE),
        line("context.detach(caller);", "after the call"),
        line("context.cancel(null);", CLOSES + ": stops"),
        imported("io.grpc.Context"),
        inFull("stop-with-a-context"));
  }

  /**
   * Returns the code that limits every wait of the call. It is one way among others: a deadline
   * that is longer than the wait of a check leaves the test as it was.
   */
  List<String> limit() {
    List<String> imports = List.of(imported("java.util.concurrent.TimeUnit"));
    return switch (kind) {
      case RAW_CALL, UNKNOWN ->
          join(
              List.of(
                  line(
                      "var limited = <your call options>" + LIMIT + ";",
                      BEFORE + ", which then takes them: ends the wait")),
              imports);
      case KOTLIN, REACTOR, RX, MUTINY ->
          List.of(line("<your stub>" + LIMIT, STEP + ": ends the wait"));
      case GAX ->
          List.of(
              line(
                  "GrpcCallContext.createDefault().withTimeoutDuration(Duration.ofSeconds(1))",
                  "as the context of the call: ends the wait"));
      case ASYNC, FUTURE, BLOCKING, BLOCKING_ITERATOR, BLOCKING_V2 ->
          join(
              List.of(
                  statement
                      .with(LIMIT)
                      .map(limited -> line(limited, INSTEAD + ": ends the wait"))
                      .orElseGet(
                          () ->
                              line(
                                  "var limited = <your stub>" + LIMIT + ";",
                                  BEFORE + ", which then goes through it: ends the wait"))),
              imports);
    };
  }

  /** Returns the ways in which a client waits no longer: it stops, or it limits its wait. */
  List<String> waitNoLonger() {
    // reactive-grpc does not pass a cancel of the Mono or Single of a unary call on to gRPC.
    boolean isDeaf = isUnary() && (kind == StubKind.REACTOR || kind == StubKind.RX);
    if (isDeaf) {
      return List.of(
          line(
              "<your stub>" + LIMIT,
              STEP + ": ends the wait; dispose() and timeout() do not reach a unary call"));
    }
    List<String> stop = stop("no longer wanted", FINALLY);
    boolean isInside = isUnary() && (kind == StubKind.BLOCKING || kind == StubKind.BLOCKING_V2);
    return isInside ? join(limit(), otherwise(stop)) : join(stop, otherwise(limit()));
  }

  // ---- half-closing ----

  /**
   * Returns the code that ends the client's side. Not in a {@code finally}: where sending fails,
   * half an upload must be taken back and not be completed.
   */
  List<String> halfClose() {
    return switch (kind) {
      case ASYNC -> {
        String requests = name("request observer");
        List<String> complete =
            List.of(
                line(requests + ".onCompleted();", SENT),
                line(requests + ".onError(Status.CANCELLED.asException());", FAILS),
                imported("io.grpc.Status"));
        yield type == MethodType.BIDI_STREAMING
            ? join(stop("closed", CLOSES), otherwise(complete))
            : complete;
      }
      case KOTLIN ->
          List.of(
              line("<your requestChannel>.close()", SENT + ": lets the flow of requests complete"),
              or("<your job>.cancel()", FINALLY + ": stops the coroutine of the call"));
      case REACTOR ->
          List.of(
              line("<your requestSink>.tryEmitComplete();", SENT + ": the requests complete"),
              or("<your disposable>.dispose();", FINALLY + ": stops"));
      case RX ->
          List.of(
              line("<your requestProcessor>.onComplete();", SENT + ": the requests complete"),
              or("<your disposable>.dispose();", FINALLY + ": stops"));
      case GAX ->
          join(
              List.of(line("<your stream>.closeSend();", SENT)),
              otherwise(stop("gave up", FINALLY)));
      case MUTINY ->
          join(
              List.of(line("<your request emitter>.complete();", SENT)),
              otherwise(stop("gave up", FINALLY)));
      case BLOCKING_V2, BLOCKING, BLOCKING_ITERATOR, FUTURE, RAW_CALL, UNKNOWN ->
          join(
              List.of(line(call() + ".halfClose();", SENT)),
              readOn(),
              List.of(line(call() + ".cancel(\"not all was sent\", null);", FAILS)),
              otherwise(stop("gave up", FINALLY)));
    };
  }
}
