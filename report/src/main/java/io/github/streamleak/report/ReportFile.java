package io.github.streamleak.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A part or a {@code streams.json} that was read and is valid. Members that this version does not
 * know are kept.
 */
final class ReportFile {

  /** Orders reports by the start of the newest JVM in each. */
  static final Comparator<ReportFile> OLDEST_FIRST =
      Comparator.comparing((ReportFile file) -> file.startedAt())
          .thenComparing(file -> file.path.toString());

  private final Path path;
  private final JsonObject json;
  private final Map<String, Set<String>> ran = new HashMap<>();

  private ReportFile(Path path, JsonObject json) {
    this.path = path;
    this.json = json;
    for (JsonObject jvm : Json.objects(json, "jvms")) {
      JsonObject ids = Json.object(jvm, "ran");
      if (ids != null) {
        for (String className : ids.keySet()) {
          ran.computeIfAbsent(className, name -> new HashSet<>())
              .addAll(Json.strings(ids, className));
        }
      }
    }
  }

  /**
   * Reads a file.
   *
   * @throws ReportFileException if the file cannot be read or is not a report of Streamleak
   */
  static ReportFile read(Path path) {
    String text;
    try {
      text = Files.readString(path);
    } catch (IOException e) {
      throw new ReportFileException(path + ": cannot be read: " + Texts.why(e), e);
    }
    JsonElement tree;
    try {
      tree = Json.parse(text);
    } catch (JsonParseException e) {
      throw new ReportFileException(path + ": is not JSON, or is cut off", e);
    }
    if (!(tree instanceof JsonObject json) || !isOurs(json)) {
      throw new ReportFileException(path + ": is not a report of " + StreamReport.TOOL);
    }
    if (Json.number(json, "schemaVersion", 0) != StreamReport.SCHEMA_VERSION) {
      throw new ReportFileException(
          path
              + ": has schema version "
              + json.get("schemaVersion")
              + "; this version of Streamleak reads "
              + StreamReport.SCHEMA_VERSION);
    }
    String wrong = wrongIn(json);
    if (wrong != null) {
      throw new ReportFileException(path + ": " + wrong);
    }
    return new ReportFile(path, json);
  }

  private static boolean isOurs(JsonObject json) {
    JsonObject tool = Json.object(json, "tool");
    return tool != null && StreamReport.TOOL.equals(Json.string(tool, "name"));
  }

  private static @Nullable String wrongIn(JsonObject json) {
    if (Json.objects(json, "jvms").isEmpty()) {
      return "\"jvms\" must be an array with at least one JVM";
    }
    for (JsonElement jvm : Json.array(json, "jvms")) {
      if (!(jvm instanceof JsonObject object) || !hasTexts(object, "id", "startedAt", "build")) {
        return "an element of \"jvms\" must be an object with the texts id, startedAt and build";
      }
      try {
        Instant unused = Instant.parse(Json.string(object, "startedAt", ""));
      } catch (DateTimeException e) {
        return "\"startedAt\" must be a time such as 2026-11-22T22:00:00Z, was "
            + object.get("startedAt");
      }
    }
    if (!json.has("entries") || !json.get("entries").isJsonArray()) {
      return "\"entries\" must be an array";
    }
    for (JsonElement entry : Json.array(json, "entries")) {
      if (!(entry instanceof JsonObject object)
          || !hasTexts(object, "rule", "outcome", "sentence", "fingerprint")
          || Json.object(object, "test") == null) {
        return "an element of \"entries\" must be an object with the texts rule, outcome, sentence"
            + " and fingerprint, and a test";
      }
      if (Outcome.of(Json.string(object, "outcome", "")).isEmpty()) {
        return "\"outcome\" must be "
            + Arrays.stream(Outcome.values()).map(Outcome::text).collect(Collectors.joining(", "))
            + "; was "
            + object.get("outcome");
      }
    }
    return null;
  }

  private static boolean hasTexts(JsonObject json, String... names) {
    return Arrays.stream(names)
        .allMatch(
            name -> json.get(name) instanceof JsonPrimitive primitive && primitive.isString());
  }

  Path path() {
    return path;
  }

  JsonObject json() {
    return json;
  }

  List<JsonObject> jvms() {
    return Json.objects(json, "jvms");
  }

  List<JsonObject> entries() {
    return Json.objects(json, "entries");
  }

  Instant startedAt() {
    return jvms().stream().map(jvm -> startedAt(jvm)).max(Comparator.naturalOrder()).orElseThrow();
  }

  /** Returns when a JVM of a valid report was started. */
  static Instant startedAt(JsonObject jvm) {
    return Instant.parse(Json.string(jvm, "startedAt", ""));
  }

  String build() {
    return Json.string(jvms().get(0), "build", "");
  }

  /** Returns the id of the JVM that wrote this part. */
  String jvmId() {
    return Json.string(jvms().get(0), "id", "");
  }

  /** Returns whether the process that started the JVM goes on to start those of other builds. */
  boolean outlivesBuilds() {
    return jvms().stream().anyMatch(jvm -> Json.isTrue(jvm, "outlivesBuilds"));
  }

  /** Returns the unique ids of the tests that ran, by the name of their class. */
  Map<String, Set<String>> ran() {
    return ran;
  }

  /** Returns the unique ids of the tests that ran of a class and of those nested in it. */
  Set<String> ranOf(String className) {
    Set<String> ids = new HashSet<>();
    ran.forEach(
        (name, tests) -> {
          if (name.equals(className) || name.startsWith(className + "$")) {
            ids.addAll(tests);
          }
        });
    return ids;
  }

  boolean hasRunAnyOf(Set<String> tests) {
    return ran.values().stream().anyMatch(ids -> !Collections.disjoint(ids, tests));
  }
}
