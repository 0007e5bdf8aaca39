package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.Uninterruptibles;
import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.stream.StreamEvent.Received;
import io.github.streamleak.stream.StreamEvent.Sent;
import io.github.streamleak.testsupport.SilentCall;
import io.github.streamleak.testsupport.Wire;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bounded log: what is kept, what is counted, and that nothing is lost in a race. */
final class EventLogTest {

  private static final List<EventKind> KINDS = List.of(EventKind.values());

  private static final int KEPT = 32;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 32, 33, 63, 64, 65, 100, 100_000})
  void firstAndLastEventsAreKeptAndAllAreCountedTest(int added) {
    EventLog log = new EventLog(KEPT);
    for (int i = 0; i < added; i++) {
      log.add(EventKind.RECEIVED, 1, i, null, 10L * i);
    }
    List<StreamEvent> events = log.events();

    assertThat(log.total()).isEqualTo(added);
    assertThat(log.count(EventKind.RECEIVED)).isEqualTo(added);
    assertThat(log.dropped()).isEqualTo(Math.max(0, added - 64));
    long[] expected =
        added <= 64
            ? LongStream.range(0, added).toArray()
            : LongStream.concat(LongStream.range(0, 32), LongStream.range(added - 32, added))
                .toArray();
    assertThat(events.stream().mapToLong(event -> event.at().sequence()))
        .containsExactly(box(expected));
    assertThat(events.stream().mapToLong(event -> ((Received) event).number()))
        .containsExactly(box(expected));
    assertThat(events.stream().mapToLong(event -> event.at().sinceStart().toNanos()))
        .containsExactly(box(Arrays.stream(expected).map(n -> 10 * n).toArray()));
  }

  /** What was written, event by event, against what is read: every kind, in any order. */
  @ParameterizedTest
  @ValueSource(ints = {8, 32, 200})
  void everyEventIsReadAsItWasWrittenTest(int kept) throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      EventLog log = new EventLog(kept);
      List<String> written = new ArrayList<>();
      Map<EventKind, Long> counts = new EnumMap<>(EventKind.class);
      long time = 0;
      int events = random.nextInt(5 * kept / 2);
      for (int i = 0; i < events; i++) {
        EventKind kind = KINDS.get(random.nextInt(KINDS.size()));
        int attempt =
            random.nextInt(4) == 0 ? random.nextInt(256) : kind.lane() == Lane.APPLICATION ? 0 : 1;
        long value = random.nextBoolean() ? 0 : random.nextLong() >>> (24 + random.nextInt(40));
        // A clock that somebody injects may also go back, and a stream may last for years.
        time += random.nextLong() >> (8 + random.nextInt(55));
        Object payload = payload(kind);
        String thread = random.nextInt(3) == 0 ? "worker-" + random.nextInt(5) : "main";
        add(log, thread, kind, attempt, value, payload, time);
        counts.merge(kind, 1L, Long::sum);
        written.add(all(event(kind, i, time, thread, attempt, value, payload)));
      }
      int gap = Math.max(0, events - 2 * kept);
      List<String> expected = new ArrayList<>(written);
      expected.subList(Math.min(kept, events), Math.min(kept, events) + gap).clear();

      assertThat(log.events()).as("seed %d", seed).map(EventLogTest::all).isEqualTo(expected);
      assertThat(log.total()).isEqualTo(events);
      assertThat(log.dropped()).isEqualTo(gap);
      assertThat(log.counts()).as("seed %d", seed).isEqualTo(counts);
      for (EventKind kind : EventKind.values()) {
        assertThat(log.count(kind))
            .as("%s, seed %d", kind, seed)
            .isEqualTo(counts.getOrDefault(kind, 0L));
      }
    }
  }

  private static StreamEvent event(
      EventKind kind,
      long sequence,
      long nanos,
      String thread,
      int attempt,
      long value,
      @Nullable Object payload) {
    @Nullable Object[] details =
        payload instanceof EventNote note ? note.details() : new @Nullable Object[] {payload};
    return Values.event(kind, sequence, nanos, thread, attempt, value, details);
  }

  /** All that an event says, its content by identity, and its trailers, which are copied. */
  private static String all(StreamEvent event) {
    Object content =
        event instanceof StreamEvent.Cancelled cancelled
            ? cancelled.cause()
            : event instanceof StreamEvent.ListenerThrew threw ? threw.thrown() : null;
    String trailers =
        event instanceof StreamEvent.Terminated terminated ? " " + terminated.trailers() : "";
    return event.kind().name()
        + " "
        + event.describe()
        + " "
        + event.at().sinceStart()
        + " "
        + event.at()
        + trailers
        + (event.kind().isMessage() ? "" : " " + System.identityHashCode(content));
  }

  private static void add(
      EventLog log,
      String thread,
      EventKind kind,
      int attempt,
      long value,
      @Nullable Object payload,
      long time) {
    String own = Thread.currentThread().getName();
    Thread.currentThread().setName(thread);
    try {
      log.add(kind, attempt, value, payload, time);
    } finally {
      Thread.currentThread().setName(own);
    }
  }

  private static Long[] box(long[] numbers) {
    return Arrays.stream(numbers).boxed().toArray(Long[]::new);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 100_000})
  void countsOfARealStreamAreExactTest(int messages) {
    try (GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
        Wire wire = Wire.direct(new MarketServer())) {
      Raw raw =
          new MarketClient(wire.channel(recorder::attachTo)).raw(MarketGrpc.WATCH, messages + 1);
      raw.send(String.valueOf(messages)).halfClose();
      RecordedStream stream = recorder.streams().get(0);

      assertThat(stream.count(EventKind.RECEIVED)).isEqualTo(messages);
      assertThat(stream.count(EventKind.ATTEMPT_RECEIVED)).isEqualTo(messages);
      assertThat(stream.count(EventKind.SENT)).isEqualTo(1);
      long total = Arrays.stream(EventKind.values()).mapToLong(k -> stream.count(k)).sum();
      assertThat(stream.droppedEvents()).isEqualTo(Math.max(0, total - 64));
      assertThat(stream.events()).hasSize((int) Math.min(total, 64));
      List<Long> sequence = stream.events().stream().map(event -> event.at().sequence()).toList();
      assertThat(sequence).isSorted().startsWith(0L).endsWith(total - 1).doesNotHaveDuplicates();
      assertThat(stream.terminalStatus()).isEqualTo(Status.OK);
    }
  }

  @Test
  void limitOfTheBuilderIsKeptToTest() {
    try (GrpcStreamRecorder recorder = GrpcStreamRecorder.builder().eventLimit(8).build();
        Wire wire = Wire.direct(new MarketServer())) {
      new MarketClient(wire.channel(recorder::attachTo))
          .raw(MarketGrpc.WATCH, 101)
          .send("100")
          .halfClose();

      assertThat(recorder.streams().get(0).events()).hasSize(16);
      assertThat(recorder.streams().get(0).events().get(0).describe()).isEqualTo("started");
    }
  }

  @Test
  void everyKindOfEventHasWordsALaneAndOneEventKindTest() {
    List<StreamEvent> events =
        Arrays.stream(EventKind.values())
            .map(kind -> event(kind, 7, 5, "main", 1, 3, payload(kind)))
            .toList();

    assertThat(events.stream().<Class<?>>map(StreamEvent::getClass))
        .containsExactlyInAnyOrder(
            Arrays.stream(StreamEvent.class.getDeclaredClasses())
                .filter(StreamEvent.class::isAssignableFrom)
                .toArray(Class<?>[]::new));
    assertThat(events).extracting(StreamEvent::kind).containsExactly(EventKind.values());
    assertThat(events)
        .allSatisfy(
            event -> {
              assertThat(event.at()).hasToString("#7 at +0.0 ms on main, attempt 1");
              assertThat(event.describe()).matches("[ -~]+");
              assertThat(event.lane()).isNotNull();
            });
    assertThat(events.stream().map(StreamEvent::describe))
        .containsExactly(
            "started",
            "requested 3",
            "outbound message #3",
            "half-closed",
            "cancelled by the call (enough)",
            "deadline passed",
            "headers",
            "inbound message #3",
            "terminal status UNAVAILABLE: gone\\naway",
            "listener threw IllegalStateException in onMessage",
            "attempt 1 started (first)",
            "picked a:1",
            "stream created",
            "headers sent",
            "outbound message #3 on the transport",
            "headers on the transport",
            "inbound message #3 on the transport",
            "trailers on the transport",
            "attempt closed OK",
            "picker Done OK");
    assertThat(events.stream().filter(event -> event.closes() != null))
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly(
            "Cancelled", "DeadlinePassed", "Terminated", "AttemptClosed", "PickerDone");
  }

  private static @Nullable Object payload(EventKind kind) {
    return switch (kind) {
      case CANCELLED -> new EventNote.Cancel(Canceller.CALL, "enough", null);
      case TERMINATED ->
          new EventNote.Terminal(
              Status.UNAVAILABLE.withDescription("gone\naway"), new Metadata(), false);
      case LISTENER_THREW -> new EventNote.Thrown("onMessage", new IllegalStateException());
      case ATTEMPT_STARTED -> Retry.FIRST;
      case PICKED -> Values.pick(Pick.Kind.SUBCHANNEL, "a:1");
      case ATTEMPT_CLOSED, PICKER_DONE -> Status.OK;
      default -> null;
    };
  }

  @Test
  void threadsAreNamedUpTo255Test() throws Exception {
    EventLog log = new EventLog(200);
    for (int i = 0; i < 300; i++) {
      Thread thread = new Thread(() -> log.add(EventKind.SENT, 300, 0, null, 0), "worker-" + i);
      thread.start();
      thread.join();
    }
    List<StreamEvent> events = log.events();

    assertThat(events.get(0).at().thread()).isEqualTo("worker-0");
    assertThat(events.get(254).at().thread()).isEqualTo("worker-254");
    assertThat(events.get(255).at().thread()).isEqualTo("(one of more than 255 threads)");
    assertThat(events.get(299).at().attempt()).isEqualTo(255);
  }

  @Test
  void eightThreadsLoseNoCountTest() throws Exception {
    int threads = 8;
    long each = 20_000;
    try (GrpcStreamRecorder recorder = GrpcStreamRecorder.create()) {
      StreamLog log =
          Objects.requireNonNull(
              recorder
                  .recording()
                  .newLog(MarketGrpc.SUBSCRIBE, CallOptions.DEFAULT, null, Coverage.WHOLE, null));
      assertThat(log.started(new SilentCall<>(), null)).isTrue();
      CountDownLatch go = new CountDownLatch(1);
      List<Thread> all =
          IntStream.range(0, threads)
              .mapToObj(
                  n ->
                      new Thread(
                          () -> {
                            Uninterruptibles.awaitUninterruptibly(go);
                            for (int i = 0; i < each; i++) {
                              log.tally(EventKind.SENT, null, 0);
                              log.tally(EventKind.RECEIVED, null, 0);
                              log.tally(EventKind.REQUESTED, null, 2);
                            }
                          }))
              .toList();
      all.forEach(Thread::start);
      go.countDown();
      for (Thread thread : all) {
        thread.join();
      }
      RecordedStream stream = recorder.streams().get(0);

      assertThat(stream.count(EventKind.SENT)).isEqualTo(threads * each);
      assertThat(stream.count(EventKind.RECEIVED)).isEqualTo(threads * each);
      assertThat(stream.requested()).isEqualTo(2L * threads * each);
      assertThat(stream.droppedEvents()).isEqualTo(3L * threads * each + 1 - 64);
      Sent last =
          stream.events().stream()
              .filter(Sent.class::isInstance)
              .map(Sent.class::cast)
              .reduce((first, second) -> second)
              .orElseThrow();
      assertThat(last.number()).isBetween(threads * each - 32L, threads * each - 1L);
    }
  }

  @Test
  void timesReadWithThreeDigitsTest() {
    assertThat(Texts.sinceStart(Duration.ofNanos(50_000))).isEqualTo("+0.1 ms");
    assertThat(Texts.sinceStart(Duration.ofMillis(99))).isEqualTo("+99.0 ms");
    assertThat(Texts.sinceStart(Duration.ofMillis(100))).isEqualTo("+0.10 s");
    assertThat(Texts.seconds(Duration.ofMillis(1234))).isEqualTo("1.23 s");
    assertThat(Texts.count(1, "leak") + Texts.count(0, "leak")).isEqualTo("1 leak0 leaks");
  }

  @Test
  void textsAreOneLineOfAsciiTest() {
    assertThat(Texts.oneLine("a\tb\nc\rd\u00e9\u0001~")).isEqualTo("a b\\nc\\rd\\u00e9\\u0001~");
    assertThat(Texts.oneLine("x".repeat(200))).isEqualTo("x".repeat(200));
    assertThat(Texts.oneLine("x".repeat(201))).isEqualTo("x".repeat(200) + "...");
  }
}
