package io.github.streamleak.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NamesTest {

  @Test
  void controlCharactersAreEscapedTest() {
    assertThat(Names.escaped("MarketTest.[1] \u001b[2J\nbought: acme.Market/Watch"))
        .isEqualTo("MarketTest.[1] \\u001b[2J\\u000abought: acme.Market/Watch");
    assertThat(Names.escaped("MarketTest.größer als 3")).isEqualTo("MarketTest.größer als 3");
  }
}
