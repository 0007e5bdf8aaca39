package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The numbers of a report. The verdict, the summary, the closing line and the page all count by it,
 * so that the same things have the same number everywhere.
 */
final class Tally {

  private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
  private final Map<Outcome, Integer> leaks = new EnumMap<>(Outcome.class);
  private final Set<List<Object>> groups = new HashSet<>();
  private final JsonObject report;
  private int endedByShutdown;

  private Tally(JsonObject report) {
    this.report = report;
    for (JsonObject json : Json.objects(report, "entries")) {
      Entry entry = new Entry(json);
      Outcome outcome = entry.outcome();
      if (outcome == Outcome.SHOWN) {
        continue;
      }
      outcomes.merge(outcome, 1, Integer::sum);
      groups.add(List.of(outcome, entry.fingerprint()));
      if (entry.isLeak()) {
        leaks.merge(outcome, 1, Integer::sum);
      } else if (entry.rule().equals(RuleDescription.ENDED_BY_SHUTDOWN.name())) {
        endedByShutdown++;
      }
    }
  }

  /** Counts a report or a part of one. */
  static Tally of(JsonObject report) {
    return new Tally(report);
  }

  /** Returns the number of findings: of all entries but those that were only asked for. */
  int findings() {
    return outcomes.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Returns the number of groups of equal findings. */
  int groups() {
    return groups.size();
  }

  int of(Outcome outcome) {
    return outcomes.getOrDefault(outcome, 0);
  }

  /** Returns the number of leaks among the findings with that outcome. */
  int leaks(Outcome outcome) {
    return leaks.getOrDefault(outcome, 0);
  }

  /** Returns the number of findings with that outcome that are not leaks. */
  int others(Outcome outcome) {
    return of(outcome) - leaks(outcome);
  }

  int endedByShutdown() {
    return endedByShutdown;
  }

  /** Returns the number of findings that were counted and not kept. */
  long omitted() {
    JsonObject omitted = Json.object(report, "omitted");
    return omitted == null ? 0 : Math.max(0, Json.number(omitted, "entries", 0));
  }

  /** Returns the number of tests of each engine that was not checked. */
  SortedMap<String, Long> unchecked() {
    SortedMap<String, Long> all = new TreeMap<>();
    for (JsonObject jvm : Json.objects(report, "jvms")) {
      JsonObject engines = Json.object(jvm, StreamReport.UNCHECKED);
      if (engines != null) {
        engines
            .keySet()
            .forEach(engine -> all.merge(engine, Json.number(engines, engine, 0), Long::sum));
      }
    }
    return all;
  }

  long tests() {
    return sum("tests");
  }

  long streams() {
    return sum("streams");
  }

  long channels() {
    return sum("channels");
  }

  private long sum(String name) {
    return Json.objects(report, "jvms").stream()
        .mapToLong(jvm -> Math.max(0, Json.number(jvm, name, 0)))
        .sum();
  }

  /**
   * Returns the sum of what the closing lines of all JVMs say, such as {@code 747 streams in 1,329
   * tests on 181 channels; 3 ended only by a shutdown; 807 tests of engine junit-vintage were not
   * checked}.
   */
  String closing() {
    StringBuilder text = new StringBuilder(recorded());
    if (endedByShutdown > 0) {
      text.append("; ").append(Texts.number(endedByShutdown)).append(" ended only by a shutdown");
    }
    unchecked()
        .forEach(
            (engine, tests) ->
                text.append("; ")
                    .append(Texts.count(tests, "test"))
                    .append(" of engine ")
                    .append(engine)
                    .append(tests == 1 ? " was not checked" : " were not checked"));
    return text.toString();
  }

  /**
   * Returns what was recorded, such as {@code 747 streams in 1,329 tests on 181 channels}. Channels
   * that nobody counted are not said to be none.
   */
  String recorded() {
    return Texts.count(streams(), "stream")
        + " in "
        + Texts.count(tests(), "test")
        + (channels() == 0 ? "" : " on " + Texts.count(channels(), "channel"));
  }
}
