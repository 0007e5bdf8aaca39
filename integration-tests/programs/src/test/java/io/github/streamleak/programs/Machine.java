package io.github.streamleak.programs;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs one program on real gRPC, step by step, and holds what was recorded against the model. */
final class Machine {

  private static final int ALL = 1000;
  private static final int SHORT_LOG = 8;
  private static final int LONG_LOG = 512;

  private final Rig rig;
  private final Program program;
  private final Model model;
  private final GrpcStreamRecorder recorder;
  private final Context.CancellableContext context = Context.ROOT.withCancellation();
  private final AtomicLong clock = new AtomicLong();
  private final ClientCall<String, String> call;
  private final Map<Long, String> seen = new HashMap<>();

  // Used by the callbacks of the client's side, which run one at a time.
  private volatile boolean autoRead;
  private volatile @Nullable Step trap;
  private final AtomicInteger delivered = new AtomicInteger();

  // Used by the handler.
  private volatile @Nullable ServerCall<String, String> serverCall;
  private volatile boolean serverThrows;
  private volatile boolean handlerThrew;
  private boolean serverClosed;

  private Machine(Rig rig, Transport transport, Program program) {
    this.rig = rig;
    this.program = program;
    this.model = new Model(transport, program.type());
    this.recorder =
        GrpcStreamRecorder.builder()
            .eventLimit(program.shortLog() ? SHORT_LOG : LONG_LOG)
            .captureStacks(false)
            .build();
    CallOptions options =
        program.steps().contains(Step.DEADLINE)
            ? CallOptions.DEFAULT.withDeadline(Deadline.after(1, TimeUnit.HOURS, ticker()))
            : CallOptions.DEFAULT;
    // gRPC takes the Context that is current here, not at the start.
    Context previous = context.attach();
    try {
      this.call = recorder.intercept(rig.channel()).newCall(rig.method(program.type()), options);
    } finally {
      context.detach(previous);
    }
  }

  /** How a program came out. */
  record Outcome(List<String> failures, Life end, Model model) {}

  static Outcome run(Rig rig, Transport transport, Program program) {
    return new Machine(rig, transport, program).run();
  }

  private Deadline.Ticker ticker() {
    return new Deadline.Ticker() {
      @Override
      public long nanoTime() {
        return clock.get();
      }
    };
  }

  private Outcome run() {
    List<String> failures = new ArrayList<>();
    rig.serve(this::handle);
    for (int i = 0; i < program.steps().size() && failures.isEmpty(); i++) {
      Step step = program.steps().get(i);
      if (!model.step(step)) {
        continue;
      }
      try {
        act(step);
      } catch (IllegalStateException refused) {
        // gRPC refuses what comes in the wrong order; the model knows.
      }
      rig.settle();
      String where = "after step " + (i + 1) + ", " + step;
      compare().forEach(difference -> failures.add(where + ": " + difference));
    }
    Life end = model.life();
    if (failures.isEmpty()) {
      end().forEach(difference -> failures.add("at the end: " + difference));
    }
    // In-process keeps a stream whose cancel it has swallowed until its messages are taken.
    call.cancel("the program is over", null);
    if (model.started()) {
      drain();
    }
    rig.settle();
    recorder.close();
    context.cancel(null);
    return new Outcome(List.copyOf(failures), end, model);
  }

  private void drain() {
    try {
      call.request(ALL);
    } catch (IllegalStateException notStarted) {
      // A start that gRPC has refused.
    }
  }

  // ---- the client ----

  private void act(Step step) {
    switch (step) {
      case START -> context.run(this::start);
      case START_ELSEWHERE -> Context.ROOT.run(this::start);
      case AUTO_READ -> {
        autoRead = true;
        call.request(step.requested());
      }
      case REQUEST_1, REQUEST_2, REQUEST_5 -> call.request(step.requested());
      case STOP -> autoRead = false;
      case SEND -> call.sendMessage("request");
      case HALF_CLOSE -> call.halfClose();
      case CANCEL -> call.cancel("by the program", null);
      case CONTEXT_CANCEL -> context.cancel(null);
      case DEADLINE -> clock.set(TimeUnit.HOURS.toNanos(2));
      case THROW_ON_HEADERS, THROW_ON_MESSAGE, THROW_ON_CLOSE -> trap = step;
      case SERVER_THROW -> serverThrows = true;
      default -> answer(step);
    }
  }

  private void start() {
    call.start(new Reader(), new Metadata());
  }

  private final class Reader extends ClientCall.Listener<String> {
    @Override
    public void onHeaders(Metadata headers) {
      throwIf(Step.THROW_ON_HEADERS);
    }

    @Override
    public void onMessage(String message) {
      delivered.incrementAndGet();
      throwIf(Step.THROW_ON_MESSAGE);
      if (autoRead) {
        call.request(1);
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      throwIf(Step.THROW_ON_CLOSE);
    }

    private void throwIf(Step where) {
      if (trap == where) {
        trap = null;
        throw new IllegalArgumentException("thrown by the program");
      }
    }
  }

  // ---- the server ----

