package io.github.streamleak.recorder;

import io.github.streamleak.recorder.ChargedOpening.HandedOver;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.OpeningStack;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamRelease;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.ClientStreamTracer.StreamInfo;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The live record of one stream: what the three hooks write and a check reads.
 *
 * <p>Every hook ends in {@link #record} or {@link #tally}, which append the event to the {@link
 * EventLog} and fold it into the {@link StreamState} under one lock, so that the order in the log
 * is the order in which the state changed. Nothing here calls gRPC or the application while it
 * holds the lock, and nothing thrown here leaves a hook: it is kept as a fault, and such a stream
 * is judged undecided.
 *
 * <p>It is the tracer factory of its call, too: so the call options, which reach the picker, name
 * the stream of a pick, and no second option has to be copied into them.
 */
final class StreamLog extends ClientStreamTracer.Factory
    implements AttemptLog.Owner, Context.CancellationListener {

  private static final ClientStreamTracer NO_TRACER = new ClientStreamTracer() {};

  /** Another one from the moment on that the stream is handed over. */
  private Recording recording;

  private final @Nullable String authority;

  /** The channel that the call was made on, if it was built for the recorder. */
  private final @Nullable BuiltChannel channel;

  // Written once in started(), before the log is published to the book.
  private long startNanos;
  private @Nullable Throwable opening;
  private String thread = "";

  // Guarded by the state, which is its own lock.
  private final EventLog events;
  final StreamState state;
  private @Nullable ClientCall<?, ?> call;
  private @Nullable Context context;

  /** Of the last attempt, until one fails; they print the policy that may call for another. */
  private @Nullable CallOptions attemptOptions;

  private @Nullable Throwable fault;

  /** When the state last changed, by the time since the start. */
  private long lastChange;

  /** Read without the lock by the listener: what arrives after a release is for nobody. */
  private volatile boolean draining;

  // The book's: the stream's number, in which of its lists it is, and between which others; which
  // stream was started next; and whether it is kept. Here, since an entry of a set would take more
  // room than all of an attempt.
  int number;
  StreamBook.@Nullable Streams list;
  @Nullable StreamLog before;
  @Nullable StreamLog after;
  @Nullable StreamLog startedNext;
  boolean isDropped;

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
    // gRPC keeps the Context that is current when the call is made, not when it is started
    // (ClientCallImpl's constructor).
    Context made = Context.current();
    this.context = made;
    this.state = new StreamState(method, coverage);
    state.limit(options.getDeadline());
    state.limit(made.getDeadline());
  }

  MethodDescriptor<?, ?> method() {
    return state.method;
  }

  Recording recording() {
    return recording;
  }

  @Nullable BuiltChannel channel() {
    return channel;
  }

  // ---- whose it is ----

  /** Names on whose behalf the stream is opened, where that is not the recorder's owner. */
  void openedFor(@Nullable Object owner, String why) {
    opening = new ChargedOpening(why, owner, null, null);
  }

  /** Returns on whose behalf the stream was opened, as a watch knows it; null if unknown. */
  @Nullable Object opener() {
    Object known = ChargedOpening.openerOf(opening);
    return known == null ? recording.owner() : known;
  }

  /**
   * Gives the stream to another recording if it is open.
   *
   * @param opener on whose behalf it was opened; null for whom it has belonged to until now
   * @param handedOver whether it must be released by whoever has it now
   */
  void moveTo(Recording heir, String why, @Nullable Object opener, boolean handedOver) {
    state.lock();
    try {
      if (state.open) {
        HandedOver then =
            handedOver ? new HandedOver(state.actions(), Diagnosis.cause(state)) : null;
        opening = new ChargedOpening(why, opener == null ? opener() : opener, opening, then);
        if (heir != recording) {
          recording.book().give(this, heir.book());
          recording = heir;
        }
      }
    } finally {
      state.unlock();
    }
  }

  // ---- what the interceptor sees ----

  void created(@Nullable Throwable where) {
    try {
      state.lock();
      try {
        opening = ChargedOpening.withStack(opening, where);
        thread = Thread.currentThread().getName();
        recording.book().created(this);
      } finally {
        state.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
  }

  /** Returns false if the call had been started before. */
  boolean started(@Nullable ClientCall<?, ?> call, @Nullable Throwable opening) {
    try {
      Context calls;
      state.lock();
      try {
        if (state.started) {
          return false;
        }
        state.start();
        this.call = call;
        calls = context;
        this.opening = ChargedOpening.withStack(this.opening, opening);
        this.thread = Thread.currentThread().getName();
        this.startNanos = recording.nanoTime();
        events.add(EventKind.STARTED, 0, 0, null, 0);
        // Under the lock: a cancel from another thread must find the stream in the book.
        recording.book().started(this);
      } finally {
        state.unlock();
      }
      FlightRecorder.started(state.method.getFullMethodName());
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

  void startFailed() {
    change(() -> state.startFailed = true);
  }

  void cancelled(Canceller by, @Nullable String message, @Nullable Throwable cause) {
    record(EventKind.CANCELLED, null, new EventNote.Cancel(by, message, cause));
  }

  void terminated(Status status, Metadata trailers) {
    Context calls = null;
    try {
      state.lock();
      try {
        calls = takeContext();
        append(
            EventKind.TERMINATED,
            null,
            new EventNote.Terminal(status, trailers, recording.isInTest()));
      } finally {
        state.unlock();
      }
    } catch (Throwable t) {
      faulty(t);
    }
    if (calls != null) {
      calls.removeListener(this);
    }
  }

  void ready() {
    change(() -> state.enter(Callback.ON_READY, recording.nanoTime() - startNanos));
  }

  /** A callback has returned. What it has left released is over with that, if it was the last. */
  void left(Callback callback) {
    if (state.leave(callback) && (callback == Callback.ON_CLOSE || !state.open)) {
      change(() -> {});
    }
  }

  void isNoIterator() {
    change(() -> state.isNoIterator = true);
  }

  void misused(String how) {
    change(() -> state.misused(how));
  }

  /** Changes the state by what is no event. Never throws. */
  private void change(Runnable change) {
    try {
      state.lock();
      try {
        change.run();
        update();
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

  /** The Context of the call was cancelled, or its deadline has passed. */
  @Override
  public void cancelled(Context context) {
    Throwable cause = context.cancellationCause();
    Deadline contextDeadline = context.getDeadline();
    if (cause instanceof TimeoutException
        && contextDeadline != null
        && contextDeadline.isExpired()) {
      record(EventKind.DEADLINE_PASSED, null, null);
    } else {
      cancelled(Canceller.CONTEXT, null, cause);
    }
  }

  /** Stops watching the Context, which may outlive the recorder. */
  void unwatchContext() {
    Context calls = ask(this::takeContext);
    if (calls != null) {
      calls.removeListener(this);
    }
  }

  private @Nullable Context takeContext() {
    Context taken = context;
    context = null;
    return taken;
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
      Retry retry = AttemptLog.reason(info);
      state.lock();
      try {
        // The method's timeout from the service config is applied below any interceptor.
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

  /** Records a pick, and returns the attempt it was made for if the pick needs a tracer. */
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
    boolean unused = ask(() -> attempt.hasPickerTracer = true);
  }

  // ---- the one way into log and state ----

  /** What happens a million times goes by the shortest way: it changes nothing but counts. */
  @Override
  public void tally(EventKind kind, @Nullable AttemptLog attempt, long value) {
    try {
      state.lock();
      try {
        if (!state.started) {
          return; // A call that was touched before it was started holds nothing.
        }
        long sinceStart = recording.nanoTime() - startNanos;
        state.enterWith(kind, sinceStart);
        long number = state.tally(kind, attempt, value);
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
      // A call that was cancelled or touched before it was started holds nothing.
      if (kind == EventKind.CANCELLED) {
        recording.book().notToBeStarted(this);
      }
      return;
    }
    long sinceStart = recording.nanoTime() - startNanos;
    noteDeadline(sinceStart);
    if (kind == EventKind.DEADLINE_PASSED && !state.open) {
      return;
    }
    events.add(kind, attempt == null ? 0 : attempt.number, 0, payload, sinceStart);
    state.enterWith(kind, sinceStart);
    if (state.fold(kind, attempt, payload)) {
      lastChange = sinceStart;
      update();
    }
  }

  /** A deadline that passes after the stream was released means nothing. */
  private void noteDeadline(long sinceStart) {
    if (state.isPastDeadline()) {
      events.add(EventKind.DEADLINE_PASSED, 0, 0, null, sinceStart);
      lastChange = sinceStart;
      if (state.fold(EventKind.DEADLINE_PASSED, null, null)) {
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
      // Nothing more can come: let go of what the application may want collected.
      call = null;
      attemptOptions = null;
      state.askNoMore();
    }
    if (wasOpen && !state.open && !state.startFailed) {
      FlightRecorder.released(
          state.method.getFullMethodName(),
          state.releases.isEmpty() ? StreamRelease.PICKER_DONE : state.releases.get(0),
          lastChange);
    }
    recording.book().changed(this, state.open, Diagnosis.isSuspect(state));
  }

  /** Not under the lock: the call options print the values of options that are the user's. */
  private void readRetryPolicy(Status closedWith) {
    CallOptions options = closedWith.isOk() ? null : ask(() -> attemptOptions);
    RetryPolicy read = options == null ? null : RetryPolicy.of(options);
    if (read != null) {
      change(() -> state.retryPolicy = read);
    }
  }

  void faulty(Throwable t) {
    fault = t;
    recording.faulty(t);
  }

  // ---- what a check asks ----

  /** A deadline that has just passed is noticed here. */
  boolean isOpen() {
    return ask(
        () -> {
          if (state.open) {
            catchUp();
          }
          return state.open;
        });
  }

  /** Notices what time alone has brought: a deadline, or that no further attempt has followed. */
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

  /**
   * Counts Done as final where no further attempt has followed it in good time. Returns whether the
   * stream is released by it.
   */
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

  /** Returns the number of events so far: unchanged means that nothing has happened. */
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
      renderAddresses();
      Thread called = ask(StreamThreads::inside);
      StackTraceElement[] stands =
          called == null ? new StackTraceElement[0] : called.getStackTrace();
      state.lock();
      try {
        if (!state.attempts.stream().allMatch(AttemptLog::isRendered)) {
          continue; // One has been created in between.
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
                Values.running(state, called, stands),
                fault,
                this::snapshot),
            state);
      } finally {
        state.unlock();
      }
    }
  }

  /** Not under the lock: an address may be of a user's own kind. */
  private void renderAddresses() {
    for (AttemptLog attempt : ask(() -> state.attempts)) {
      try {
        attempt.render();
      } catch (RuntimeException e) {
        faulty(e);
      }
    }
  }

  // ---- what a check does ----

  /**
   * Returns the call in order to end it, or null if it is over: from now on what arrives is for
   * nobody.
   */
  @Nullable ClientCall<?, ?> drain() {
    ClientCall<?, ?> toEnd = ask(() -> call);
    if (toEnd != null) {
      draining = true;
      cancelled(Canceller.RECORDER, null, null);
    }
    return toEnd;
  }
}
