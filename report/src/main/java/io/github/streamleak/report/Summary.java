package io.github.streamleak.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Renders {@code summary.md}: a verdict, a table of the findings by fingerprint, and what to change
 * for the first ones. It is bounded so that it stays below GitHub's limit for the summary of a job,
 * which is 1 MiB.
 */
final class Summary {

  private static final int MOST_ROWS = 200;
  private static final int MOST_REMEDIES = 5;
  private static final int MOST_TESTS = 3;
  private static final int MOST_NOTES = 20;
  private static final int LONGEST_CELL = 300;

  private Summary() {}

  static String render(JsonObject report) {
    List<List<Entry>> groups =
        Entry.groups(report, entry -> List.of(entry.fingerprint())).stream()
            .sorted(
                Comparator.comparing((List<Entry> group) -> group.get(0).outcome())
                    .thenComparing(group -> -group.size()))
            .toList();
    StringBuilder text = new StringBuilder("## gRPC client streams\n\n");
    text.append(verdict(report)).append('\n');
    if (!groups.isEmpty()) {
      table(text, groups);
      remedies(text, groups);
    }
    partial(text, report);
    baseline(text, report);
    notes(text, report);
    return text.toString();
  }

  /** Returns the verdict, and what was found and recorded in numbers. */
  static String verdict(JsonObject report) {
    Verdict verdict = Verdict.of(report);
    Tally tally = Tally.of(report);
    StringBuilder text = new StringBuilder(verdict.sentence());
    if (verdict.advice() != null) {
      text.append(' ').append(verdict.advice());
    }
    if (tally.findings() > 0) {
      text.append(' ')
          .append(Texts.count(tally.findings(), "finding"))
          .append(" in ")
          .append(Texts.count(tally.groups(), "group"))
          .append(": ")
          .append(
              Arrays.stream(Outcome.values())
                  .filter(outcome -> tally.of(outcome) > 0)
                  .map(outcome -> Texts.number(tally.of(outcome)) + " " + outcome.text())
                  .collect(Collectors.joining(", ")));
      if (tally.omitted() > 0) {
        text.append(", ").append(Texts.number(tally.omitted())).append(" more not kept");
      }
      text.append('.');
    }
    return text.append(' ').append(tally.closing()).append('.').toString();
  }

  private static void table(StringBuilder text, List<List<Entry>> groups) {
    text.append("\n| outcome | method | cause | opened at | tests | times |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (List<Entry> group : groups.subList(0, Math.min(groups.size(), MOST_ROWS))) {
      Entry entry = group.get(0);
      text.append("| ").append(entry.outcome().text());
      for (String cell :
          List.of(entry.method(), entry.causeOrRule(), entry.openedAt(), tests(group))) {
        text.append(" | ").append(Markdown.text(Texts.cut(cell, LONGEST_CELL)));
      }
      text.append(" | ").append(group.size()).append(" |\n");
    }
    if (groups.size() > MOST_ROWS) {
      text.append("\n... and ").append(groups.size() - MOST_ROWS).append(" more rows\n");
    }
  }

  private static String tests(List<Entry> group) {
    Set<String> names =
        group.stream().map(Entry::testName).collect(Collectors.toCollection(LinkedHashSet::new));
    String shown = names.stream().limit(MOST_TESTS).collect(Collectors.joining(", "));
    return names.size() > MOST_TESTS
        ? shown + " and " + (names.size() - MOST_TESTS) + " more"
        : shown;
  }

  private static void remedies(StringBuilder text, List<List<Entry>> groups) {
    List<Entry> first =
        groups.stream()
            .map(group -> group.get(0))
            .filter(entry -> entry.outcome() == Outcome.FAILED || entry.outcome() == Outcome.WARNED)
            .filter(entry -> !entry.remedy().isEmpty())
            .limit(MOST_REMEDIES)
            .toList();
    if (first.isEmpty()) {
      return;
    }
    text.append("\n### What to change\n");
    for (Entry entry : first) {
      text.append('\n')
          .append(Markdown.text(Texts.cut(entry.method(), LONGEST_CELL)))
          .append(", ")
          .append(Markdown.text(Texts.cut(entry.openedAt(), LONGEST_CELL)))
          .append(": ")
          .append(Markdown.text(Texts.cut(entry.sentence(), LONGEST_CELL)))
          .append(".\n\n")
          .append(
              Markdown.block(
                  entry.remedy().stream().map(line -> Texts.cut(line, LONGEST_CELL)).toList()));
    }
  }

  private static void partial(StringBuilder text, JsonObject report) {
    Set<String> why = StreamReport.whyPartial(report);
    if (!why.isEmpty()) {
      text.append("\nOnly a part of the suite has run (")
          .append(Markdown.text(Texts.cut(String.join("; ", why), LONGEST_CELL)))
          .append("): this says nothing about the rest.\n");
    }
  }

  private static void baseline(StringBuilder text, JsonObject report) {
    JsonObject baseline = Json.object(report, "baseline");
    if (baseline == null) {
      return;
    }
    int gone = Json.strings(baseline, "gone").size();
    text.append("\nBaseline ")
        .append(Markdown.text(Texts.cut(Json.string(baseline, "file", "?"), LONGEST_CELL)))
        .append(": ")
        .append(Json.number(baseline, "known", 0))
        .append(" known")
        .append(gone == 0 ? "" : ", " + gone + " of them not seen in this run")
        .append(".\n");
  }

  private static void notes(StringBuilder text, JsonObject report) {
    Set<String> notes = new LinkedHashSet<>();
    for (JsonElement jvm : Json.array(report, "jvms")) {
      notes.addAll(Json.strings(jvm.getAsJsonObject(), "notes"));
    }
    if (!notes.isEmpty()) {
      text.append('\n');
      notes.stream()
          .limit(MOST_NOTES)
          .forEach(
              note ->
                  text.append("- ")
                      .append(Markdown.text(Texts.cut(note, LONGEST_CELL)))
                      .append('\n'));
    }
    if (notes.size() > MOST_NOTES) {
      text.append("- ... and ").append(notes.size() - MOST_NOTES).append(" more notes\n");
    }
  }
}
