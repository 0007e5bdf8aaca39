package io.github.streamleak.conformance.reactive;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The text of docs/conformance-reactive.md, from the grids and from two fixed parts. */
final class ReactiveConformanceDoc {

  private ReactiveConformanceDoc() {}

  static List<Grid<?>> grids() {
    return List.of(new CoroutineGridTest(), new ReactorGridTest(), new Rx3GridTest());
  }

  static String text() {
    StringBuilder doc = new StringBuilder(part("rules.md"));
    List<Row> rows = grids().stream().flatMap(ReactiveConformanceDoc::rows).toList();
    long runs =
        rows.stream()
            .mapToLong(row -> Arrays.stream(Transport.values()).filter(row.cell()::runsOn).count())
            .sum();
    doc.append(
        String.format(
            Locale.ROOT,
            "\n## The grid\n\n%,d cases, %,d cells.\n\nEvery case runs on %s, unless its note names"
                + " where it cannot. A cell that must differ from its case stands below it, with"
                + " the transport in front.\n",
            rows.size(),
            runs,
            Arrays.stream(Transport.values())
                .map(Transport::text)
                .collect(Collectors.joining("; "))));
    Map<String, List<Row>> groups =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    row -> row.group().name(), LinkedHashMap::new, Collectors.toList()));
    groups.forEach((name, of) -> table(doc, name, of));
    return doc.append('\n').append(part("mutants.md")).toString();
  }

  /** A cell with what stands around it. */
  record Row(String kind, Group<?> group, Cell<?> cell) {}

  static Stream<Row> rows(Grid<?> grid) {
    return grid.groups().stream()
        .flatMap(group -> group.cells().stream().map(cell -> new Row(grid.text(), group, cell)));
  }

  private static void table(StringBuilder doc, String name, List<Row> rows) {
    doc.append("\n### ")
        .append(name)
        .append(
            """


            | stub kind | method | ending | verdict | release | cause | note |
            |---|---|---|---|---|---|---|
            """);
    for (Row row : rows) {
      Cell<?> cell = row.cell();
      line(doc, row, cell.name(), cell.expected(), String.join("; ", cell.notes()));
      for (Transport there : cell.differing()) {
        line(doc, row, there.text() + ": " + cell.name(), cell.expectedOn(there), "see above");
      }
    }
  }

  private static void line(
      StringBuilder doc, Row row, String ending, Expected expected, String note) {
    doc.append("| ")
        .append(
            String.join(
                " | ",
                row.kind(),
                row.group().typeText(),
                ending,
                expected.verdictText(),
                expected.releaseText(),
                expected.causeText(),
                note))
        .append(" |\n");
  }

  private static String part(String name) {
    try (InputStream in = ReactiveConformanceDoc.class.getResourceAsStream("/" + name)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
