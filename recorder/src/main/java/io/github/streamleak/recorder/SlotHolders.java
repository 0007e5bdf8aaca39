package io.github.streamleak.recorder;

import io.github.streamleak.internal.Texts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Names the streams that are open on a connection, in the words of a report. Those of one method
 * and opening line share a line of it.
 */
final class SlotHolders {

  private static final int MOST_LINES = 5;
  private static final int MOST_NUMBERS = 3;

  /** The numbers of the streams, by method and opening line. */
  private final Map<List<String>, List<Long>> held = new LinkedHashMap<>();

  void add(String method, long number, String openedAt) {
    held.computeIfAbsent(List.of(Texts.escaped(method), openedAt), key -> new ArrayList<>())
        .add(number);
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    held.forEach(
        (key, numbers) -> {
          if (lines.size() < MOST_LINES) {
            lines.add(key.get(0) + numbers(numbers) + ", opened at " + key.get(1));
          }
        });
    if (held.size() > MOST_LINES) {
      lines.add("... and " + (held.size() - MOST_LINES) + " more");
    }
    return lines;
  }

  private static String numbers(List<Long> all) {
    StringBuilder text = new StringBuilder();
    for (long number : all.subList(0, Math.min(all.size(), MOST_NUMBERS))) {
      text.append(text.isEmpty() ? " #" : ", #").append(number);
    }
    int more = all.size() - MOST_NUMBERS;
    return more > 0
        ? text.append(" and ").append(more).append(" more").toString()
        : text.toString();
  }
}