  private ServerCall.Listener<String> handle(ServerCall<String, String> call, Metadata headers) {
    serverCall = call;
    call.request(ALL);
    throwIfTold();
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(String message) {
        // The one message of a unary request comes with the half-close, or not, by the version.
        if (!program.type().clientSendsOneMessage()) {
          throwIfTold();
        }
      }

      @Override
      public void onHalfClose() {
        throwIfTold();
      }
    };
  }

  private void throwIfTold() {
    if (serverThrows && !serverClosed && !handlerThrew) {
      handlerThrew = true;
      throw new IllegalArgumentException("thrown by the program");
    }
  }

  private void answer(Step step) {
    ServerCall<String, String> current = serverCall;
    if (current == null) {
      throw new AssertionError(step + " before the call has come to the server");
    }
    switch (step) {
      case SERVER_HEADERS -> current.sendHeaders(new Metadata());
      case SERVER_MESSAGE -> current.sendMessage("response");
      case SERVER_CLOSE_OK -> {
        serverClosed = true;
        current.close(Status.OK, new Metadata());
      }
      case SERVER_CLOSE_ERROR -> {
        serverClosed = true;
        current.close(Status.FAILED_PRECONDITION, new Metadata());
      }
      default -> throw new AssertionError(step);
    }
  }

  // ---- what was recorded ----

  private List<String> compare() {
    List<String> failures = new ArrayList<>();
    List<RecordedStream> streams = recorder.streams();
    if (streams.size() != (model.started() ? 1 : 0)) {
      return List.of("streams: predicted " + model.started() + ", recorded " + streams);
    }
    if (streams.isEmpty()) {
      return failures;
    }
    RecordedStream stream = streams.get(0);
    Life predicted = model.life();
    boolean complete = stream.droppedEvents() == 0;
    failures.addAll(predicted.differences(life(stream), complete));
    checkLog(stream, predicted, failures);
    checkAttempts(stream, predicted, failures);
    boolean inOpenSet = recorder.openStreams().size() == 1;
    if (inOpenSet != predicted.open()) {
      failures.add("openStreams: predicted " + predicted.open() + ", recorded " + inOpenSet);
    }
    boolean released = recorder.awaitReleased(Duration.ZERO);
    if (released == predicted.open()) {
      failures.add("awaitReleased: predicted " + !predicted.open() + ", recorded " + released);
    }
    if (stream.recorderFault() != null) {
      failures.add("recorderFault: " + stream.recorderFault());
    }
    return failures;
  }

  /** Numbers without gaps but for what was dropped, and events that never change. */
  private void checkLog(RecordedStream stream, Life predicted, List<String> failures) {
    long total = predicted.counts().values().stream().mapToLong(Long::longValue).sum();
    long limit = program.shortLog() ? SHORT_LOG : LONG_LOG;
    long dropped = Math.max(0, total - 2 * limit);
    if (stream.droppedEvents() != dropped) {
      failures.add("droppedEvents: predicted " + dropped + ", recorded " + stream.droppedEvents());
    }
    long next = 0;
    Duration time = Duration.ZERO;
    Map<String, Integer> places = new HashMap<>();
    for (StreamEvent event : stream.events()) {
      if (next == limit && dropped > 0) {
        next += dropped;
      }
      String text = text(event);
      long sequence = event.at().sequence();
      String before = seen.putIfAbsent(sequence, text);
      if (sequence != next || (before != null && !before.equals(text))) {
        failures.add(
            "log: predicted #" + next + " " + before + ", recorded #" + sequence + " " + text);
      }
      if (event.at().sinceStart().compareTo(time) < 0) {
        failures.add("log: #" + sequence + " " + text + " is earlier than the event before it");
      }
      time = event.at().sinceStart();
      next = sequence + 1;
      places.put(text, (int) sequence);
    }
    checkOrder(places, failures);
  }

  /** What must come before what, across the lanes. */
  private static void checkOrder(Map<String, Integer> places, List<String> failures) {
    for (Map.Entry<String, Integer> place : places.entrySet()) {
      String[] words = place.getKey().split(" ", -1);
      String earlier =
          switch (words[0]) {
            case "Received" -> "AttemptReceived " + words[1];
            case "AttemptSent" -> "Sent " + words[1];
            case "HeadersReceived" -> "AttemptHeadersReceived";
            case "AttemptStarted" -> "Started";
            case "Picked" -> "AttemptStarted FIRST";
            case "TransportStreamCreated" -> "Picked SUBCHANNEL";
            case "AttemptHeadersReceived" -> "AttemptHeadersSent";
            default -> "";
          };
      Integer at = places.get(earlier);
      if (at != null && at > place.getValue()) {
        failures.add("log: " + place.getKey() + " stands before " + earlier);
      }
    }
    Integer terminated = place(places, "Terminated");
    Integer closed = place(places, "AttemptClosed");
    Integer done = place(places, "PickerDone");
    if (terminated != null
        && ((closed != null && closed > terminated) || (done != null && done > terminated))) {
      failures.add("log: the terminal status stands before the end of the attempt");
    }
  }

