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
 * The state of one stream, which is folded from its events: what has happened so far, and whether
 * the stream is open.
 *
 * <p>Because of the fold, asking costs the same after ten events and after ten million, and the log
 * may drop the events in its middle. The fold is pure: it has no clock, wakes nobody and calls
 * nothing outside, so that a test can try any sequence of events on it. What the state means is the
 * business of {@link Diagnosis}.
 *
 * <p>The state is mutable and is its own lock, which the {@link StreamLog} that owns it takes
 * around every use. An immutable state could be read without a lock, but would allocate for each
 * message.
 */
final class StreamState extends StreamThreads {

  private static final int MOST_MISUSES = 4;

  private static final String SHUTDOWN_NOW = "Channel shutdownNow invoked";

  /** The class is compared by name, since grpc-inprocess may not be on the class path. */
  private static final String IN_PROCESS_ADDRESS = "io.grpc.inprocess.InProcessSocketAddress";

  /** The list for each single release. Most streams are released in one way, and share these. */
  private static final Map<StreamRelease, List<StreamRelease>> ALONE = alone();

  final MethodDescriptor<?, ?> method;
  final Coverage coverage;

  List<AttemptLog> attempts = List.of();

  /**
   * The releases in the order they came, without picker Done, for which see {@link #pickerDone}.
   */
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

  /** Whether the call is known not to be a blocking iterator, which one of the rules is about. */
  boolean isNoIterator;

  /** Set when a check finds the stream open; read without the lock. */
  volatile @Nullable Aftermath after;

  /** How the call was used against its contract; empty while it was not. */
  List<String> misuses = List.of();

  /** Whether all attempts are closed, but gRPC may be about to make another one. */
  boolean betweenAttempts;

  /** Whether that has lasted so long that no other attempt will follow. */
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

  /** Adds a deadline of the call. The earliest of them is the effective one. */
  void limit(@Nullable Deadline another) {
    if (deadline == null || (another != null && another.isBefore(deadline))) {
      deadline = another;
    }
  }

  /** Takes a cancel or a deadline back that was not the call's own. */
  void isNotReleasedFromOutside() {
    releases =
        releases.stream()
            .filter(each -> each != StreamRelease.CANCELLED && each != StreamRelease.DEADLINE)
            .toList();
  }

  /** Replaces the deadlines that were added by the earlier of these two. */
  void limitTo(@Nullable Deadline one, @Nullable Deadline other) {
    deadline = one;
    limit(other);
  }

  /** Returns whether the call is known to have no deadline. */
  boolean lacksDeadline() {
    return coverage == Coverage.WHOLE && !hasDeadline();
  }

  /** Returns how many messages the application has asked for and sent. */
  long actions() {
    return requested + sent;
  }

  /**
   * Returns whether only a shutdown ended the stream. It does not count if a test's own code shuts
   * down and the status reaches the application while that code runs: then the test is about the
   * shutdown.
   */
  boolean wasEndedByShutdown() {
    return endedByShutdown && !(terminal != null && terminal.inTest());
  }

  /** Returns whether the deadline has passed while the stream was open. */
  boolean isPastDeadline() {
    return open && deadline != null && deadline.isExpired();
  }

