package io.github.streamleak.lifecycle;

import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a stream that an expectation speaks of, and what is known of the events that the
 * bounded log has dropped: they stood together in one gap, and of each kind the number is known.
 */
final class StreamPart {

  /**
   * The events that a matcher means.
   *
   * @param kept their indices in {@link #kept()}
   * @param gapLeast how many more are surely in the gap
   * @param gapMost how many more can be in the gap
   * @param resolved false if the gap hides which event is the first or the last
   */
  record Occurrences(List<Integer> kept, long gapLeast, long gapMost, boolean resolved) {
    long least() {
      return kept.size() + gapLeast;
    }

    long most() {
      return kept.size() + gapMost;
    }
  }

  /**
   * Where an event stands.
   *
   * @param from the lowest sequence number it can have
   * @param to the highest one
   * @param sure false if there may be no such event
   */
  record Where(long from, long to, boolean sure) {
    static Where at(StreamEvent event) {
      return new Where(event.at().sequence(), event.at().sequence(), true);
    }
  }

  private final RecordedStream stream;
  private final Set<Lane> lanes;
  private final int attempt;
  private final List<StreamEvent> kept = new ArrayList<>();
  private final Map<EventKind, Long> dropped = new EnumMap<>(EventKind.class);
  private int tail;
  private long gapFrom;
  private long gapTo;

  StreamPart(RecordedStream stream, Set<Lane> lanes, int attempt) {
    this.stream = stream;
    this.lanes = lanes;
    this.attempt = attempt;
    for (EventKind kind : EventKind.values()) {
      dropped.put(kind, stream.count(kind));
    }
    long next = 0;
    boolean gap = false;
    for (StreamEvent event : stream.events()) {
      dropped.merge(event.kind(), -1L, Long::sum);
      if (event.at().sequence() != next) {
        gap = true;
        gapFrom = next;
        gapTo = event.at().sequence();
        tail = kept.size();
      }
      next = event.at().sequence() + 1;
      if (isIn(event)) {
        kept.add(event);
      }
    }
    if (!gap) {
      tail = kept.size();
      gapFrom = next;
      gapTo = next;
    }
    for (EventKind kind : EventKind.values()) {
      if (!lanes.contains(kind.lane()) || (attempt != 0 && kind.lane() == Lane.APPLICATION)) {
        dropped.put(kind, 0L);
      }
    }
  }

  /** Returns the whole stream. */
  static StreamPart of(RecordedStream stream) {
    return new StreamPart(stream, EnumSet.allOf(Lane.class), 0);
  }

  /** Returns the first event that is meant, if that is known and was kept. */
  Optional<StreamEvent> first(EventMatcher matcher) {
    Where where = nth(occurrences(matcher), 1);
    if (where == null || !where.sure() || where.from() != where.to()) {
      return Optional.empty();
    }
    return kept.stream().filter(event -> event.at().sequence() == where.from()).findFirst();
  }

  private boolean isIn(StreamEvent event) {
    return lanes.contains(event.lane()) && (attempt == 0 || event.at().attempt() == attempt);
  }

  RecordedStream stream() {
    return stream;
  }

  /** Returns the events of this part that were kept. */
  List<StreamEvent> kept() {
    return kept;
  }

  /** Returns the index in {@link #kept()} of the first event after the gap; its size if none. */
  int tail() {
    return tail;
  }

  /** Returns the sequence number of the first event in the gap. */
  long gapFrom() {
    return gapFrom;
  }

  /** Returns the sequence number of the first event after the gap. */
  long gapTo() {
    return gapTo;
  }

  /** Returns how many events of a kind the gap can hold for this part. */
  long dropped(EventKind kind) {
    return dropped.getOrDefault(kind, 0L);
  }

  long dropped() {
    long sum = 0;
    for (long each : dropped.values()) {
      sum += each;
    }
    return sum;
  }

  boolean hasGap() {
    return dropped() > 0;
  }

