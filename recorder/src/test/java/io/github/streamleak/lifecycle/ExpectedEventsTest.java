package io.github.streamleak.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.streamleak.recorder.Lives;
import io.github.streamleak.recorder.Lives.Entry;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamEvent;
import io.grpc.Status;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The vocabulary: a word for every kind of event, what each refinement takes, what it refuses. */
final class ExpectedEventsTest {

  private static final List<EventMatcher> ALL =
      List.of(
          ExpectedEvents.started(),
          ExpectedEvents.requested(),
          ExpectedEvents.outboundMessage(),
          ExpectedEvents.halfClosed(),
          ExpectedEvents.cancelled(),
          ExpectedEvents.deadlinePassed(),
          ExpectedEvents.headers(),
          ExpectedEvents.inboundMessage(),
          ExpectedEvents.terminalStatus(),
          ExpectedEvents.listenerThrew(),
          ExpectedEvents.attemptStarted(),
          ExpectedEvents.picked(),
          ExpectedEvents.streamCreated(),
          ExpectedEvents.headersSent(),
          ExpectedEvents.outboundMessageOnTransport(),
          ExpectedEvents.headersOnTransport(),
          ExpectedEvents.inboundMessageOnTransport(),
          ExpectedEvents.trailersOnTransport(),
          ExpectedEvents.attemptClosed(),
          ExpectedEvents.pickerDone());

  @Test
  void everyKindOfEventHasAMatcherThatTakesItAndNoOtherTest() {
    assertThat(ALL).extracting(EventMatcher::kind).containsExactlyInAnyOrder(EventKind.values());
    List<StreamEvent> events = Lives.of(EventKind.values()).events();
    assertThat(events).hasSameSizeAs(ALL);
    for (EventMatcher matcher : ALL) {
      assertThat(events.stream().filter(matcher::matches))
          .as(matcher.describe())
          .extracting(StreamEvent::kind)
          .containsExactly(matcher.kind());
    }
  }

  @Test
  void wordsAreThoseOfTheEventsTest() {
    for (StreamEvent event : Lives.of(EventKind.values()).events()) {
      EventKind kind = event.kind();
      assertThat(event.lane()).as(kind.words()).isEqualTo(kind.lane());
      assertThat(event.describe().replaceFirst(" (#\\d+|\\d+)", ""))
          .startsWith(kind == EventKind.PICKED ? "picked" : kind.words());
    }
    assertThat(ALL)
        .extracting(EventMatcher::describe)
        .containsExactly(
            "started",
            "requested",
            "outbound message",
            "half-closed",
            "cancelled",
            "deadline passed",
            "headers",
            "inbound message",
            "terminal status",
            "listener threw",
            "attempt started",
            "picked",
            "stream created",
            "headers sent",
            "outbound message on the transport",
            "headers on the transport",
            "inbound message on the transport",
            "trailers on the transport",
            "attempt closed",
            "picker Done");
  }

  private static List<EventMatcher> refined() {
    return List.of(
        ExpectedEvents.requested(1),
        ExpectedEvents.outboundMessages(3),
        ExpectedEvents.firstOutboundMessage(),
        ExpectedEvents.lastOutboundMessage(),
        ExpectedEvents.cancelled().by(Canceller.CALL),
        ExpectedEvents.inboundMessages(3),
        ExpectedEvents.firstInboundMessage(),
        ExpectedEvents.lastInboundMessage(),
        ExpectedEvents.inboundMessage().numbered(0),
        ExpectedEvents.terminalStatus(Status.Code.OK),
        ExpectedEvents.terminalStatus(Status.Code.OK).withDescription("all sent"),
        ExpectedEvents.listenerThrew(RuntimeException.class),
        ExpectedEvents.attemptStarted(Retry.FIRST),
        ExpectedEvents.outboundMessagesOnTransport(2).onAttempt(1),
        ExpectedEvents.inboundMessagesOnTransport(2),
        ExpectedEvents.inboundMessageOnTransport().numbered(0).onAttempt(1),
        ExpectedEvents.attemptClosed(Status.Code.OK).onAttempt(1),
        ExpectedEvents.picked("a:1"),
        ExpectedEvents.pickerDone(Status.Code.OK),
        ExpectedEvents.halfClosed().where("by hand", event -> event.at().thread().equals("main")));
  }

