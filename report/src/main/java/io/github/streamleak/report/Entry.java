package io.github.streamleak.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a report, as it is read. The members that {@link ReportFile} checks are there. Any
 * other may be missing, for another version may have written it.
 */
record Entry(JsonObject json) {

  /**
   * Returns the findings of a report in groups that have one outcome and one key. The outcomes that
   * matter most come first; otherwise the order of the report is kept.
   */
  static List<List<Entry>> groups(JsonObject report, Function<Entry, List<Object>> key) {
    Map<List<Object>, List<Entry>> groups = new LinkedHashMap<>();
    for (JsonElement json : Json.array(report, "entries")) {
      Entry entry = new Entry(json.getAsJsonObject());
      if (entry.outcome() != Outcome.SHOWN) {
        groups
            .computeIfAbsent(List.of(entry.outcome(), key.apply(entry)), same -> new ArrayList<>())
            .add(entry);
      }
    }
    return groups.values().stream()
        .sorted(Comparator.comparing(group -> group.get(0).outcome()))
        .toList();
  }

  static Outcome outcome(JsonObject entry) {
    return Outcome.of(Json.string(entry, "outcome", "")).orElse(Outcome.SHOWN);
  }

  Outcome outcome() {
    return outcome(json);
  }

  String rule() {
    return Json.string(json, "rule", "");
  }

  boolean isLeak() {
    return rule().equals(Fingerprint.LEAK);
  }

  /**
   * Returns the cause of a leak, or the rule of any other finding. A stream that another rule is
   * about may be open as well; that is not what was found.
   */
  String causeOrRule() {
    return isLeak() ? Json.string(json, "cause", rule()) : rule();
  }

  String fingerprint() {
    return Json.string(json, "fingerprint", "");
  }

  String sentence() {
    return Json.string(json, "sentence", "");
  }

  @Nullable String reason() {
    return Json.string(json, "reason");
  }

  /** Returns the full method name, or the channel that the finding is about. */
  String method() {
    String target = Json.string(json, "target");
    return Json.string(
        json, "method", target == null ? "no method" : "channel to \"" + target + "\"");
  }

  /**
   * Returns the line of code that opened what was found: the one that tells two of a method apart.
   */
  String openedOn() {
    JsonObject opened = opened();
    return opened == null ? "" : Json.string(opened, "file") + ":" + Json.number(opened, "line", 0);
  }

  List<String> remedy() {
    return Json.strings(json, "remedy");
  }

  @Nullable JsonObject opened() {
    return Json.object(json, "opened");
  }

  @Nullable JsonObject calledBy() {
    return Json.object(json, "calledBy");
  }

  /** Returns the opening line in the form that an IDE links. */
  String openedAt() {
    JsonObject opened = opened();
    return opened == null ? "an unknown place" : Frames.link(opened);
  }

  /** Returns what the finding belongs to: a test, a class or the run. */
  String scope() {
    JsonObject test = Json.object(json, "test");
    return test == null || testClass() == null ? "run" : Json.string(test, "scope", "test");
  }

  /** Returns the unique id of the test or class; null for the run, and where it is not known. */
  @Nullable String testId() {
    JsonObject test = Json.object(json, "test");
    return test == null ? null : Json.string(test, "id");
  }

  @Nullable String testClass() {
    JsonObject test = Json.object(json, "test");
    return test == null ? null : Json.string(test, "class");
  }

  /** Returns the method of the test, or its name if it is not a method. */
  String testMethod() {
    JsonObject test = Json.object(json, "test");
    return test == null ? "" : Json.string(test, "method", Json.string(test, "name", ""));
  }

  String testClassOrEmpty() {
    String type = testClass();
    return type == null ? "" : type;
  }

  /**
   * Returns the class and the name of the test; the class alone if the finding belongs to a class,
   * or "the run" if it belongs to neither.
   */
  String testName() {
    JsonObject test = Json.object(json, "test");
    String type = testClass();
    if (test == null || type == null) {
      return "the run";
    }
    String simple = type.substring(type.lastIndexOf('.') + 1);
    if (!"test".equals(Json.string(test, "scope"))) {
      return simple;
    }
    String name = Json.string(test, "name", "?");
    String method = Json.string(test, "method");
    // The name of one invocation of a parameterised test is only that of its arguments.
    return simple + "." + (method == null || name.startsWith(method) ? name : method + " " + name);
  }
}
