package io.github.streamleak.remedies;

import static io.github.streamleak.stream.LeakCause.ATTEMPT_NOT_CLOSED;
import static io.github.streamleak.stream.LeakCause.CALLBACK_NOT_RETURNED;
import static io.github.streamleak.stream.LeakCause.NOT_DRAINED;
import static io.github.streamleak.stream.LeakCause.NOT_HALF_CLOSED;
import static io.github.streamleak.stream.LeakCause.NOT_PICKED;
import static io.github.streamleak.stream.LeakCause.SERVER_NOT_FINISHED;
import static io.github.streamleak.stream.LeakCause.STILL_SUBSCRIBED;
import static io.github.streamleak.stream.LeakCause.WAITING_FOR_TRANSPORT;
import static io.github.streamleak.stream.LeakCause.WAITING_TO_RETRY;
import static io.github.streamleak.stream.StubKind.ASYNC;
import static io.github.streamleak.stream.StubKind.BLOCKING;
import static io.github.streamleak.stream.StubKind.BLOCKING_ITERATOR;
import static io.github.streamleak.stream.StubKind.BLOCKING_V2;
import static io.github.streamleak.stream.StubKind.FUTURE;
import static io.github.streamleak.stream.StubKind.GAX;
import static io.github.streamleak.stream.StubKind.KOTLIN;
import static io.github.streamleak.stream.StubKind.MUTINY;
import static io.github.streamleak.stream.StubKind.RAW_CALL;
import static io.github.streamleak.stream.StubKind.REACTOR;
import static io.github.streamleak.stream.StubKind.RX;
import static io.github.streamleak.stream.StubKind.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.github.streamleak.remedies.Program.Line;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.StubKind;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.verdict.StreamFinding.Leaked;
import io.github.streamleak.verdict.StreamVerdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs each program that leaks, takes the remedy out of the failure text, puts each way that it
 * names into the program's source, compiles it, and runs that: it has to pass. The table in
 * docs/fixing-leaks.md is written from what was run.
 */
final class RemediesTest {

  private static final Path PAGE = Path.of("../../docs/fixing-leaks.md");
  private static final String TABLE_BEGINS = "<!-- remedies -->\n";
  private static final String TABLE_ENDS = "<!-- end of remedies -->\n";

  /** Of a leak; its program has done all that it does when it returns. */
  private static final Duration SHORT_GRACE = Duration.ofMillis(500);

