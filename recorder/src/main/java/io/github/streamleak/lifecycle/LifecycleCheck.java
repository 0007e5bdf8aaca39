package io.github.streamleak.lifecycle;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.lifecycle.EventMatcher.Place;
import io.github.streamleak.lifecycle.Lifecycle.Rule;
import io.github.streamleak.lifecycle.LifecycleResult.Outcome;
import io.github.streamleak.lifecycle.LifecycleTable.Part;
import io.github.streamleak.lifecycle.LifecycleTable.Role;
import io.github.streamleak.lifecycle.StreamPart.Occurrences;
import io.github.streamleak.lifecycle.StreamPart.Where;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides a {@link Lifecycle} on a stream.
 *
 * <p>Every rule is decided with three outcomes, from the events that were kept and what is known of
 * the gap: how many events of each kind it holds, and that all of them stand between the kept ones.
 * What follows from that alone is decided; the rest is undecidable and never passes.
 */
final class LifecycleCheck {

  /** Aligning costs steps times events; beyond this only the common start and end are aligned. */
  private static final long MOST_CELLS = 4_000_000;

  private final Lifecycle lifecycle;
  private final StreamPart view;
  private final List<StreamEvent> kept;
  private final LifecycleTable table;
  private String problem = "";

  private LifecycleCheck(Lifecycle lifecycle, StreamPart view) {
    this.lifecycle = lifecycle;
    this.view = view;
    this.kept = view.kept();
    this.table = new LifecycleTable(view);
  }

  static LifecycleResult of(Lifecycle lifecycle, StreamPart view) {
    return new LifecycleCheck(lifecycle, view).result();
  }

  private LifecycleResult result() {
    Outcome outcome =
        switch (lifecycle.rule()) {
          case IN_ORDER, EXACTLY, STARTING_WITH -> sequence();
          case IN_ANY_ORDER -> inAnyOrder();
          case BEFORE, EVERY_BEFORE, NEVER_AFTER, BETWEEN -> relation();
          case COUNT -> count();
        };
    if (outcome == Outcome.UNDECIDABLE) {
      problem = undecidable();
      table.markGap();
    }
    if (lifecycle.rule() != Rule.EXACTLY) {
      table.hide(event -> lifecycle.events().stream().anyMatch(e -> e.kind() == event.kind()));
    }
    return new LifecycleResult(
        outcome, lifecycle.describe(), outcome == Outcome.MATCHED ? "" : problem, table);
  }

  private String undecidable() {
    RecordedStream stream = view.stream();
    long total = stream.events().size() + stream.droppedEvents();
    return "that cannot be told: "
        + stream.droppedEvents()
        + " of the stream's "
        + total
        + " events were dropped from the middle of the log;"
        + " GrpcStreamRecorder.builder().eventLimit("
        + (total + 1) / 2
        + ") keeps them all";
  }

  // ---- sequences ----

  private static final class Step {
    final EventMatcher matcher;
    final Part part;
    final String words;
    final Occurrences occurrences;

    Step(EventMatcher matcher, int number, Occurrences occurrences) {
      this.matcher = matcher;
      this.part = new Part(matcher.describeOne(), number, number, matcher.times());
      this.words = part.words();
      this.occurrences = occurrences;
    }

    boolean meets(int keptIndex) {
      return Collections.binarySearch(occurrences.kept(), keptIndex) >= 0;
    }

    /** Returns whether any event of its kind will do. */
    boolean isPlain() {
      return matcher.isUnconditional()
          && !matcher.isNumbered()
          && matcher.attempt() == 0
          && matcher.place() == Place.ANY;
    }
  }

