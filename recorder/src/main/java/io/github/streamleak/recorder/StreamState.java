package io.github.streamleak.recorder;

import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.StreamRelease;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What has become of one stream: the fold of its events, and whether it is open.
 *
 * <p>Asking is then the same work after ten events and after ten million, and the log may drop its
 * middle. The fold is pure: it has no clock, wakes nobody and calls nothing outside, so that any
 * sequence of events can be tried on it. What the state means is for {@link Diagnosis} to say.
 * Mutable, and its own lock: the {@link StreamLog} that owns it takes it around everything.
 */
final class StreamState extends StreamThreads {

  private static final int MOST_MISUSES = 4;

  private static final String SHUTDOWN_NOW = "Channel shutdownNow invoked";

  /** By name: grpc-inprocess need not be there. */
  private static final String IN_PROCESS_ADDRESS = "io.grpc.inprocess.InProcessSocketAddress";

  /** Most streams are released in one way: they share the list of it. */
  private static final Map<StreamRelease, List<StreamRelease>> ALONE = alone();

  final MethodDescriptor<?, ?> method;
  final Coverage coverage;

  List<AttemptLog> attempts = List.of();

  /** Releases in the order they came, apart from picker Done, which {@link #pickerDone} holds. */
  List<StreamRelease> releases = List.of();

  private @Nullable Deadline deadline;
  EventNote.@Nullable Terminal terminal;
  @Nullable RetryPolicy retryPolicy;
  boolean started;
  boolean startFailed;
  boolean halfClosed;
  boolean headersReceived;
  boolean pickerDone;
  boolean threw;
  boolean endedByShutdown;
  boolean open;

  /** What is not a blocking iterator may count what it asks for by itself. */
  boolean isNoIterator;

  /** How the call was used against its contract; empty while it was not. */
  List<String> misuses = List.of();

  /** All attempts are closed; if another one follows, gRPC is about to make it. */
  boolean betweenAttempts;

  /** It has lasted too long for another attempt to follow. */
  private boolean concluded;

  long requested;
  long sent;
  long received;
  private int openAttempts;

  StreamState(MethodDescriptor<?, ?> method, Coverage coverage) {
    this.method = method;
    this.coverage = coverage;
  }

  private static Map<StreamRelease, List<StreamRelease>> alone() {
    Map<StreamRelease, List<StreamRelease>> alone = new EnumMap<>(StreamRelease.class);
    for (StreamRelease release : StreamRelease.values()) {
      alone.put(release, List.of(release));
    }
    return alone;
  }

  // ---- the fold ----

  /** Another deadline holds for the call: the earlier one is the effective one. */
  void limit(@Nullable Deadline another) {
    if (deadline == null || (another != null && another.isBefore(deadline))) {
      deadline = another;
    }
  }

  /** Returns whether it is known to have no deadline. */
  boolean lacksDeadline() {
    return coverage == Coverage.WHOLE && !hasDeadline();
  }

  /** Returns how often the application has asked for a message, or sent one. */
  long actions() {
    return requested + sent;
  }

  /**
   * Returns whether only a shutdown ended the stream. What a test shuts down itself, and whose
   * status reaches the application while the test runs, is what that test tries.
   */
  boolean wasEndedByShutdown() {
    return endedByShutdown && !(terminal != null && terminal.inTest());
  }

  /** Returns whether the deadline has passed while the stream was open. */
  boolean isPastDeadline() {
    return open && deadline != null && deadline.isExpired();
  }

  boolean hasDeadline() {
    return deadline != null;
  }

  /** Returns the time until the deadline, or Long.MAX_VALUE without one. */
  long nanosToDeadline() {
    return deadline == null
        ? Long.MAX_VALUE
        : Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
  }

  /** Returns a number that grows whenever the client asks, sends or half-closes. */
  long acts() {
    return requested + sent + (halfClosed ? 1 : 0);
  }

  void start() {
    started = true;
    open = true;
  }

  /**
   * Folds a message, or a request for some, and returns the number that the event bears. Opens and
   * releases nothing.
   */
  long tally(EventKind kind, @Nullable AttemptLog attempt, long value) {
    switch (kind) {
      case REQUESTED -> {
        requested += value;
        if (!method.getType().serverSendsOneMessage()) {
          ask();
        }
      }
      case SENT -> {
        return sent++;
      }
      case RECEIVED -> {
        if (terminal != null) {
          misused("a message after the status");
        }
        return received++;
      }
      case ATTEMPT_SENT -> Objects.requireNonNull(attempt).sent++;
      default -> Objects.requireNonNull(attempt).received++;
    }
    return value;
  }

  /**
   * Folds any other event. Returns whether {@link #update} has work to do: whether it can open or
   * release the stream, or be a sign of neglect.
   */
  boolean fold(EventKind kind, @Nullable AttemptLog attempt, @Nullable Object payload) {
    switch (kind) {
      case HALF_CLOSED -> halfClosed = true;
      case CANCELLED -> {
        add(StreamRelease.CANCELLED);
        return true;
      }
      case DEADLINE_PASSED -> {
        add(StreamRelease.DEADLINE);
        return true;
      }
      case HEADERS_RECEIVED -> {
        headersReceived = true;
        if (terminal != null) {
          misused("headers after the status");
          return true;
        }
      }
      case TERMINATED -> {
        if (terminal != null) {
          misused("a second terminal status");
        }
        terminal = (EventNote.Terminal) Objects.requireNonNull(payload);
        endedByShutdown |= isShutdown(terminal.status());
        return true;
      }
      case LISTENER_THREW -> {
        threw = true;
        if (!((EventNote.Thrown) Objects.requireNonNull(payload))
            .callback()
            .equals(Callback.ON_CLOSE.text())) {
          // gRPC answers with a cancel of its own (ClientCallImpl.exceptionThrown).
          add(StreamRelease.CANCELLED);
        }
        return true;
      }
      default -> {
        return attempt != null && foldInto(attempt, kind, payload);
      }
    }
    return false;
  }

