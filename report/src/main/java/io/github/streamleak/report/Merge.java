package io.github.streamleak.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Makes one report out of several. */
final class Merge {

  private Merge() {}

  /**
   * Merges the parts of one build. Which entries stay is decided by {@link BuildMerge}.
   *
   * @param parts oldest first
   */
  static JsonObject ofBuild(List<ReportFile> parts) {
    List<JsonObject> jvms = new ArrayList<>();
    EntryStore entries = new EntryStore();
    List<List<JsonObject>> staying = BuildMerge.entries(parts);
    for (int i = 0; i < parts.size(); i++) {
      boolean isClean = CleanJvms.isClean(parts.get(i).json());
      for (JsonObject jvm : parts.get(i).jvms()) {
        jvms.add(CleanJvms.merged(jvm, isClean));
      }
      addAll(entries, parts.get(i), staying.get(i));
    }
    return StreamReport.document(
        CleanJvms.folded(jvms), JsonNull.INSTANCE, entries.omitted(), array(entries));
  }

  /** Merges finished reports of modules or shards: everything in them stays. */
  static JsonObject ofReports(List<ReportFile> reports) {
    JsonArray jvms = new JsonArray();
    EntryStore entries = new EntryStore();
    for (ReportFile report : reports) {
      report.jvms().forEach(jvms::add);
      addAll(entries, report, report.entries());
    }
    return StreamReport.document(jvms, baseline(reports), entries.omitted(), array(entries));
  }

  private static void addAll(EntryStore store, ReportFile file, List<JsonObject> entries) {
    for (JsonObject entry : entries) {
      JsonObject story = Json.object(entry, "stream");
      store.add(entry, story == null ? null : () -> story);
    }
    JsonObject omitted = Json.object(file.json(), "omitted");
    if (omitted != null) {
      store.addOmitted(Json.number(omitted, "stories", 0), Json.number(omitted, "entries", 0));
    }
  }

  private static JsonArray array(EntryStore store) {
    JsonArray array = new JsonArray();
    store.entries().forEach(array::add);
    return array;
  }

  /** A line of a baseline is gone if none of the reports that used that file saw it. */
  private static JsonElement baseline(List<ReportFile> reports) {
    Map<String, Long> known = new LinkedHashMap<>();
    Map<String, Set<String>> gone = new LinkedHashMap<>();
    for (ReportFile report : reports) {
      JsonObject baseline = Json.object(report.json(), "baseline");
      if (baseline != null) {
        String file = Json.string(baseline, "file", "?");
        known.merge(file, Json.number(baseline, "known", 0), Math::max);
        Set<String> missed = new LinkedHashSet<>(Json.strings(baseline, "gone"));
        gone.computeIfAbsent(file, f -> missed).retainAll(missed);
      }
    }
    if (known.isEmpty()) {
      return JsonNull.INSTANCE;
    }
    Set<String> missed = new LinkedHashSet<>();
    gone.values().forEach(missed::addAll);
    return baseline(
        String.join(", ", known.keySet()),
        known.values().stream().mapToLong(Long::longValue).sum(),
        missed);
  }

  /**
   * Returns the fingerprints that a baseline of this report has, each with the number of lines that
   * it was found on. Those of a rule that only a later version knows are left out, because this
   * version could not read them again.
   */
  static SortedMap<String, Integer> complaints(JsonObject report) {
    Map<String, Set<String>> lines = new HashMap<>();
    for (JsonObject json : Json.objects(report, "entries")) {
      Entry entry = new Entry(json);
      if (entry.outcome().isComplaint() && Baseline.wrongIn(entry.fingerprint()) == null) {
        lines
            .computeIfAbsent(entry.fingerprint(), fingerprint -> new HashSet<>())
            .add(entry.openedOn());
      }
    }
    SortedMap<String, Integer> complaints = new TreeMap<>();
    lines.forEach((fingerprint, on) -> complaints.put(fingerprint, on.size()));
    return complaints;
  }

  static JsonObject baseline(String file, long known, Iterable<String> gone) {
    JsonObject json = new JsonObject();
    json.add("file", Json.text(file));
    json.addProperty("known", known);
    json.add("gone", Json.texts(gone));
    return json;
  }
}
