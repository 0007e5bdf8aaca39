package io.github.streamleak.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Renders {@code leaks.sarif} as SARIF 2.1.0, with what GitHub's code scanning reads.
 *
 * <p>Findings with the same fingerprint and the same line are one result. GitHub keeps 5,000
 * results of a run.
 */
final class Sarif {

  static final int MOST_RESULTS = 5_000;

  private static final int MOST_NOTIFICATIONS = 100;

  private static final String SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";
  private static final String ROOT = "%SRCROOT%";

  private Sarif() {}

  static JsonObject render(JsonObject report, SourceFiles sources) {
    // What matters most comes first, because the end is cut off. What is known or allowed is left
    // out: GitHub does not read suppressions, and would open an alert for each.
    List<List<Entry>> groups =
        Entry.groups(report, entry -> List.of(entry.fingerprint(), entry.rule(), entry.openedAt()))
            .stream()
            .filter(
                group ->
                    group.get(0).outcome() != Outcome.ALLOWED
                        && group.get(0).outcome() != Outcome.KNOWN)
            .toList();
    Map<String, Integer> lines = new HashMap<>();
    List<String> rules =
        List.copyOf(
            groups.stream()
                .map(group -> group.get(0).rule())
                .collect(LinkedHashSet::new, Set::add, Set::addAll));
    JsonArray results = new JsonArray();
    JsonArray notifications = new JsonArray();
    int left = 0;
    for (List<Entry> group : groups) {
      JsonObject location = location(group.get(0), sources).orElse(null);
      if (location == null) {
        // GitHub refuses the whole file if one result has no location: codeql-action issue 2459.
        if (notifications.size() < MOST_NOTIFICATIONS) {
          notifications.add(
              notification(
                  "not a result, because no source file was found: "
                      + Sentences.of(group.get(0), group.size())));
        } else {
          left++;
        }
      } else if (results.size() < MOST_RESULTS) {
        results.add(
            result(
                group, rules, location, lines.merge(group.get(0).fingerprint(), 1, Integer::sum)));
      } else {
        left++;
      }
    }
    if (left > 0) {
      notifications.add(
          notification(
              Texts.count(left, "finding")
                  + " left out: GitHub keeps "
                  + MOST_RESULTS
                  + " results of a run; streams.json has them all"));
    }
    JsonObject omitted = Json.object(report, "omitted");
    long entries = omitted == null ? 0 : Json.number(omitted, "entries", 0);
    if (entries > 0) {
      notifications.add(
          notification(
              Texts.count(entries, "finding")
                  + " counted but not kept: a report holds "
                  + EntryStore.MOST_ENTRIES));
    }
    Set<String> partial = StreamReport.whyPartial(report);
    if (!partial.isEmpty()) {
      notifications.add(
          notification(
              "only a part of the suite has run ("
                  + String.join("; ", partial)
                  + "): uploaded, this would close the alerts of the rest"));
    }
    JsonObject invocation = new JsonObject();
    invocation.addProperty("executionSuccessful", true);
    invocation.add("toolExecutionNotifications", notifications);

    JsonObject driver = new JsonObject();
    driver.addProperty("name", StreamReport.TOOL);
    driver.addProperty("version", Resources.version());
    driver.addProperty("informationUri", RuleDescription.HOME);
    driver.add("rules", array(rules.stream().map(Sarif::rule).toList()));
    JsonObject run = new JsonObject();
    run.add("tool", object("driver", driver));
    run.add("invocations", array(List.of(invocation)));
    run.addProperty("columnKind", "utf16CodeUnits");
    run.add("results", results);
    JsonObject properties = new JsonObject();
    properties.addProperty(StreamReport.PARTIAL, !partial.isEmpty());
    run.add("properties", properties);

    JsonObject sarif = new JsonObject();
    sarif.addProperty("$schema", SCHEMA);
    sarif.addProperty("version", "2.1.0");
    sarif.add("runs", array(List.of(run)));
    return sarif;
  }

  private static JsonObject rule(String name) {
    JsonObject rule = new JsonObject();
    rule.add("id", Json.text(name));
    rule.add("name", Json.text(pascalCase(name)));
    RuleDescription known = RuleDescription.of(name).orElse(null);
    String title = known == null ? name : known.title();
    rule.add("shortDescription", message(title));
    rule.add(
        "fullDescription", message(known == null ? title : known.title() + ". " + known.why()));
    JsonObject help = message(known == null ? title : known.help());
    help.add(
        "markdown",
        Json.text(
            known == null
                ? Markdown.text(title)
                : "**" + known.title() + ".** " + known.why() + "\n\n" + known.help()));
    rule.add("help", help);
    rule.addProperty("helpUri", known == null ? RuleDescription.HOME : known.helpUri());
    boolean alwaysFails = name.equals(Fingerprint.LEAK);
    JsonObject level = new JsonObject();
    level.addProperty("level", alwaysFails ? "error" : "warning");
    rule.add("defaultConfiguration", level);
    return rule;
  }

