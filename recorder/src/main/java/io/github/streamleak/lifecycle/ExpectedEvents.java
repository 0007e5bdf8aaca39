package io.github.streamleak.lifecycle;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.lifecycle.EventCriteria.Fact;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamEvent.AttemptStarted;
import io.github.streamleak.stream.StreamEvent.ListenerThrew;
import io.github.streamleak.stream.StreamEvent.Picked;
import io.github.streamleak.stream.StreamEvent.Requested;
import io.grpc.Status;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The words in which a test says what must happen on a stream. Import them statically. AssertJ's
 * assertions and Truth's share them, and so does {@link Lifecycle}.
 *
 * <p>A message passes two places: the application sends it, and the transport takes it, which may
 * be later, never, or once for each attempt. What the application did and received has the plain
 * words; what one attempt did on its transport has "attempt" in its name. {@code
 * outboundMessages(3)} and {@code inboundMessages(3)} mean three messages, one after the other;
 * {@code requested(3)} means one request for three.
 */
public final class ExpectedEvents {

  /** A host that lacks its port, or a target in the place of an address. */
  private static final Pattern NO_ADDRESS =
      Pattern.compile("\\s*|localhost|\\d+(\\.\\d+){3}|\\[[^]]*]|.*:|.*//.*");

  private ExpectedEvents() {}

  // ---- the application lane ----

  /** Returns a matcher of the start of the call. */
  public static EventMatcher started() {
    return EventMatcher.of(EventKind.STARTED);
  }

  /** Returns a matcher of a request of the application for any number of messages. */
  public static EventMatcher requested() {
    return EventMatcher.of(EventKind.REQUESTED);
  }

  /**
   * Returns a matcher of one request of the application for {@code count} messages.
   *
   * @throws IllegalArgumentException if {@code count} is negative
   */
  public static EventMatcher requested(long count) {
    if (count < 0) {
      throw new IllegalArgumentException(
          "nobody can request a negative number of messages, but the count is " + count);
    }
    return requested()
        .and(
            Fact.REQUEST,
            count,
            "be for " + count,
            " " + count,
            event -> event instanceof Requested asked && asked.count() == count);
  }

  /** Returns a matcher of an outbound message of the application. */
  public static EventMatcher outboundMessage() {
    return EventMatcher.of(EventKind.SENT);
  }

  /** Returns a matcher of {@code n} outbound messages of the application. */
  public static EventMatcher outboundMessages(int n) {
    return outboundMessage().times(n);
  }

  /** Returns a matcher of the first outbound message of the application. */
  public static EventMatcher firstOutboundMessage() {
    return outboundMessage().first();
  }

  /** Returns a matcher of the last outbound message of the application. */
  public static EventMatcher lastOutboundMessage() {
    return outboundMessage().last();
  }

  /** Returns a matcher of the half-close, after which the application sends no more. */
  public static EventMatcher halfClosed() {
    return EventMatcher.of(EventKind.HALF_CLOSED);
  }

  /**
   * Returns a matcher of a cancel, whoever cancelled; {@link EventMatcher#by} narrows it.
   *
   * <p>A cancel after the terminal status cancels nothing, and does not count. gRPC makes such
   * cancels itself: the blocking stub of a unary method cancels the call when it throws the status
   * that the server has sent.
   */
  public static EventMatcher cancelled() {
    return EventMatcher.of(EventKind.CANCELLED);
  }

  /** Returns a matcher of the moment when the effective deadline was noticed to have passed. */
  public static EventMatcher deadlinePassed() {
    return EventMatcher.of(EventKind.DEADLINE_PASSED);
  }

  /** Returns a matcher of the response headers that reach the application. */
  public static EventMatcher headers() {
    return EventMatcher.of(EventKind.HEADERS_RECEIVED);
  }

  /** Returns a matcher of an inbound message that reaches the application's listener. */
  public static EventMatcher inboundMessage() {
    return EventMatcher.of(EventKind.RECEIVED);
  }

  /** Returns a matcher of {@code n} inbound messages that reach the application's listener. */
  public static EventMatcher inboundMessages(int n) {
    return inboundMessage().times(n);
  }

  /** Returns a matcher of the first inbound message that reaches the application's listener. */
  public static EventMatcher firstInboundMessage() {
    return inboundMessage().first();
  }

  /** Returns a matcher of the last inbound message that reaches the application's listener. */
  public static EventMatcher lastInboundMessage() {
    return inboundMessage().last();
  }

  /** Returns a matcher of the terminal status that reaches the application, whatever its code. */
  public static EventMatcher terminalStatus() {
    return EventMatcher.of(EventKind.TERMINATED);
  }

  /** Returns a matcher of a terminal status with {@code code}. */
  public static EventMatcher terminalStatus(Status.Code code) {
    return terminalStatus().withStatus(code);
  }

  /** Returns a matcher of an exception out of the application's listener. */
  public static EventMatcher listenerThrew() {
    return EventMatcher.of(EventKind.LISTENER_THREW);
  }

  /** Returns a matcher of an exception of {@code type} out of the application's listener. */
  public static EventMatcher listenerThrew(Class<? extends Throwable> type) {
    Objects.requireNonNull(type, "type");
    return listenerThrew()
        .and(
            Fact.EXCEPTION,
            type,
            "be " + Texts.simpleName(type),
            " " + Texts.simpleName(type),
            event -> event instanceof ListenerThrew threw && type.isInstance(threw.thrown()));
  }

