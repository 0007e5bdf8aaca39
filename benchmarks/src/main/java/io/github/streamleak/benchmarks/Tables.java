package io.github.streamleak.benchmarks;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The figures as Markdown for people and as JSON for programs. */
final class Tables {

  private static final Map<String, String> TITLES = new LinkedHashMap<>();

  static {
    TITLES.put("added", "What the recorder adds, against what others add");
    TITLES.put("bytes", "Bytes allocated more than by the bare channel, whatever C2 leaves out");
    TITLES.put("fixture", "The cost of one test");
    TITLES.put("leak", "The time until a leaking test has failed");
    TITLES.put("heap", "Memory");
    TITLES.put("grid-time", "Side by side in one JVM, against the bare channel: time");
    TITLES.put(
        "grid-bytes", "Side by side in one JVM: bytes allocated more than by the bare channel");
    TITLES.put("forks", "Each variant alone in its JVM, against the bare channel");
    TITLES.put("suite-heap", "What the heap holds after a run of tests more than before");
    TITLES.put("check-closed", "A check with nothing open, by the number of closed streams");
    TITLES.put("check-open", "A check that does not wait, by the number of open streams");
    TITLES.put("events", "Events recorded, million per second");
  }

  private Tables() {}

  static String markdown(List<Row> rows, String measuredOn) {
    StringBuilder text = new StringBuilder();
    text.append(measuredOn).append("\n\n### Budgets\n\n");
    text.append("| what | who | figure | interval | budget | |\n|---|---|---|---|---|---|\n");
    for (Row row : rows) {
      if (row.hasBudget()) {
        text.append("| ")
            .append(row.row())
            .append(" | ")
            .append(row.column())
            .append(" | ")
            .append(figure(row.value().value(), row.unit()))
            .append(" | ")
            .append(spread(row))
            .append(" | ")
            .append(figure(row.budget(), row.unit()))
            .append(" | ")
            .append(row.verdict())
            .append(" |\n");
      }
    }
    TITLES.forEach((table, title) -> table(text, title, in(rows, table)));
    return text.toString();
  }

  static List<Row> in(List<Row> rows, String table) {
    return rows.stream().filter(row -> row.table().equals(table)).toList();
  }

  private static void table(StringBuilder text, String title, List<Row> rows) {
    if (rows.isEmpty()) {
      return;
    }
    Map<String, Map<String, Row>> lines = new LinkedHashMap<>();
    Set<String> columns = new LinkedHashSet<>();
    for (Row row : rows) {
      columns.add(row.column());
      lines.computeIfAbsent(row.row(), name -> new LinkedHashMap<>()).put(row.column(), row);
    }
    text.append("\n### ").append(title).append("\n\n| |");
    columns.forEach(column -> text.append(' ').append(column).append(" |"));
    text.append("\n|---|").append("---|".repeat(columns.size())).append('\n');
    lines.forEach(
        (name, cells) -> {
          text.append("| ").append(name).append(" |");
          for (String column : columns) {
            Row cell = cells.get(column);
            text.append(' ').append(cell == null ? "" : cell(cell)).append(" |");
          }
          text.append('\n');
        });
  }

  private static String cell(Row row) {
    String spread = spread(row);
    return figure(row.value().value(), row.unit()) + (spread.isEmpty() ? "" : " (" + spread + ")");
  }

  private static String spread(Row row) {
    Interval value = row.value();
    return value.low() == value.high() ? "" : rounded(value.low()) + " to " + rounded(value.high());
  }

  private static String figure(double value, String unit) {
    return rounded(value) + " " + unit;
  }

  /** Upwards: every figure with a budget is a cost, and none is rounded in our favour. */
  static String rounded(double value) {
    int decimals = Math.abs(value) >= 1_000 ? 0 : Math.abs(value) >= 100 ? 1 : 3;
    return BigDecimal.valueOf(value).setScale(decimals, RoundingMode.CEILING).toPlainString();
  }

  static String json(List<Row> rows, String measuredOn) {
    return rows.stream()
        .map(
            row ->
                "    {\"table\": %s, \"row\": %s, \"column\": %s, \"unit\": %s, \"value\": %s, \"low\": %s, \"high\": %s%s}"
                    .formatted(
                        quoted(row.table()),
                        quoted(row.row()),
                        quoted(row.column()),
                        quoted(row.unit()),
                        row.value().value(),
                        row.value().low(),
                        row.value().high(),
                        row.hasBudget()
                            ? ", \"budget\": %s, \"verdict\": %s"
                                .formatted(row.budget(), quoted(row.verdict()))
                            : ""))
        .collect(
            Collectors.joining(
                ",\n",
                "{\n  \"measuredOn\": " + quoted(measuredOn) + ",\n  \"rows\": [\n",
                "\n  ]\n}\n"));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }
}
