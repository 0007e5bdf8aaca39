package io.github.streamleak.stream;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One client call with all its attempts, as it was when the snapshot was taken. Unary calls are
 * streams too; a call that was created and never started is not, since it holds no resources.
 *
 * <p>A snapshot is built once, whole, and never changes, while the call may go on. So all that it
 * says is true of one moment, and it can be judged, compared and reported later. It does not know
 * the live record of the call, but {@link #latest()} takes another snapshot. The price is a copy: a
 * snapshot is meant for checks and assertions, and not for a loop that waits for each event.
 */
public final class RecordedStream {

  private final long id;
  private final Coverage coverage;
  private final MethodDescriptor<?, ?> method;
  private final @Nullable String authority;
  private final OpeningStack opening;
  private final String whyCharged;
  private final String thread;
  private final long startedAtNanos;
  private final long ageNanos;
  private final List<RecordedAttempt> attempts;
  private final List<StreamEvent> events;
  private final Map<EventKind, Long> counts;
  private final long droppedEvents;
  private final List<String> holdingUp;
  private final List<StreamRelease> releases;
  private final boolean open;
  private final boolean abandoned;
  private final boolean awaited;
  private final LeakCause cause;
  private final @Nullable Status terminalStatus;
  private final @Nullable Metadata trailers;
  private final boolean halfClosed;
  private final long requested;
  private final long nanosToDeadline;
  private final boolean endedByShutdown;
  private final boolean unfinished;
  private final List<String> misuses;
  private final @Nullable RunningCallback running;
  private final @Nullable LateRelease lateRelease;
  private final int reconnects;
  private final @Nullable Throwable fault;
  private final Supplier<RecordedStream> latest;

  /**
   * Makes a snapshot.
   *
   * @param attempts a function for each attempt that makes it, given the stream it belongs to
   * @param whyCharged why the stream is charged to its owner; empty if that is evident
   * @param ageNanos the time since the call was started
   * @param cause why the stream is open, or was open when it was abandoned
   * @param nanosToDeadline the time until the deadline; Long.MAX_VALUE if there is none
   * @param latest takes another snapshot
   */
  RecordedStream(
      long id,
      Coverage coverage,
      MethodDescriptor<?, ?> method,
      @Nullable String authority,
      OpeningStack opening,
      String whyCharged,
      String thread,
      long startedAtNanos,
      long ageNanos,
      List<Function<RecordedStream, RecordedAttempt>> attempts,
      List<StreamEvent> events,
      Map<EventKind, Long> counts,
      long droppedEvents,
      List<String> holdingUp,
      List<StreamRelease> releases,
      boolean open,
      boolean abandoned,
      boolean awaited,
      LeakCause cause,
      @Nullable Status terminalStatus,
      @Nullable Metadata trailers,
      boolean halfClosed,
      long requested,
      long nanosToDeadline,
      boolean endedByShutdown,
      boolean unfinished,
      List<String> misuses,
      @Nullable RunningCallback running,
      @Nullable LateRelease lateRelease,
      int reconnects,
      @Nullable Throwable fault,
      Supplier<RecordedStream> latest) {
    this.id = id;
    this.coverage = coverage;
    this.method = method;
    this.authority = authority;
    this.opening = opening;
    this.whyCharged = whyCharged;
    this.thread = thread;
    this.startedAtNanos = startedAtNanos;
    this.ageNanos = ageNanos;
    this.attempts = attempts.stream().map(make -> make.apply(this)).toList();
    this.events = List.copyOf(events);
    this.counts = Map.copyOf(counts);
    this.droppedEvents = droppedEvents;
    this.holdingUp = List.copyOf(holdingUp);
    this.releases = List.copyOf(releases);
    this.open = open;
    this.abandoned = abandoned;
    this.awaited = awaited;
    this.cause = cause;
    this.terminalStatus = terminalStatus;
    this.trailers = Trailers.copy(trailers);
    this.halfClosed = halfClosed;
    this.requested = requested;
    this.nanosToDeadline = nanosToDeadline;
    this.endedByShutdown = endedByShutdown;
    this.unfinished = unfinished;
    this.misuses = List.copyOf(misuses);
    this.running = running;
    this.lateRelease = lateRelease;
    this.reconnects = reconnects;
    this.fault = fault;
    this.latest = latest;
  }

  /**
   * Makes an event. The method is in this class because the recorder, which calls it through a
   * method handle, cannot name {@link RecordedEvent}.
   */
  static StreamEvent event(
      EventKind kind,
      long sequence,
      long nanos,
      String thread,
      int attempt,
      long value,
      @Nullable Object... details) {
    return RecordedEvent.of(kind, sequence, nanos, thread, attempt, value, details);
  }

  /**
   * Returns the number of this stream among those of its recorder, from 1 in the order of start. It
   * stays the same from snapshot to snapshot.
   */
  public long id() {
    return id;
  }

  /** Returns a new snapshot of the same stream, as it stands now. */
  public RecordedStream latest() {
    return latest.get();
  }

  /** Returns how much of the stream was seen. */
  public Coverage coverage() {
    return coverage;
  }

  /** Returns the full method name, {@code package.Service/Method}. */
  public String fullMethodName() {
    return method.getFullMethodName();
  }

  /** Returns the method type. */
  public MethodType methodType() {
    return method.getType();
  }

  /**
   * Returns the authority of the call, or that of its channel if the call names none; null if
   * neither does.
   */
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
   * Returns the opening line in the form that an IDE and a terminal turn into a link, {@code
   * Class.method(File.java:41)}.
   */
  public Optional<String> openingLink() {
    return opening.link();
  }

  /**
   * Returns the calling line: the outermost user frame of the stack that started the call, such as
   * the line in the test. Empty if that is the opening line itself, or if opening stacks are
   * switched off.
   */
  public Optional<StackTraceElement> callingLine() {
    return opening.caller();
  }

  /**
   * Returns the whole stack that started the call, innermost frame first; empty if opening stacks
   * are switched off.
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
   * System#nanoTime} unless the recorder was given another). Only the difference of two such values
   * has a meaning.
   */
  public long startedAtNanos() {
    return startedAtNanos;
  }

  /**
   * Returns how long nothing had happened on the stream when this snapshot was taken, on the
   * recorder's clock.
   */
  public Duration quietFor() {
    Duration age = Duration.ofNanos(ageNanos);
    return events.isEmpty() ? age : age.minus(events.get(events.size() - 1).at().sinceStart());
  }

  /** Returns the attempts in the order they were made; empty while none has been made. */
  public List<RecordedAttempt> attempts() {
    return attempts;
  }

  /**
   * Returns the events that were kept: the first ones and the last ones, in the order they
   * happened. {@link #droppedEvents()} tells how many are missing between them.
   */
  public List<StreamEvent> events() {
    return events;
  }

  /** Returns how many events the bounded log has dropped. */
  public long droppedEvents() {
    return droppedEvents;
  }

  /**
   * Returns the open streams of the same recorder on the connection that keeps this one's request
   * back, in the words of a report: {@code acme.Market/Watch #1, opened at
   * acme.Watcher.start(Watcher.java:31)}. Empty unless this one waits for its transport.
   */
  public List<String> heldUpBy() {
    return holdingUp;
  }

  /**
   * Returns whether something of the server's has reached the application, but no attempt was seen
   * by which it came. That is so if the channel is not one of grpc-java, or if an interceptor
   * further in has made the call with other call options, and so without the recorder's tracer.
   */
  public boolean hasUnseenAttempts() {
    return attempts.isEmpty() && count(EventKind.HEADERS_RECEIVED) + count(EventKind.RECEIVED) > 0;
  }

  /** Returns the exact number of events of a kind, including those that the log has dropped. */
  public long count(EventKind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** Returns whether the stream is open: none of the ways of release has happened. */
  public boolean isOpen() {
    return open;
  }

  /**
   * Returns the ways in which the stream was released, the deciding one first; empty while it is
   * open. They are in the order in which they happened, except that picker Done is always last: it
   * runs a moment before the terminal status arrives, and would otherwise hide it.
   */
  public List<StreamRelease> releases() {
    return releases;
  }

  /**
   * Returns why the stream is open, or why it was open when it was {@linkplain #isAbandoned()
   * abandoned}; empty for all other streams.
   */
  public Optional<LeakCause> cause() {
    return open || abandoned ? Optional.of(cause) : Optional.empty();
  }

  /**
   * Returns whether the stream outlived the test that opened it, on a channel that lives longer,
   * and was then ended only by the shutdown of that channel. After that test the application
   * neither sent nor asked for anything on it, nor cancelled it. Such a stream is a leak.
   */
  public boolean isAbandoned() {
    return abandoned;
  }

  /**
   * Returns whether the stream is open and the application still waits for it: it has asked for
   * messages that the server may still send. Always false if only the transport's side was seen,
   * where nobody knows what was asked for.
   */
  public boolean isAwaited() {
    return awaited;
  }

  /**
   * Returns a sentence that says why the stream is charged to its test, class or run; empty where
   * that is evident.
   */
  public Optional<String> whyCharged() {
    return whyCharged.isEmpty() ? Optional.empty() : Optional.of(whyCharged);
  }

  /**
   * Returns how far the call has come, in the words of a report: "half-closed, 1 outbound message,
   * 2 inbound messages of 2 requested, no terminal status".
   */
  public String state() {
    return StreamText.state(this);
  }

  /**
   * Returns the status that the application received in {@code onClose}, or null if it has not
   * received one.
   */
  public @Nullable Status terminalStatus() {
    return terminalStatus;
  }

  /**
   * Returns whether {@code shutdownNow} of the channel, or of the server if the recorder sees that,
   * ended this stream, which was open until then. It is known by the status that gRPC then gives to
   * the streams of the channel ({@code ManagedChannelImpl.SHUTDOWN_NOW_STATUS}) and to the server's
   * side ({@code ServerImpl.shutdownNow}). False if a test's own code shut down and the application
   * received the status.
   */
  public boolean isEndedByShutdown() {
    return endedByShutdown;
  }

  /**
   * Returns whether an end is missing that arrives within a moment in a sound stream: the terminal
   * status after picker Done or a deadline, or the end of the attempts after a cancel.
   */
  public boolean isUnfinished() {
    return unfinished;
  }

  /**
   * Returns a copy of the trailers that came with the terminal status, or null if there is no
   * status yet.
   */
  public @Nullable Metadata trailers() {
    return Trailers.copy(trailers);
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
    return nanosToDeadline < Long.MAX_VALUE;
  }

  /**
   * Returns how long it was until the deadline when this snapshot was taken: zero if it had passed,
   * empty if the call has none.
   */
  public Optional<Duration> untilDeadline() {
    return hasDeadline() ? Optional.of(Duration.ofNanos(nanosToDeadline)) : Optional.empty();
  }

  /**
   * Returns how the call was used against its contract, such as {@code a message after half-close};
   * empty if it was not. Only the first few ways are kept.
   */
  public List<String> misuses() {
    return misuses;
  }

  /**
   * Returns the callback of the application that had not returned; empty if no thread was inside
   * one. A check waits within the grace period until it returns.
   */
  public Optional<RunningCallback> runningCallback() {
    return Optional.ofNullable(running);
  }

  /**
   * Returns the event of the first exception that the application's listener threw; empty if it
   * threw none, or if the event is not kept.
   */
  public Optional<StreamEvent.ListenerThrew> thrown() {
    return events.stream()
        .filter(StreamEvent.ListenerThrew.class::isInstance)
        .map(StreamEvent.ListenerThrew.class::cast)
        .findFirst();
  }

  /**
   * Returns what the application did first on this stream after a check had found it open; empty if
   * it did nothing, or no check has. Ask {@link #latest()} to learn what has happened since.
   */
  public Optional<LateRelease> lateRelease() {
    return Optional.ofNullable(lateRelease);
  }

  /**
   * Returns how many calls the application has started in answer to the release of this stream
   * after a check. They are not recorded.
   */
  public int reconnects() {
    return reconnects;
  }

  /**
   * Returns what has come of the stream since a check found it open, in the words of a report:
   * "released 340 ms after the verdict by cancel; reconnected 3 times after the release". Empty if
   * the application has done nothing. Ask {@link #latest()} to learn what has happened since.
   */
  public Optional<String> afterwards() {
    String reconnected =
        reconnects == 0
            ? ""
            : "reconnected "
                + (reconnects == 1 ? "once" : reconnects + " times")
                + " after the release";
    if (lateRelease == null) {
      return reconnected.isEmpty() ? Optional.empty() : Optional.of(reconnected);
    }
    return Optional.of(lateRelease.describe() + (reconnected.isEmpty() ? "" : "; " + reconnected));
  }

  /**
   * Returns an exception that was thrown inside the recorder while it recorded this stream, or
   * null. The record of such a stream may be incomplete.
   */
  public @Nullable Throwable recorderFault() {
    return fault;
  }

  /** Returns the method, its type and the kind of stub in one line, as the head of a report. */
  public String title() {
    return StreamText.title(this);
  }

  /**
   * Returns the facts of the stream in the words of a report, one to a line: where it was opened,
   * its attempts, its state and its last events.
   */
  public String details() {
    return StreamText.details(this);
  }

  /**
   * Returns {@link #title()} and {@link #details()}. If the stream has a {@link #cause()}, also
   * returns why it is open and which end owes the next step.
   */
  public String describe() {
    return StreamText.of(this);
  }

  /** Returns the stack that started the call. */
  public OpeningStack opening() {
    return opening;
  }

  /** Returns the method, its type and whether the stream is open in one line. */
  @Override
  public String toString() {
    return fullMethodName()
        + " ("
        + methodType()
        + ") "
        + (open ? "open, " + cause : "released by " + releases);
  }
}