  /** SARIF wants a name that a person reads, in one word: LeakedStream for LEAKED_STREAM. */
  private static String pascalCase(String name) {
    return Arrays.stream(name.split("_", -1))
        .filter(word -> !word.isEmpty())
        .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
        .collect(Collectors.joining());
  }

  private static JsonObject result(
      List<Entry> group, List<String> rules, JsonObject location, int line) {
    Entry entry = group.get(0);
    JsonObject result = new JsonObject();
    result.add("ruleId", Json.text(entry.rule()));
    result.addProperty("ruleIndex", rules.indexOf(entry.rule()));
    result.addProperty("level", level(entry.outcome()));
    result.add("message", message(Sentences.of(entry, group.size())));
    result.add("locations", array(List.of(location)));
    relatedLocation(entry).ifPresent(test -> result.add("relatedLocations", array(List.of(test))));
    result.addProperty("occurrenceCount", group.size());
    JsonObject fingerprints = new JsonObject();
    String hash = hash(entry.fingerprint());
    // The only one that GitHub reads. It takes two results with the same one for one alert.
    fingerprints.addProperty("primaryLocationLineHash", hash + ":" + line);
    fingerprints.addProperty("streamleak/v1", hash);
    result.add("partialFingerprints", fingerprints);
    return result;
  }

  private static String level(Outcome outcome) {
    return switch (outcome) {
      case FAILED -> "error";
      case FLAKY, WARNED, UNDECIDED -> "warning";
      case KNOWN, ALLOWED, SHOWN -> "note";
    };
  }

  /**
   * Returns the opening line, or else the calling line, or else the test's class: the place at
   * which to begin to look.
   */
  private static Optional<JsonObject> location(Entry entry, SourceFiles sources) {
    for (String name : List.of("opened", "calledBy")) {
      JsonObject frame = Json.object(entry.json(), name);
      String path = frame == null ? null : Json.string(frame, "path");
      if (frame != null && path != null) {
        return Optional.of(
            location(path, Json.number(frame, "line", 0), Json.string(frame, "code")));
      }
    }
    String type = entry.testClass();
    return type == null
        ? Optional.empty()
        : sources.pathOf(type).map(found -> location(found, 0, null));
  }

  /** Returns the line of the test that led to the opening line, if that is another one. */
  private static Optional<JsonObject> relatedLocation(Entry entry) {
    JsonObject test = Json.object(entry.json(), "calledBy");
    String path = test == null ? null : Json.string(test, "path");
    JsonObject opened = entry.opened();
    boolean isPrimary = opened == null || Json.string(opened, "path") == null;
    if (test == null || path == null || isPrimary) {
      return Optional.empty();
    }
    JsonObject location = location(path, Json.number(test, "line", 0), Json.string(test, "code"));
    location.addProperty("id", 1);
    location.add("message", message("called here, in " + entry.testName()));
    return Optional.of(location);
  }

  private static JsonObject location(String path, long line, @Nullable String code) {
    JsonObject artifact = new JsonObject();
    artifact.addProperty("uri", SourceFiles.uri(path));
    artifact.addProperty("uriBaseId", ROOT);
    JsonObject physical = object("artifactLocation", artifact);
    if (line > 0) {
      JsonObject region = new JsonObject();
      region.addProperty("startLine", line);
      if (code != null) {
        region.add("snippet", object("text", Json.text(code)));
      }
      physical.add("region", region);
    }
    return object("physicalLocation", physical);
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static JsonObject notification(String text) {
    JsonObject json = object("message", message(text));
    json.addProperty("level", "note");
    return json;
  }

  /** Escapes brackets, because SARIF reads {@code [text](target)} in a message as a link. */
  private static JsonObject message(String text) {
    return object(
        "text",
        Json.text(
            text.indexOf('[') < 0
                ? text
                : text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")));
  }

  private static JsonObject object(String name, JsonElement value) {
    JsonObject json = new JsonObject();
    json.add(name, value);
    return json;
  }

  private static JsonArray array(List<JsonObject> elements) {
    JsonArray array = new JsonArray();
    elements.forEach(array::add);
    return array;
  }
}
