package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Two runs side by side: what is new, what is gone and what has stayed since an earlier one. It
 * stands in the newer report, from which the summary and the page take it.
 *
 * <p>A finding is the same if its fingerprint is. One that was found on more lines of its method
 * than before is new as well.
 *
 * @param with the report that this one is compared with
 */
record Comparison(
    String with, SortedSet<String> added, SortedSet<String> gone, SortedSet<String> stayed) {

  static final String MEMBER = "comparison";

  private static final String WITH = "with";
  private static final String NEW = "new";
  private static final String GONE = "gone";
  private static final String STAYED = "stayed";

  static Comparison of(ReportFile earlier, JsonObject report) {
    SortedMap<String, Integer> before = Merge.complaints(earlier.json());
    SortedMap<String, Integer> now = Merge.complaints(report);
    SortedSet<String> added = new TreeSet<>();
    SortedSet<String> stayed = new TreeSet<>();
    for (Map.Entry<String, Integer> each : now.entrySet()) {
      boolean isNew = before.getOrDefault(each.getKey(), 0) < each.getValue();
      (isNew ? added : stayed).add(each.getKey());
    }
    SortedSet<String> gone = new TreeSet<>(before.keySet());
    gone.removeAll(now.keySet());
    return new Comparison(earlier.path().toString().replace('\\', '/'), added, gone, stayed);
  }

  /** Returns the comparison in a report; null if it has none. */
  static @Nullable Comparison in(JsonObject report) {
    JsonObject json = Json.object(report, MEMBER);
    return json == null
        ? null
        : new Comparison(
            Json.string(json, WITH, "?"),
            new TreeSet<>(Json.strings(json, NEW)),
            new TreeSet<>(Json.strings(json, GONE)),
            new TreeSet<>(Json.strings(json, STAYED)));
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    json.add(WITH, Json.text(with));
    json.add(NEW, Json.texts(added));
    json.add(GONE, Json.texts(gone));
    json.add(STAYED, Json.texts(stayed));
    return json;
  }

  /** Returns the numbers in one sentence. */
  String sentence() {
    return "Since the earlier run: "
        + Texts.number(added.size())
        + " new, "
        + Texts.number(gone.size())
        + " gone, "
        + Texts.number(stayed.size())
        + " stayed.";
  }

  /** Returns what is new and what is gone, a line each, and how many lines are not shown. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.addAll(Texts.listed(NEW, added));
    lines.addAll(Texts.listed(GONE, gone));
    return lines;
  }
}