  /** Returns whether the number of dropped events is that of this part and not of a greater one. */
  boolean knowsNumberDropped() {
    if (attempt == 0) {
      return true;
    }
    for (EventKind kind : EventKind.values()) {
      EventMatcher all = EventMatcher.of(kind);
      if (gapLeast(all) != gapMost(all)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the kind that all events in the gap have, or null if they are of several. */
  @Nullable EventKind onlyKindDropped() {
    EventKind only = null;
    for (EventKind kind : EventKind.values()) {
      if (dropped(kind) > 0) {
        if (only != null) {
          return null;
        }
        only = kind;
      }
    }
    return only;
  }

  Occurrences occurrences(EventMatcher matcher) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      if (matcher.matches(kept.get(i))) {
        all.add(i);
      }
    }
    long least = gapLeast(matcher);
    long most = gapMost(matcher);
    return switch (matcher.place()) {
      case ANY -> new Occurrences(all, least, most, true);
      case FIRST -> {
        boolean inHead = !all.isEmpty() && all.get(0) < tail;
        List<Integer> first = all.isEmpty() ? List.of() : List.of(all.get(0));
        yield one(inHead, first, least, most);
      }
      case LAST -> {
        boolean inTail = !all.isEmpty() && all.get(all.size() - 1) >= tail;
        List<Integer> last = all.isEmpty() ? List.of() : List.of(all.get(all.size() - 1));
        yield one(inTail, last, least, most);
      }
    };
  }

  private static Occurrences one(
      boolean beforeTheGap, List<Integer> candidate, long least, long most) {
    if (beforeTheGap || most == 0) {
      return new Occurrences(candidate, 0, 0, true);
    }
    return least > 0
        ? new Occurrences(List.of(), 1, 1, true)
        : new Occurrences(List.of(), 0, 1, false);
  }

  private long gapMost(EventMatcher matcher) {
    EventKind kind = matcher.kind();
    int wanted = attempt(matcher);
    if (wanted != 0 && attempt != 0 && wanted != attempt) {
      return 0;
    }
    long most = dropped(kind);
    if (most == 0 || (wanted != 0 && kind.lane() == Lane.APPLICATION)) {
      return 0;
    }
    if (isNumberedByTheApplication(matcher)) {
      return isNumberInTheGap(matcher) ? 1 : 0;
    }
    if (wanted != 0 && isCountedByAttempt(kind)) {
      most = droppedOfAttempt(kind, wanted);
    }
    return matcher.isNumbered() ? Math.min(1, most) : most;
  }

  private long gapLeast(EventMatcher matcher) {
    EventKind kind = matcher.kind();
    int wanted = attempt(matcher);
    if (!matcher.isUnconditional() || gapMost(matcher) == 0) {
      return 0;
    }
    if (matcher.isNumbered()) {
      return isNumberedByTheApplication(matcher) ? 1 : 0;
    }
    boolean onlyAttempt =
        wanted == 1 && stream.attempts().size() == 1 && kind.lane() == Lane.ATTEMPT;
    return wanted == 0 || onlyAttempt || isCountedByAttempt(kind) ? gapMost(matcher) : 0;
  }

  private int attempt(EventMatcher matcher) {
    return matcher.attempt() == 0 ? attempt : matcher.attempt();
  }

  private static boolean isNumberedByTheApplication(EventMatcher matcher) {
    return matcher.isNumbered() && matcher.kind().lane() == Lane.APPLICATION;
  }

  /** The application's messages are numbered without gaps, whatever was dropped. */
  private boolean isNumberInTheGap(EventMatcher matcher) {
    EventMatcher all = EventMatcher.of(matcher.kind());
    return matcher.number() < stream.count(matcher.kind())
        && stream.events().stream()
            .noneMatch(
                event -> all.matches(event) && EventMatcher.number(event) == matcher.number());
  }

  private boolean isCountedByAttempt(EventKind kind) {
    return kind == EventKind.ATTEMPT_SENT || kind == EventKind.ATTEMPT_RECEIVED;
  }

  private long droppedOfAttempt(EventKind kind, int number) {
    if (number > stream.attempts().size()) {
      return 0;
    }
    RecordedAttempt counted = stream.attempts().get(number - 1);
    EventMatcher all = EventMatcher.of(kind).onAttempt(number);
    long total = kind == EventKind.ATTEMPT_SENT ? counted.sent() : counted.received();
    return total - stream.events().stream().filter(all::matches).count();
  }

  /** Returns where the {@code n}th of these events stands, from 1; null if there are fewer. */
  @Nullable Where nth(Occurrences of, long n) {
    if (!of.resolved()) {
      return new Where(0, Long.MAX_VALUE, false);
    }
    List<Integer> head = of.kept().stream().filter(i -> i < tail).toList();
    List<Integer> rest = of.kept().subList(head.size(), of.kept().size());
    if (n <= head.size()) {
      return Where.at(kept.get(head.get((int) n - 1)));
    }
    long needed = n - head.size();
    if (needed > of.gapMost() + rest.size()) {
      return null;
    }
    long from = needed <= of.gapMost() ? gapFrom : sequence(rest, needed - of.gapMost());
    if (needed <= of.gapLeast()) {
      return new Where(from, gapTo - 1, true);
    }
    long last = needed - of.gapLeast();
    return last <= rest.size()
        ? new Where(from, sequence(rest, last), true)
        : new Where(from, Long.MAX_VALUE, false);
  }

  private long sequence(List<Integer> indices, long n) {
    return kept.get(indices.get((int) n - 1)).at().sequence();
  }

  /** Returns where the last of these events stands; null if there is none. */
  @Nullable Where last(Occurrences of) {
    if (!of.resolved()) {
      return new Where(0, Long.MAX_VALUE, false);
    }
    List<Integer> indices = of.kept();
    StreamEvent last = indices.isEmpty() ? null : kept.get(indices.get(indices.size() - 1));
    boolean inTail = last != null && last.at().sequence() >= gapTo;
    if (inTail || of.gapMost() == 0) {
      return last == null ? null : Where.at(last);
    }
    if (of.gapLeast() > 0) {
      return new Where(gapFrom, gapTo - 1, true);
    }
    return new Where(last == null ? gapFrom : last.at().sequence(), gapTo - 1, last != null);
  }
}
