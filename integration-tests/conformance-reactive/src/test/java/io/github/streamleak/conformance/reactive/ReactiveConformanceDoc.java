package io.github.streamleak.conformance.reactive;

import io.github.streamleak.testsupport.GridPage;
import io.github.streamleak.testsupport.GridPage.Row;
import io.grpc.MethodDescriptor.MethodType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes docs/conformance-reactive.md from the grids. */
final class ReactiveConformanceDoc {

  private ReactiveConformanceDoc() {}

  static List<Grid<?>> grids() {
    return List.of(new CoroutineGridTest(), new ReactorGridTest(), new Rx3GridTest());
  }

  static GridPage page() {
    List<Placed> cells = grids().stream().flatMap(ReactiveConformanceDoc::cells).toList();
    GridPage page = new GridPage();
    page.add(
        "\n## The grid\n\n%,d cases, %,d cells.\n\nEvery case runs on %s, unless its note names"
            + " where it cannot. A cell that must differ from its case stands below it, with"
            + " the transport in front.\n",
        cells.size(),
        cells.stream()
            .flatMap(cell -> Arrays.stream(Transport.values()).filter(cell.cell()::runsOn))
            .count(),
        Arrays.stream(Transport.values()).map(Transport::text).collect(Collectors.joining("; ")));
    Map<String, List<Placed>> groups =
        cells.stream()
            .collect(Collectors.groupingBy(Placed::group, LinkedHashMap::new, Collectors.toList()));
    groups.forEach(
        (group, of) -> page.table(group, of.stream().flatMap(ReactiveConformanceDoc::rows)));
    return page;
  }

  /** A cell with what stands around it. */
  record Placed(String kind, String group, MethodType type, Cell<?> cell) {}

  static Stream<Placed> cells(Grid<?> grid) {
    return grid.groups().stream()
        .flatMap(
            group ->
                group.cells().stream()
                    .map(cell -> new Placed(grid.text(), group.name(), group.type(), cell)));
  }

  private static Stream<Row> rows(Placed placed) {
    Cell<?> cell = placed.cell();
    return Stream.concat(
        Stream.of(row(placed, "", cell.expected(), String.join("; ", cell.notes()))),
        cell.differing().stream()
            .map(there -> row(placed, there.text() + ": ", cell.expectedOn(there), "see above")));
  }

  private static Row row(Placed placed, String where, Expected expected, String note) {
    return new Row(
        placed.kind(),
        placed.type(),
        where + placed.cell().name(),
        expected.verdictText(),
        expected.releaseText(),
        expected.causeText(),
        note);
  }
}
