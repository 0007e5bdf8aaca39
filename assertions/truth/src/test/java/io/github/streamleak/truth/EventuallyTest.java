package io.github.streamleak.truth;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static io.github.streamleak.truth.Failures.failure;
import static io.github.streamleak.truth.Failures.hasFacts;
import static io.github.streamleak.truth.StreamTruth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.truth.Expect;
import com.google.common.truth.ExpectFailure;
import io.github.streamleak.stream.RecordedStream;
import io.grpc.ClientCall;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.runner.Description;
import org.junit.runners.model.Statement;

/** Waiting on every level, and strategies that do not throw. */
final class EventuallyTest {

  /** Only so that a broken test ends. */
  private static final Duration LONG = Duration.ofMinutes(1);

  private static final Duration SHORT = Duration.ofMillis(20);

  private final Market market = new Market();

  @AfterEach
  void shutDown() {
    market.close();
  }

  /** Reads the rest of an open stream from another thread, once a first look has failed. */
  private Thread releaseAfterFirstLook(ClientCall<String, String> call, Looks looks) {
    Thread thread =
        new Thread(
            () -> {
              looks.awaitFirst();
              call.request(10);
            });
    thread.start();
    return thread;
  }

  /** Lets a thread wait until an assertion was looked at. */
  private static final class Looks {
    private final java.util.concurrent.CountDownLatch first =
        new java.util.concurrent.CountDownLatch(1);

    void look() {
      first.countDown();
    }