  /** Returns the time since the deadline passed; 0 if it has not. */
  long nanosPastDeadline() {
    return deadline == null ? 0 : Math.max(0, -deadline.timeRemaining(TimeUnit.NANOSECONDS));
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

  /**
   * The application has done what may release the stream: late, if a check has found it open.
   * Without the lock.
   */
  void acted(EventKind act, @Nullable Throwable cause) {
    Aftermath judged = after;
    if (judged != null && (act != EventKind.REQUESTED || !isInsideHere())) {
      judged.acted(act, cause);
    }
  }

  /** Returns a number that grows whenever the client asks for messages, sends or half-closes. */
  long acts() {
    return requested + sent + (halfClosed ? 1 : 0);
  }

  void start() {
    started = true;
    open = true;
  }

  /**
   * Folds a message, or a request for messages, and returns the number of that event. This never
   * opens or releases the stream.
   *
   * @param sinceStart when it happened, in nanoseconds since the start of the stream
   */
  long tally(EventKind kind, @Nullable AttemptLog attempt, long value, long sinceStart) {
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
        enter(Callback.ON_MESSAGE, sinceStart);
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
   * Folds any other event. Returns whether {@link #update} has to be called, because the event may
   * open or release the stream, or make it a suspect of the rules.
   *
   * @param sinceStart when it happened, in nanoseconds since the start of the stream
   */
  boolean fold(
      EventKind kind, @Nullable AttemptLog attempt, @Nullable Object payload, long sinceStart) {
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
        enter(Callback.ON_HEADERS, sinceStart);
        headersReceived = true;
        if (terminal != null) {
          misused("headers after the status");
          return true;
        }
      }
      case TERMINATED -> {
        enter(Callback.ON_CLOSE, sinceStart);
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
        // The new attempt goes to another server, so the shutdown of the first one ends nothing.
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
      case ATTEMPT_HEADERS_SENT -> attempt.headersSent = true;
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
        // Other events change nothing about an attempt.
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

  /** Notes that the call was used against its contract. Only the first few ways are kept. */
  void misused(String how) {
    if (misuses.size() < MOST_MISUSES && !misuses.contains(how)) {
      misuses = and(misuses, how);
    }
  }

  /**
   * Returns whether {@code status} is the one that gRPC gives to streams which {@code shutdownNow}
   * of a channel ends ({@code ManagedChannelImpl.SHUTDOWN_NOW_STATUS}).
   */
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

  /** Returns {@code list} with one more element. Meant for lists that mostly have only one. */
  private static <T> List<T> and(List<T> list, T more) {
    if (list.isEmpty()) {
      return List.of(more);
    }
    List<T> longer = new ArrayList<>(list);
    longer.add(more);
    return List.copyOf(longer);
  }

  // ---- open or not ----

  /** Works out from everything that was folded whether the stream is open. */
  void update() {
    boolean allClosed = openAttempts == 0;
    // Picker Done is final only if no further attempt can follow.
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

  /** Counts picker Done as final, since no further attempt has followed in the time it had. */
  void conclude() {
    concluded = true;
    update();
  }

  /**
   * Returns whether the call was never really started, because {@code start} threw. If an
   * interceptor threw after the call below it had started, the attempts of that call are open, and
   * this is false.
   */
  boolean isStartFailed() {
    return startFailed && openAttempts == 0;
  }

  /**
   * Returns whether an attempt holds any resources. A retry that waits for the end of its back-off
   * has a tracer and nothing else, and if the call ends meanwhile, gRPC never closes that tracer.
   */
  boolean isHolding() {
    return openAttempts > 0
        && attempts.stream()
            .anyMatch(attempt -> !attempt.isClosed() && !attempt.isWaitingToRetry());
  }

  /** Returns whether nothing more can happen on the call, so that it need not be kept. */
  boolean isOver() {
    return isStartFailed() || (terminal != null && !isHolding());
  }

  /**
   * Returns the attempt that has these headers, or else the last one; null if there is no attempt.
   */
  @Nullable AttemptLog attemptWith(Metadata headers) {
    for (int i = attempts.size() - 1; i >= 0; i--) {
      if (attempts.get(i).headers == headers) {
        return attempts.get(i);
      }
    }
    // No attempt has this object: something between the tracer and the picker has copied the
    // headers.
    return attempts.isEmpty() ? null : attempts.get(attempts.size() - 1);
  }

  /** Returns the way of release that counts, of a stream that is not open. */
  StreamRelease decidingRelease() {
    return releases.isEmpty() ? StreamRelease.PICKER_DONE : releases.get(0);
  }

  /** Returns the ways of release, the deciding one first. */
  List<StreamRelease> allReleases() {
    List<StreamRelease> ways = new ArrayList<>(releases);
    if (pickerDone) {
      // Picker Done runs a moment before the terminal status arrives. If it came first, it would
      // always decide, and hide what the application did and received.
      ways.add(StreamRelease.PICKER_DONE);
    }
    return ways;
  }
}
