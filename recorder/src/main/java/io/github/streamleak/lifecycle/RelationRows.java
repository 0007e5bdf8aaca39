package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.LifecycleTable.Role;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Collects what is wrong with a {@link Relation}, and writes it into a table. */
final class RelationRows {

  /** A side of an event that others may not be on. */
  enum Side {
    BEFORE("before "),
    AFTER("after ");

    private final String word;

    Side(String word) {
      this.word = word;
    }
  }

  /** What is wrong with an event that was kept. */
  private record Wrong(Role fault, String note) {}

  private final List<StreamEvent> kept;
  private final LifecycleTable table;

  /** What the events are called that the relation speaks of, by their index. */
  private final Map<Integer, String> labels = new HashMap<>();

  /** What is wrong with an event, by its index. */
  private final Map<Integer, Wrong> wrong = new HashMap<>();

  private final List<String> missing = new ArrayList<>();
  private String problem = "";

  RelationRows(StreamPart part, LifecycleTable table) {
    this.kept = part.kept();
    this.table = table;
  }

  void label(Occurrences occurrences, EventMatcher matcher) {
    occurrences.kept().forEach(index -> labels.putIfAbsent(index, matcher.describeOne()));
  }

  void missing(EventMatcher matcher, long found) {
    int wanted = matcher.times();
    String one = matcher.describeOne();
    note(one + " is missing" + (wanted == 1 ? "" : ": there are " + found + " of " + wanted));
    missing.add(wanted == 1 ? one : one + " (" + (found + 1) + " of " + wanted + ")");
  }

  /** There is no such event but, perhaps, the anchors themselves. */
  void missing(EventMatcher matcher, EventMatcher from, EventMatcher to) {
    String one = matcher.describeOne();
    note(one + " is missing between " + from.describeOne() + " and " + to.describeOne());
    missing.add(one);
  }

  void tooLate(Position earlier, EventMatcher event, Position later, EventMatcher anchor) {
    note(at(event, earlier) + " is out of order: recorded after " + at(anchor, later));
    int index = index(earlier);
    if (index >= 0) {
      String note = "out of order: expected before " + anchor.describeOne();
      wrong.put(index, new Wrong(Role.OUT_OF_ORDER, note));
    }
  }

  void onWrongSide(int index, Side side, Position limit, EventMatcher anchor, Role fault) {
    String is = words(fault) + ": ";
    note(table.named(kept.get(index)) + " is " + is + "recorded " + side.word + at(anchor, limit));
    wrong.put(index, new Wrong(fault, is + side.word + anchor.describeOne()));
  }

  void gapOnWrongSide(
      EventMatcher event, long number, Side side, Position limit, EventMatcher anchor, Role fault) {
    note(
        event.describeOne()
            + " is "
            + words(fault)
            + ": "
            + number
            + " of the dropped events came "
            + side.word
            + at(anchor, limit));
    table.markGap();
  }

  private static String words(Role fault) {
    return fault == Role.SURPLUS ? "surplus" : "out of order";
  }

  private void note(String first) {
    if (problem.isEmpty()) {
      problem = first;
    }
  }

  /** Returns in one line the first thing that is wrong. */
  String problem() {
    return problem;
  }

  private String at(EventMatcher matcher, Position position) {
    int index = index(position);
    return index < 0 ? matcher.describeOne() + " (dropped)" : table.named(kept.get(index));
  }

  /** Returns the index of the event that stands at {@code position}; -1 if it was dropped. */
  private int index(Position position) {
    for (int i = 0; position.from() == position.to() && i < kept.size(); i++) {
      if (kept.get(i).at().sequence() == position.from()) {
        return i;
      }
    }
    return -1;
  }

  void write() {
    table.addRecorded(
        (event, index) -> {
          Wrong found = wrong.get(index);
          table.add(
              found == null ? Role.AGREES : found.fault(),
              Objects.requireNonNull(labels.getOrDefault(index, "")),
              event,
              found == null ? "" : found.note());
        });
    for (String words : missing) {
      table.add(Role.MISSING, words, null, "missing");
    }
  }
}
