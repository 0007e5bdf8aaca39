package io.github.streamleak.benchmarks;

import java.util.List;

/**
 * One figure of one table.
 *
 * @param row what was done
 * @param column who did it
 * @param unit of the figure; {@code x} for a ratio
 * @param budget the most it should be; NaN if it has no budget
 */
record Row(String table, String row, String column, String unit, Interval value, double budget) {

  static Row of(String table, String row, String column, String unit, Interval value) {
    return new Row(table, row, column, unit, value, Double.NaN);
  }

  boolean hasBudget() {
    return !Double.isNaN(budget);
  }

  /** Met only if the whole interval is: a figure that may be above is not claimed to be below. */
  String verdict() {
    if (value.high() <= budget) {
      return "met";
    }
    return value.low() > budget ? "NOT MET" : "undecided";
  }

  /** One line, for a file that another JVM reads. */
  String toLine() {
    return String.join(
        "\t",
        table,
        row,
        column,
        unit,
        Double.toString(value.value()),
        Double.toString(value.low()),
        Double.toString(value.high()),
        Double.toString(budget));
  }

  static Row ofLine(String line) {
    List<String> parts = List.of(line.split("\t", -1));
    return new Row(
        parts.get(0),
        parts.get(1),
        parts.get(2),
        parts.get(3),
        new Interval(number(parts, 4), number(parts, 5), number(parts, 6)),
        number(parts, 7));
  }

  private static double number(List<String> parts, int index) {
    return Double.parseDouble(parts.get(index));
  }
}
