package io.github.streamleak.lifecycle;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.ObjIntConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The expected life cycle and the recorded one side by side: what a failed assertion shows.
 *
 * <p>A {@link Shape} adds the rows in the order in which they are to be read. The table is then
 * made short enough to be read: the transport's share of each message is left out, steps that fare
 * alike become one line, and of a long life only the start, the end and what surrounds the first
 * problem remain. What is left out is counted.
 */
final class LifecycleTable {

  private static final int MOST_ROWS = 48;
  private static final int AROUND_THE_FIRST = 8;
  private static final int AT_EACH_END = 6;

  /** Below this a run is shown a step to a line. */
  private static final int LEAST_FOLDED = 3;

  /** From here on times are in seconds. */
  private static final long LONG = 1_000_000_000;

  /** The note on a step that no kept event meets, but perhaps a dropped one. */
  static final String MAYBE_DROPPED = "may be among the dropped events";

  /** Why a row is there. */
  enum Role {
    /** An event that is expected, or that nobody minds. */
    AGREES(false),
    /** A step that no event meets. */
    MISSING(true),
    /** An event that no step expects. */
    SURPLUS(true),
    /** An event, or its step, at the wrong place. */
    OUT_OF_ORDER(true),
    /** The events that were dropped, and steps that may be among them. */
    GAP(false);

    private final boolean problem;

    Role(boolean problem) {
      this.problem = problem;
    }
  }

  /**
   * One line.
   *
   * @param step what is expected here, or empty
   * @param label the same with its number, if no event stands beside it; else null
   * @param event what was recorded here, or null
   * @param words the event in words, or empty
   * @param note what is wrong with it, or empty
   */
  record Row(
      Role role,
      String step,
      @Nullable StepLabel label,
      @Nullable StreamEvent event,
      String words,
      String note) {
    boolean isProblem() {
      return role.problem;
    }

    /** Returns whether {@code next} says the same of the step that follows. */
    boolean isFollowedBy(Row next) {
      return label != null
          && next.label != null
          && label.isFollowedBy(next.label)
          && role == next.role
          && note.equals(next.note);
    }
  }

  private final StreamPart part;
  private final List<Row> rows = new ArrayList<>();
  private boolean gapMarked;
  private int hidden;

  LifecycleTable(StreamPart part) {
    this.part = part;
  }

  // ---- what stands in it ----

  /** Adds an event, a step, or both side by side. */
  void add(Role role, String step, @Nullable StreamEvent event, String note) {
    rows.add(new Row(role, step, null, event, event == null ? "" : words(event), note));
  }

  /** Adds a step that stands beside no event; a run of them is shown in one line. */
  void add(Role role, StepLabel label, String note) {
    rows.add(new Row(role, label.words(), label, null, "", note));
  }

  /** Adds what {@code row} adds for each event that was kept, and the gap where it stands. */
  void addRecorded(ObjIntConsumer<StreamEvent> row) {
    List<StreamEvent> kept = part.kept();
    for (int i = 0; i <= kept.size(); i++) {
      if (i == part.gapIndex() && part.hasGap()) {
        addGap();
      }
      if (i < kept.size()) {
        row.accept(kept.get(i), i);
      }
    }
  }

  /** Adds cancels that do not count, each where it was recorded. */
  void addLate(List<StreamEvent> late) {
    for (StreamEvent event : late) {
      int at = rows.size();
      while (at > 0 && !isBefore(rows.get(at - 1), event)) {
        at--;
      }
      if (at > 0 || !rows.isEmpty()) {
        String note = "does not count: after the terminal status";
        rows.add(at, new Row(Role.AGREES, "", null, event, words(event), note));
      }
    }
  }

  private static boolean isBefore(Row row, StreamEvent event) {
    StreamEvent other = row.event;
    return other != null && other.at().sequence() < event.at().sequence();
  }

  /** Marks the gap as the place to look at: an event in it decides, or would. */
  void markGap() {
    gapMarked = true;
  }

  void addGap() {
    List<String> kinds = new ArrayList<>();
    for (EventKind kind : EventKind.values()) {
      if (part.dropped(kind) > 0) {
        kinds.add(part.dropped(kind) + " x " + kind.words());
      }
    }
    String most = part.knowsNumberDropped() ? "" : "at most ";
    rows.add(
        new Row(
            Role.GAP,
            "",
            null,
            null,
            "... "
                + most
                + Texts.count(part.dropped(), "event")
                + " dropped: "
                + String.join(", ", kinds),
            ""));
  }

  /** Renders an event; its attempt is said where there are several. */
  private String words(StreamEvent event) {
    boolean sayAttempt =
        part.stream().attempts().size() > 1
            && event.at().attempt() != 0
            && !(event instanceof StreamEvent.AttemptStarted);
    return event.describe() + (sayAttempt ? " (attempt " + event.at().attempt() + ")" : "");
  }

  /** Returns an event and its time, as a sentence names it. */
  String named(StreamEvent event) {
    return words(event) + " at " + time(event);
  }

  /** Keeps the tenth of a millisecond: rows that differ by less than a report rounds off differ. */
  static String time(StreamEvent event) {
    long nanos = event.at().sinceStart().toNanos();
    return nanos < LONG
        ? String.format(Locale.ROOT, "+%.1f ms", nanos / 1e6)
        : String.format(Locale.ROOT, "+%.4f s", nanos / 1e9);
  }