  private boolean foldInto(AttemptLog attempt, EventKind kind, @Nullable Object payload) {
    switch (kind) {
      case ATTEMPT_STARTED -> {
        attempts = and(attempts, attempt);
        openAttempts++;
        concluded = false;
        // One on another server takes its place.
        endedByShutdown = false;
        return true;
      }
      case PICKED -> attempt.pick = (Pick) payload;
      case TRANSPORT_STREAM_CREATED -> {
        attempt.streamCreated = true;
        attempt.remoteAddress = (SocketAddress) payload;
        attempt.inProcess =
            payload != null && payload.getClass().getName().equals(IN_PROCESS_ADDRESS);
      }
      case ATTEMPT_HEADERS_RECEIVED -> attempt.headersReceived = true;
      case TRAILERS_RECEIVED -> {
        attempt.serverClosed = true;
        attempt.retryForbidden = payload != null;
      }
      case ATTEMPT_CLOSED -> {
        boolean wasClosed = attempt.isClosed();
        attempt.status = (Status) payload;
        endedByShutdown |=
            terminal == null
                && (isShutdown(attempt.status)
                    || (attempt.closedByServerShutdown
                        && !releases.contains(StreamRelease.CANCELLED)));
        return closedNow(attempt, wasClosed);
      }
      case PICKER_DONE -> {
        boolean wasClosed = attempt.isClosed();
        attempt.pickerStatus = (Status) payload;
        return closedNow(attempt, wasClosed);
      }
      default -> {
        // Nothing of an attempt's own.
      }
    }
    return false;
  }

  private boolean closedNow(AttemptLog attempt, boolean wasClosed) {
    if (wasClosed || !attempt.isClosed()) {
      return false;
    }
    attempt.headers = null;
    openAttempts--;
    return true;
  }

  /** The call was used against its contract. Only the first few ways are kept. */
  void misused(String how) {
    if (misuses.size() < MOST_MISUSES && !misuses.contains(how)) {
      misuses = and(misuses, how);
    }
  }

  /** By the status that gRPC gives then ({@code ManagedChannelImpl.SHUTDOWN_NOW_STATUS}). */
  private static boolean isShutdown(@Nullable Status status) {
    return status != null
        && status.getCode() == Status.Code.UNAVAILABLE
        && SHUTDOWN_NOW.equals(status.getDescription());
  }

  private void add(StreamRelease release) {
    if (releases.isEmpty()) {
      releases = Objects.requireNonNull(ALONE.get(release));
    } else if (!releases.contains(release)) {
      releases = and(releases, release);
    }
  }

  /** For lists that nearly always have one element. */
  private static <T> List<T> and(List<T> list, T more) {
    if (list.isEmpty()) {
      return List.of(more);
    }
    List<T> longer = new ArrayList<>(list);
    longer.add(more);
    return List.copyOf(longer);
  }

  // ---- open or not ----

  /** Works out anew whether the stream is open, from all that was folded in. */
  void update() {
    boolean allClosed = openAttempts == 0;
    // Done is final only if no attempt can follow.
    AttemptOutlook outlook =
        attempts.isEmpty() || !allClosed || terminal != null || coverage == Coverage.TRANSPORT_ONLY
            ? AttemptOutlook.NONE
            : AttemptOutlook.of(attempts, retryPolicy);
    betweenAttempts = outlook == AttemptOutlook.AT_ONCE && !concluded;
    pickerDone =
        !attempts.isEmpty() && allClosed && outlook != AttemptOutlook.LATER && !betweenAttempts;
    if (terminal != null && !isHolding()) {
      add(StreamRelease.TERMINAL_STATUS);
    }
    open = started && !isStartFailed() && !pickerDone && releases.isEmpty();
  }

  /** Counts Done as final: no further attempt has followed in good time. */
  void conclude() {
    concluded = true;
    update();
  }

  /** The start threw. One that threw above a call that runs holds what that call holds. */
  boolean isStartFailed() {
    return startFailed && openAttempts == 0;
  }

  /**
   * Returns whether an attempt holds anything. One that waits for the end of a retry's back-off has
   * a tracer and nothing else; when the call ends in the meantime, gRPC never closes that tracer.
   */
  boolean isHolding() {
    return openAttempts > 0
        && attempts.stream()
            .anyMatch(attempt -> !attempt.isClosed() && !attempt.isWaitingToRetry());
  }

  /** Returns whether nothing of the call can be needed any more. */
  boolean isOver() {
    return isStartFailed() || (terminal != null && !isHolding());
  }

  /** Returns the attempt that has these headers; failing that, the last one; null for none. */
  @Nullable AttemptLog attemptWith(Metadata headers) {
    for (int i = attempts.size() - 1; i >= 0; i--) {
      if (attempts.get(i).headers == headers) {
        return attempts.get(i);
      }
    }
    // Something between the tracer and the picker has copied the headers.
    return attempts.isEmpty() ? null : attempts.get(attempts.size() - 1);
  }

  /** Returns the ways of release in the order they count. */
  List<StreamRelease> allReleases() {
    List<StreamRelease> ways = new ArrayList<>(releases);
    if (pickerDone) {
      // Done runs a moment before the terminal status arrives, and would hide what the
      // application did and got.
      ways.add(StreamRelease.PICKER_DONE);
    }
    return ways;
  }
}
