package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which entries of the parts of one build stay, when tests have run more than once: because
 * failed tests were run again, or because two executions share a class.
 *
 * <p>What a later run did not look at, it cannot take back. So an entry of a test is superseded
 * only if that very test, told by its unique id, ran again later; one of a class only if every test
 * that the class had in that JVM did; one of the run never. A superseded finding that the later run
 * has as well is left to the later run. One that the later run does not have is flaky: it stays,
 * with the number of runs that had it, because a leak that comes and goes is still a leak.
 */
final class BuildMerge {

  /** Oldest first. */
  private final List<ReportFile> parts;

  /** For each part the unique ids of the tests that ran in a part that began later. */
  private final List<Set<String>> ranLater = new ArrayList<>();

  /** What stays: the same finding of a test again is not flaky. */
  private final Set<Key> found = new HashSet<>();

  /** For each finding the parts that have it, by their place, in order. */
  private final Map<Key, LinkedHashSet<Integer>> having = new HashMap<>();

  /** A finding of one test or class, or of the run. */
  private record Key(String owner, String fingerprint) {
    static Key of(Entry entry) {
      String id = entry.testId();
      return new Key(
          id == null ? entry.testClassOrEmpty() + " " + entry.testName() : id, entry.fingerprint());
    }
  }

  private BuildMerge(List<ReportFile> parts) {
    this.parts = parts;
    Set<String> later = new HashSet<>();
    for (int i = parts.size() - 1; i >= 0; i--) {
      ranLater.add(0, Set.copyOf(later));
      parts.get(i).ran().values().forEach(later::addAll);
    }
    for (int i = 0; i < parts.size(); i++) {
      for (JsonObject json : parts.get(i).entries()) {
        Entry entry = new Entry(json);
        Key key = Key.of(entry);
        having.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(i);
        if (entry.outcome().isComplaint() && !isSuperseded(entry, i)) {
          found.add(key);
        }
      }
    }
  }

  /**
   * Returns the entries that stay, of each part.
   *
   * @param parts oldest first
   */
  static List<List<JsonObject>> entries(List<ReportFile> parts) {
    BuildMerge merge = new BuildMerge(parts);
    List<List<JsonObject>> entries = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      entries.add(merge.staying(i));
    }
    return entries;
  }

  private List<JsonObject> staying(int part) {
    List<JsonObject> staying = new ArrayList<>();
    for (JsonObject json : parts.get(part).entries()) {
      Entry entry = new Entry(json);
      if (!isSuperseded(entry, part)) {
        staying.add(json);
      } else if (isFlaky(entry, part)) {
        staying.add(flaky(json, part));
      }
    }
    return staying;
  }

  private boolean isSuperseded(Entry entry, int part) {
    Set<String> tests = testsOf(entry, part);
    return !tests.isEmpty() && ranLater.get(part).containsAll(tests);
  }

  /** The tests without which nothing can be said about the entry; none if nothing ever can. */
  private Set<String> testsOf(Entry entry, int part) {
    String id = entry.testId();
    return switch (entry.scope()) {
      case "test" -> id == null ? Set.of() : Set.of(id);
      case "class" -> parts.get(part).ranOf(entry.testClassOrEmpty());
      default -> Set.of();
    };
  }

  /** Only the last run that had it is kept: the earlier ones are counted. */
  private boolean isFlaky(Entry entry, int part) {
    Key key = Key.of(entry);
    Set<Integer> in = having.getOrDefault(key, new LinkedHashSet<>());
    return entry.outcome().isComplaint()
        && !found.contains(key)
        && in.stream().noneMatch(other -> other > part)
        && !isOfAnEarlierBuild(entry, part);
  }

  /**
   * Whether what superseded the entry may have been another build. A daemon and an IDE start the
   * tests of many builds, and what was mended between two of them is not flaky.
   */
  private boolean isOfAnEarlierBuild(Entry entry, int part) {
    ReportFile before = parts.get(part);
    Set<String> tests = testsOf(entry, part);
    return before.outlivesBuilds()
        && parts.stream()
            .skip(part + 1L)
            .anyMatch(later -> later.hasRunAnyOf(tests) && !later.jvmId().equals(before.jvmId()));
  }

  private JsonObject flaky(JsonObject json, int part) {
    Entry entry = new Entry(json);
    Set<String> tests = testsOf(entry, part);
    long runs = parts.stream().filter(each -> each.hasRunAnyOf(tests)).count();
    int times = having.getOrDefault(Key.of(entry), new LinkedHashSet<>()).size();
    JsonObject flaky = json.deepCopy();
    String word = entry.rule().equals(Fingerprint.LEAK) ? "leaked" : "found";
    flaky.add("reason", Json.text(word + " in " + times + " of " + runs + " runs"));
    if (entry.outcome() != Outcome.KNOWN) {
      flaky.addProperty("outcome", Outcome.FLAKY.text());
    }
    return flaky;
  }
}