  private static @Nullable Integer place(Map<String, Integer> places, String kind) {
    return places.entrySet().stream()
        .filter(place -> place.getKey().startsWith(kind + " "))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  private static void checkAttempts(RecordedStream stream, Life predicted, List<String> failures) {
    long expected = predicted.counts().getOrDefault("AttemptStarted", 0L);
    if (stream.attempts().size() != expected) {
      failures.add("attempts: predicted " + expected + ", recorded " + stream.attempts());
      return;
    }
    for (RecordedAttempt attempt : stream.attempts()) {
      Map<String, Object> recorded = new TreeMap<>();
      recorded.put("AttemptSent", attempt.sent());
      recorded.put("AttemptReceived", attempt.received());
      recorded.put("TrailersReceived", attempt.serverClosed() ? 1L : 0L);
      recorded.put("Picked", attempt.hasSubchannel() && attempt.pick() != null ? 1L : 0L);
      recorded.put("AttemptClosed", attempt.isClosed() ? 1L : 0L);
      recorded.put("PickerDone", attempt.pickerStatus() != null ? 1L : 0L);
      recorded.forEach(
          (kind, count) -> {
            long wanted = predicted.counts().getOrDefault(kind, 0L);
            if (!count.equals(wanted)) {
              failures.add("attempt's " + kind + ": predicted " + wanted + ", recorded " + count);
            }
          });
    }
  }

  /** The verdict, and the release of what is still open. */
  private List<String> end() {
    List<String> failures = new ArrayList<>();
    boolean open = model.open();
    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal(), Duration.ZERO);
    if (verdict.hasLeaks() != open) {
      failures.add("check: predicted " + open + ", recorded " + verdict.hasLeaks());
    } else if (open && !verdict.leaks().get(0).cause().name().equals(model.cause())) {
      failures.add("check: predicted " + model.cause() + ", recorded " + verdict.leaks().get(0));
    }
    int before = delivered.get();
    if (!recorder.releaseLeaked()) {
      failures.add("releaseLeaked: an attempt is left open");
    }
    rig.settle();
    if (delivered.get() != before) {
      failures.add("releaseLeaked: a message reached the application");
    }
    if (!recorder.openStreams().isEmpty()) {
      failures.add("releaseLeaked: still open");
    }
    if (open) {
      long predicted = model.life().counts().getOrDefault("Cancelled", 0L) + 1;
      long recorded = recorder.streams().get(0).count(EventKind.CANCELLED);
      if (predicted != recorded) {
        failures.add("releaseLeaked: predicted " + predicted + " cancels, recorded " + recorded);
      }
    }
    return failures;
  }

  private static Life life(RecordedStream stream) {
    List<String> application = new ArrayList<>();
    List<String> attempt = new ArrayList<>();
    List<String> picker = new ArrayList<>();
    for (StreamEvent event : stream.events()) {
      switch (event.lane()) {
        case APPLICATION -> application.add(text(event));
        case ATTEMPT -> attempt.add(text(event));
        case PICKER -> picker.add(text(event));
      }
    }
    Map<String, Long> counts = new TreeMap<>();
    for (EventKind kind : EventKind.values()) {
      if (stream.count(kind) > 0) {
        counts.put(name(kind), stream.count(kind));
      }
    }
    Status terminal = stream.terminalStatus();
    return new Life(
        application,
        attempt,
        picker,
        counts,
        stream.isOpen(),
        stream.releases().stream().map(Enum::name).toList(),
        stream.cause().map(Enum::name).orElse("-"),
        terminal == null ? "-" : terminal.getCode().name());
  }

  /** Returns the name of a kind as the model has it: that of its class. */
  private static String name(EventKind kind) {
    return Arrays.stream(kind.name().split("_"))
        .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
        .collect(Collectors.joining());
  }

  private static String text(StreamEvent event) {
    String kind = name(event.kind());
    if (event instanceof StreamEvent.Requested requested) {
      return kind + " " + requested.count();
    } else if (event instanceof StreamEvent.Sent sent) {
      return kind + " #" + sent.number();
    } else if (event instanceof StreamEvent.Received received) {
      return kind + " #" + received.number();
    } else if (event instanceof StreamEvent.AttemptSent sent) {
      return kind + " #" + sent.number();
    } else if (event instanceof StreamEvent.AttemptReceived received) {
      return kind + " #" + received.number();
    } else if (event instanceof StreamEvent.Cancelled cancelled) {
      return kind + " " + cancelled.by();
    } else if (event instanceof StreamEvent.Terminated terminated) {
      return kind + " " + terminated.status().getCode();
    } else if (event instanceof StreamEvent.AttemptClosed closed) {
      return kind + " " + closed.status().getCode();
    } else if (event instanceof StreamEvent.PickerDone done) {
      return kind + " " + done.status().getCode();
    } else if (event instanceof StreamEvent.ListenerThrew threw) {
      return kind + " " + threw.callback();
    } else if (event instanceof StreamEvent.Picked picked) {
      return kind + " " + picked.pick().kind();
    } else if (event instanceof StreamEvent.AttemptStarted started) {
      return kind + " " + started.retry();
    }
    return kind;
  }
}
