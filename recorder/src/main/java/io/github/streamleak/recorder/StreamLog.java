package io.github.streamleak.recorder;

import io.github.streamleak.recorder.EventKind.CancelNote;
import io.github.streamleak.recorder.EventKind.TerminalNote;
import io.github.streamleak.recorder.EventKind.ThrownNote;
import io.github.streamleak.recorder.StreamEvent.Canceller;
import io.github.streamleak.recorder.StreamEvent.Pick;
import io.github.streamleak.recorder.StreamEvent.Retry;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.ClientStreamTracer.StreamInfo;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The live record of one stream: what the three hooks write and the judge reads.
 *
 * <p>Every hook ends in {@link #record}, which appends the event and folds it into the state under
 * one lock, so that the order in the log is the order in which the state changed. Nothing here
 * calls gRPC or the application while it holds the lock, and nothing thrown here leaves a hook.
 *
 * <p>It is the tracer factory of its call, too: so the call options, which reach the picker, name
 * the stream of a pick, and no second option has to be copied into them.
 */
final class StreamLog extends ClientStreamTracer.Factory implements Context.CancellationListener {

  private final BriefLock lock = new BriefLock();
  private final GrpcStreamRecorder recorder;
  private final MethodDescriptor<?, ?> method;
  private final @Nullable String authority;
  private final RecordedSides sides;

  private final EventLog events;

  /** The channel that the call was made on, if it was built for the recorder. */
  private final @Nullable BuiltChannel channel;

  // Written once in started(), before the log is published to the recorder.
  private long startNanos;
  private @Nullable Throwable opening;
  private String thread = "";

  // State, folded from the events; guarded by lock.
  private List<AttemptLog> attempts = List.of();

  /** Releases in the order they came, apart from picker Done, which {@link #pickerDone} holds. */
  private List<StreamRelease> releases = List.of();

  private @Nullable ClientCall<?, ?> call;
  private @Nullable Context context;
  private @Nullable Deadline deadline;
  private @Nullable TerminalNote terminal;

  /** Of the last attempt, until one fails; they print the policy that may call for another. */
  private @Nullable CallOptions attemptOptions;

  private AttemptOutlook.@Nullable Policy policy;
  private @Nullable Throwable fault;
  private boolean started;
  private boolean startFailed;
  private boolean halfClosed;
  private boolean pickerDone;
  private boolean threw;
  private boolean endedByShutdown;

  /** How the call was used against its contract; null while it was not. */
  private @Nullable List<String> misuses;

  /** All attempts are closed; if another one follows, gRPC is about to make it. */
  private boolean betweenAttempts;

  /** When the state last changed, by the time since the start. */
  private long lastChange;

  /** It has lasted too long for another attempt to follow. */
  private boolean concluded;

  private long requested;
  private int openAttempts;
  private boolean open;

  /** Read without the lock by the listener: what arrives after a release is for nobody. */
  private volatile boolean draining;

  // The book's: in which of its lists this stream is, and between which others; and which stream
  // was started next. Here, since an entry of a set would take more room than all of an attempt.
  StreamBook.@Nullable Streams list;
  @Nullable StreamLog before;
  @Nullable StreamLog after;
  @Nullable StreamLog startedNext;

  StreamLog(
      GrpcStreamRecorder recorder,
      MethodDescriptor<?, ?> method,
      CallOptions options,
      @Nullable String authority,
      int keptAtEachEnd) {
    this(recorder, method, options, authority, keptAtEachEnd, RecordedSides.ALL, null);
  }

  StreamLog(
      GrpcStreamRecorder recorder,
      MethodDescriptor<?, ?> method,
      CallOptions options,
      @Nullable String authority,
      int keptAtEachEnd,
      RecordedSides sides,
      @Nullable BuiltChannel channel) {
    this.recorder = recorder;
    this.sides = sides;
    this.method = method;
    this.authority = options.getAuthority() != null ? options.getAuthority() : authority;
    this.channel = channel;
    this.events = new EventLog(keptAtEachEnd);
    // gRPC keeps the Context that is current when the call is made, not when it is started
    // (ClientCallImpl's constructor).
    Context made = Context.current();
    this.context = made;
    this.deadline = earlier(options.getDeadline(), made.getDeadline());
  }

  // ---- what the interceptor sees ----

  /** Returns false if the call had been started before. */
  boolean started(@Nullable ClientCall<?, ?> call, @Nullable Throwable opening) {
    try {
      Context calls;
      lock.lock();
      try {
        if (started) {
          return false;
        }
        started = true;
        open = true;
        this.call = call;
        calls = context;
        this.opening = opening;
        this.thread = Thread.currentThread().getName();
        this.startNanos = recorder.nanoTime();
        events.add(EventKind.STARTED, 0, 0, null, 0);
        // Under the lock: a cancel from another thread must find the stream in the book.
        recorder.book().started(this);
      } finally {
        lock.unlock();
      }
      FlightRecorder.started(method.getFullMethodName());
      // An interceptor never sees a cancel that comes through the Context: ClientCallImpl acts on
      // the transport's stream itself. A context that is cancelled already calls back at once.
      if (calls != null) {
        calls.addListener(this, Runnable::run);
      }
    } catch (Throwable t) {
      faulty(t);
    }
    return true;
  }

  /** The call exists, and waits to be started. */
  void created(@Nullable Throwable where) {
    try {
      lock.lock();
      try {
        opening = where;
        thread = Thread.currentThread().getName();
        recorder.book().created(this);
      } finally {
        lock.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  /** The call was used against its contract. Only the first few are kept. */
  void misused(String how) {
    try {
      lock.lock();
      try {
        noteMisuse(how);
      } finally {
        lock.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  private void noteMisuse(String how) {
    if (misuses == null) {
      misuses = new ArrayList<>(1);
    }
    if (misuses.size() < MOST_MISUSES && !misuses.contains(how)) {
      misuses.add(how);
    }
    recorder.book().settled(this, open, isSuspect());
  }

  /** Safe to read without the lock: written before the log is published. */
  long startNanos() {
    return startNanos;
  }

  /** The call threw out of {@code start}: it holds nothing. */
  void startFailed() {
    try {
      lock.lock();
      try {
        startFailed = true;
        settle();
      } finally {
        lock.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  void requested(int count) {
    if (count < 0) {
      return; // gRPC refuses it
    }
    tally(EventKind.REQUESTED, null, count);
  }

  void sent() {
    tally(EventKind.SENT, null, 0);
  }

  void halfClosed() {
    record(EventKind.HALF_CLOSED, null, 0, null);
  }

  void cancelled(Canceller by, @Nullable String message, @Nullable Throwable cause) {
    record(EventKind.CANCELLED, null, 0, new CancelNote(by, message, cause));
  }

  void headersReceived() {
    record(EventKind.HEADERS_RECEIVED, null, 0, null);
  }

  void received() {
    tally(EventKind.RECEIVED, null, 0);
  }

  void terminated(Status status, Metadata trailers) {
    Context calls = null;
    try {
      lock.lock();
      try {
        calls = context;
        context = null;
        append(EventKind.TERMINATED, null, 0, new TerminalNote(status, trailers));
      } finally {
        lock.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
    if (calls != null) {
      calls.removeListener(this);
    }
  }

  void listenerThrew(String callback, Throwable thrown) {
    record(EventKind.LISTENER_THREW, null, 0, new ThrownNote(callback, thrown));
  }

  // gRPC refuses what comes too late with an IllegalStateException (ClientCallImpl); an interceptor
  // may throw the same for reasons of its own.

  void refusedMessage() {
    refused("a message", count(EventKind.HALF_CLOSED) > 0);
  }

  void refusedHalfClose() {
    refused("a half-close", count(EventKind.HALF_CLOSED) > 1);
  }

  private void refused(String what, boolean afterHalfClose) {
    if (afterHalfClose) {
      misused(what + " after half-close");
    } else if (count(EventKind.CANCELLED) > 0) {
      misused(what + " after cancel");
    }
  }

  private long count(EventKind kind) {
    lock.lock();
    try {
      return events.count(kind);
    } finally {
      lock.unlock();
    }
  }

  boolean isDraining() {
    return draining;
  }

  @Override
  public void cancelled(Context context) {
    Throwable cause = context.cancellationCause();
    Deadline contextDeadline = context.getDeadline();
    if (cause instanceof TimeoutException
        && contextDeadline != null
        && contextDeadline.isExpired()) {
      record(EventKind.DEADLINE_PASSED, null, 0, null);
    } else {
      cancelled(Canceller.CONTEXT, null, cause);
    }
  }

  // ---- what the tracer of an attempt sees ----

  /** Makes a tracer for each attempt of the stream. */
  @Override
  public ClientStreamTracer newClientStreamTracer(StreamInfo info, Metadata headers) {
    AttemptLog attempt = attemptStarted(info, headers);
    return attempt == null ? NO_TRACER : attempt;
  }

  @Nullable AttemptLog attemptStarted(StreamInfo info, Metadata headers) {
    try {
      Retry retry = retry(info);
      lock.lock();
      try {
        // The method's timeout from the service config is applied below any interceptor.
        deadline = earlier(deadline, info.getCallOptions().getDeadline());
        attemptOptions = info.getCallOptions();
        AttemptLog attempt = new AttemptLog(this, attempts.size() + 1, retry, headers);
        attempts = and(attempts, attempt);
        append(EventKind.ATTEMPT_STARTED, attempt, 0, retry);
        return attempt;
      } finally {
        lock.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
      return null;
    }
  }

  void attemptSent(AttemptLog attempt, int number) {
    tally(EventKind.ATTEMPT_SENT, attempt, number);
  }

  void attemptReceived(AttemptLog attempt, int number) {
    tally(EventKind.ATTEMPT_RECEIVED, attempt, number);
  }

  private static Retry retry(StreamInfo info) {
    if (info.isTransparentRetry()) {
      return Retry.TRANSPARENT;
    }
    if (info.getPreviousAttempts() == 0) {
      return Retry.FIRST;
    }
    return info.isHedging() ? Retry.HEDGE : Retry.RETRY;
  }

  // ---- what the picker sees ----

  /** Records a pick, and returns the attempt it was made for if the pick needs a tracer. */
  @Nullable AttemptLog picked(Metadata headers, Pick pick) {
    AttemptLog attempt = null;
    try {
      lock.lock();
      try {
        attempt = attemptWith(headers);
        append(EventKind.PICKED, attempt, 0, pick);
      } finally {
        lock.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
    return attempt;
  }

  private @Nullable AttemptLog attemptWith(Metadata headers) {
    for (int i = attempts.size() - 1; i >= 0; i--) {
      if (attempts.get(i).headers == headers) {
        return attempts.get(i);
      }
    }
    // Something between the tracer and the picker has copied the headers.
    return attempts.isEmpty() ? null : attempts.get(attempts.size() - 1);
  }

  /** Returns the channel that the call was made on, or null if it is not the recorder's to know. */
  @Nullable BuiltChannel channel() {
    return channel;
  }

  GrpcStreamRecorder recorder() {
    return recorder;
  }

  /** Returns whether somebody records the call that has these options. */
  static boolean isIn(CallOptions options) {
    for (ClientStreamTracer.Factory factory : options.getStreamTracerFactories()) {
      if (factory instanceof StreamLog) {
        return true;
      }
    }
    return false;
  }

  static boolean isIn(CallOptions options, GrpcStreamRecorder recorder) {
    for (ClientStreamTracer.Factory factory : options.getStreamTracerFactories()) {
      if (factory instanceof StreamLog log && log.recorder == recorder) {
        return true;
      }
    }
    return false;
  }

  static final String ON_CLOSE = "onClose";

  /** By name: grpc-inprocess need not be there. */
  private static final String IN_PROCESS_ADDRESS = "io.grpc.inprocess.InProcessSocketAddress";

  // ---- the one way into the log ----

  private static final int MOST_MISUSES = 4;

  private static final ClientStreamTracer NO_TRACER = new ClientStreamTracer() {};

  /**
   * Records an event of a message, which changes nothing but counts: what happens a million times
   * goes by the shortest way. Never throws.
   */
  private void tally(EventKind kind, @Nullable AttemptLog attempt, long value) {
    try {
      lock.lock();
      try {
        if (!started) {
          return; // A call that was touched before it was started holds nothing.
        }
        long sinceStart = recorder.nanoTime() - startNanos;
        long number = value;
        switch (kind) {
          case REQUESTED -> requested += value;
          case SENT -> number = events.sent();
          case RECEIVED -> number = events.received();
          case ATTEMPT_SENT -> Objects.requireNonNull(attempt).sent++;
          default -> Objects.requireNonNull(attempt).received++;
        }
        events.add(kind, attempt == null ? 0 : attempt.number, number, null, sinceStart);
        if (kind == EventKind.RECEIVED && terminal != null) {
          noteMisuse("a message after the status");
        }
      } finally {
        lock.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  /** Records an event and whatever it changes. Never throws. */
  void record(EventKind kind, @Nullable AttemptLog attempt, long value, @Nullable Object payload) {
    try {
      if (kind == EventKind.ATTEMPT_CLOSED) {
        readPolicy((Status) Objects.requireNonNull(payload));
      }
      lock.lock();
      try {
        append(kind, attempt, value, payload);
      } finally {
        lock.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  private void append(
      EventKind kind, @Nullable AttemptLog attempt, long value, @Nullable Object payload) {
    if (!started) {
      // A call that was cancelled or touched before it was started holds nothing.
      if (kind == EventKind.CANCELLED) {
        recorder.book().notToBeStarted(this);
      }
      return;
    }
    long sinceStart = recorder.nanoTime() - startNanos;
    noteDeadline(sinceStart);
    if (kind == EventKind.DEADLINE_PASSED && !open) {
      return;
    }
    events.add(kind, attempt == null ? 0 : attempt.number, value, payload, sinceStart);
    boolean mayRelease = apply(kind, attempt, payload);
    if (mayRelease) {
      lastChange = sinceStart;
      settle();
    }
  }

  /** Folds an event into the state, and returns whether it can open or release the stream. */
  private boolean apply(EventKind kind, @Nullable AttemptLog attempt, @Nullable Object payload) {
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
        if (terminal != null) {
          noteMisuse("headers after the status");
        }
      }
      case TERMINATED -> {
        if (terminal != null) {
          noteMisuse("a second terminal status");
        }
        terminal = (TerminalNote) Objects.requireNonNull(payload);
        endedByShutdown |= RecordedStream.isShutdown(terminal.status());
        return true;
      }
      case LISTENER_THREW -> {
        threw = true;
        if (!((ThrownNote) Objects.requireNonNull(payload)).callback().equals(ON_CLOSE)) {
          // gRPC answers with a cancel of its own (ClientCallImpl.exceptionThrown).
          add(StreamRelease.CANCELLED);
        }
        return true;
      }
      default -> {
        return attempt != null && applyTo(attempt, kind, payload);
      }
    }
    return false;
  }

  private boolean applyTo(AttemptLog attempt, EventKind kind, @Nullable Object payload) {
    switch (kind) {
      case ATTEMPT_STARTED -> {
        openAttempts++;
        concluded = false;
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
        endedByShutdown |= terminal == null && RecordedStream.isShutdown(attempt.status);
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

  /**
   * Reads from the call options whether another attempt may follow one that failed. Not under the
   * lock: they print the values of options that are the user's.
   */
  private void readPolicy(Status closedWith) {
    if (closedWith.isOk()) {
      return;
    }
    CallOptions options;
    lock.lock();
    try {
      options = attemptOptions;
    } finally {
      lock.unlock();
    }
    AttemptOutlook.Policy read = options == null ? null : AttemptOutlook.Policy.of(options);
    lock.lock();
    try {
      policy = read == null ? policy : read;
    } finally {
      lock.unlock();
    }
  }

  /** The transport has asked for the tracer that went with the pick: from now on Done is owed. */
  void pickerTracerCreated(AttemptLog attempt) {
    lock.lock();
    try {
      attempt.hasPickerTracer = true;
    } finally {
      lock.unlock();
    }
  }

  /** A deadline that passes after the stream was released means nothing. */
  private void noteDeadline(long sinceStart) {
    if (open && deadline != null && deadline.isExpired()) {
      events.add(EventKind.DEADLINE_PASSED, 0, 0, null, sinceStart);
      add(StreamRelease.DEADLINE);
      lastChange = sinceStart;
      settle();
    }
  }

  private void add(StreamRelease release) {
    if (!releases.contains(release)) {
      releases = releases.isEmpty() ? release.alone() : and(releases, release);
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

  /** Works out anew whether the stream is open, and tells the recorder of a change. */
  private void settle() {
    boolean allClosed = openAttempts == 0;
    // Done is final only if no attempt can follow.
    AttemptOutlook outlook =
        attempts.isEmpty()
                || !allClosed
                || terminal != null
                || sides == RecordedSides.TRANSPORT_ONLY
            ? AttemptOutlook.NONE
            : AttemptOutlook.of(attempts, policy);
    betweenAttempts = outlook == AttemptOutlook.AT_ONCE && !concluded;
    pickerDone =
        !attempts.isEmpty() && allClosed && outlook != AttemptOutlook.LATER && !betweenAttempts;
    if (terminal != null && !isHolding()) {
      add(StreamRelease.TERMINAL_STATUS);
      // Nothing more can come: let go of what the application may want collected.
      call = null;
      attemptOptions = null;
    }
    // A start that threw above a call that runs holds what that call holds.
    boolean failed = startFailed && allClosed;
    if (failed) {
      call = null;
      attemptOptions = null;
    }
    boolean wasOpen = open;
    open = started && !failed && !pickerDone && releases.isEmpty();
    if (wasOpen && !open) {
      tellReleased();
    }
    recorder.book().settled(this, open, isSuspect());
  }

  private void tellReleased() {
    if (!startFailed) {
      FlightRecorder.released(
          method.getFullMethodName(),
          releases.isEmpty() ? StreamRelease.PICKER_DONE : releases.get(0),
          lastChange);
    }
  }

  /** Returns whether this stream, once it is not open, has to be looked at by the rules. */
  private boolean isSuspect() {
    return threw
        || misuses != null
        || endedByShutdown
        || isUnfinishedNow()
        || mayHaveStoppedReading();
  }

  /**
   * Returns whether the application has taken no more than it was given before the status came. A
   * blocking iterator asks for one message beyond each that it hands out: with none asked for, the
   * last one was never taken. Others may count by themselves; {@link StubKind} tells.
   */
  private boolean mayHaveStoppedReading() {
    long received = events.received();
    return terminal != null
        && received > 0
        && requested == received
        && !method.getType().serverSendsOneMessage()
        && !releases.contains(StreamRelease.CANCELLED);
  }

  /**
   * Returns whether something is missing that follows within a moment in a sound stream: the
   * terminal status after picker Done or a deadline, the end of the attempts after a cancel.
   */
  boolean isUnfinished() {
    lock.lock();
    try {
      return isUnfinishedNow();
    } finally {
      lock.unlock();
    }
  }

  private boolean isUnfinishedNow() {
    if (!started || startFailed) {
      return false;
    }
    if (sides == RecordedSides.TRANSPORT_ONLY) {
      return false;
    }
    if (terminal == null && !releases.contains(StreamRelease.CANCELLED)) {
      return true;
    }
    return isHolding() && !isCancelSwallowed();
  }

  /**
   * In-process ignores a cancel once the server has closed with messages unread
   * (InProcessClientStream.cancel): there Done cannot be asked for. It shows trailers only when the
   * messages before them are taken, so that messages unread are all there is to go by.
   */
  private boolean isCancelSwallowed() {
    long received = events.received();
    return attempts.stream()
        .allMatch(
            attempt ->
                attempt.isClosed()
                    || (attempt.inProcess
                        && (attempt.serverClosed || attempt.received > received)));
  }

  /** Returns the rules that this stream breaks as it stands; those in flight may mend by itself. */
  private Set<StreamRule> brokenRules() {
    Set<StreamRule> broken = EnumSet.noneOf(StreamRule.class);
    if (threw) {
      broken.add(StreamRule.LISTENER_THREW);
    }
    if (misuses != null) {
      broken.add(StreamRule.PROTOCOL);
    }
    if (deadline == null && sides == RecordedSides.ALL) {
      broken.add(StreamRule.NO_DEADLINE);
    }
    if (open) {
      broken.add(StreamRule.LEAKED_STREAM);
      return broken;
    }
    // A call that is made after the shutdown ends at once: it was never open on a transport.
    if (endedByShutdown && attempts.stream().anyMatch(AttemptLog::hasSubchannel)) {
      broken.add(StreamRule.ENDED_BY_SHUTDOWN);
    }
    if (isUnfinishedNow()) {
      if (releases.contains(StreamRelease.CANCELLED)) {
        broken.add(StreamRule.CANCEL_WITHOUT_DONE);
      } else if (releases.contains(StreamRelease.DEADLINE)) {
        broken.add(StreamRule.ENDED_BY_DEADLINE);
      } else if (pickerDone) {
        broken.add(StreamRule.TERMINAL_NOT_READ);
      }
    }
    return broken;
  }

  MethodDescriptor<?, ?> method() {
    return method;
  }

  /** The stack that made a call which was never started; null if it was not captured. */
  @Nullable Throwable madeAt() {
    lock.lock();
    try {
      return opening;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns whether an attempt holds anything. One that waits for the end of a retry's back-off has
   * a tracer and nothing else; when the call ends in the meantime, gRPC never closes that tracer.
   */
  private boolean isHolding() {
    return openAttempts > 0
        && attempts.stream()
            .anyMatch(attempt -> !attempt.isClosed() && !attempt.isWaitingToRetry());
  }

  /**
   * Counts Done as final where no further attempt has followed it in good time. Returns whether the
   * stream is released by it.
   */
  boolean conclude() {
    lock.lock();
    try {
      return concludeNow();
    } finally {
      lock.unlock();
    }
  }

  private boolean concludeNow() {
    if (open && betweenAttempts) {
      concluded = true;
      settle();
      return !open;
    }
    return false;
  }

  /** By the clock, for whoever asks without having waited. */
  private void noteConclusion(long sinceStart) {
    if (sinceStart - lastChange >= recorder.quietNanos()) {
      concludeNow();
    }
  }

  /** For whoever asks, who is to be spared a clock that throws. */
  private long sinceStart() {
    try {
      return recorder.nanoTime() - startNanos;
    } catch (RuntimeException e) {
      faulty(e);
      return 0;
    }
  }

  private void faulty(Throwable t) {
    fault = t;
    recorder.faulty(t);
  }

  // ---- what the judge asks and does ----

  /** Returns whether the stream is open now. A deadline that has just passed is noticed here. */
  boolean isOpen() {
    lock.lock();
    try {
      if (open) {
        long now = sinceStart();
        noteDeadline(now);
        noteConclusion(now);
      }
      return open;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of events so far: unchanged means that nothing has happened. */
  long activity() {
    lock.lock();
    try {
      return events.total();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns for how many quiet slices this stream must be unchanged before it is settled within
   * {@code nanos}; 0 if the server or a deadline can still move it.
   *
   * <p>Messages that nobody has asked for wait for the application alone: one slice. A message that
   * was asked for, or the status behind trailers, may be on its way through an executor that is
   * starved: two.
   */
  int quietSlicesNeeded(long nanos) {
    lock.lock();
    try {
      long received = events.received();
      boolean waits =
          terminal == null
              && isKnownToWait(received)
              && cause() == LeakCause.NOT_DRAINED
              && remainingNanos() > nanos;
      if (!waits) {
        return 0;
      }
      boolean unasked =
          attempts.stream()
              .anyMatch(attempt -> !attempt.isClosed() && attempt.received > requested);
      return unasked ? 1 : 2;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the time until the deadline, or Long.MAX_VALUE without one. */
  long nanosToDeadline() {
    lock.lock();
    try {
      return remainingNanos();
    } finally {
      lock.unlock();
    }
  }

  private long remainingNanos() {
    return deadline == null
        ? Long.MAX_VALUE
        : Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
  }

  /** Returns whether an attempt that holds anything is not closed. */
  boolean hasOpenAttempt() {
    lock.lock();
    try {
      return isHolding();
    } finally {
      lock.unlock();
    }
  }

  /** Cancels the call and takes what still waits for it, so that Done can run. */
  void release() {
    ClientCall<?, ?> toCancel;
    lock.lock();
    try {
      toCancel = call;
    } finally {
      lock.unlock();
    }
    if (toCancel == null) {
      return;
    }
    draining = true;
    cancelled(Canceller.RECORDER, null, null);
    try {
      toCancel.cancel("released by Streamleak: still open after the check", null);
      // In-process ignores a cancel once the server has finished with messages unread
      // (InProcessClientStream.cancel); there only taking the messages lets Done run.
      toCancel.request(Integer.MAX_VALUE);
    } catch (RuntimeException e) {
      // A user's interceptor may refuse; what is left open shows in hasOpenAttempt().
      faulty(e);
    }
  }

  /** Stops watching the Context, which may outlive the recorder. */
  void unwatchContext() {
    Context calls;
    lock.lock();
    try {
      calls = context;
      context = null;
    } finally {
      lock.unlock();
    }
    if (calls != null) {
      calls.removeListener(this);
    }
  }

  private LeakCause cause() {
    if (terminal != null) {
      return LeakCause.ATTEMPT_NOT_CLOSED;
    }
    if (sides == RecordedSides.TRANSPORT_ONLY) {
      return causeSeenFromTheTransport();
    }
    long received = events.received();
    if (attempts.stream().noneMatch(AttemptLog::hasSubchannel)
        && received == 0
        && events.count(EventKind.HEADERS_RECEIVED) == 0) {
      return LeakCause.NOT_PICKED;
    }
    // In-process counts a message as received by the transport when the server writes it, Netty
    // when the client asks for it. What was asked for is the same on both.
    // Hedges: the winner need not be the last one.
    long most = attempts.stream().mapToLong(attempt -> attempt.received).max().orElse(received);
    long arrived = Math.min(most, requested);
    if (arrived > received || (requested <= received && isKnownToWait(received))) {
      return LeakCause.NOT_DRAINED;
    }
    if (!halfClosed) {
      return LeakCause.NOT_HALF_CLOSED;
    }
    return requested <= received ? LeakCause.NOT_DRAINED : LeakCause.SERVER_NOT_FINISHED;
  }

  /** Messages and trailers that came tell that the server has done its part; all else is likely. */
  private LeakCause causeSeenFromTheTransport() {
    if (attempts.stream().anyMatch(attempt -> attempt.serverClosed || attempt.received > 0)) {
      return LeakCause.NOT_DRAINED;
    }
    return method.getType().clientSendsOneMessage()
        ? LeakCause.SERVER_NOT_FINISHED
        : LeakCause.NOT_HALF_CLOSED;
  }

  /**
   * Returns whether something is known to wait behind what was asked for: to half-close would not
   * release such a stream. In-process shows a message that nobody has asked for, Netty a status.
   */
  private boolean isKnownToWait(long received) {
    return attempts.stream()
        .anyMatch(
            attempt ->
                !attempt.isClosed() && (attempt.serverClosed || attempt.received > received));
  }

  RecordedStream snapshot() {
    while (true) {
      renderAddresses();
      Set<StreamRule> broken;
      RecordedStream stream;
      boolean mayHaveStoppedReading;
      lock.lock();
      try {
        if (!attempts.stream().allMatch(AttemptLog::isRendered)) {
          continue; // One has been created in between.
        }
        long now = sinceStart();
        noteDeadline(now);
        noteConclusion(now);
        broken = brokenRules();
        mayHaveStoppedReading = !open && mayHaveStoppedReading();
        stream = snapshot(broken);
      } finally {
        lock.unlock();
      }
      // To render a stack takes many times as long as all that was done under the lock.
      if (mayHaveStoppedReading && stream.stubKind() == StubKind.BLOCKING_ITERATOR) {
        broken.add(StreamRule.TERMINAL_NOT_READ);
      }
      return stream;
    }
  }

  private RecordedStream snapshot(Set<StreamRule> broken) {
    List<StreamRelease> ways = new ArrayList<>(releases);
    if (pickerDone) {
      // Done runs a moment before the terminal status arrives, and would hide what the
      // application did and got.
      ways.add(StreamRelease.PICKER_DONE);
    }
    return new RecordedStream(
        sides,
        method,
        authority,
        opening,
        thread,
        attempts.stream().map(AttemptLog::snapshot).toList(),
        events.events(),
        events.counts(),
        events.dropped(),
        ways,
        open,
        cause(),
        terminal == null ? null : terminal.status(),
        terminal == null ? null : terminal.trailers(),
        halfClosed,
        requested,
        deadline != null,
        fault,
        broken,
        misuses == null ? List.of() : List.copyOf(misuses),
        this);
  }

  /** Not under the lock: an address may be of a user's own kind. */
  private void renderAddresses() {
    List<AttemptLog> all;
    lock.lock();
    try {
      all = attempts;
    } finally {
      lock.unlock();
    }
    for (AttemptLog attempt : all) {
      try {
        attempt.render();
      } catch (RuntimeException e) {
        faulty(e);
      }
    }
  }

  private static @Nullable Deadline earlier(@Nullable Deadline a, @Nullable Deadline b) {
    if (a == null) {
      return b;
    }
    return b == null || !b.isBefore(a) ? a : b;
  }
}
