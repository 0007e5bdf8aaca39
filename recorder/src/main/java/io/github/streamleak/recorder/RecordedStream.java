package io.github.streamleak.recorder;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One client call with all its attempts, as it stood when the snapshot was taken.
 *
 * <p>Unary calls are streams too. A call that was created and never started is none: it holds
 * nothing.
 */
public final class RecordedStream {

  private static final String SHUTDOWN_NOW = "Channel shutdownNow invoked";

  private final RecordedSides sides;
  private final MethodDescriptor<?, ?> method;
  private final @Nullable String authority;
  private final OpeningStack opening;
  private final String thread;
  private final List<RecordedAttempt> attempts;
  private final List<StreamEvent> events;
  private final long[] counts;
  private final long droppedEvents;
  private final List<StreamRelease> releases;
  private final boolean open;
  private final LeakCause cause;
  private final @Nullable Status terminalStatus;
  private final @Nullable Metadata trailers;
  private final boolean halfClosed;
  private final long requested;
  private final boolean hasDeadline;
  private final @Nullable Throwable fault;
  private final Set<StreamRule> brokenRules;
  private final List<String> misuses;
  private final @Nullable StreamLog log;

  RecordedStream(
      RecordedSides sides,
      MethodDescriptor<?, ?> method,
      @Nullable String authority,
      @Nullable Throwable opening,
      String thread,
      List<RecordedAttempt> attempts,
      List<StreamEvent> events,
      long[] counts,
      long droppedEvents,
      List<StreamRelease> releases,
      boolean open,
      LeakCause cause,
      @Nullable Status terminalStatus,
      @Nullable Metadata trailers,
      boolean halfClosed,
      long requested,
      boolean hasDeadline,
      @Nullable Throwable fault,
      Set<StreamRule> brokenRules,
      List<String> misuses,
      @Nullable StreamLog log) {
    this.sides = sides;
    this.method = method;
    this.authority = authority;
    this.opening = new OpeningStack(opening);
    this.thread = thread;
    this.attempts = attempts.stream().map(attempt -> attempt.of(this)).toList();
    this.events = List.copyOf(events);
    this.counts = counts;
    this.droppedEvents = droppedEvents;
    this.releases = List.copyOf(releases);
    this.open = open;
    this.cause = cause;
    this.terminalStatus = terminalStatus;
    this.trailers = trailers;
    this.halfClosed = halfClosed;
    this.requested = requested;
    this.hasDeadline = hasDeadline;
    this.fault = fault;
    this.brokenRules = Collections.unmodifiableSet(brokenRules);
    this.misuses = misuses;
    this.log = log;
  }

  /** Returns a new snapshot of the same stream, as it stands now. */
  public RecordedStream latest() {
    return log == null ? this : log.snapshot();
  }

  /** Returns which sides of the stream were recorded. */
  public RecordedSides sides() {
    return sides;
  }

  /** Returns the full method name, {@code package.Service/Method}. */
  public String fullMethodName() {
    return method.getFullMethodName();
  }

  /** Returns the method type. */
  public MethodType methodType() {
    return method.getType();
  }

  /** Returns the authority of the call or else of its channel, or null if neither names one. */
  public @Nullable String authority() {
    return authority;
  }

  /** Returns the kind of client code that started the stream. */
  public StubKind stubKind() {
    return opening.stubKind();
  }

  /**
   * Returns the opening line: the innermost user frame of the stack that started the call. Empty if
   * opening stacks are switched off.
   */
  public Optional<StackTraceElement> openingLine() {
    return opening.line();
  }

  /**
   * Returns the opening line as an IDE and a terminal link it, {@code Class.method(File.java:41)}.
   */
  public Optional<String> openingLink() {
    return openingLine().map(OpeningStack::link);
  }

  /**
   * Returns the calling line: the outermost user frame of the stack that started the call, such as
   * the test's. Empty if that is the opening line itself, or opening stacks are switched off.
   */
  public Optional<StackTraceElement> callingLine() {
    return opening.caller();
  }

  /**
   * Returns the whole stack that started the call, innermost frame first; empty if switched off.
   */
  public List<StackTraceElement> openingStack() {
    return opening.frames();
  }

  /** Returns the name of the thread that started the call. */
  public String thread() {
    return thread;
  }

  /**
   * Returns when the call was started, in nanoseconds on the recorder's clock ({@link
   * System#nanoTime} unless the recorder was given another). Only differences mean something.
   */
  public long startedAtNanos() {
    return log == null ? 0 : log.startNanos();
  }

