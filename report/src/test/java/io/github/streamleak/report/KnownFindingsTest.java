package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KnownFindingsTest {

  private static final String WATCH = "acme.Shop/Watch LEAKED_STREAM acme.ShopClient.watch";

  @Test
  void furtherLineOfAKnownMethodIsNewTest() {
    KnownFindings known = KnownFindings.of(Baseline.empty().with(Map.of(WATCH, 1)));

    assertThat(known.contains(leak("acme.Shop/Watch", 7))).isTrue();
    assertThat(known.contains(leak("acme.Shop/Watch", 9))).isFalse();
    assertThat(known.contains(leak("acme.Shop/Watch", 7))).isTrue();
  }

  @Test
  void asManyLinesAreKnownAsTheBaselineSaysTest() {
    KnownFindings known = KnownFindings.of(Baseline.empty().with(Map.of(WATCH, 2)));

    assertThat(known.contains(leak("acme.Shop/Watch", 7))).isTrue();
    assertThat(known.contains(leak("acme.Shop/Watch", 9))).isTrue();
    assertThat(known.contains(leak("acme.Shop/Watch", 11))).isFalse();
    assertThat(known.contains(leak("acme.Shop/Watch", 9))).isTrue();
  }

  @Test
  void whatIsNotInTheBaselineIsNewTest() {
    KnownFindings known = KnownFindings.of(Baseline.empty().with(Map.of(WATCH, 2)));

    assertThat(known.contains(leak("acme.Shop/Buy", 7))).isFalse();
  }

  private static ReportEntry leak(String method, int line) {
    return ReportEntry.found(
            "LEAKED_STREAM",
            method,
            List.of(new StackTraceElement("acme.ShopClient", "watch", "ShopClient.java", line)),
            Outcome.KNOWN,
            "found")
        .build();
  }
}
