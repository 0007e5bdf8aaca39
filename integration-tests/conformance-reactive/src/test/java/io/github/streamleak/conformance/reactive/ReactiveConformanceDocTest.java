package io.github.streamleak.conformance.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.conformance.reactive.ReactiveConformanceDoc.Placed;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Holds docs/conformance-reactive.md to the grids. */
final class ReactiveConformanceDocTest {

  private static final Path DOC = Path.of("..", "..", "docs", "conformance-reactive.md");

  @Test
  void documentIsWhatTheGridsGiveTest() throws Exception {
    String text = ReactiveConformanceDoc.page().end(DOC);

    assertThat(DOC)
        .as("out of date: run this module's tests with -Dconformance.update=true")
        .content()
        .isEqualTo(text);
  }

  @Test
  void everyCaseIsStatedOnceTest() {
    for (Grid<?> grid : ReactiveConformanceDoc.grids()) {
      assertThat(ReactiveConformanceDoc.cells(grid))
          .extracting(cell -> cell.type() + ": " + cell.cell().name())
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void everyKindMeetsEveryGroupTest() {
    for (Grid<?> grid : ReactiveConformanceDoc.grids()) {
      assertThat(ReactiveConformanceDoc.cells(grid).map(Placed::group))
          .contains(
              "One answer",
              "Collected",
              "Stopped early",
              "Left behind",
              "Server fails or says nothing",
              "Uploads",
              "Both directions",
              "No server");
    }
  }
}