  /** Leaves out events of the transport that a report leaves out too, unless {@code named}. */
  void hideTransport(Predicate<StreamEvent> named) {
    int before = rows.size();
    rows.removeIf(
        row ->
            row.role == Role.AGREES
                && row.step.isEmpty()
                && row.event != null
                && row.event.isDetail()
                && !named.test(row.event));
    hidden += before - rows.size();
  }

  // ---- what is wrong with it ----

  /** Returns the events that stand at a wrong place, or are one too many. */
  List<StreamEvent> misplaced() {
    return rows.stream()
        .filter(row -> row.role == Role.OUT_OF_ORDER || row.role == Role.SURPLUS)
        .map(Row::event)
        .filter(Objects::nonNull)
        .toList();
  }

  // ---- how it reads ----

  /** Returns what is expected, a line each and without times. */
  String expected() {
    return rows.stream()
        .filter(row -> row.role == Role.AGREES || (row.role == Role.GAP) || !row.step.isEmpty())
        .filter(row -> !row.isProblem() || row.event == null)
        .map(row -> row.words.isEmpty() ? row.step : row.words)
        .collect(Collectors.joining("\n"));
  }

  /** Returns what was recorded, a line each and without times. */
  String actual() {
    return rows.stream()
        .filter(row -> !row.words.isEmpty())
        .map(Row::words)
        .collect(Collectors.joining("\n"));
  }

  /** Returns the rows with each run of steps that fare alike in one. */
  private List<Row> folded() {
    List<Row> folded = new ArrayList<>();
    for (int i = 0; i < rows.size(); ) {
      int end = i + 1;
      while (end < rows.size() && rows.get(end - 1).isFollowedBy(rows.get(end))) {
        end++;
      }
      Row row = rows.get(i);
      StepLabel from = row.label;
      StepLabel to = rows.get(end - 1).label;
      if (end - i >= LEAST_FOLDED && from != null && to != null) {
        StepLabel run = from.to(to);
        folded.add(new Row(row.role, run.words(), run, null, "", row.note));
      } else {
        folded.addAll(rows.subList(i, end));
      }
      i = end;
    }
    return folded;
  }

  String render() {
    List<Row> rows = folded();
    int first = first(rows);
    List<Row> shown = new ArrayList<>();
    List<Boolean> marks = new ArrayList<>();
    int left = 0;
    for (int i = 0; i < rows.size(); i++) {
      boolean near =
          rows.size() <= MOST_ROWS
              || i < AT_EACH_END
              || i >= rows.size() - AT_EACH_END
              || Math.abs(i - first) <= AROUND_THE_FIRST
              || rows.get(i).role == Role.GAP;
      if (near) {
        addLeft(shown, marks, left);
        left = 0;
        shown.add(rows.get(i));
        marks.add(i == first);
      } else {
        left++;
      }
    }
    addLeft(shown, marks, left);
    int stepWidth = "expected".length();
    int wordsWidth = "recorded".length();
    for (Row row : shown) {
      stepWidth = Math.max(stepWidth, row.step.length());
      if (!row.note.isEmpty()) {
        wordsWidth = Math.max(wordsWidth, recorded(row).length());
      }
    }
    StringBuilder text = new StringBuilder();
    line(text, "  ", "expected", stepWidth, "recorded", wordsWidth, "");
    text.append("  ")
        .append("-".repeat(stepWidth + 1))
        .append('+')
        .append("-".repeat(Math.min(60, wordsWidth) + 1))
        .append('\n');
    for (int i = 0; i < shown.size(); i++) {
      Row row = shown.get(i);
      line(
          text,
          marks.get(i) ? "> " : "  ",
          row.step,
          stepWidth,
          recorded(row),
          wordsWidth,
          row.note);
    }
    if (hidden > 0) {
      text.append("  (")
          .append(Texts.count(hidden, "event"))
          .append(" of the transport not shown)\n");
    }
    return text.toString().stripTrailing();
  }

  private static void addLeft(List<Row> shown, List<Boolean> marks, int left) {
    if (left > 0) {
      shown.add(new Row(Role.AGREES, "...", null, null, "... " + left + " more", ""));
      marks.add(false);
    }
  }

  /** Returns the row to mark: the first problem, or the gap if that is what is in the way. */
  private int first(List<Row> rows) {
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).isProblem() || (gapMarked && rows.get(i).role == Role.GAP)) {
        return i;
      }
    }
    return -1;
  }

  private static String recorded(Row row) {
    if (row.event == null) {
      return row.words;
    }
    return String.format(Locale.ROOT, "%9s  %s", time(row.event), row.words);
  }

  private static void line(
      StringBuilder text,
      String mark,
      String step,
      int stepWidth,
      String recorded,
      int wordsWidth,
      String note) {
    StringBuilder line = new StringBuilder(mark);
    line.append(pad(step, stepWidth)).append(" | ");
    if (note.isEmpty()) {
      line.append(recorded);
    } else {
      line.append(pad(recorded, wordsWidth)).append("  <- ").append(note);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
