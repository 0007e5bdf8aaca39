package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaselineTest {

  private static final String HEADER =
      "# Streamleak baseline, version 1: known findings, one a line: full method name, cause or"
          + " rule, opened in; xN: on N lines of that method\n";
  private static final String WATCH = "acme.Shop/Watch NOT_DRAINED acme.ShopClient.watch";
  private static final String BUY = "acme.Shop/Buy ENDED_BY_DEADLINE acme.ShopClient.buy";
  private static final String CHANNEL = "- CHANNEL_LEFT_OPEN acme.ShopTest.setUp";

  @TempDir Path directory;

  @Test
  void whatIsWrittenIsSortedAndReadAgainTest() throws Exception {
    Path file = directory.resolve("deep/er/baseline.txt");

    Baseline.empty().with(Map.of(WATCH, 1, BUY, 1, CHANNEL, 1)).write(file);

    assertThat(file).hasContent(HEADER + CHANNEL + "\n" + BUY + "\n" + WATCH + "\n");
    Baseline read = Baseline.read(file);
    assertThat(read.fingerprints()).containsExactly(CHANNEL, BUY, WATCH);
    assertThat(read.lines(WATCH)).isEqualTo(1);
    assertThat(read.lines(WATCH + "er")).isZero();
    assertThat(read.gone(List.of(BUY, "a/B PROTOCOL c.D"))).containsExactly(CHANNEL, WATCH);
  }

  @Test
  void commentStaysWithItsFingerprintTest() throws Exception {
    Path file =
        file(HEADER + "\n# ticket 7\r\n" + BUY + "\r\n\n  # ticket 8\n" + WATCH + "\n# the end\n");

    Baseline.read(file).with(Map.of(WATCH, 1, CHANNEL, 1)).write(file);

    assertThat(file).hasContent(HEADER + CHANNEL + "\n# ticket 8\n" + WATCH + "\n# the end\n");
  }

  @Test
  void numberOfLinesIsReadAndWrittenTest() throws Exception {
    Path file = file(HEADER + BUY + " x3\n" + WATCH + "\n");

    Baseline read = Baseline.read(file);
    assertThat(read.lines(BUY)).isEqualTo(3);
    read.with(Map.of(BUY, 2, WATCH, 1)).write(file);

    assertThat(file).hasContent(HEADER + BUY + " x2\n" + WATCH + "\n");
  }

  @Test
  void lineThatTwoBranchesHaveAddedIsOneTest() throws Exception {
    Path file = file(HEADER + "# one\n" + BUY + "\n# two\n" + BUY + " x2\n");

    Baseline.read(file).with(Map.of(BUY, 2)).write(file);

    assertThat(file).hasContent(HEADER + "# one\n# two\n" + BUY + " x2\n");
  }

  @Test
  void numberOfLinesIsFromOneOnTest() throws Exception {
    for (String wrong : List.of(" x0", " x", " 2", " x-1", " X2", " x2 x2", " x9999999999")) {
      refused(
          HEADER + WATCH + wrong + "\n",
          ":2: a line must have three fields with one space between, such as \"acme.Shop/Watch"
              + " NOT_DRAINED acme.shop.ShopClient.watch\", and may end in a number of lines, such as"
              + " \" x2\"; was \""
              + WATCH
              + wrong
              + "\"");
    }
  }

  @Test
  void missingBaselineIsAnErrorUnlessItIsToBeWrittenTest() {
    Path file = directory.resolve("none.txt");
    assertThatThrownBy(() -> Baseline.read(file))
        .isInstanceOf(ReportFileException.class)
        .hasMessage(
            file
                + ": there is no such baseline; a run with streamleak.baseline.update = true"
                + " writes it");
    assertThat(Baseline.readIfThere(file).fingerprints()).isEmpty();
  }

  @Test
  void directoryIsNoBaselineTest() {
    assertThatThrownBy(() -> Baseline.read(directory))
        .isInstanceOf(ReportFileException.class)
        .hasMessageStartingWith(directory + ": cannot be read: ");
  }

  @Test
  void firstLineSaysWhatItIsTest() throws Exception {
    refused(
        WATCH + "\n",
        ":1: the first line must begin with \"# Streamleak baseline, version 1:\", was \""
            + WATCH
            + "\"");
  }

  @Test
  void fileInWhichNothingIsWrittenKnowsNothingTest() throws Exception {
    for (String text : List.of("", "\n", "\uFEFF", "\uFEFF \r\n")) {
      assertThat(Baseline.read(file(text)).fingerprints()).isEmpty();
    }
  }

  @Test
  void byteOrderMarkIsPassedOverTest() throws Exception {
    assertThat(Baseline.read(file("\uFEFF" + HEADER + WATCH + "\n")).fingerprints())
        .containsExactly(WATCH);
  }

  @Test
  void otherVersionIsRefusedTest() throws Exception {
    refused(
        "# Streamleak baseline, version 2: known\n",
        ":1: has version 2; this version of Streamleak reads 1");
  }

  @Test
  void lineHasExactlyThreeFieldsTest() throws Exception {
    String valid =
        ": a line must have three fields with one space between, such as \"acme.Shop/Watch"
            + " NOT_DRAINED acme.shop.ShopClient.watch\", and may end in a number of lines, such as \" x2\";"
            + " was \"";
    refused(HEADER + WATCH + "\nacme.Shop/Watch NOT_DR", ":3" + valid + "acme.Shop/Watch NOT_DR\"");
    refused(HEADER + "\n" + WATCH + " more\n", ":3" + valid + WATCH + " more\"");
    refused(HEADER + "a/B  PROTOCOL\n", ":2" + valid + "a/B  PROTOCOL\"");
    refused(HEADER + "<<<<<<< HEAD\n", ":2" + valid + "<<<<<<< HEAD\"");
  }

  @Test
  void secondFieldIsACauseOrARuleTest() throws Exception {
    refused(
        HEADER + "acme.Shop/Watch NOT_DRAIND acme.ShopClient.watch\n",
        ":2: the second field must be one of NOT_DRAINED, NOT_HALF_CLOSED, SERVER_NOT_FINISHED,"
            + " STILL_SUBSCRIBED, CALLBACK_NOT_RETURNED, NOT_PICKED, WAITING_FOR_TRANSPORT,"
            + " WAITING_TO_RETRY, ATTEMPT_NOT_CLOSED, LEAKED_STREAM, TERMINAL_NOT_READ,"
            + " ENDED_BY_SHUTDOWN, ENDED_BY_DEADLINE, CANCEL_WITHOUT_DONE, LISTENER_THREW,"
            + " PROTOCOL, NOT_STARTED, CHANNEL_LEFT_OPEN, NO_DEADLINE; was \"NOT_DRAIND\"");
  }

  @Test
  void whatIsNoFingerprintIsNotTakenInTest() {
    for (String line : List.of("a/B PROTOCOL c.D\nx PROTOCOL y", "# PROTOCOL x", "a/B SHOWN c.D")) {
      assertThatThrownBy(() -> Baseline.empty().with(Map.of(line, 1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(Baseline.wrongIn(line));
    }
  }

  private void refused(String text, String why) throws IOException {
    Path file = file(text);
    assertThatThrownBy(() -> Baseline.read(file))
        .isInstanceOf(ReportFileException.class)
        .hasMessage(file + why);
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("baseline.txt"), text);
  }
}
