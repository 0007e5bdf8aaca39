package io.github.streamleak.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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

  /**
   * Returns the summary.
   *
   * @param sources gives the addresses of lines
   */
  static String render(JsonObject report, SourceFiles sources) {
    List<List<Entry>> groups =
        Entry.groups(report, entry -> List.of(entry.fingerprint())).stream()
            .sorted(
                Comparator.comparing((List<Entry> group) -> group.get(0).outcome())
                    .thenComparing(group -> -group.size()))
            .toList();
    StringBuilder text = new StringBuilder("## gRPC client streams\n\n");
    text.append(verdict(report)).append('\n');
    comparison(text, report);
    if (!groups.isEmpty()) {
      table(text, groups, sources);
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

  /** What matters comes first: GitHub hides what is to the right behind a scroll bar. */
  private static void table(StringBuilder text, List<List<Entry>> groups, SourceFiles sources) {
    text.append("\n| what | opened at | called by | tests | times |\n");
    text.append("|---|---|---|---|---|\n");
    for (List<Entry> group : groups.subList(0, Math.min(groups.size(), MOST_ROWS))) {
      Entry entry = group.get(0);
      text.append("| ")
          .append(entry.outcome().text())
          .append(": ")
          .append(cell(entry.causeOrRule() + " " + entry.method()))
          .append(" | ")
          .append(entry.opened() == null ? cell(entry.openedAt()) : frame(entry.opened(), sources))
          .append(" | ")
          .append(frame(entry.calledBy(), sources))
          .append(" | ")
          .append(cell(tests(group)))
          .append(" | ")
          .append(group.size())
          .append(" |\n");
    }
    if (groups.size() > MOST_ROWS) {
      text.append("\n... and ").append(groups.size() - MOST_ROWS).append(" more rows\n");
    }
  }

  private static String cell(String text) {
    return Markdown.text(Texts.cut(text, LONGEST_CELL));
  }

  /**
   * Returns class and method of a frame, and its file and line as a link if there is an address.
   */
  private static String frame(@Nullable JsonObject frame, SourceFiles sources) {
    if (frame == null) {
      return "";
    }
    String text = Frames.link(frame);
    String address = sources.address(frame).orElse(null);
    int file = text.lastIndexOf('(');
    if (address == null || file < 0 || text.length() > LONGEST_CELL) {
      return cell(text);
    }
    return Markdown.text(text.substring(0, file))
        + " "
        + Markdown.link(text.substring(file + 1, text.length() - 1), address);
  }

  private static String tests(List<Entry> group) {
    Set<String> names =
        group.stream().map(Entry::testName).collect(Collectors.toCollection(LinkedHashSet::new));
    String shown = names.stream().limit(MOST_TESTS).collect(Collectors.joining(", "));
    return names.size() > MOST_TESTS
        ? shown + " and " + (names.size() - MOST_TESTS) + " more"
        : shown;
  }

  /** Findings that one change mends stand together above it. */
  private static void remedies(StringBuilder text, List<List<Entry>> groups) {
    Map<List<String>, List<Entry>> byRemedy = new LinkedHashMap<>();
    for (List<Entry> group : groups) {
      Entry entry = group.get(0);
      if ((entry.outcome() == Outcome.FAILED || entry.outcome() == Outcome.WARNED)
          && !entry.remedy().isEmpty()) {
        byRemedy.computeIfAbsent(entry.remedy(), remedy -> new ArrayList<>()).add(entry);
      }
    }
    if (byRemedy.isEmpty()) {
      return;
    }
    text.append("\n### What to change\n");
    byRemedy.entrySet().stream()
        .limit(MOST_REMEDIES)
        .forEach(
            each -> {
              text.append('\n');
              each.getValue().stream()
                  .limit(MOST_TESTS)
                  .forEach(
                      entry ->
                          text.append("- ")
                              .append(cell(entry.method()))
                              .append(", ")
                              .append(cell(entry.openedAt()))
                              .append(": ")
                              .append(cell(entry.sentence()))
                              .append(".\n"));
              int more = each.getValue().size() - MOST_TESTS;
              text.append(more > 0 ? "- and " + more + " more like these\n" : "")
                  .append('\n')
                  .append(
                      Markdown.block(
                          each.getKey().stream()
                              .map(line -> Texts.cut(line, LONGEST_CELL))
                              .toList()));
            });
  }

  private static void comparison(StringBuilder text, JsonObject report) {
    Comparison comparison = Comparison.in(report);
    if (comparison != null) {
      text.append('\n').append(comparison.sentence()).append('\n');
      List<String> lines = comparison.lines();
      text.append(lines.isEmpty() ? "" : "\n");
      lines.forEach(line -> text.append("- ").append(cell(line)).append('\n'));
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