  // ---- the attempt lane ----

  /** Returns a matcher of a new attempt, whether first try, retry or hedge. */
  public static EventMatcher attemptStarted() {
    return EventMatcher.of(EventKind.ATTEMPT_STARTED);
  }

  /** Returns a matcher of a new attempt that was made for the reason {@code retry}. */
  public static EventMatcher attemptStarted(Retry retry) {
    Objects.requireNonNull(retry, "retry");
    return attemptStarted()
        .and(
            Fact.RETRY,
            retry,
            "be for the reason " + retry.text(),
            " (" + retry.text() + ")",
            event -> event instanceof AttemptStarted started && started.retry() == retry);
  }

  /** Returns a matcher of the moment when the transport created the stream of an attempt. */
  public static EventMatcher streamCreated() {
    return EventMatcher.of(EventKind.TRANSPORT_STREAM_CREATED);
  }

  /** Returns a matcher of the headers that the transport sent for an attempt. */
  public static EventMatcher headersSent() {
    return EventMatcher.of(EventKind.ATTEMPT_HEADERS_SENT);
  }

  /** Returns a matcher of an outbound message that the transport took. */
  public static EventMatcher outboundMessageOnTransport() {
    return EventMatcher.of(EventKind.ATTEMPT_SENT);
  }

  /** Returns a matcher of {@code n} outbound messages that the transport took. */
  public static EventMatcher outboundMessagesOnTransport(int n) {
    return outboundMessageOnTransport().times(n);
  }

  /** Returns a matcher of the response headers that the transport received. */
  public static EventMatcher headersOnTransport() {
    return EventMatcher.of(EventKind.ATTEMPT_HEADERS_RECEIVED);
  }

  /** Returns a matcher of an inbound message that the transport received. */
  public static EventMatcher inboundMessageOnTransport() {
    return EventMatcher.of(EventKind.ATTEMPT_RECEIVED);
  }

  /** Returns a matcher of {@code n} inbound messages that the transport received. */
  public static EventMatcher inboundMessagesOnTransport(int n) {
    return inboundMessageOnTransport().times(n);
  }

  /** Returns a matcher of the trailers that the transport received when the server closed. */
  public static EventMatcher trailersOnTransport() {
    return EventMatcher.of(EventKind.TRAILERS_RECEIVED);
  }

  /** Returns a matcher of the end of an attempt, whatever its status. */
  public static EventMatcher attemptClosed() {
    return EventMatcher.of(EventKind.ATTEMPT_CLOSED);
  }

  /** Returns a matcher of the end of an attempt with {@code code}. */
  public static EventMatcher attemptClosed(Status.Code code) {
    return attemptClosed().withStatus(code);
  }

  // ---- the picker lane ----

  /**
   * Returns a matcher of a pick that chose a subchannel. If that subchannel is not ready, gRPC
   * picks again, and both picks are recorded.
   */
  public static EventMatcher picked() {
    return pick("picked", Pick.Kind.SUBCHANNEL);
  }

  /** Returns a matcher of a pick that chose nothing yet, so that the attempt waits for another. */
  public static EventMatcher pickBuffered() {
    return pick("pick buffered", Pick.Kind.BUFFERED);
  }

  /** Returns a matcher of a pick that failed the attempt, unless it waits for ready. */
  public static EventMatcher pickFailed() {
    return pick("pick failed", Pick.Kind.ERROR);
  }

  /** Returns a matcher of a pick that failed the attempt, even if it waits for ready. */
  public static EventMatcher pickDropped() {
    return pick("pick dropped", Pick.Kind.DROP);
  }

  /**
   * Returns a matcher of a pick that chose the subchannel at {@code address}, written {@code
   * host:port} such as {@code 127.0.0.1:50051}. {@code localhost:port} is every loopback address.
   * Of an in-process server it is the name.
   *
   * @throws IllegalArgumentException if this is no address of a subchannel: if it is blank, has no
   *     port, or is a target such as {@code dns:///market}
   */
  public static EventMatcher picked(String address) {
    Objects.requireNonNull(address, "address");
    String text = Texts.oneLine(address);
    if (NO_ADDRESS.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is no address; write host:port, or the name of an in-process server");
    }
    return picked()
        .and(
            Fact.ADDRESS,
            address,
            "be to " + text,
            " " + text,
            event -> event instanceof Picked picked && picked.pick().isTo(address));
  }

  private static EventMatcher pick(String words, Pick.Kind kind) {
    return EventMatcher.of(EventKind.PICKED)
        .saying(words)
        .and(
            Fact.PICK,
            kind,
            "be a " + words,
            "",
            event -> event instanceof Picked picked && picked.pick().kind() == kind);
  }

  /** Returns a matcher of picker Done, whatever its status. */
  public static EventMatcher pickerDone() {
    return EventMatcher.of(EventKind.PICKER_DONE);
  }

  /** Returns a matcher of picker Done with {@code code}. */
  public static EventMatcher pickerDone(Status.Code code) {
    return pickerDone().withStatus(code);
  }
}
