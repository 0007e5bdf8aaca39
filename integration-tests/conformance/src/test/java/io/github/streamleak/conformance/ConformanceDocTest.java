package io.github.streamleak.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds docs/conformance.md to the grid. */
final class ConformanceDocTest {

  private static final Path DOC = Path.of("..", "..", "docs", "conformance.md");

  @Test
  void documentIsWhatTheGridGivesTest() throws Exception {
    String text = ConformanceDoc.page().end(DOC);

    assertThat(DOC)
        .as("out of date: run this module's tests with -Dconformance.update=true")
        .content()
        .isEqualTo(text);
  }

  @Test
  void everyCaseIsStatedOnceTest() {
    assertThat(Cases.all()).extracting(Case::toString).doesNotHaveDuplicates();
  }

  @Test
  void everyKindMeetsEveryGroupOfEndingsThatConcernsAllTest() {
    for (String group :
        List.of(
            "drained",
            "cancelled",
            "deadline",
            "server error",
            "transport broken off",
            "channel",
            "name",
            "retry and hedging",
            "fresh channel")) {
      assertThat(Cases.all().stream().filter(each -> each.group.equals(group)).map(e -> e.kind))
          .as(group)
          .contains(Kind.values());
    }
  }
}