  private List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (EventMatcher matcher : lifecycle.events()) {
      Occurrences occurrences = view.occurrences(matcher);
      for (int i = 1; i <= matcher.times(); i++) {
        steps.add(new Step(matcher, i, occurrences));
      }
    }
    return steps;
  }

  private Outcome sequence() {
    List<Step> steps = steps();
    Outcome outcome =
        switch (lifecycle.rule()) {
          case EXACTLY -> exactly(steps);
          case STARTING_WITH -> startingWith(steps);
          default -> inOrder(steps);
        };
    if (outcome == Outcome.NOT_MATCHED
        && steps.stream().anyMatch(step -> !step.occurrences.resolved())) {
      outcome = Outcome.UNDECIDABLE;
    }
    align(steps, outcome);
    return outcome;
  }

  private Outcome exactly(List<Step> steps) {
    int head = view.tail();
    int rest = kept.size() - head;
    if (!view.hasGap()) {
      boolean equal = steps.size() == kept.size() && meet(steps, 0, 0, kept.size());
      return equal ? Outcome.MATCHED : Outcome.NOT_MATCHED;
    }
    long dropped = view.dropped();
    boolean sizeFits =
        view.knowsNumberDropped()
            ? steps.size() == kept.size() + dropped
            : steps.size() >= kept.size() && steps.size() <= kept.size() + dropped;
    if (!sizeFits
        || !meet(steps, 0, 0, head)
        || !meet(steps, steps.size() - rest, head, kept.size())) {
      return Outcome.NOT_MATCHED;
    }
    return inGap(steps.subList(head, steps.size() - rest));
  }

  private Outcome startingWith(List<Step> steps) {
    int n = steps.size();
    int head = view.tail();
    if (!view.hasGap()) {
      return n <= kept.size() && meet(steps, 0, 0, n) ? Outcome.MATCHED : Outcome.NOT_MATCHED;
    }
    if (!meet(steps, 0, 0, Math.min(n, head)) || n > kept.size() + view.dropped()) {
      return Outcome.NOT_MATCHED;
    }
    if (n <= head) {
      return Outcome.MATCHED;
    }
    long dropped = view.dropped();
    if (n <= head + dropped || !view.knowsNumberDropped()) {
      return inGap(steps.subList(head, n));
    }
    int afterGap = (int) (head + dropped);
    if (!meet(steps, afterGap, head, head + n - afterGap)) {
      return Outcome.NOT_MATCHED;
    }
    return inGap(steps.subList(head, afterGap));
  }

  /** Returns whether the steps from {@code step} on meet the kept events in the range. */
  private static boolean meet(List<Step> steps, int step, int from, int to) {
    if (step < 0 || step + to - from > steps.size()) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (!steps.get(step + i - from).meets(i)) {
        return false;
      }
    }
    return true;
  }

  /** Decides whether the gap consists of {@code steps}, or starts with them. */
  private Outcome inGap(List<Step> steps) {
    if (steps.stream().anyMatch(step -> step.occurrences.gapMost() == 0)) {
      return Outcome.NOT_MATCHED;
    }
    EventKind only = view.onlyKindDropped();
    boolean sure =
        only != null
            && view.knowsNumberDropped()
            && steps.stream().allMatch(step -> step.isPlain() && step.matcher.kind() == only);
    if (sure) {
      return Outcome.MATCHED;
    }
    return possible(steps) ? Outcome.UNDECIDABLE : Outcome.NOT_MATCHED;
  }

  /** Returns whether the gap has enough events of each step for all of them. */
  private boolean possible(List<Step> steps) {
    Map<EventKind, Long> needed = new EnumMap<>(EventKind.class);
    for (Step step : steps) {
      long sum = needed.merge(step.matcher.kind(), 1L, Long::sum);
      if (step.occurrences.gapMost() == 0 || sum > view.dropped(step.matcher.kind())) {
        return false;
      }
    }
    return true;
  }

  private Outcome inOrder(List<Step> steps) {
    int first = 0;
    for (int i = 0; i < view.tail() && first < steps.size(); i++) {
      if (steps.get(first).meets(i)) {
        first++;
      }
    }
    int last = steps.size();
    for (int i = kept.size() - 1; i >= view.tail() && last > first; i--) {
      if (steps.get(last - 1).meets(i)) {
        last--;
      }
    }
    // As few steps as can be are left for the gap: whatever it must hold with more, it must with
    // these.
    List<Step> middle = steps.subList(first, last);
    if (middle.isEmpty()) {
      return Outcome.MATCHED;
    }
    if (!view.hasGap()) {
      return Outcome.NOT_MATCHED;
    }
    Step one = middle.get(0);
    boolean sure =
        middle.stream().allMatch(step -> step.matcher == one.matcher || isSame(step, one))
            && one.occurrences.gapLeast() >= middle.size();
    if (sure) {
      return Outcome.MATCHED;
    }
    return possible(middle) ? Outcome.UNDECIDABLE : Outcome.NOT_MATCHED;
  }

  private static boolean isSame(Step a, Step b) {
    return a.isPlain() && b.isPlain() && a.matcher.kind() == b.matcher.kind();
  }

  // ---- the alignment of a sequence ----

  /**
   * Puts steps and events side by side so that as many as can be agree, and names what does not.
   */
  private void align(List<Step> steps, Outcome outcome) {
    int[] eventOf = alignment(steps);
    int[] stepOf = new int[kept.size()];
    Arrays.fill(stepOf, -1);
    for (int i = 0; i < eventOf.length; i++) {
      if (eventOf[i] >= 0) {
        stepOf[eventOf[i]] = i;
      }
    }
    // A step without an event, whose event stands elsewhere, is out of order and not missing.
    int[] elsewhere = new int[steps.size()];
    Arrays.fill(elsewhere, -1);
    int[] claimedBy = new int[kept.size()];
    Arrays.fill(claimedBy, -1);
    for (int i = 0; i < eventOf.length; i++) {
      if (eventOf[i] < 0) {
        for (int event : steps.get(i).occurrences.kept()) {
          if (stepOf[event] < 0 && claimedBy[event] < 0) {
            elsewhere[i] = event;
            claimedBy[event] = i;
            break;
          }
        }
      }
    }
    int lastStep = steps.size() - 1;
    int lastAgreeing = -1;
    for (int event : eventOf) {
      lastAgreeing = Math.max(lastAgreeing, event);
    }
    boolean stepsLate = lifecycle.rule() == Rule.IN_ORDER;
    boolean unsure = outcome == Outcome.UNDECIDABLE;
    int event = 0;
    boolean gapShown = !view.hasGap();
    for (int i = 0; i <= lastStep + 1; ) {
      int blockEnd = i;
      while (blockEnd <= lastStep && eventOf[blockEnd] < 0) {
        blockEnd++;
      }
      int nextEvent = blockEnd <= lastStep ? eventOf[blockEnd] : kept.size();
      boolean gapInBlock = !gapShown && nextEvent >= view.tail();
      int stepsBefore = stepsLate ? nextEvent : event;
      if (gapInBlock) {
        stepsBefore = view.tail();
      }
      while (event < stepsBefore) {
        addEvent(event, i, steps, lastAgreeing, claimedBy, eventOf, unsure);
        event++;
      }
      for (; i < blockEnd; i++) {
        addStep(steps.get(i), elsewhere[i], event, eventOf, i, outcome, gapInBlock);
      }
      if (gapInBlock) {
        table.addGap();
        gapShown = true;
      }
      while (event < nextEvent) {
        addEvent(event, i, steps, lastAgreeing, claimedBy, eventOf, unsure);
        event++;
      }
      if (blockEnd > lastStep) {
        break;
      }
      table.add(Role.AGREES, steps.get(blockEnd).words, kept.get(nextEvent), "");
      event++;
      i = blockEnd + 1;
    }
    if (outcome == Outcome.NOT_MATCHED && problem.isEmpty()) {
      problem =
          "there are "
              + (kept.size() + view.dropped())
              + " events for "
              + steps.size()
              + " expected ones";
      table.markGap();
    }
  }

  private void addStep(
      Step step,
      int elsewhere,
      int nextEvent,
      int[] eventOf,
      int index,
      Outcome outcome,
      boolean gapInBlock) {
    boolean perhapsDropped =
        outcome == Outcome.UNDECIDABLE
            || outcome == Outcome.MATCHED
            || (gapInBlock && step.occurrences.gapMost() > 0 && elsewhere < 0);
    if (perhapsDropped) {
      table.add(
          Role.GAP, step.part, outcome == Outcome.MATCHED ? "" : "perhaps among those not kept");
      return;
    }
    if (elsewhere < 0) {
      note(step.words + " is missing" + place(eventOf, index));
      table.add(Role.MISSING, step.part, "missing");
      return;
    }
    StreamEvent event = kept.get(elsewhere);
    note(step.words + " is out of order: " + wrongPlace(eventOf, index, elsewhere));
    String where = elsewhere < nextEvent ? "above" : "below";
    table.add(
        Role.OUT_OF_ORDER,
        step.words,
        null,
        "out of order: recorded " + where + ", at " + time(event));
  }

  private void addEvent(
      int index,
      int nextStep,
      List<Step> steps,
      int lastAgreeing,
      int[] claimedBy,
      int[] eventOf,
      boolean unsure) {
    StreamEvent event = kept.get(index);
    int claimant = claimedBy[index];
    boolean othersAllowed =
        lifecycle.rule() == Rule.IN_ORDER
            || (lifecycle.rule() == Rule.STARTING_WITH && index > lastAgreeing);
    if (claimant >= 0 && !unsure) {
      note(steps.get(claimant).words + " is out of order: " + wrongPlace(eventOf, claimant, index));
      String where = claimant < nextStep ? "above" : "below";
      table.add(Role.OUT_OF_ORDER, "", event, "out of order: expected " + where);
    } else if (othersAllowed || unsure) {
      table.add(Role.AGREES, "", event, "");
    } else {
      note(table.words(event) + " at " + time(event) + " is surplus");
      table.add(Role.SURPLUS, "", event, "surplus");
    }
  }

  private void note(String first) {
    if (problem.isEmpty()) {
      problem = first;
    }
  }

  private String time(StreamEvent event) {
    return Texts.sinceStart(event.at().sinceStart());
  }

  private String place(int[] eventOf, int step) {
    for (int i = step - 1; i >= 0; i--) {
      if (eventOf[i] >= 0) {
        return " after " + named(kept.get(eventOf[i]));
      }
    }
    return kept.isEmpty() ? ": nothing was recorded" : "";
  }

  private String named(StreamEvent event) {
    return table.words(event) + " at " + time(event);
  }

  private String wrongPlace(int[] eventOf, int step, int elsewhere) {
    for (int i = step + 1; i < eventOf.length; i++) {
      if (eventOf[i] >= 0 && eventOf[i] < elsewhere) {
        return "expected before "
            + named(kept.get(eventOf[i]))
            + ", recorded after it at "
            + time(kept.get(elsewhere));
      }
    }
    for (int i = step - 1; i >= 0; i--) {
      if (eventOf[i] > elsewhere) {
        return "expected after "
            + named(kept.get(eventOf[i]))
            + ", recorded before it at "
            + time(kept.get(elsewhere));
      }
    }
    return "recorded at " + time(kept.get(elsewhere));
  }

  /** Returns for each step the kept event it agrees with, or -1: a longest common subsequence. */
  private int[] alignment(List<Step> steps) {
    int[] eventOf = new int[steps.size()];
    Arrays.fill(eventOf, -1);
    int from = 0;
    int stepEnd = steps.size();
    int eventEnd = kept.size();
    if (lifecycle.rule() != Rule.IN_ORDER) {
      while (from < stepEnd && from < eventEnd && steps.get(from).meets(from)) {
        eventOf[from] = from;
        from++;
      }
    }
    if (lifecycle.rule() == Rule.EXACTLY) {
      while (stepEnd > from && eventEnd > from && steps.get(stepEnd - 1).meets(eventEnd - 1)) {
        eventOf[--stepEnd] = --eventEnd;
      }
    }
    int n = stepEnd - from;
    int m = eventEnd - from;
    if ((long) n * m > MOST_CELLS) {
      return eventOf;
    }
    int[][] longest = new int[n + 1][m + 1];
    for (int i = n - 1; i >= 0; i--) {
      for (int j = m - 1; j >= 0; j--) {
        longest[i][j] =
            steps.get(from + i).meets(from + j)
                ? 1 + longest[i + 1][j + 1]
                : Math.max(longest[i + 1][j], longest[i][j + 1]);
      }
    }
    for (int i = 0, j = 0; i < n && j < m; ) {
      boolean leaveToTheGap =
          view.hasGap()
              && from + j == view.tail()
              && longest[i + 1][j] == longest[i][j]
              && steps.get(from + i).occurrences.gapMost() > 0;
      if (leaveToTheGap) {
        i++;
      } else if (steps.get(from + i).meets(from + j)) {
        eventOf[from + i] = from + j;
        i++;
        j++;
      } else if (longest[i][j + 1] == longest[i][j]) {
        j++;
      } else {
        i++;
      }
    }
    return eventOf;
  }

  // ---- in any order ----

  private Outcome inAnyOrder() {
    List<Step> steps = steps();
    Assignment sure = new Assignment(steps, true);
    Assignment possible = new Assignment(steps, false);
    Outcome outcome = Outcome.MATCHED;
    Assignment shown = sure;
    if (!sure.isComplete()) {
      shown = possible;
      boolean unsure =
          possible.isComplete() || steps.stream().anyMatch(step -> !step.occurrences.resolved());
      outcome = unsure ? Outcome.UNDECIDABLE : Outcome.NOT_MATCHED;
    }
    boolean gapShown = !view.hasGap();
    for (int j = 0; j <= kept.size(); j++) {
      if (!gapShown && j == view.tail()) {
        table.addGap();
        gapShown = true;
      }
      if (j < kept.size()) {
        int step = shown.stepOf[j];
        table.add(Role.AGREES, step < 0 ? "" : steps.get(step).words, kept.get(j), "");
      }
    }
    for (int i = 0; i < steps.size(); i++) {
      if (outcome == Outcome.NOT_MATCHED && shown.eventOf[i] < 0) {
        note(steps.get(i).words + " is missing");
        table.add(Role.MISSING, steps.get(i).part, "missing");
      } else if (shown.eventOf[i] < 0 || shown.eventOf[i] >= kept.size()) {
        table.add(Role.GAP, steps.get(i).part, "perhaps among those not kept");
      }
    }
    return outcome;
  }

  /** Gives as many steps as can be an event of their own: the kept ones, then those in the gap. */
  private final class Assignment {
    private final List<Step> steps;
    private final List<EventKind> inGap = new ArrayList<>();
    private final boolean surely;
    final int[] eventOf;
    final int[] stepOf;

    Assignment(List<Step> steps, boolean surely) {
      this.steps = steps;
      this.surely = surely;
      for (EventKind kind : EventKind.values()) {
        Occurrences all = view.occurrences(EventMatcher.of(kind));
        long there = surely ? all.gapLeast() : all.gapMost();
        inGap.addAll(Collections.nCopies((int) Math.min(there, steps.size()), kind));
      }
      this.eventOf = new int[steps.size()];
      this.stepOf = new int[kept.size() + inGap.size()];
      Arrays.fill(eventOf, -1);
      Arrays.fill(stepOf, -1);
      for (int i = 0; i < steps.size(); i++) {
        boolean unused = claim(i, new boolean[stepOf.length]);
      }
    }

    boolean isComplete() {
      return Arrays.stream(eventOf).allMatch(event -> event >= 0);
    }

    /** Finds an event for a step, moving the events of others where needed. */
    private boolean claim(int step, boolean[] tried) {
      for (int event = 0; event < stepOf.length; event++) {
        if (tried[event] || !mayTake(steps.get(step), event)) {
          continue;
        }
        tried[event] = true;
        if (stepOf[event] < 0 || claim(stepOf[event], tried)) {
          stepOf[event] = step;
          eventOf[step] = event;
          return true;
        }
      }
      return false;
    }

    private boolean mayTake(Step step, int event) {
      if (event < kept.size()) {
        return step.meets(event);
      }
      return step.matcher.kind() == inGap.get(event - kept.size())
          && (surely ? step.isPlain() : step.occurrences.gapMost() > 0);
    }
  }

  // ---- relations ----

  /** What the rows of a relation say, by the index of the event. */
  private final Map<Integer, String> labels = new TreeMap<>();

  private final Map<Integer, String> wrong = new TreeMap<>();
  private final List<String> missing = new ArrayList<>();
  private boolean surplus;

  private Outcome relation() {
    EventMatcher event = lifecycle.events().get(0);
    EventMatcher anchor = lifecycle.events().get(1);
    Occurrences events = view.occurrences(event);
    Occurrences anchors = view.occurrences(anchor);
    label(anchors, anchor.describeOne());
    Outcome outcome =
        switch (lifecycle.rule()) {
          case BEFORE -> {
            label(events, event.describeOne());
            Where earlier = view.nth(events, event.times());
            yield and(
                there(earlier, event, events),
                there(view.nth(anchors, 1), anchor, anchors),
                before(earlier, view.nth(anchors, 1), event, anchor));
          }
          case EVERY_BEFORE -> {
            label(events, event.describeOne());
            Where first = view.nth(anchors, 1);
            yield and(
                there(view.last(events), event, events),
                there(first, anchor, anchors),
                outside(events, event, first, true, anchor));
          }
          case NEVER_AFTER -> {
            Where first = view.nth(anchors, 1);
            yield and(there(first, anchor, anchors), outside(events, event, first, true, anchor));
          }
          default -> {
            EventMatcher end = lifecycle.events().get(2);
            Occurrences ends = view.occurrences(end);
            label(ends, end.describeOne());
            label(events, event.describeOne());
            Where from = view.nth(anchors, 1);
            Where to = view.nth(ends, 1);
            yield and(
                there(view.last(events), event, events),
                there(from, anchor, anchors),
                there(to, end, ends),
                outside(events, event, from, false, anchor),
                outside(events, event, to, true, end));
          }
        };
    relationRows();
    return outcome;
  }

  private void label(Occurrences occurrences, String words) {
    occurrences.kept().forEach(index -> labels.putIfAbsent(index, words));
  }

  private static Outcome and(Outcome... all) {
    List<Outcome> list = List.of(all);
    if (list.contains(Outcome.NOT_MATCHED)) {
      return Outcome.NOT_MATCHED;
    }
    return list.contains(Outcome.UNDECIDABLE) ? Outcome.UNDECIDABLE : Outcome.MATCHED;
  }

  private Outcome there(@Nullable Where where, EventMatcher matcher, Occurrences of) {
    if (where != null) {
      return where.sure() ? Outcome.MATCHED : Outcome.UNDECIDABLE;
    }
    String found =
        matcher.times() == 1 ? "" : ": there are " + of.most() + " of " + matcher.times();
    note(matcher.describeOne() + " is missing" + found);
    String which =
        matcher.times() == 1 ? "" : " (" + (of.most() + 1) + " of " + matcher.times() + ")";
    missing.add(matcher.describeOne() + which);
    return Outcome.NOT_MATCHED;
  }

  private Outcome before(
      @Nullable Where earlier, @Nullable Where later, EventMatcher event, EventMatcher anchor) {
    if (earlier == null || later == null) {
      return Outcome.MATCHED; // told by there()
    }
    if (earlier.to() < later.from()) {
      return Outcome.MATCHED;
    }
    if (earlier.from() < later.to()) {
      return Outcome.UNDECIDABLE;
    }
    note(at(event, earlier) + " is out of order: recorded after " + at(anchor, later));
    int index = index(earlier);
    if (index >= 0) {
      wrong.put(index, "out of order: expected before " + anchor.describeOne());
    }
    return Outcome.NOT_MATCHED;
  }

  /**
   * Decides that no event stands on the wrong side of {@code limit}: after it, or else before it.
   */
  private Outcome outside(
      Occurrences events,
      EventMatcher event,
      @Nullable Where limit,
      boolean wrongAfter,
      EventMatcher anchor) {
    if (limit == null) {
      return Outcome.MATCHED; // told by there()
    }
    String side = wrongAfter ? "after " : "before ";
    boolean strict = lifecycle.rule() == Rule.NEVER_AFTER;
    boolean found = false;
    for (int index : events.kept()) {
      long sequence = kept.get(index).at().sequence();
      boolean bad = wrongAfter ? sequence > limit.to() : sequence < limit.from();
      if (bad) {
        found = true;
        note(
            named(kept.get(index))
                + (strict ? " is surplus: " : " is out of order: ")
                + "recorded "
                + side
                + at(anchor, limit));
        surplus = strict;
        wrong.put(index, (strict ? "surplus: " : "out of order: ") + side + anchor.describeOne());
      }
    }
    boolean gapIsBad =
        events.gapLeast() > 0
            && (wrongAfter ? gapFrom() > limit.to() : gapTo() <= limit.from())
            && limit.sure();
    if (gapIsBad && !found) {
      found = true;
      note(
          event.describeOne()
              + (strict ? " is surplus: " : " is out of order: ")
              + events.gapLeast()
              + " of those not kept came "
              + side
              + at(anchor, limit));
      table.markGap();
    }
    if (found) {
      return limit.sure() ? Outcome.NOT_MATCHED : Outcome.UNDECIDABLE;
    }
    boolean keptUnsure =
        events.kept().stream()
            .mapToLong(index -> kept.get(index).at().sequence())
            .anyMatch(s -> wrongAfter ? s > limit.from() : s < limit.to());
    boolean gapUnsure =
        events.gapMost() > 0 && (wrongAfter ? gapTo() - 1 > limit.from() : gapFrom() < limit.to());
    return keptUnsure || gapUnsure || !events.resolved() ? Outcome.UNDECIDABLE : Outcome.MATCHED;
  }

  private long gapFrom() {
    return view.gapFrom();
  }

  private long gapTo() {
    return view.gapTo();
  }

  private String at(EventMatcher matcher, Where where) {
    int index = index(where);
    return index < 0 ? matcher.describeOne() + " (not kept)" : named(kept.get(index));
  }

  private int index(Where where) {
    for (int i = 0; where.from() == where.to() && i < kept.size(); i++) {
      if (kept.get(i).at().sequence() == where.from()) {
        return i;
      }
    }
    return -1;
  }

  private void relationRows() {
    boolean gapShown = !view.hasGap();
    for (int j = 0; j <= kept.size(); j++) {
      if (!gapShown && j == view.tail()) {
        table.addGap();
        gapShown = true;
      }
      if (j < kept.size()) {
        String note = wrong.getOrDefault(j, "");
        Role role = note.isEmpty() ? Role.AGREES : surplus ? Role.SURPLUS : Role.OUT_OF_ORDER;
        String label = Objects.requireNonNull(labels.getOrDefault(j, ""));
        table.add(role, label, kept.get(j), note);
      }
    }
    for (String words : missing) {
      table.add(Role.MISSING, words, null, "missing");
    }
  }

  // ---- counts ----

  private Outcome count() {
    EventMatcher event = lifecycle.events().get(0);
    Occurrences events = view.occurrences(event);
    long least = lifecycle.least();
    long most = lifecycle.most();
    Outcome outcome;
    if (events.resolved() && events.least() >= least && events.most() <= most) {
      outcome = Outcome.MATCHED;
    } else if (events.resolved() && (events.most() < least || events.least() > most)) {
      outcome = Outcome.NOT_MATCHED;
      String was =
          events.most() == events.least()
              ? String.valueOf(events.most())
              : events.most() < least ? "at most " + events.most() : "at least " + events.least();
      problem = "it was recorded " + (was.equals("1") ? "once" : was + " times");
    } else {
      outcome = Outcome.UNDECIDABLE;
    }
    int number = 0;
    boolean gapShown = !view.hasGap();
    for (int j = 0; j <= kept.size(); j++) {
      if (!gapShown && j == view.tail()) {
        table.addGap();
        gapShown = true;
        number += (int) Math.min(Integer.MAX_VALUE, events.gapLeast());
      }
      if (j == kept.size()) {
        break;
      }
      boolean counted = events.kept().contains(j);
      number += counted ? 1 : 0;
      if (counted && number > most && outcome == Outcome.NOT_MATCHED) {
        table.add(Role.SURPLUS, "", kept.get(j), "surplus");
      } else {
        table.add(Role.AGREES, counted ? event.describeOne() : "", kept.get(j), "");
      }
    }
    if (outcome == Outcome.NOT_MATCHED && events.most() < least) {
      long missingCount = least - events.most();
      table.add(
          Role.MISSING,
          (missingCount == 1 ? "" : missingCount + " x ") + event.describeOne(),
          null,
          "missing");
    }
    return outcome;
  }
}
