package io.github.streamleak.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The JVMs of a build that found nothing. A merged report has one element for all of them that had
 * the same settings, with their number in {@code clean} and the sums of what they counted: hundreds
 * of forks would otherwise make the report of a clean suite long, and each of them would have to
 * write all that the others had written before.
 */
final class CleanJvms {

  /** The number of clean JVMs that an element stands for. */
  static final String CLEAN = "clean";

  private static final List<String> SUMS = List.of(CLEAN, "tests", "channels", "streams");

  private CleanJvms() {}

  /** Returns whether a part or a merged report has no entry and no note. */
  static boolean isClean(JsonObject report) {
    JsonObject omitted = Json.object(report, "omitted");
    return Json.array(report, "entries").size() == 0
        && (omitted == null || Json.number(omitted, "entries", 0) == 0)
        && Json.objects(report, "jvms").stream()
            .allMatch(jvm -> Json.array(jvm, "notes").size() == 0);
  }

  /** Returns a JVM as it stands in a merged report. */
  static JsonObject merged(JsonObject jvm, boolean isClean) {
    JsonObject copy = jvm.deepCopy();
    // Only a merge of parts needs the ids, and there may be tens of thousands.
    copy.remove("ran");
    if (isClean) {
      copy.addProperty(CLEAN, 1);
    }
    return copy;
  }

  /** Makes one element of clean JVMs with the same settings. The oldest JVM comes first. */
  static JsonArray folded(List<JsonObject> jvms) {
    Map<JsonObject, JsonObject> clean = new HashMap<>();
    List<JsonObject> all = new ArrayList<>();
    for (JsonObject jvm : jvms.stream().sorted(OLDEST_FIRST).toList()) {
      JsonObject same = jvm.has(CLEAN) ? clean.putIfAbsent(settings(jvm), jvm) : null;
      if (same == null) {
        all.add(jvm);
      } else {
        add(same, jvm);
      }
    }
    JsonArray array = new JsonArray();
    all.forEach(array::add);
    return array;
  }

  private static final Comparator<JsonObject> OLDEST_FIRST =
      Comparator.comparing((JsonObject jvm) -> ReportFile.startedAt(jvm))
          .thenComparing(jvm -> Json.string(jvm, "id", ""));

  /** All but what tells one JVM from another, and what is added up. */
  private static JsonObject settings(JsonObject jvm) {
    JsonObject settings = jvm.deepCopy();
    settings.remove("id");
    settings.remove("startedAt");
    settings.remove(StreamReport.UNCHECKED);
    SUMS.forEach(settings::remove);
    return settings;
  }

  private static void add(JsonObject sum, JsonObject jvm) {
    for (String number : SUMS) {
      sum.addProperty(number, Json.number(sum, number, 0) + Json.number(jvm, number, 0));
    }
    JsonObject more = Json.object(jvm, StreamReport.UNCHECKED);
    if (more != null) {
      JsonObject before = Json.object(sum, StreamReport.UNCHECKED);
      JsonObject unchecked = before == null ? new JsonObject() : before;
      for (String engine : more.keySet()) {
        unchecked.addProperty(
            engine, Json.number(unchecked, engine, 0) + Json.number(more, engine, 0));
      }
      sum.add(StreamReport.UNCHECKED, unchecked);
    }
  }

  /**
   * Returns the merged report with a clean part added; empty if the part may change what stands in
   * the report, because a test of which something was found has run again.
   */
  static Optional<JsonObject> added(ReportFile merged, JsonObject own) {
    JsonObject jvm = Json.objects(own, "jvms").get(0);
    JsonObject ran = Json.object(jvm, "ran");
    if (ran != null) {
      Set<String> ids = new HashSet<>();
      ran.keySet().forEach(className -> ids.addAll(Json.strings(ran, className)));
      for (JsonObject json : merged.entries()) {
        Entry entry = new Entry(json);
        String within = entry.testClassOrEmpty() + "$";
        if (ids.contains(entry.testId())
            || ran.keySet().stream().anyMatch(name -> (name + "$").startsWith(within))) {
          return Optional.empty();
        }
      }
    }
    List<JsonObject> jvms = new ArrayList<>(merged.jvms());
    jvms.add(merged(jvm, /* isClean= */ true));
    JsonElement omitted = merged.json().get("omitted");
    return Optional.of(
        StreamReport.document(
            folded(jvms),
            JsonNull.INSTANCE,
            omitted instanceof JsonObject object ? object : new EntryStore().omitted(),
            Json.array(merged.json(), "entries")));
  }
}
