package io.github.streamleak.recorder;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one recorder that ended cleanly: the first and the last ones are kept, and all are
 * counted by method.
 *
 * <p>Of the last ones, the newest takes the place of the oldest. The oldest is not touched then,
 * for it has long left the processor's cache, and each call would wait for the memory. So a stream
 * is counted when it ends, and how many are no longer kept is worked out when somebody asks.
 *
 * <p>Not thread-safe: {@code StreamBook} guards it.
 *
 * @param <T> the class of the streams
 */
final class ClosedStreams<T extends StreamLinks<T>> {

  private final int limit;
  private final List<T> first = new ArrayList<>();

  /** The last ones, a ring that stops growing; a stream that was taken out leaves a gap. */
  private final List<@Nullable T> last = new ArrayList<>();

  /** How many streams have had a place in the ring. */
  private int lastCount;

  private final Map<String, Count> counts = new HashMap<>();
  private Count newest = new Count("");

  /** How many streams of one method have ended cleanly, whether kept or not. */
  private static final class Count {
    private final String method;
    private long streams;
    private long withoutDeadline;

    Count(String method) {
      this.method = method;
    }
  }

  /**
   * Makes an empty one.
   *
   * @param limit how many streams are kept of the first ones, and as many of the last ones
   */
  ClosedStreams(int limit) {
    this.limit = limit;
  }

  int limit() {
    return limit;
  }

  /** Adds a stream that has ended cleanly. Called under the stream's own lock. */
  void add(T log) {
    if (first.size() < limit) {
      log.closedAs = StreamLinks.ONE_OF_THE_FIRST;
      first.add(log);
    } else {
      log.closedAs = ++lastCount;
      int place = placeOf(log);
      if (place == last.size()) {
        last.add(log);
      } else {
        last.set(place, log);
      }
    }
    log.closedWithoutDeadline = log.lacksDeadline();
    count(log, 1);
  }

  /**
   * Takes a stream out, kept or not, because something has happened on it that may be a finding.
   * Does nothing if it is not here.
   */
  void remove(T log) {
    if (!log.isClosed()) {
      return;
    }
    if (log.closedAs == StreamLinks.ONE_OF_THE_FIRST) {
      first.remove(log);
    } else if (last.get(placeOf(log)) == log) {
      last.set(placeOf(log), null);
    }
    log.closedAs = 0;
    count(log, -1);
  }

  private int placeOf(T log) {
    return (log.closedAs - 1) % limit;
  }

  private void count(T log, int change) {
    String method = log.methodName();
    Count count = newest;
    // Mostly it is the method of the stream before, with the very same name.
    if (!count.method.equals(method)) {
      count = counts.computeIfAbsent(method, Count::new);
      newest = count;
    }
    count.streams += change;
    count.withoutDeadline += log.closedWithoutDeadline ? change : 0;
  }

  /** Adds the streams that are kept. */
  void addTo(List<T> all) {
    all.addAll(first);
    for (@Nullable T log : last) {
      if (log != null) {
        all.add(log);
      }
    }
  }

  /** Returns how many streams of each method are no longer kept. */
  SortedMap<String, Long> dropped() {
    Map<String, Long> all = new HashMap<>();
    counts.forEach((method, count) -> all.put(method, count.streams));
    return withoutKept(all, log -> true);
  }

  /** Returns how many of these were started without a deadline. */
  SortedMap<String, Long> droppedWithoutDeadline() {
    Map<String, Long> all = new HashMap<>();
    counts.forEach((method, count) -> all.put(method, count.withoutDeadline));
    return withoutKept(all, log -> log.closedWithoutDeadline);
  }

  private SortedMap<String, Long> withoutKept(Map<String, Long> counted, Predicate<T> counts) {
    List<T> kept = new ArrayList<>();
    addTo(kept);
    for (T log : kept) {
      if (counts.test(log)) {
        counted.merge(log.methodName(), -1L, Long::sum);
      }
    }
    counted.values().removeIf(count -> count == 0);
    return new TreeMap<>(counted);
  }
}
