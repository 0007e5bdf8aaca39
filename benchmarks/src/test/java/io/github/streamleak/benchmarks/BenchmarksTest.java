package io.github.streamleak.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs everything that is measured for a moment: the figures mean nothing, that they come does. */
class BenchmarksTest {

  @Test
  void everyVariantHasAFigureOfItsOwnFork() throws Exception {
    List<Row> rows = new Forks(Effort.MOMENT, /* fork= */ false).measure();

    assertThat(Tables.in(rows, "forks"))
        .hasSize(2 * 2 * Forks.VARIANTS.size())
        .filteredOn(row -> row.column().equals("BARE") && row.unit().equals("ns"))
        .hasSize(2)
        .allSatisfy(row -> assertThat(row.value().value()).isFinite());
  }

  @Test
  void everyCellOfTheGridHasEveryVariant() throws Exception {
    for (Grid.Cell cell : Grid.Cell.ALL) {
      List<Row> rows = new Grid(cell, Effort.MOMENT).measure();

      for (String table : List.of("grid-time", "grid-bytes")) {
        assertThat(Tables.in(rows, table)).as(cell.title()).hasSize(Variant.values().length);
      }
      int budgets = Double.isNaN(cell.budget()) ? 0 : 1 + 3;
      assertThat(rows).as(cell.title()).filteredOn(Row::hasBudget).hasSize(budgets);
      // A figure, of whatever size: in a moment, threads that end take their time along.
      assertThat(Tables.in(rows, "grid-time"))
          .as(cell.title())
          .allSatisfy(row -> assertThat(row.value().value()).isFinite());
    }
  }

  @Test
  void bytesOfEveryVariantAreCounted() {
    assertThat(new Bytes(Effort.MOMENT).measure())
        .hasSize(4 * Variant.values().length)
        .filteredOn(row -> row.column().equals("BARE"))
        .hasSize(4)
        .allSatisfy(row -> assertThat(row.value().value()).isPositive());
  }

  @Test
  void everyWayToWireATestRuns() {
    Fixture fixture = new Fixture(Effort.MOMENT);

    assertThat(fixture.measure()).hasSize(4 * 9);
    assertThat(fixture.measureLeaks())
        .extracting(Row::column, Row::unit)
        .containsExactly(
            tuple("@GrpcStreamLeakCheck", "ms, fails"),
            tuple("GrpcCleanupRule", "ms, passes"),
            tuple("@GrpcStreamLeakCheck", "ms, fails"));
  }

  @Test
  void memoryIsMeasured() throws Exception {
    Heap heap = new Heap(Effort.MOMENT);

    assertThat(heap.measure()).hasSize(2 * 5 + 4);
    assertThat(heap.measureSuites()).hasSize(2);
  }

  @Test
  void growthIsMeasuredAndDrawn() throws Exception {
    List<Row> rows = new Growth(Effort.MOMENT).measure();

    assertThat(Tables.in(rows, "check-closed")).hasSize(2 + 1);
    assertThat(Tables.in(rows, "check-open")).hasSize(1);
    assertThat(Tables.in(rows, "events")).hasSize(2 * 5);
    assertThat(new Curve("Events", Tables.in(rows, "events")).svg())
        .startsWith("<svg ")
        .contains("<title>Events</title>", ">16 threads</text>", ">one stream</text>")
        .endsWith("</svg>\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"met 1.0 1.1 1.15", "undecided 1.1 1.2 1.15", "NOT MET 1.2 1.3 1.15"})
  void budgetIsMetOnlyByTheWholeInterval(String example) {
    List<String> parts = new ArrayList<>(List.of(example.split(" ")));
    double budget = Double.parseDouble(parts.remove(parts.size() - 1));
    double high = Double.parseDouble(parts.remove(parts.size() - 1));
    double low = Double.parseDouble(parts.remove(parts.size() - 1));

    Row row = new Row("t", "r", "c", "x", new Interval(low, low, high), budget);

    assertThat(row.verdict()).isEqualTo(String.join(" ", parts));
    assertThat(Row.ofLine(row.toLine())).isEqualTo(row);
  }

  @Test
  void intervalIsThatOfTheRatiosOfEachRound() {
    // The machine is ten times slower in one round, for both alike.
    double[] ours = {12, 120, 12, 12, 12};
    double[] bare = {10, 100, 10, 10, 10};

    assertThat(Interval.ratio(ours, bare)).isEqualTo(new Interval(1.2, 1.2, 1.2));
    assertThat(Interval.addedCost(ours, bare, new double[] {14, 140, 14, 14, 14}).value())
        .isEqualTo(0.5);
    assertThat(Interval.of(new double[] {1, 2, 9}).low()).isEqualTo(1);
    assertThat(Interval.of(new double[] {1, 2, 9}).high()).isEqualTo(9);
  }

  @Test
  void tablesShowWhatWasMeasured() {
    List<Row> rows =
        List.of(
            Row.of("forks", "unary", "BARE", "ns", Interval.exactly(2500)),
            new Row("forks", "unary", "RECORDER", "x", new Interval(1.1001, 1.09, 1.2), 1.15));

    assertThat(Tables.markdown(rows, "On this."))
        .isEqualTo(
            """
            On this.

            ### Budgets

            | what | who | figure | interval | budget | |
            |---|---|---|---|---|---|
            | unary | RECORDER | 1.101 x | 1.090 to 1.200 | 1.150 x | undecided |

            ### Each variant alone in its JVM, against the bare channel

            | | BARE | RECORDER |
            |---|---|---|
            | unary | 2500 ns | 1.101 x (1.090 to 1.200) |
            """);
    assertThat(Tables.json(rows, "On this."))
        .isEqualTo(
            """
            {
              "measuredOn": "On this.",
              "rows": [
                {"table": "forks", "row": "unary", "column": "BARE", "unit": "ns", "value": 2500.0, "low": 2500.0, "high": 2500.0},
                {"table": "forks", "row": "unary", "column": "RECORDER", "unit": "x", "value": 1.1001, "low": 1.09, "high": 1.2, "budget": 1.15, "verdict": "undecided"}
              ]
            }
            """);
  }
}