  /** What a test has that sets nothing. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private static final List<Transport> TRANSPORTS =
      List.of(Transport.IN_PROCESS_POOLED, Transport.NETTY);

  private static final List<Program> PROGRAMS =
      List.of(
          new Program(NOT_DRAINED, BLOCKING_ITERATOR, "Iterators", "notDrained"),
          new Program(NOT_DRAINED, BLOCKING_ITERATOR, "Iterators", "notDrainedThroughAHelper"),
          new Program(NOT_DRAINED, BLOCKING_ITERATOR, "Iterators", "notDrainedWithoutAName"),
          new Program(NOT_DRAINED, BLOCKING_V2, "BlockingV2", "notDrained"),
          new Program(NOT_DRAINED, BLOCKING_V2, "BlockingV2", "notDrainedBidi"),
          new Program(NOT_DRAINED, ASYNC, "Async", "notDrained"),
          new Program(NOT_DRAINED, ASYNC, "Async", "notDrainedBidi"),
          new Program(NOT_DRAINED, RAW_CALL, "Raw", "notDrained"),
          new Program(NOT_DRAINED, RAW_CALL, "Raw", "notDrainedWithoutARequest"),
          new Program(NOT_HALF_CLOSED, BLOCKING_V2, "BlockingV2", "notHalfClosed"),
          new Program(NOT_HALF_CLOSED, BLOCKING_V2, "BlockingV2", "notHalfClosedAfterAFailure"),
          new Program(NOT_HALF_CLOSED, BLOCKING_V2, "BlockingV2", "notHalfClosedBidi"),
          new Program(NOT_HALF_CLOSED, ASYNC, "Async", "notHalfClosed"),
          new Program(NOT_HALF_CLOSED, ASYNC, "Async", "notHalfClosedAfterAFailure"),
          new Program(NOT_HALF_CLOSED, ASYNC, "Async", "notHalfClosedBidi"),
          new Program(NOT_HALF_CLOSED, RAW_CALL, "Raw", "notHalfClosed"),
          new Program(NOT_HALF_CLOSED, RAW_CALL, "Raw", "notHalfClosedAfterAFailure"),
          new Program(SERVER_NOT_FINISHED, BLOCKING, "Blocking", "serverNotFinished"),
          new Program(SERVER_NOT_FINISHED, BLOCKING_V2, "BlockingV2", "serverNotFinished"),
          new Program(SERVER_NOT_FINISHED, ASYNC, "Async", "serverNotFinished"),
          new Program(SERVER_NOT_FINISHED, ASYNC, "Async", "serverNotFinishedUpload"),
          new Program(SERVER_NOT_FINISHED, FUTURE, "Futures", "serverNotFinished"),
          new Program(SERVER_NOT_FINISHED, RAW_CALL, "Raw", "serverNotFinished"),
          new Program(STILL_SUBSCRIBED, BLOCKING_ITERATOR, "Iterators", "stillSubscribed"),
          new Program(STILL_SUBSCRIBED, BLOCKING_V2, "BlockingV2", "stillSubscribed"),
          new Program(STILL_SUBSCRIBED, ASYNC, "Async", "stillSubscribed"),
          new Program(STILL_SUBSCRIBED, ASYNC, "Async", "stillSubscribedBidi"),
          new Program(STILL_SUBSCRIBED, RAW_CALL, "Raw", "stillSubscribed"),
          new Program(CALLBACK_NOT_RETURNED, ASYNC, "Async", "callbackNotReturned"),
          new Program(CALLBACK_NOT_RETURNED, RAW_CALL, "Raw", "callbackNotReturned"),
          new Program(WAITING_FOR_TRANSPORT, BLOCKING, "Blocking", "waitingForTransport"),
          new Program(WAITING_FOR_TRANSPORT, BLOCKING_ITERATOR, "Iterators", "waitingForTransport"),
          new Program(WAITING_FOR_TRANSPORT, BLOCKING_V2, "BlockingV2", "waitingForTransport"),
          new Program(WAITING_FOR_TRANSPORT, ASYNC, "Async", "waitingForTransport"),
          new Program(WAITING_FOR_TRANSPORT, FUTURE, "Futures", "waitingForTransport"),
          new Program(WAITING_FOR_TRANSPORT, RAW_CALL, "Raw", "waitingForTransport"),
          new Program(WAITING_TO_RETRY, BLOCKING, "Blocking", "waitingToRetry"),
          new Program(WAITING_TO_RETRY, BLOCKING_ITERATOR, "Iterators", "waitingToRetry"),
          new Program(WAITING_TO_RETRY, BLOCKING_V2, "BlockingV2", "waitingToRetry"),
          new Program(WAITING_TO_RETRY, ASYNC, "Async", "waitingToRetry"),
          new Program(WAITING_TO_RETRY, FUTURE, "Futures", "waitingToRetry"),
          new Program(WAITING_TO_RETRY, RAW_CALL, "Raw", "waitingToRetry"),
          new Program(NOT_PICKED, BLOCKING, "Blocking", "notPicked"),
          new Program(NOT_PICKED, BLOCKING_ITERATOR, "Iterators", "notPicked"),
          new Program(NOT_PICKED, BLOCKING_V2, "BlockingV2", "notPicked"),
          new Program(NOT_PICKED, ASYNC, "Async", "notPicked"),
          new Program(NOT_PICKED, FUTURE, "Futures", "notPicked"),
          new Program(NOT_PICKED, RAW_CALL, "Raw", "notPicked"),
          new Program(ATTEMPT_NOT_CLOSED, BLOCKING, "Answered", "blocking"),
          new Program(ATTEMPT_NOT_CLOSED, BLOCKING_ITERATOR, "Answered", "iterator"),
          new Program(ATTEMPT_NOT_CLOSED, BLOCKING_V2, "Answered", "blockingV2"),
          new Program(ATTEMPT_NOT_CLOSED, ASYNC, "Answered", "async"),
          new Program(ATTEMPT_NOT_CLOSED, FUTURE, "Answered", "future"),
          new Program(ATTEMPT_NOT_CLOSED, RAW_CALL, "Answered", "raw"));

  /**
   * The hints: what is no code, by the words that it begins with, and why it can be none. A remedy
   * for what the client owes has code beside each of them.
   */
  private static final Map<String, String> HINTS =
      Map.of(
          "in full: docs/fixing-leaks.md#",
          "leads to the whole shape",
          "the channel to ",
          "the address and the policy are configuration, and often not in the code",
          "close the streams to ",
          "each of those streams has its own remedy",
          "the CallCredentials of the call: ",
          "they are a class of a library more often than the user's",
          "a thread that waits in read(): ",
          "read() does not return before what holds the request back is gone");