  @Test
  void refinementsSayWhatTheyAskForTest() {
    assertThat(refined())
        .extracting(EventMatcher::describe)
        .containsExactly(
            "requested 1",
            "3 x outbound message",
            "first outbound message",
            "last outbound message",
            "cancelled by the call",
            "3 x inbound message",
            "first inbound message",
            "last inbound message",
            "inbound message #0",
            "terminal status OK",
            "terminal status OK: all sent",
            "listener threw RuntimeException",
            "attempt started (first)",
            "2 x outbound message on the transport (attempt 1)",
            "2 x inbound message on the transport",
            "inbound message #0 on the transport (attempt 1)",
            "attempt closed OK (attempt 1)",
            "picked a:1",
            "picker Done OK",
            "half-closed by hand");
    assertThat(refined()).allSatisfy(each -> assertThat(each).hasToString(each.describe()));
  }

  @Test
  void wordsOfAConditionAreLeftAsTheyAreTest() {
    assertThat(ExpectedEvents.inboundMessage().numbered(2).where("like {}", event -> true))
        .hasToString("inbound message #2 like {}");
  }

  @Test
  void refinementsTakeWhatTheyAskForTest() {
    List<Entry> life = Lives.entries(EventKind.values());
    life.replaceAll(
        entry ->
            entry.kind() == EventKind.TERMINATED
                ? entry.status(Status.OK.withDescription("all sent"))
                : entry);
    List<StreamEvent> events = Lives.of(100, life).events();
    String here = Thread.currentThread().getName();
    for (EventMatcher matcher : refined()) {
      if (matcher.isSingle() && !matcher.describe().contains("#")) {
        continue; // the first or the last, which only the stream can tell
      }
      boolean byThread = matcher.describe().equals("half-closed by hand") && !here.equals("main");
      assertThat(events.stream().filter(matcher::matches))
          .as(matcher.describe())
          .hasSize(byThread ? 0 : 1);
    }
  }

  @Test
  void refinementsLeaveOutTheOthersTest() {
    List<Entry> life = Lives.entries(EventKind.values());
    life.replaceAll(entry -> entry.attempt() == 0 ? entry : entry.attempt(2));
    life.replaceAll(
        entry ->
            switch (entry.kind()) {
              case TERMINATED, ATTEMPT_CLOSED, PICKER_DONE -> entry.status(Status.ABORTED);
              case CANCELLED -> entry.with(Lives.cancel(Canceller.CONTEXT));
              case ATTEMPT_STARTED -> entry.with(Retry.HEDGE);
              case PICKED -> entry.with(Lives.pick(Pick.Kind.SUBCHANNEL, "b:2"));
              default -> entry;
            });
    List<StreamEvent> events = Lives.of(100, life).events();
    List<EventMatcher> others =
        List.of(
            ExpectedEvents.requested(3),
            ExpectedEvents.cancelled().by(Canceller.CALL),
            ExpectedEvents.inboundMessage().numbered(1),
            ExpectedEvents.outboundMessage().numbered(1),
            ExpectedEvents.outboundMessageOnTransport().numbered(1),
            ExpectedEvents.inboundMessageOnTransport().numbered(1),
            ExpectedEvents.terminalStatus(Status.Code.OK),
            ExpectedEvents.terminalStatus().withDescription("all sent"),
            ExpectedEvents.listenerThrew(Error.class),
            ExpectedEvents.attemptStarted(Retry.FIRST),
            ExpectedEvents.outboundMessageOnTransport().onAttempt(1),
            ExpectedEvents.attemptClosed(Status.Code.OK),
            ExpectedEvents.picked("a:1"),
            ExpectedEvents.pickBuffered(),
            ExpectedEvents.pickFailed(),
            ExpectedEvents.pickDropped(),
            ExpectedEvents.pickerDone(Status.Code.OK),
            ExpectedEvents.halfClosed().where("by nobody", event -> false));
    for (EventMatcher matcher : others) {
      assertThat(events).as(matcher.describe()).noneMatch(matcher::matches);
    }
    for (Pick.Kind kind : Pick.Kind.values()) {
      Pick pick = Lives.pick(kind, "");
      StreamEvent event =
          Lives.of(9, List.of(Entry.of(EventKind.PICKED).with(pick))).events().get(0);
      assertThat(
              List.of(
                      ExpectedEvents.picked(),
                      ExpectedEvents.pickBuffered(),
                      ExpectedEvents.pickFailed(),
                      ExpectedEvents.pickDropped())
                  .stream()
                  .filter(matcher -> matcher.matches(event)))
          .singleElement()
          .satisfies(m -> assertThat(pick.describe()).startsWith(m.describe()));
    }
  }