  /** Returns the attempts in the order they were made; empty while none has been made. */
  public List<RecordedAttempt> attempts() {
    return attempts;
  }

  /**
   * Returns the events that were kept: the first ones and the last ones. {@link #droppedEvents()}
   * tells how many are missing between.
   */
  public List<StreamEvent> events() {
    return events;
  }

  /** Returns how many events the bounded log has dropped. */
  public long droppedEvents() {
    return droppedEvents;
  }

  /** Returns the exact number of events of a kind, dropped ones included. */
  public long count(Class<? extends StreamEvent> kind) {
    for (int i = 0; i < counts.length; i++) {
      if (EventKind.of(i).type() == kind) {
        return counts[i];
      }
    }
    throw new IllegalArgumentException(
        kind.getName() + " is not a kind of event; the kinds are the records in StreamEvent");
  }

  /** Returns whether the stream is open: none of the ways of release has happened. */
  public boolean isOpen() {
    return open;
  }

  /**
   * Returns the ways in which the stream was released, the deciding one first; empty while it is
   * open. They stand in the order they happened, picker Done last: it runs a moment before the
   * terminal status arrives.
   */
  public List<StreamRelease> releases() {
    return releases;
  }

  /** Returns why the stream is open, or empty if it is not. */
  public Optional<LeakCause> cause() {
    return open ? Optional.of(cause) : Optional.empty();
  }

  /** Returns the change that releases the stream, or empty if it is not open. */
  public Optional<Remedy> remedy() {
    return cause().map(why -> Remedy.of(this, why));
  }

  /**
   * Returns how far the call has come, in the words of a report: "half-closed, 1 outbound message,
   * 2 inbound messages of 2 requested, no terminal status".
   */
  public String state() {
    return LeakText.state(this);
  }

  /** Returns the status the application received in {@code onClose}, or null if it has not. */
  public @Nullable Status terminalStatus() {
    return terminalStatus;
  }

  /**
   * Returns whether {@code ManagedChannel.shutdownNow} ended this stream: by the status that gRPC
   * gives then ({@code ManagedChannelImpl.SHUTDOWN_NOW_STATUS}). It was open until then.
   */
  public boolean isEndedByShutdown() {
    return isShutdown(terminalStatus)
        || (terminalStatus == null
            && attempts.stream().anyMatch(attempt -> isShutdown(attempt.status())));
  }

  static boolean isShutdown(@Nullable Status status) {
    return status != null
        && status.getCode() == Status.Code.UNAVAILABLE
        && SHUTDOWN_NOW.equals(status.getDescription());
  }

  /** Returns the trailers that came with the terminal status, or null without one. */
  public @Nullable Metadata trailers() {
    return trailers;
  }

  /** Returns whether the application has half-closed. */
  public boolean isHalfClosed() {
    return halfClosed;
  }

  /** Returns how many messages the application has asked for. */
  public long requested() {
    return requested;
  }

  /** Returns whether the call, its Context or its service config set a deadline. */
  public boolean hasDeadline() {
    return hasDeadline;
  }

  /**
   * Returns the rules that this stream breaks as it stands, whatever their severity. Right after a
   * picker Done, a deadline or a cancel that may be one which the next moment mends: {@link
   * GrpcStreamRecorder#check} waits before it believes that.
   */
  public Set<StreamRule> brokenRules() {
    return brokenRules;
  }

  /**
   * Returns how the call was used against its contract, such as {@code a message after half-close};
   * empty if it was not. The first few are kept.
   */
  public List<String> misuses() {
    return misuses;
  }

  /**
   * Returns an exception that was met inside the recorder while it recorded this stream, or null.
   * What was recorded of such a stream may be incomplete.
   */
  public @Nullable Throwable recorderFault() {
    return fault;
  }

  /**
   * Returns the stream in the words of a report, one fact to a line: where it was opened, its
   * attempts, its state and its last events; and of an open stream also why it is open.
   */
  public String describe() {
    return LeakText.of(this);
  }

  long count(EventKind kind) {
    return counts[kind.index()];
  }

  OpeningStack opening() {
    return opening;
  }

  /** Returns method, type and state in one line. */
  @Override
  public String toString() {
    return fullMethodName()
        + " ("
        + methodType()
        + ") "
        + (open ? "open, " + cause : "released by " + releases);
  }
}