  /** The pairs of cause and kind that cannot arise, or are held by another test. */
  private static final Map<Pair, String> LEFT_OUT = new HashMap<>();

  private record Pair(LeakCause cause, StubKind kind) {}

  static {
    for (StubKind kind : List.of(KOTLIN, REACTOR, RX)) {
      for (LeakCause cause : LeakCause.values()) {
        LEFT_OUT.put(
            new Pair(cause, kind), "compiled and run in integration-tests/conformance-reactive");
      }
    }
    for (StubKind kind : List.of(GAX, MUTINY)) {
      for (LeakCause cause : LeakCause.values()) {
        LEFT_OUT.put(
            new Pair(cause, kind), "its library is not here; no remedy of it is applied yet");
      }
    }
    for (LeakCause cause : LeakCause.values()) {
      LEFT_OUT.put(new Pair(cause, UNKNOWN), "shows the remedies of a raw ClientCall");
    }
    for (StubKind kind : List.of(FUTURE, BLOCKING)) {
      LEFT_OUT.put(
          new Pair(NOT_DRAINED, kind), "unary: the stub itself asks for the answer and its status");
      LEFT_OUT.put(new Pair(NOT_HALF_CLOSED, kind), "unary: the stub itself half-closes");
      LEFT_OUT.put(new Pair(STILL_SUBSCRIBED, kind), "unary: the server sends one message");
    }
    LEFT_OUT.put(
        new Pair(NOT_HALF_CLOSED, BLOCKING_ITERATOR),
        "server streaming: the stub itself half-closes");
    LEFT_OUT.put(
        new Pair(SERVER_NOT_FINISHED, BLOCKING_ITERATOR),
        "server streaming: the server may send more than one message");
    LEFT_OUT.put(
        new Pair(CALLBACK_NOT_RETURNED, FUTURE),
        "the listeners of a future are called when the stream has closed");
    for (StubKind kind : List.of(BLOCKING, BLOCKING_ITERATOR, BLOCKING_V2)) {
      LEFT_OUT.put(
          new Pair(CALLBACK_NOT_RETURNED, kind),
          "the stub's own listener is called, which does not wait");
    }
  }

  private final Map<String, Class<?>> compiled = new HashMap<>();
  private final Map<Program, Set<String>> rows = new LinkedHashMap<>();
  private final Map<Program, Set<Transport>> passed = new HashMap<>();
  private final Set<String> sections = new LinkedHashSet<>();

