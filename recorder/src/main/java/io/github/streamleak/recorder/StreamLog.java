package io.github.streamleak.recorder;

import io.github.streamleak.recorder.ChargedOpening.HandedOver;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.OpeningStack;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.ClientStreamTracer.StreamInfo;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The live record of one stream, which the three hooks write and a check reads.
 *
 * <p>Every hook ends in {@link #record} or {@link #tally}. These append the event to the {@link
 * EventLog} and fold it into the {@link StreamState} under one lock, so that the log has the events
 * in the order in which the state changed. Nothing here calls gRPC or the application while it
 * holds the lock. An exception never leaves a hook: it is kept, and such a stream is judged
 * undecided.
 */
final class StreamLog extends StreamLinks<StreamLog>
    implements AttemptLog.Owner, CallContext.Owner {

  private static final ClientStreamTracer NO_TRACER = new ClientStreamTracer() {};

  /** The recorder that the stream belongs to; another one after the stream was handed over. */
  private Recording recording;

  private final @Nullable String authority;

  /** The channel that the call was made on; null if nobody saw it being built. */
  private final @Nullable BuiltChannel channel;

  // Written once in started(), before the log is published to the book.
  private long startNanos;
  private @Nullable Throwable opening;
  private String thread = "";

  // Guarded by the state, which is its own lock.
  private final EventLog events;
  final StreamState state;
  private @Nullable ClientCall<?, ?> call;

  /** The call options of the last attempt. They print the policy that may call for another one. */
  private @Nullable CallOptions attemptOptions;

  private @Nullable Throwable fault;

  /** When the state last changed, as the time since the start of the stream. */
  private long lastChange;

  /** The Context of the call; null when it is over. Has a lock of its own. */
  private volatile @Nullable CallContext context;

  /** Whether a check has ended the call, so that messages are dropped. Read without the lock. */
  private volatile boolean draining;

  StreamLog(
      Recording recording,
      MethodDescriptor<?, ?> method,
      CallOptions options,
      @Nullable String authority,
      int keptAtEachEnd,
      Coverage coverage,
      @Nullable BuiltChannel channel) {
    this.recording = recording;
    this.authority = options.getAuthority() != null ? options.getAuthority() : authority;
    this.channel = channel;
    this.events = new EventLog(keptAtEachEnd);
    // gRPC uses the Context that is current when the call is made, and not when it is started: see
    // the constructor of ClientCallImpl.
    Context made = Context.current();
    this.context = new CallContext(this, made);
    this.state = new StreamState(method, coverage);
    state.limit(options.getDeadline());
    state.limit(made.getDeadline());
  }

  @Override
  String methodName() {
    return state.method.getFullMethodName();
  }

  @Override
  boolean lacksDeadline() {
    return state.lacksDeadline();
  }

  Recording recording() {
    return recording;
  }

  @Nullable BuiltChannel channel() {
    return channel;
  }

  // ---- whose it is ----

  /** Notes on whose behalf the stream is opened, if that is not the recorder's owner. */
  void openedFor(@Nullable Object owner, String why) {
    opening = new ChargedOpening(why, owner, null, null);
  }

  /** Has another recording take a call that has not been started. */
  void recordInto(Recording other) {
    locked(() -> recording = state.started ? recording : other);
  }

  /** Returns on whose behalf the stream was opened, as a watch knows it; null if unknown. */
  @Nullable Object opener() {
    Object known = ChargedOpening.openerOf(opening);
    return known == null ? recording.owner() : known;
  }

  /**
   * Gives the stream to another recording if it is open.
   *
   * @param opener on whose behalf the stream was opened; null for its owner until now
   * @param handedOver whether its new owner has to release it
   */
  void moveTo(Recording heir, String why, @Nullable Object opener, boolean handedOver) {
    locked(
        () -> {
          if (!state.open) {
            return;
          }
          HandedOver then =
              handedOver ? new HandedOver(state.actions(), Diagnosis.cause(state)) : null;
          opening = new ChargedOpening(why, opener == null ? opener() : opener, opening, then);
          if (heir != recording) {
            recording.book().give(this, heir.book());
            recording = heir;
          }
        });
  }

  // ---- what the interceptor sees ----

  void created(@Nullable Throwable where) {
    locked(
        () -> {
          opening = ChargedOpening.withStack(opening, where);
          thread = Thread.currentThread().getName();
          recording.book().created(this);
        });
  }

  /** Notes that the call is started. Returns false if it had been started before. */
  boolean started(@Nullable ClientCall<?, ?> call, @Nullable Throwable opening) {
    try {
      state.lock();
      try {
        if (state.started) {
          return false;
        }
        state.start();
        this.call = call;
        this.opening = ChargedOpening.withStack(this.opening, opening);
        this.thread = Thread.currentThread().getName();
        this.startNanos = recording.nanoTime();
        events.add(EventKind.STARTED, 0, 0, null, 0);
        // This is under the lock, so that a cancel on another thread finds the stream in the book.
        recording.book().started(this);
      } finally {
        state.unlock();
      }
      FlightRecorder.started(methodName());
      CallContext calls = context;
      if (calls != null) {
        calls.watch();
      }
    } catch (Throwable t) {
      faulty(t);
    }
    return true;
  }

  void cancelled(Canceller by, @Nullable String message, @Nullable Throwable cause) {
    record(EventKind.CANCELLED, null, new EventNote.Cancel(by, message, cause));
  }

  void terminated(Status status, Metadata trailers) {
    unwatchContext();
    record(
        EventKind.TERMINATED, null, new EventNote.Terminal(status, trailers, recording.isInTest()));
  }

  void ready() {
    change(now -> now.enter(Callback.ON_READY, sinceStart()));
  }

  /** Notes that a callback has returned. If the stream is released, it may now be over. */
  void left(Callback callback) {
    if (state.leave(callback) && (callback == Callback.ON_CLOSE || !state.open)) {
      change(same -> {});
    }
  }

  /** Changes the state by something that is not an event. Never throws. */
  void change(Consumer<StreamState> change) {
    locked(
        () -> {
          change.accept(state);
          update();
        });
  }

  /** Does something under the lock. Never throws. */
  private void locked(Runnable what) {
    try {
      state.lock();
      try {
        what.run();
      } finally {
        state.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  boolean isDraining() {
    return draining;
  }

  @Override
  public void endedBy(@Nullable Throwable cause, boolean deadline) {
    if (deadline) {
      record(EventKind.DEADLINE_PASSED, null, null);
    } else {
      cancelled(Canceller.CONTEXT, null, cause);
      state.acted(EventKind.CANCELLED, cause);
    }
  }

  @Override
  public void endedByNoContext() {
    if (count(EventKind.CANCELLED) <= 1) {
      change(StreamState::isNotReleasedFromOutside);
    }
  }

  /**
   * Takes the Context and the deadline that the innermost place gives the call. An interceptor
   * further in than ours may have set others than those that were seen first.
   */
  void isMadeIn(Context made, @Nullable Deadline deadline) {
    locked(() -> state.limitTo(made.getDeadline(), deadline));
    listenTo(made);
  }

  private void listenTo(Context made) {
    CallContext calls = context;
    // Mostly it is the Context that was seen first.
    if (calls != null && !calls.isListeningTo(made)) {
      calls.isMadeIn(made);
    }
  }

  /** Stops listening to the Context, which may outlive the recorder. */
  void unwatchContext() {
    CallContext calls = context;
    if (calls != null) {
      context = null;
      calls.leave();
    }
  }

  // ---- what the tracer of an attempt sees ----

  /** Makes a tracer for each attempt. What has these options before the start is another call. */
  @Override
  public ClientStreamTracer newClientStreamTracer(StreamInfo info, Metadata headers) {
    AttemptLog attempt = state.started ? attemptStarted(info, headers) : null;
    return attempt == null ? NO_TRACER : attempt;
  }

  @Nullable AttemptLog attemptStarted(StreamInfo info, Metadata headers) {
    try {
      Retry retry = AttemptLog.reason(info);
      state.lock();
      try {
        // gRPC applies the timeout of the service config below all interceptors, so it is here.
        state.limit(info.getCallOptions().getDeadline());
        attemptOptions = info.getCallOptions();
        AttemptLog attempt = new AttemptLog(this, state.attempts.size() + 1, retry, headers);
        append(EventKind.ATTEMPT_STARTED, attempt, retry);
        return attempt;
      } finally {
        state.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
      return null;
    }
  }

  // ---- what the picker sees ----

  /** Records a pick, and returns the attempt that it was made for; null if there is none. */
  @Nullable AttemptLog picked(Metadata headers, Pick pick) {
    AttemptLog attempt = null;
    try {
      state.lock();
      try {
        attempt = state.attemptWith(headers);
        append(EventKind.PICKED, attempt, pick);
      } finally {
        state.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
    return attempt;
  }

  @Override
  public void pickerTracerCreated(AttemptLog attempt) {
    boolean first = attempt.number == 1;
    // gRPC makes the tracers of picks within the Context of the call.
    Context made = Context.current();
    locked(
        () -> {
          attempt.hasPickerTracer = true;
          if (first && attemptOptions != null) {
            state.limitTo(made.getDeadline(), attemptOptions.getDeadline());
          }
        });
    if (first) {
      listenTo(made);
    }
  }

  // ---- the one way into log and state ----

  /** Records a message. There may be millions, so this does no more than change counts. */
  @Override
  public void tally(EventKind kind, @Nullable AttemptLog attempt, long value) {
    try {
      state.lock();
      try {
        if (!state.started) {
          return; // A call that was not started holds nothing, whatever was done on it.
        }
        long sinceStart = timeOf(kind);
        long number = state.tally(kind, attempt, value, sinceStart);
        events.add(kind, attempt == null ? 0 : attempt.number, number, null, sinceStart);
        if (state.terminal != null) {
          update();
        }
      } finally {
        state.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  @Override
  public void record(EventKind kind, @Nullable AttemptLog attempt, @Nullable Object payload) {
    try {
      if (kind == EventKind.ATTEMPT_CLOSED && payload instanceof Status closedWith) {
        readRetryPolicy(closedWith);
      }
      state.lock();
      try {
        append(kind, attempt, payload);
      } finally {
        state.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  private void append(EventKind kind, @Nullable AttemptLog attempt, @Nullable Object payload) {
    if (!state.started) {
      // A call that was not started holds nothing. If it is cancelled, it breaks no rule either.
      if (kind == EventKind.CANCELLED) {
        recording.book().notToBeStarted(this);
      }
      return;
    }
    long sinceStart = timeOf(kind);
    noteDeadline(sinceStart);
    if (kind == EventKind.DEADLINE_PASSED && !state.open) {
      return;
    }
    events.add(kind, attempt == null ? 0 : attempt.number, 0, payload, sinceStart);
    if (state.fold(kind, attempt, payload, sinceStart)) {
      lastChange = sinceStart;
      update();
    }
  }

  /** Returns the time of an event that happens now, as the time since the start of the stream. */
  private long timeOf(EventKind kind) {
    return events.isOneStepWithLast(kind, state.isForwarding())
        ? events.lastTime()
        : recording.nanoTime() - startNanos;
  }

  /** Records that the deadline has passed while the stream was open, for when it did. */
  private void noteDeadline(long sinceStart) {
    if (state.isPastDeadline()) {
      long passed = Math.max(events.lastTime(), sinceStart - state.nanosPastDeadline());
      events.add(EventKind.DEADLINE_PASSED, 0, 0, null, passed);
      lastChange = sinceStart;
      if (state.fold(EventKind.DEADLINE_PASSED, null, null, sinceStart)) {
        update();
      }
    }
  }

  private void update() {
    boolean wasOpen = state.open;
    state.update();
    tell(wasOpen);
  }

  private void tell(boolean wasOpen) {
    if (state.isOver()) {
      // Nothing more can happen, so let the application's objects be collected.
      call = null;
      attemptOptions = null;
      if (!Diagnosis.mayHaveStoppedReading(state)) {
        state.askNoMore();
      }
    }
    if (wasOpen && !state.open && !state.startFailed) {
      FlightRecorder.released(methodName(), state.decidingRelease(), lastChange);
    }
    recording.book().changed(this, state.open, Diagnosis.isSuspect(state));
  }

  /** Not under the lock: the call options print the user's own options, whose code may be slow. */
  private void readRetryPolicy(Status closedWith) {
    CallOptions options = ask(() -> attemptOptions);
    RetryPolicy read = closedWith.isOk() || options == null ? null : RetryPolicy.of(options);
    if (read != null) {
      change(now -> now.retryPolicy = read);
    }
  }

  void faulty(Throwable t) {
    fault = t;
    recording.faulty(t);
  }

  // ---- what a check asks ----

  /** Returns whether the stream is open. Notices a deadline that has passed in the meantime. */
  boolean isOpen() {
    return ask(
        () -> {
          if (state.open) {
            catchUp();
          }
          return state.open;
        });
  }

  /** Notices what no event tells: a passed deadline, or that no further attempt has followed. */
  private void catchUp() {
    long now = sinceStart();
    noteDeadline(now);
    if (now - lastChange >= StreamBook.saturatedNanos(recording.quietTime())) {
      concludeNow();
    }
  }

  private long sinceStart() {
    try {
      return recording.nanoTime() - startNanos;
    } catch (RuntimeException e) {
      faulty(e);
      return 0;
    }
  }

  /** Counts picker Done as final if nothing has followed. Returns whether that is a release. */
  boolean conclude() {
    return ask(this::concludeNow);
  }

  private boolean concludeNow() {
    if (!state.open || !state.betweenAttempts) {
      return false;
    }
    state.conclude();
    tell(true);
    return !state.open;
  }

  long count(EventKind kind) {
    return ask(() -> events.count(kind));
  }

  /** Returns the number of events so far. If it is unchanged, nothing has happened meanwhile. */
  long activity() {
    return ask(events::total);
  }

  long nanosSinceLastEvent() {
    return ask(() -> sinceStart() - events.lastTime());
  }

  <T extends @Nullable Object> T ask(Function<StreamState, T> question) {
    return ask(() -> question.apply(state));
  }

  private <T extends @Nullable Object> T ask(Supplier<T> question) {
    state.lock();
    try {
      return question.get();
    } finally {
      state.unlock();
    }
  }

  OpeningStack madeAt() {
    return ask(() -> recording.readable(opening, state.coverage));
  }

  RecordedStream snapshot() {
    while (true) {
      // Not under the lock: an address may be of a user's own kind.
      AttemptLog.renderAll(ask(() -> state.attempts), this::faulty);
      List<String> holders = recording.book().holdingUp(this);
      Thread called = ask(StreamThreads::inside);
      StackTraceElement[] stands =
          called == null ? new StackTraceElement[0] : called.getStackTrace();
      state.lock();
      try {
        if (!state.attempts.stream().allMatch(AttemptLog::isRendered)) {
          continue; // A transport's stream has been created in between.
        }
        catchUp();
        return Values.stream(
            new Values.Snapshot(
                number,
                authority,
                recording.readable(opening, state.coverage),
                ChargedOpening.whyOf(opening),
                ChargedOpening.handedOverOf(opening),
                thread,
                startNanos,
                sinceStart(),
                events.events(),
                events.counts(),
                events.dropped(),
                holders,
                Values.running(state, called, stands),
                recording.quietTime().toNanos(),
                fault,
                this::snapshot),
            state);
      } finally {
        state.unlock();
      }
    }
  }

  // ---- what a check does ----

  /** A check has found it open. */
  void judged() {
    state.after = new Aftermath(this::sinceStart, () -> recording.tellLate(this::snapshot));
  }

  /**
   * Returns the call, so that it can be ended; null if it is over, or if another thread ends it.
   * From now on its messages are dropped.
   */
  @Nullable ClientCall<?, ?> drain() {
    ClientCall<?, ?> toEnd = ask(() -> draining ? null : call);
    if (toEnd != null) {
      draining = true;
      if (state.after == null) {
        judged();
      }
      cancelled(Canceller.RECORDER, null, null);
    }
    return toEnd;
  }
}
