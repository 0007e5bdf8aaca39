package io.github.streamleak.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws figures over the size that stands first in their rows, as SVG; both axes by tens. */
final class Curve {

  private static final int WIDTH = 640;
  private static final int HEIGHT = 320;
  private static final int LEFT = 96;
  private static final int RIGHT = 20;
  private static final int TOP = 40;
  private static final int BOTTOM = 40;
  private static final List<String> COLOURS = List.of("#1f6feb", "#c2410c");

  private final String title;
  private final List<Row> rows;

  Curve(String title, List<Row> rows) {
    this.title = title;
    // Only what is measured in one unit can be in one picture.
    this.rows =
        rows.stream()
            .filter(row -> !rows.isEmpty() && row.unit().equals(rows.get(0).unit()))
            .toList();
  }

  String svg() {
    double leastX = rows.stream().mapToDouble(Curve::x).min().orElse(1);
    double mostX = rows.stream().mapToDouble(Curve::x).max().orElse(10);
    double bottom =
        tens(rows.stream().mapToDouble(row -> row.value().low()).min().orElse(1), false);
    double top = tens(rows.stream().mapToDouble(row -> row.value().high()).max().orElse(10), true);
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
            .formatted(WIDTH, HEIGHT));
    svg.append("<title>%s</title>\n".formatted(title));
    svg.append("<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n".formatted(WIDTH, HEIGHT));
    svg.append(text(LEFT, 20, "start", title, "#111"));
    for (double y = bottom; y <= top * 1.001; y *= 10) {
      double at = place(y, bottom, top, HEIGHT - BOTTOM, TOP);
      svg.append(line(LEFT, at, WIDTH - RIGHT, at, "#ddd"));
      svg.append(text(LEFT - 8, at + 4, "end", number(y) + " " + rows.get(0).unit(), "#444"));
    }
    Map<String, List<Row>> series = new LinkedHashMap<>();
    Map<String, Double> ticks = new LinkedHashMap<>();
    for (Row row : rows) {
      series.computeIfAbsent(row.column(), name -> new ArrayList<>()).add(row);
      ticks.put(row.row(), place(x(row), leastX, mostX, LEFT + 30, WIDTH - RIGHT - 40));
    }
    ticks.forEach((name, at) -> svg.append(text(at, HEIGHT - BOTTOM + 20, "middle", name, "#444")));
    int index = 0;
    for (Map.Entry<String, List<Row>> one : series.entrySet()) {
      String colour = COLOURS.get(index % COLOURS.size());
      StringBuilder points = new StringBuilder();
      for (Row row : one.getValue()) {
        double x = place(x(row), leastX, mostX, LEFT + 30, WIDTH - RIGHT - 40);
        double y = place(row.value().value(), bottom, top, HEIGHT - BOTTOM, TOP);
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
        svg.append(
            line(
                x,
                place(row.value().low(), bottom, top, HEIGHT - BOTTOM, TOP),
                x,
                place(row.value().high(), bottom, top, HEIGHT - BOTTOM, TOP),
                colour));
        svg.append(
            String.format(
                Locale.ROOT,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
                x,
                y,
                colour));
      }
      svg.append(
          "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n"
              .formatted(points.toString().trim(), colour));
      svg.append(text(WIDTH - RIGHT, 20 + 16 * index++, "end", one.getKey(), colour));
    }
    return svg.append("</svg>\n").toString();
  }

  private static double x(Row row) {
    return Double.parseDouble(row.row().replace(",", "").split(" ", 2)[0]);
  }

  /** The power of ten below or above. */
  private static double tens(double value, boolean above) {
    double log = Math.log10(Math.max(value, 1e-3));
    return Math.pow(10, above ? Math.floor(log) + 1 : Math.floor(log));
  }

  private static double place(double value, double from, double to, double start, double end) {
    double share = Math.log(Math.max(value, 1e-3) / from) / Math.log(to / from);
    return start + share * (end - start);
  }

  private static String number(double value) {
    return value >= 1 ? Heap.grouped(Math.round(value)) : String.valueOf(value);
  }

  private static String line(double x1, double y1, double x2, double y2, String colour) {
    return String.format(
        Locale.ROOT,
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
        x1,
        y1,
        x2,
        y2,
        colour);
  }

  private static String text(double x, double y, String anchor, String text, String colour) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
        x,
        y,
        anchor,
        colour,
        text);
  }
}