  @Test
  void whatDoesNotFitIsRefusedTest() {
    refused(
        () -> ExpectedEvents.started().withStatus(Status.Code.OK),
        "withStatus(...) does not apply to \"started\"; it applies to terminalStatus(), attemptClosed()"
            + " and pickerDone()");
    refused(
        () -> ExpectedEvents.outboundMessage().withDescription("x"),
        "withDescription(...) does not apply to \"outbound message\"; it applies to terminalStatus(),"
            + " attemptClosed() and pickerDone()");
    refused(
        () -> ExpectedEvents.terminalStatus().by(Canceller.CALL),
        "by(...) does not apply to \"terminal status\"; it applies to cancelled()");
    refused(
        () -> ExpectedEvents.halfClosed().numbered(0),
        "numbered(...) does not apply to \"half-closed\"; it applies to outboundMessage(), inboundMessage(),"
            + " outboundMessageOnTransport() and inboundMessageOnTransport()");
    refused(
        () -> ExpectedEvents.inboundMessage().onAttempt(1),
        "onAttempt(...) does not apply to \"inbound message\"; it applies to events of an attempt or"
            + " of the picker");
    refused(
        () -> ExpectedEvents.picked().onAttempt(0),
        "attempts are counted from 1, but the number is 0");
    refused(
        () -> ExpectedEvents.inboundMessage().numbered(-1),
        "messages are counted from 0, but the number is -1");
    refused(
        () -> ExpectedEvents.inboundMessages(2).numbered(1),
        "\"2 x inbound message\" are several messages; only one has the number 1");
    refused(
        () -> ExpectedEvents.inboundMessages(0),
        "an expected event happens at least once, but times is 0; use Lifecycle.never(...) for"
            + " an event that must not happen");
    refused(
        () -> ExpectedEvents.firstInboundMessage().times(2),
        "\"first inbound message\" is a single event, which cannot happen 2 times");
    refused(
        () -> ExpectedEvents.inboundMessages(2).first(),
        "\"2 x inbound message\" are several events; call first() or last() on a matcher of one event");
    refused(
        () -> ExpectedEvents.requested(-1),
        "nobody can request a negative number of messages, but the count is -1");
    for (String address :
        List.of("", " ", "localhost", "127.0.0.1", "[::1]", "a:", "dns:///a:1", "static://a:1")) {
      refused(
          () -> ExpectedEvents.picked(address),
          "\""
              + address
              + "\" is no address; write host:port, or the name of an in-process server");
    }
    refused(
        () -> Lifecycle.inOrder(),
        "no event is expected, which holds for every stream; name at least one");
    refused(
        () -> Lifecycle.never(ExpectedEvents.outboundMessages(2)),
        "\"2 x outbound message\" are several events, but one is asked for; leave out the number");
    refused(
        () -> Lifecycle.atLeast(-1, ExpectedEvents.outboundMessage()),
        "an event cannot happen -1 times");
    refused(
        () -> Lifecycle.atLeast(0, ExpectedEvents.outboundMessage()),
        "\"outbound message at least 0 times\" is true of every stream");
    refused(
        () -> Lifecycle.atMost(1, ExpectedEvents.firstInboundMessage()),
        "\"first inbound message at most once\" is true of every stream");
    refused(
        () -> Lifecycle.times(2, ExpectedEvents.inboundMessage().numbered(3)),
        "\"inbound message #3 2 times\" can be true of no stream: it is a single event");
    refused(
        () -> Lifecycle.atLeast(2, ExpectedEvents.lastInboundMessage()),
        "\"last inbound message at least 2 times\" can be true of no stream: it is a single event");
    refused(
        () -> Lifecycle.never(ExpectedEvents.outboundMessage()).onAttempt(0),
        "attempts are counted from 1, but the number is 0");
  }