    void awaitFirst() {
      try {
        first.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void everyLevelWaitsTest() throws InterruptedException {
    ClientCall<String, String> call = market.watch("3", 1);
    RecordedStream before = market.stream();
    assertThat(before).isOpen();
    Looks looks = new Looks();
    Thread reader = releaseAfterFirstLook(call, looks);

    assertThat(market.recorder)
        .eventually(LONG)
        .streams()
        .each(
            stream -> {
              looks.look();
              stream.isReleased();
            });
    reader.join();

    assertThat(market.recorder).eventually(LONG).hasNoOpenStreams();
    assertThat(List.of(before)).eventually(LONG).areReleased();
    assertThat(before).eventually(LONG).hasTerminalStatus(Status.Code.OK);
    assertThat(before).eventually(LONG).hasLifecycle(inboundMessages(3), terminalStatus());
    assertThat(before).eventually(LONG).applicationLane().hasTimes(3, inboundMessage());
    assertThat(before).eventually(LONG).attempt(1).isClosed();
    assertThat(before.attempts().get(0)).eventually(LONG).hasStatus(Status.Code.OK);
    assertThat(before).eventually(LONG).event(terminalStatus()).matches(terminalStatus());
    assertThat(before.events().get(0)).eventually(LONG).isOfAttempt(0);
    assertThat(before).eventually(Duration.ZERO).isReleased();
    assertThat(before.isOpen()).isTrue();
  }

  @Test
  void failureOnAnOldSnapshotSaysSoTest() {
    ClientCall<String, String> call = market.watch("3", 1);
    RecordedStream old = market.stream();
    call.request(10);
    assertThat(failure(StreamSubject.streams(), old, s -> s.hasTerminalStatus(Status.Code.OK)))
        .hasMessageThat()
        .isEqualTo(
            """
            this snapshot is old: 7 events have been recorded since it was taken; latest() takes a newer one
            value of  : stream.snapshot().terminalStatus()
            expected  : OK
            but was   : none
            stream was: acme.Market/Watch (SERVER_STREAMING), open, NOT_DRAINED""");
    assertThat(old.latest()).hasTerminalStatus(Status.Code.OK);
    assertThat(old).hasMethod(Market.WATCH);
  }

  @Test
  void whatHeldOfAnOldSnapshotAloneFailsTest() {
    ClientCall<String, String> call = market.watch("3", 1);
    RecordedStream old = market.stream();
    assertThat(old).hasNoTerminalStatus();
    call.request(10);
    String note =
        "it held of this snapshot, which is old, and does not hold now: 7 events have been recorded"
            + " since it was taken; latest() takes a newer one\n";
    assertThat(failure(StreamSubject.streams(), old, s -> s.hasNoTerminalStatus()))
        .hasMessageThat()
        .isEqualTo(
            note
                + """
                value of  : stream.latest().terminalStatus()
                expected  : none
                but was   : OK
                stream was: acme.Market/Watch (SERVER_STREAMING), open, NOT_DRAINED""");
    assertThat(
            failure(StreamsSubject.streamLists(), List.of(old), s -> s.each(one -> one.isOpen())))
        .hasMessageThat()
        .startsWith(
            note.replace(
                    "latest() takes a newer one", "ask the recorder again, or latest() of a stream")
                + "value of:\n    streams.latest().stream(1)\nexpected to be open\n");
  }

  @Test
  void navigationWaitsForWhatIsNotThereYetTest() throws InterruptedException {
    Looks looks = new Looks();
    Thread caller =
        new Thread(
            () -> {
              looks.awaitFirst();
              market.watch("3", 10);
            });
    caller.start();
    looks.look();
    assertThat(market.recorder).eventually(LONG).hasOnlyOneStream().isReleased();
    assertThat(market.recorder).eventually(LONG).streams().first().onlyAttempt().isClosed();
    caller.join();
  }

  @Test
  void timeoutShowsTheLastFailureAndHowLongItWaitedTest() {
    market.watch("3+", 1);
    RecordedStream before = market.stream();
    AssertionError failure =
        failure(
            StreamSubject.streams(),
            before,
            s -> s.eventually(SHORT).hasTerminalStatus(Status.Code.OK));
    assertThat(text(failure))
        .isEqualTo(
            """
            still so after waiting 0.02 s, looked at N times
            value of  : stream.eventually(0.02 s).terminalStatus()
            expected  : OK
            but was   : none
            stream was: acme.Market/Watch (SERVER_STREAMING), open, NOT_DRAINED""");
    Failures.compares(failure, "OK", "none");
  }

  @Test
  void timeoutShowsTheNewestStateTest() {
    ClientCall<String, String> call = market.watch("3", 1);
    RecordedStream before = market.stream();
    call.request(10);
    hasFacts(
        failure(StreamSubject.streams(), before, s -> s.eventually(SHORT).isOpen()),
        "value of: stream.eventually(0.02 s) | expected to be open | but was: released by TERMINAL_STATUS | stream: "
            + before.latest().describe()
            + " | stream was: acme.Market/Watch (SERVER_STREAMING), released by TERMINAL_STATUS");
  }

  @Test
  void timeoutOfEveryLevelSaysSoTest() {
    market.watch("3+", 1);
    String still = "still so after waiting 0.02 s, looked at N times\n";
    assertThat(
            text(
                failure(
                    RecorderSubject.recorders(),
                    market.recorder,
                    s -> s.eventually(SHORT).hasNoOpenStreams())))
        .startsWith(still + "value of:\n    recorder.eventually(0.02 s)\nexpected no open streams");
    assertThat(
            text(
                failure(
                    RecorderSubject.recorders(),
                    market.recorder,
                    s -> s.eventually(SHORT).streams().stream(2).isOpen())))
        .startsWith(still + "value of              : recorder.eventually(0.02 s).streams()\n");
    assertThat(
            text(
                failure(
                    StreamsSubject.streamLists(),
                    market.recorder.streams(),
                    s -> s.eventually(SHORT).hasSize(2))))
        .startsWith(still + "value of     : streams.eventually(0.02 s)\n");
    assertThat(
            text(
                failure(
                    AttemptSubject.attempts(),
                    market.stream().attempts().get(0),
                    s -> s.eventually(SHORT).isClosed())))
        .startsWith(still + "value of   : attempt.eventually(0.02 s).state()\n");
    assertThat(
            text(
                failure(
                    EventSubject.events(),
                    market.stream().events().get(0),
                    s -> s.eventually(SHORT).matches(terminalStatus()))))
        .startsWith(still + "value of : event.eventually(0.02 s)\n");
    assertThat(
            text(
                failure(
                    StreamSubject.streams(),
                    market.stream(),
                    s -> s.eventually(SHORT).applicationLane().hasTimes(1, terminalStatus()))))
        .startsWith(still + "expected terminal status once, on the application lane,\n");
  }

  private static String text(AssertionError failure) {
    return String.valueOf(failure.getMessage())
        .replaceAll("looked at (once|\\d+ times)", "looked at N times");
  }

  @Test
  void looksAreCountedForEachAssertionTest() {
    market.watch("3+", 1);
    StreamSubject stream = assertThat(market.stream()).eventually(Duration.ZERO);
    AssertionError once =
        assertThrows(AssertionError.class, () -> stream.hasTerminalStatus(Status.Code.OK));
    assertThat(once).hasMessageThat().startsWith("still so after waiting 0.00 s, looked at once\n");
    java.util.concurrent.atomic.AtomicInteger number =
        new java.util.concurrent.atomic.AtomicInteger();
    AssertionError often =
        assertThrows(
            AssertionError.class,
            () ->
                assertThat(market.recorder)
                    .eventually(SHORT)
                    .streams()
                    .each(
                        one -> {
                          number.incrementAndGet();
                          one.isReleased();
                        }));
    // The last one fails the test, on what was seen before.
    int seen = number.get() - 1;
    assertThat(often)
        .hasMessageThat()
        .startsWith(
            "still so after waiting 0.02 s, looked at "
                + (seen == 1 ? "once" : seen + " times")
                + "\n");
  }

  @Test
  void wrongLimitIsRefusedTest() {
    market.watch("3", 10);
    assertThat(
            assertThrows(
                IllegalArgumentException.class,
                () -> assertThat(market.stream()).eventually(Duration.ofMillis(-1)).isOpen()))
        .hasMessageThat()
        .isEqualTo("the limit must not be negative, but is PT-0.001S");
    hasFacts(
        failure(StreamSubject.streams(), null, s -> s.eventually(SHORT).isOpen()),
        "value of: stream.eventually(0.02 s) | expected a stream | but was: null | stream was: null");
  }

  @Test
  void ownMessageComesFirstTest() {
    market.watch("3", 10);
    AssertionError failure =
        ExpectFailure.expectFailure(
            expect ->
                expect
                    .withMessage("after the close")
                    .about(StreamSubject.streams())
                    .that(market.stream())
                    .isOpen());
    assertThat(failure).hasMessageThat().startsWith("after the close\nexpected to be open\n");
    assertWithMessage("unseen").about(StreamSubject.streams()).that(market.stream()).isReleased();
  }

  @Test
  void expectCollectsEveryFailureTest() {
    market.watch("3", 10);
    Expect expect = Expect.create();
    Statement test =
        new Statement() {
          @Override
          public void evaluate() {
            StreamSubject stream = expect.about(StreamSubject.streams()).that(market.stream());
            stream.isOpen();
            stream.hasTerminalStatus(Status.Code.CANCELLED);
            stream.eventually(SHORT).hasTerminalStatus(Status.Code.ABORTED);
            // What follows a way that leads nowhere says nothing more.
            stream.attempt(7).hasStatus(Status.Code.OK);
            stream.attempt(7).event(terminalStatus().where("at all", e -> true)).isOfAttempt(9);
            stream.isReleased();
          }
        };
    AssertionError failure =
        assertThrows(
            AssertionError.class,
            () -> expect.apply(test, Description.createSuiteDescription("test")).evaluate());
    String text = String.valueOf(failure.getMessage());
    assertThat(text).startsWith("5 expectations failed:");
    assertThat(text).contains("expected to be open");
    assertThat(text).contains("expected  : CANCELLED");
    assertThat(text).containsMatch("still so after waiting 0\\.02 s, looked at \\w+");
    assertThat(text.split("expected attempt number", -1)).hasLength(3);
  }
}
