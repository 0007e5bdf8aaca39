package io.github.streamleak.recorder;

import io.github.streamleak.recorder.StreamEvent.Pick;
import io.github.streamleak.recorder.StreamFinding.Leaked;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Renders a verdict. ASCII, {@code \n} only, nothing that differs from run to run but times.
 *
 * <p>The first line reads on from "MyTest.name ", which is how Surefire prints it.
 */
final class LeakText {

  private static final int MOST_ITEMS = 10;
  private static final int MOST_EVENTS = 8;
  private static final String INDENT = "   ";
  private static final String CONTINUED = INDENT + "            ";

  private LeakText() {}

  static String of(StreamVerdict verdict, StreamLeakPolicy policy) {
    List<Leaked> leaks = verdict.leaks();
    if (leaks.isEmpty()) {
      return noLeaks(verdict);
    }
    StringBuilder text = new StringBuilder();
    text.append(Texts.count(leaks.size(), "gRPC client stream"))
        .append(" leaked, still open ")
        .append(Texts.seconds(verdict.waited()))
        .append(" after ")
        .append(policy.waitedAfter())
        .append(":\n");
    List<List<Leaked>> items = items(leaks);
    for (int i = 0; i < Math.min(items.size(), MOST_ITEMS); i++) {
      text.append('\n');
      item(text, i + 1, items.get(i));
    }
    if (items.size() > MOST_ITEMS) {
      text.append("\n... and ").append(items.size() - MOST_ITEMS).append(" more\n");
    }
    text.append("\nTo allow a stream on purpose: ")
        .append(policy.howToAllow(leaks.get(0).stream().fullMethodName()));
    return text.toString();
  }

  private static String noLeaks(StreamVerdict verdict) {
    if (verdict.streamCount() == 0) {
      return "no gRPC client stream was recorded";
    }
    StringBuilder text = new StringBuilder();
    text.append(Texts.count(verdict.streamCount(), "gRPC client stream")).append(" recorded, none");
    text.append(" leaked");
    if (!verdict.allowed().isEmpty()) {
      text.append(", ").append(verdict.allowed().size()).append(" open and allowed");
    }
    if (!verdict.undecided().isEmpty()) {
      text.append(", ").append(verdict.undecided().size()).append(" could not be judged");
    }
    return text.toString();
  }

  /** Leaks of one opening line, method and state are one item. */
  private static List<List<Leaked>> items(List<Leaked> leaks) {
    Map<List<Object>, List<Leaked>> items = new LinkedHashMap<>();
    for (Leaked leak : leaks) {
      RecordedStream stream = leak.stream();
      List<Object> key =
          List.of(
              stream.fullMethodName(),
              stream.openingLine(),
              leak.cause(),
              state(stream),
              attempt(stream));
      items.computeIfAbsent(key, k -> new ArrayList<>()).add(leak);
    }
    return List.copyOf(items.values());
  }

  private static void item(StringBuilder text, int number, List<Leaked> equal) {
    Leaked leak = equal.get(0);
    RecordedStream stream = leak.stream();
    text.append(number).append(". ").append(title(stream));
    if (equal.size() > 1) {
      text.append(", ").append(equal.size()).append(" times");
    }
    text.append('\n');
    stream(text, stream);
    cause(text, leak.cause());
    lines(text, "to fix", leak.remedy().lines());
  }

  /** Renders one stream, leaked or not. */
  static String of(RecordedStream stream) {
    StringBuilder text = new StringBuilder(title(stream)).append('\n');
    stream(text, stream);
    stream.cause().ifPresent(cause -> cause(text, cause));
    return text.toString().stripTrailing();
  }

  static String title(RecordedStream stream) {
    return stream.fullMethodName()
        + " ("
        + stream.methodType()
        + ", "
        + stream.stubKind().text()
        + ")";
  }

  static void stream(StringBuilder text, RecordedStream stream) {
    line(
        text,
        "opened at",
        stream
            .openingLink()
            .orElse(
                "thread \""
                    + Texts.oneLine(stream.thread())
                    + (stream.sides() == RecordedSides.TRANSPORT_ONLY
                        ? "\", which made the pick; the line was not seen"
                        : "\" (no stack captured)")));
    stream.callingLine().ifPresent(caller -> line(text, "called by", OpeningStack.link(caller)));
    if (stream.sides() == RecordedSides.TRANSPORT_ONLY) {
      line(text, "seen from", "the transport only: the channel was built before the check began");
    }
    line(text, "attempt", attempt(stream));
    line(text, "state", state(stream));
    events(text, stream);
  }

  private static void cause(StringBuilder text, LeakCause cause) {
    line(text, "cause", cause + ": " + cause.text());
    line(
        text,
        "owed by",
        "the " + cause.owedBy().name().toLowerCase(Locale.ROOT) + ": " + cause.owes());
  }

  static void lines(StringBuilder text, String key, List<String> values) {
    line(text, key, values.get(0));
    for (String other : values.subList(1, values.size())) {
      text.append(CONTINUED).append(other).append('\n');
    }
  }

  static void line(StringBuilder text, String key, String value) {
    text.append(INDENT).append(String.format(Locale.ROOT, "%-10s: ", key)).append(value);
    text.append('\n');
  }

  private static String attempt(RecordedStream stream) {
    if (stream.attempts().isEmpty()) {
      return "none yet: the name is not resolved";
    }
    List<String> texts = new ArrayList<>();
    for (RecordedAttempt attempt : stream.attempts()) {
      texts.add(of(attempt, stream.terminalStatus() != null));
    }
    return String.join("; ", texts);
  }

  /** Renders an attempt; that it is open goes without saying while the stream is. */
  static String of(RecordedAttempt attempt, boolean sayOpen) {
    String text = String.valueOf(attempt.number());
    if (attempt.retry() != StreamEvent.Retry.FIRST) {
      text += " (" + attempt.retry().text() + ")";
    }
    Pick pick = attempt.pick();
    if (attempt.remoteAddress() != null) {
      text += ", picked " + attempt.remoteAddress();
    } else {
      text += ", " + (pick == null ? "not picked" : pick.describe());
    }
    if (attempt.status() != null) {
      text += ", closed " + attempt.status().getCode();
    } else if (sayOpen) {
      text += ", open";
    }
    return text;
  }

  static String state(RecordedStream stream) {
    long received = stream.count(StreamEvent.Received.class);
    if (stream.sides() == RecordedSides.TRANSPORT_ONLY) {
      return Texts.count(stream.count(StreamEvent.AttemptSent.class), "outbound message")
          + ", "
          + Texts.count(stream.count(StreamEvent.AttemptReceived.class), "inbound message")
          + " on the transport";
    }
    return (stream.isHalfClosed() ? "half-closed" : "not half-closed")
        + ", "
        + Texts.count(stream.count(StreamEvent.Sent.class), "outbound message")
        + ", "
        + Texts.count(received, "inbound message")
        + " of "
        + stream.requested()
        + " requested, "
        + (stream.terminalStatus() == null
            ? "no terminal status"
            : "terminal status " + Texts.status(stream.terminalStatus()));
  }

  /**
   * Shows the end of the log as the application and the picker lived it; what the transport did
   * with each message would push that out.
   */
  private static void events(StringBuilder text, RecordedStream stream) {
    List<StreamEvent> shown = stream.events().stream().filter(EventKind::isTold).toList();
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
    lines(text, "events", lines);
  }
}
