package io.github.streamleak.stream;

import io.github.streamleak.internal.Texts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Renders one stream.
 *
 * <p>The text is plain ASCII with {@code \n} as line end, and only times in it differ from run to
 * run: people and baselines compare today's failure with yesterday's. It shows the last few events
 * and not all of them, because a report has to fit on a page; the snapshot has the others.
 */
final class StreamText {

  private static final int MOST_EVENTS = 8;
  private static final int MOST_FRAMES = 8;

  private StreamText() {}

  static String of(RecordedStream stream) {
    StringBuilder text = new StringBuilder(title(stream)).append('\n').append(details(stream));
    stream
        .cause()
        .ifPresent(
            cause -> {
              Texts.line(text, "cause", cause + ": " + cause.text());
              Texts.line(text, "owed by", cause.owedBy().text() + ": " + cause.owes());
            });
    return text.toString().stripTrailing();
  }

  static String title(RecordedStream stream) {
    return Texts.escaped(stream.fullMethodName())
        + " ("
        + stream.methodType()
        + ", "
        + stream.stubKind().text()
        + ")";
  }

  static String details(RecordedStream stream) {
    StringBuilder text = new StringBuilder();
    boolean whole = stream.coverage() == Coverage.WHOLE;
    String unknown =
        whole ? "\" (no stack captured)" : "\", which made the pick; the line was not seen";
    Texts.line(
        text,
        "opened at",
        stream
            .openingLink()
            .orElseGet(() -> "thread \"" + Texts.oneLine(stream.thread()) + unknown));
    stream.opening().callerLink().ifPresent(caller -> Texts.line(text, "called by", caller));
    stream.whyCharged().ifPresent(why -> Texts.line(text, "charged", Texts.escaped(why)));
    if (!whole) {
      Texts.line(
          text, "seen from", "the transport only: the channel was built before the check began");
    }
    Texts.line(text, "attempt", attempts(stream));
    if (!stream.heldUpBy().isEmpty()) {
      Texts.lines(text, "held up by", stream.heldUpBy());
    }
    Texts.line(text, "state", state(stream));
    if (stream.isOpen()) {
      stream
          .untilDeadline()
          .filter(rest -> !rest.isZero())
          .ifPresent(rest -> Texts.line(text, "deadline", "in " + Texts.seconds(rest)));
    }
    Texts.lines(text, "events", events(stream));
    if (stream.cause().equals(Optional.of(LeakCause.CALLBACK_NOT_RETURNED))) {
      stream
          .runningCallback()
          .ifPresent(
              running -> Texts.lines(text, "callback", callback(running, stream.stubKind())));
    }
    return text.toString();
  }

  /** Returns what is running, and where it stands. */
  private static List<String> callback(RunningCallback running, StubKind kind) {
    List<String> lines = new ArrayList<>();
    lines.add(
        running.nameFor(kind)
            + " has not returned since "
            + Texts.sinceStart(running.since())
            + ", on thread \""
            + Texts.oneLine(running.thread())
            + "\"");
    running.stack().stream()
        .limit(MOST_FRAMES)
        .forEach(frame -> lines.add("at " + Texts.escaped(frame.toString())));
    if (running.stack().size() > MOST_FRAMES) {
      lines.add("...");
    }
    return lines;
  }

  private static String attempts(RecordedStream stream) {
    if (stream.attempts().isEmpty()) {
      return stream.hasUnseenAttempts()
          ? "not seen: the channel is not one of grpc-java, or an interceptor has changed the call"
              + " options"
          : "none yet: the name is not resolved";
    }
    List<String> texts = new ArrayList<>();
    for (RecordedAttempt attempt : stream.attempts()) {
      texts.add(attempt(attempt, stream.terminalStatus() != null));
    }
    return String.join("; ", texts);
  }

  /**
   * Renders an attempt.
   *
   * @param sayOpen whether to say that the attempt is open. While the stream has no terminal
   *     status, every attempt that is not closed is open anyway
   */
  static String attempt(RecordedAttempt attempt, boolean sayOpen) {
    String text = String.valueOf(attempt.number());
    if (attempt.retry() != Retry.FIRST) {
      text += " (" + attempt.retry().text() + ")";
    }
    Pick pick = attempt.pick();
    if (attempt.remoteAddress() != null) {
      text += ", picked " + Texts.oneLine(attempt.remoteAddress());
    } else {
      text += ", " + (pick == null ? "not picked" : Texts.escaped(pick.describe()));
      if (attempt.pickDelay() != null) {
        text += " (" + Texts.oneLine(attempt.pickDelay()) + ")";
      }
    }
    if (attempt.status() != null) {
      text += ", closed " + attempt.status().getCode();
    } else if (sayOpen) {
      text += ", open";
    }
    return text;
  }

  static String state(RecordedStream stream) {
    if (stream.coverage() == Coverage.TRANSPORT_ONLY) {
      return Texts.count(stream.count(EventKind.ATTEMPT_SENT), "outbound message")
          + ", "
          + Texts.count(stream.count(EventKind.ATTEMPT_RECEIVED), "inbound message")
          + " on the transport";
    }
    return (stream.isHalfClosed() ? "half-closed" : "not half-closed")
        + ", "
        + Texts.count(stream.count(EventKind.SENT), "outbound message")
        + ", "
        + Texts.count(stream.count(EventKind.RECEIVED), "inbound message")
        + " of "
        + stream.requested()
        + " requested, "
        + (stream.terminalStatus() == null
            ? "no terminal status"
            : "terminal status " + Texts.status(stream.terminalStatus()));
  }

  /**
   * Returns the last events that the application and the picker have seen. What the transport did
   * with each message is left out, since it would take the place of these.
   */
  private static List<String> events(RecordedStream stream) {
    List<StreamEvent> shown = stream.events().stream().filter(event -> !event.isDetail()).toList();
    int from = Math.max(0, shown.size() - MOST_EVENTS);
    List<String> lines = new ArrayList<>();
    if (from > 0 || stream.droppedEvents() > 0) {
      lines.add("...");
    }
    for (StreamEvent event : shown.subList(from, shown.size())) {
      lines.add(
          String.format(
              Locale.ROOT, "%9s  %s", Texts.sinceStart(event.at().sinceStart()), event.describe()));
    }
    return lines;
  }
}