  @Test
  void everyCauseHasAProgramForEveryKindOfStubTest() {
    for (LeakCause cause : LeakCause.values()) {
      for (StubKind kind : StubKind.values()) {
        boolean hasProgram =
            PROGRAMS.stream().anyMatch(is -> is.cause() == cause && is.kind() == kind);
        assertThat(hasProgram ^ LEFT_OUT.containsKey(new Pair(cause, kind)))
            .as("%s of %s has a program, or a reason why it has none", cause, kind)
            .isTrue();
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> remedyMendsTheProgramTest() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Program program : PROGRAMS) {
      for (Transport transport : TRANSPORTS) {
        tests.add(dynamicTest(program + ", " + transport, () -> mends(program, transport)));
      }
    }
    tests.add(dynamicTest("the page has the table", this::pageHasTheTable));
    tests.add(dynamicTest("the page has the sections", this::pageHasTheSections));
    return tests.stream();
  }

  private Class<?> compile(Program program, String source) {
    return compiled.computeIfAbsent(source, text -> Compiled.of(program.className(), text));
  }

  private void mends(Program program, Transport transport) {
    List<List<Line>> ways = Program.ways(remedy(program, transport));
    ways.stream().flatMap(List::stream).filter(line -> !line.isCode()).forEach(this::isKnownHint);
    List<List<Line>> withCode =
        ways.stream().filter(w -> w.stream().anyMatch(Line::isCode)).toList();
    assertThat(withCode).as("ways with code").isNotEmpty();
    assertThat(withCode)
        .as("a way that is no deadline: %s", ways)
        .anyMatch(way -> way.stream().noneMatch(RemediesTest::isDeadline));
    for (List<Line> way : withCode) {
      runs(program, way, transport);
      rows.computeIfAbsent(program, p -> new LinkedHashSet<>())
          .add(
              way.stream()
                  .filter(Line::isCode)
                  .map(Line::code)
                  .filter(RemediesTest::isNoImport)
                  .collect(Collectors.joining(" ", "`", "`")));
    }
    passed.computeIfAbsent(program, p -> new LinkedHashSet<>()).add(transport);
  }

  private static boolean isNoImport(String code) {
    return !code.startsWith("import ");
  }

  private static boolean isDeadline(Line line) {
    return line.code().contains("withDeadlineAfter");
  }

  private void isKnownHint(Line line) {
    assertThat(HINTS.keySet()).as("hint: %s", line).anyMatch(line.place()::startsWith);
    if (line.place().contains("#")) {
      sections.add(line.place().substring(line.place().indexOf('#')));
    }
  }

  private List<String> remedy(Program program, Transport transport) {
    try (Run run = new Run(program, compile(program, program.source()), transport, SHORT_GRACE)) {
      StreamVerdict verdict = run.verdict();
      assertThat(verdict.leaks())
          .as(verdict::describe)
          .extracting(Leaked::cause)
          .containsExactly(program.cause());
      Leaked leak = verdict.leaks().get(0);
      assertThat(leak.stream().stubKind()).isEqualTo(program.kind());
      List<String> remedy = leak.remedy().lines();
      // What a user reads and copies.
      assertThat(
              verdict
                  .describe()
                  .lines()
                  .map(String::strip)
                  .map(line -> line.replaceFirst("^to fix    : ", "")))
          .containsSequence(remedy);
      return remedy;
    }
  }

  private void runs(Program program, List<Line> way, Transport transport) {
    String source = program.mended(way);
    try (Run run = new Run(program, compile(program, source), transport, GRACE)) {
      StreamVerdict verdict = run.verdict();
      assertThat(verdict.fails()).as("%s%n%s", verdict.describe(), source).isFalse();
      assertThat(verdict.streamCount()).isEqualTo(1);
      assertThat(verdict.undecided()).isEmpty();
      if (way.stream().anyMatch(line -> line.comment().contains("reads to the end"))
          && !program.cell().endsWith("AfterAFailure")) {
        assertThat(run.received()).as(source).isEqualTo(run.allMessages()).isNotEmpty();
      }
      if (program.cell().endsWith("AfterAFailure")) {
        assertThat(run.wasHalfClosed()).as("half an upload was accepted: %s", source).isFalse();
      }
    }
  }

  // ---- the page ----

  private void pageHasTheTable() {
    StringBuilder table = new StringBuilder();
    table.append(
        "| cause | owed by | stub | program | transports | what was applied, each by itself |\n");
    table.append("|---|---|---|---|---|---|\n");
    rows.forEach(
        (program, ways) ->
            table.append(
                String.format(
                    "| %s | %s | %s | [%s.%s](../integration-tests/remedies/%s) | %s | %s |%n",
                    program.cause(),
                    program.cause().owedBy().text(),
                    program.kind().text(),
                    program.type(),
                    program.cell(),
                    program.file().toString().replace('\\', '/'),
                    passed.getOrDefault(program, Set.of()).stream()
                        .map(transport -> transport == Transport.NETTY ? "Netty" : "in-process")
                        .collect(Collectors.joining(", ")),
                    String.join("; or ", ways))));
    String page = page();
    int from = page.indexOf(TABLE_BEGINS) + TABLE_BEGINS.length();
    int to = page.indexOf(TABLE_ENDS);
    assertThat(from).isLessThanOrEqualTo(to);
    if (Boolean.getBoolean("remedies.update")) {
      write(page.substring(0, from) + "\n" + table + "\n" + page.substring(to));
    }
    String now = page();
    assertThat(now.substring(from, now.indexOf(TABLE_ENDS)).strip())
        .isEqualTo(table.toString().strip());
  }

  private void pageHasTheSections() {
    Predicate<String> isThere =
        section ->
            page()
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(
                    line ->
                        "#"
                            + line.replaceFirst("^#+ ", "")
                                .toLowerCase(Locale.ROOT)
                                .replaceAll("[^\\w -]", "")
                                .replace(' ', '-'))
                .anyMatch(section::equals);
    assertThat(sections).isNotEmpty().allMatch(isThere);
  }

  private static String page() {
    try {
      return Files.readString(PAGE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(String page) {
    try {
      Files.writeString(PAGE, page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