  /** That there is none would hold of every stream. */
  @Test
  void whatContradictsItselfIsRefusedTest() {
    refused(
        () -> ExpectedEvents.terminalStatus(Status.Code.OK).withStatus(Status.Code.INTERNAL),
        "\"terminal status OK\" can never have status INTERNAL as well; ask for one of them");
    refused(
        () -> ExpectedEvents.attemptClosed().withDescription("a").withDescription("b"),
        "\"attempt closed: a\" can never have description \"b\" as well; ask for one of them");
    refused(
        () -> ExpectedEvents.cancelled().by(Canceller.CALL).by(Canceller.CONTEXT),
        "\"cancelled by the call\" can never be by its Context as well; ask for one of them");
    refused(
        () -> ExpectedEvents.inboundMessage().numbered(1).numbered(2),
        "\"inbound message #1\" can never have number 2 as well; ask for one of them");
    refused(
        () -> ExpectedEvents.firstInboundMessage().last(),
        "\"first inbound message\" can never be the last as well; ask for one of them");
    refused(
        () -> ExpectedEvents.lastInboundMessage().first(),
        "\"last inbound message\" can never be the first as well; ask for one of them");
    refused(
        () -> ExpectedEvents.pickerDone().onAttempt(1).onAttempt(2),
        "\"picker Done (attempt 1)\" can never be of attempt 2 as well; ask for one of them");
    refused(
        () -> ExpectedEvents.attemptStarted(Retry.FIRST).onAttempt(2),
        "\"attempt started (first)\" can never be of attempt 2 as well; ask for one of them");
  }

  /** It could be the first message, if it is such a one, or the first of such messages. */
  @Test
  void whatIsNarrowedAfterItsPlaceIsRefusedTest() {
    String after =
        "(...) comes after \"first terminal status\", which is one event already; narrow the event"
            + " first, and call first() or last() at the end";
    EventMatcher first = ExpectedEvents.terminalStatus().first();
    refused(() -> first.withStatus(Status.Code.OK), "withStatus" + after);
    refused(() -> first.withDescription("a"), "withDescription" + after);
    refused(() -> first.where("at all", event -> true), "where" + after);
    refused(
        () -> ExpectedEvents.firstInboundMessage().numbered(3),
        "numbered" + after.replace("terminal status", "inbound message"));
    refused(
        () -> ExpectedEvents.cancelled().first().by(Canceller.CALL),
        "by" + after.replace("terminal status", "cancelled"));
    refused(
        () -> ExpectedEvents.picked().first().onAttempt(1),
        "onAttempt" + after.replace("terminal status", "picked"));
    assertThat(ExpectedEvents.inboundMessage().numbered(3).first())
        .hasToString("first inbound message #3");
    refused(
        () -> first.matches(Lives.of(EventKind.TERMINATED).events().get(0)),
        "an event alone cannot tell whether it is the \"first terminal status\" of its stream; ask"
            + " the stream for the event, and then look at that");
  }

  @Test
  void theSameAskedForTwiceChangesNothingTest() {
    List<EventMatcher> twice =
        List.of(
            ExpectedEvents.terminalStatus(Status.Code.OK).withStatus(Status.Code.OK),
            ExpectedEvents.terminalStatus().withDescription("a").withDescription("a"),
            ExpectedEvents.cancelled().by(Canceller.CALL).by(Canceller.CALL),
            ExpectedEvents.inboundMessage().numbered(1).numbered(1),
            ExpectedEvents.firstInboundMessage().first(),
            ExpectedEvents.attemptStarted(Retry.FIRST).onAttempt(1).onAttempt(1),
            ExpectedEvents.inboundMessageOnTransport().numbered(0).first(),
            ExpectedEvents.terminalStatus().withDescription("a").withStatus(Status.Code.ABORTED));
    assertThat(twice)
        .extracting(EventMatcher::describe)
        .containsExactly(
            "terminal status OK",
            "terminal status: a",
            "cancelled by the call",
            "inbound message #1",
            "first inbound message",
            "attempt started (first) (attempt 1)",
            "first inbound message #0 on the transport",
            "terminal status ABORTED: a");
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String text) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessage(text);
  }
}
