package io.github.streamleak.lifecycle;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The expected life cycle and the recorded one side by side. */
final class LifecycleTable {

  private static final int MOST_ROWS = 48;
  private static final int AROUND_THE_FIRST = 8;
  private static final int AT_EACH_END = 6;

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
   * Which of several alike a step is, as in "inbound message (2 of 3)".
   *
   * @param one the words for one of them
   * @param from the number of the first one meant, from 1
   * @param to the number of the last one meant
   * @param of how many there are; 1 if it stands alone
   */
  record Part(String one, int from, int to, int of) {
    String words() {
      return of == 1
          ? one
          : one + " (" + (from == to ? from : from + " to " + to) + " of " + of + ")";
    }

    boolean isFollowedBy(Part next) {
      return one.equals(next.one) && of == next.of && next.from == to + 1;
    }
  }

  /**
   * One line.
   *
   * @param step what is expected here, or empty
   * @param part which of several alike that is, or null if nobody minds
   * @param event what was recorded here, or null
   * @param words the event in words, or empty
   * @param note what is wrong with it, or empty
   */
  record Row(
      Role role,
      String step,
      @Nullable Part part,
      @Nullable StreamEvent event,
      String words,
      String note) {
    boolean isProblem() {
      return role.problem;
    }

    /** Returns whether {@code next} says the same of the event that is expected next. */
    boolean isFollowedBy(Row next) {
      return part != null
          && next.part != null
          && part.isFollowedBy(next.part)
          && role == next.role
          && note.equals(next.note)
          && event == null
          && next.event == null;
    }
  }

  private final StreamPart view;
  private final List<Row> rows = new ArrayList<>();
  private final boolean severalAttempts;
  private boolean markGap;

  LifecycleTable(StreamPart view) {
    this.view = view;
    this.severalAttempts = view.stream().attempts().size() > 1;
  }

  void add(Role role, String step, @Nullable StreamEvent event, String note) {
    rows.add(new Row(role, step, null, event, event == null ? "" : words(event), note));
  }

  /** Adds a step that stands beside no event; a run of them is shown in one line. */
  void add(Role role, Part part, String note) {
    rows.add(new Row(role, part.words(), part, null, "", note));
  }

  /** Marks the gap: what would decide is in there. */
  void markGap() {
    markGap = true;
  }

  void addGap() {
    List<String> kinds = new ArrayList<>();
    for (EventKind kind : EventKind.values()) {
      if (view.dropped(kind) > 0) {
        kinds.add(view.dropped(kind) + " x " + kind.words());
      }
    }
    String most = view.knowsNumberDropped() ? "" : "at most ";
    rows.add(
        new Row(
            Role.GAP,
            "",
            null,
            null,
            "... "
                + most
                + Texts.count(view.dropped(), "event")
                + " not kept: "
                + String.join(", ", kinds),
            ""));
  }

  /** Renders an event; its attempt is said where there are several. */
  String words(StreamEvent event) {
    boolean sayAttempt =
        severalAttempts
            && event.at().attempt() != 0
            && !(event instanceof StreamEvent.AttemptStarted);
    return event.describe() + (sayAttempt ? " (attempt " + event.at().attempt() + ")" : "");
  }

  boolean hasProblem() {
    return rows.stream().anyMatch(Row::isProblem);
  }

  List<Row> rows() {
    return rows;
  }

  /** Leaves away events of the transport that no step speaks of. */
  void hide(Predicate<StreamEvent> named) {
    int before = rows.size();
    rows.removeIf(
        row ->
            row.role == Role.AGREES
                && row.step.isEmpty()
                && row.event != null
                && row.event.isDetail()
                && !named.test(row.event));
    hidden = before - rows.size();
  }

  private int hidden;

  String expected() {
    return rows.stream()
        .filter(row -> row.role == Role.AGREES || (row.role == Role.GAP) || !row.step.isEmpty())
        .filter(row -> !row.isProblem() || row.event == null)
        .map(row -> row.words.isEmpty() ? row.step : row.words)
        .collect(Collectors.joining("\n"));
  }

  String actual() {
    return rows.stream()
        .filter(row -> !row.words.isEmpty())
        .map(Row::words)
        .collect(Collectors.joining("\n"));
  }

  /** Below this a run is shown a step to a line. */
  private static final int LEAST_FOLDED = 3;

  /** Returns the rows with each run of steps that fare alike in one. */
  private List<Row> folded() {
    List<Row> folded = new ArrayList<>();
    for (int i = 0; i < rows.size(); ) {
      int end = i + 1;
      while (end < rows.size() && rows.get(end - 1).isFollowedBy(rows.get(end))) {
        end++;
      }
      Row row = rows.get(i);
      Part from = row.part;
      Part to = rows.get(end - 1).part;
      if (end - i >= LEAST_FOLDED && from != null && to != null) {
        Part run = new Part(from.one, from.from, to.to, from.of);
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
      if (rows.get(i).isProblem() || (markGap && rows.get(i).role == Role.GAP)) {
        return i;
      }
    }
    return -1;
  }

  private static String recorded(Row row) {
    if (row.event == null) {
      return row.words;
    }
    return String.format(
        Locale.ROOT, "%9s  %s", Texts.sinceStart(row.event.at().sinceStart()), row.words);
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
