package io.github.streamleak.reportpage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;

/** How the story of one finding is drawn: the check, a shutdown, a channel, and small windows. */
class StoryTest {

  /** The finding with three attempts. */
  private static final String RETRIES = "#cause=NOT_DRAINED&method=acme.Stock%2FList";

  @TempDir private static Path folder;
  private static Browser browser;

  @BeforeAll
  static void startBrowser() {
    browser = Browser.start(folder);
  }

  @AfterAll
  static void stopBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @Test
  void checkIsDrawnAfterTheEndOfTheTest() {
    browser.open(Report.sample("market"));
    WebElement story = browser.openFinding("NOT_HALF_CLOSED");

    assertThat(texts(story, ".test-ended text")).containsExactly("test ended +1.21 s");
    assertThat(texts(story, ".checked text"))
        .as("the words of the failure, still open 1.00 s after the test")
        .containsExactly("checked +2.21 s", "still open 1.00 s");
    assertThat(
            browser.number(
                """
                const x = selector => arguments[0].querySelector(selector).getBoundingClientRect();
                return x('.checked line').left - x('.test-ended line').left;
                """,
                story))
        .isGreaterThan(80);
    assertThat(overlaps(story)).as("words that lie upon each other").isEmpty();
    assertThat(story.findElement(By.cssSelector("svg[role='img']")).getDomAttribute("aria-label"))
        .contains("the test ended at +1.21 s; still open 1.00 s after it; still open, owed by");
  }

  @Test
  void checkThatIsNotKnownIsNotDrawn() {
    browser.open(Report.sample("market").replaceAll("\"checkedNanos\": \\d+,", ""));
    WebElement story = browser.openFinding("NOT_HALF_CLOSED");

    assertThat(texts(story, ".test-ended text")).containsExactly("test ended +1.21 s");
    assertThat(texts(story, ".checked text")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"market", "rules", "warned"})
  void noWordAndNoLineLiesOutsideOfThePicture(String sample) {
    browser.open(Report.sample(sample));
    browser.run("document.querySelectorAll('.head[aria-expanded=false]').forEach(h => h.click())");

    assertThat(
            browser.strings(
                """
                return [...document.querySelectorAll('.plot svg')].flatMap(svg => {
                  const frame = svg.getBoundingClientRect();
                  return [...svg.querySelectorAll('text, .end, .mark')].filter(node => {
                    const box = node.getBoundingClientRect();
                    return box.left < frame.left - 1 || box.right > frame.right + 1;
                  }).map(node => node.textContent || node.getAttribute('class'));
                });
                """))
        .isEmpty();
  }

  @Test
  void shutdownIsMarkedWhereItEndedTheStream() {
    String sample = Report.sample("rules");
    browser.open(sample);
    assertThat(browser.all(".shut-down")).isEmpty();

    browser.open(
        sample.replace(
            "\"openedAtNanos\": 0,", "\"openedAtNanos\": 0, \"endedByShutdown\": true,"));
    WebElement story = browser.openFinding("LISTENER_THREW");

    assertThat(texts(story, ".shut-down text")).containsExactly("shutdown");
    assertThat(
            browser.number(
                """
                const x = selector => {
                  const box = arguments[0].querySelector(selector).getBoundingClientRect();
                  return (box.left + box.right) / 2;
                };
                return Math.abs(x('.shut-down line') - x("g.step[data-kind='AttemptClosed'] > g"));
                """,
                story))
        .isLessThan(1);
  }

  @Test
  void callWithoutADeadlineShowsThatItHasNone() {
    browser.open(
        Report.sample("rules").replace("LISTENER_THREW", "NO_DEADLINE").replace("threw", "ran"));
    WebElement story = browser.openFinding("NO_DEADLINE");

    assertThat(missing(story)).containsExactly("no deadline");
    assertThat(story.findElements(By.cssSelector(".owed"))).isEmpty();
    assertThat(story.getText()).contains("deadline\nnone");
  }

  @Test
  void channelHasWordsAndAPictureOfItsOwn() {
    browser.open(Report.sample("warned"));
    WebElement story = browser.openFinding("CHANNEL_LEFT_OPEN");

    assertThat(browser.texts(".method")).contains("channel to shop.invalid:80");
    assertThat(story.findElement(By.cssSelector(".owing")).getText())
        .isEqualTo(
            """
            Owed by whoever built the channel: shut it down when it is no longer needed
            Found: a channel built in the test is not shut down.
            A warning (CHANNEL_LEFT_OPEN): fails nothing at this strictness.""");
    assertThat(texts(story, ".channel g.step text")).containsExactly("built", "used");
    assertThat(missing(story)).containsExactly("no shutdown()");
    assertThat(story.getText())
        .contains("the channel was built in", "built at", "target\nshop.invalid:80")
        .doesNotContain("stream");
  }

  @Test
  void statementOfSeveralLinesIsShownWholeAndItsLineNamed() {
    browser.open(
        Report.sample("rules")
            .replace(
                "\"code\": \"stub.watch(request, this);\"",
                """
                "code": ".watch(request, this);", "statement": {"line": 31,
                 "code": ["stub", "    .withWaitForReady()", "    .watch(request, this);"]}"""));
    WebElement story = browser.openFinding("LISTENER_THREW");

    assertThat(browser.text(".head .line code"))
        .isEqualTo("stub.withWaitForReady().watch(request, this);");
    assertThat(texts(story, ".code .opening .gutter")).containsExactly("31", "32", "33");
    assertThat(texts(story, ".code .opening .text"))
        .containsExactly("stub", "    .withWaitForReady()", "    .watch(request, this);");
    assertThat(texts(story, ".code .named .gutter")).containsExactly("33");
  }

  @Test
  void storyOfRetriesFitsAWideWindow() {
    browser.open(Report.sample("market"), RETRIES);
    WebElement story = browser.openFinding("NOT_DRAINED");

    assertThat(hiddenPart(story)).isZero();
    assertThat(overlaps(story)).isEmpty();
  }

  @Test
  void storyThatIsTooWideStartsAtItsBeginningWithWholeLabels() {
    browser.open(Report.sample("market"), RETRIES);
    browser.width(760);
    WebElement story = browser.openFinding("NOT_DRAINED");
    browser.await("the drawing", () -> hiddenPart(story) > 100);

    assertThat(browser.number("return arguments[0].querySelector('.plot').scrollLeft", story))
        .isZero();
    assertThat(texts(story, "g.step text"))
        .contains("1: Done UNAVAILABLE", "closed UNAVAILABLE", "headers in", "out #0")
        .doesNotContain("");
    assertThat(story.findElement(By.cssSelector(".hint")).getText())
        .isEqualTo("scroll on to the end \u203a");
  }

  @Test
  void smallWindowTellsTheStoryFromTopToBottom() {
    browser.open(Report.sample("market"), RETRIES);
    browser.width(400);
    WebElement story = browser.openFinding("NOT_DRAINED");
    browser.await("the list", () -> !story.findElements(By.cssSelector(".narrative")).isEmpty());

    List<String> rows = texts(story, ".narrative li");
    assertThat(rows).hasSize(36);
    assertThat(rows.subList(0, 3))
        .containsExactly(
            "0application started",
            "+15.0 \u00b5spicker 1 picked 10.0.0.1:443",
            "+22.0 \u00b5sattempt 1 attempt 1 (first)");
    assertThat(rows.subList(32, 36))
        .containsExactly(
            "nothing for 244 ms",
            "+398 mstest ended",
            "owed by the client: read on to the terminal status, or cancel"
                + "no terminal status, attempt open, no picker Done",
            "+598 mschecked: still open 200 ms after the test");
    assertThat(story.findElements(By.cssSelector(".plot"))).isEmpty();
    assertThat(
            browser.strings(
                "return [...arguments[0].querySelectorAll('.narrative *')]"
                    + ".filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)"
                    + ".map(e => e.textContent)",
                story))
        .as("words that are cut off")
        .isEmpty();
  }

  private static List<String> missing(WebElement story) {
    return browser.strings(
        "return [...arguments[0].querySelectorAll('.missing')].map(m => m.dataset.missing)", story);
  }

  private static List<String> texts(WebElement within, String selector) {
    return browser.strings(
        "return [...arguments[0].querySelectorAll(arguments[1])].map(e => e.textContent)",
        within,
        selector);
  }

  /** Returns how much of the time line is out of sight, in pixels. */
  private static double hiddenPart(WebElement story) {
    return browser.number(
        "const plot = arguments[0].querySelector('.plot');"
            + " return plot ? plot.scrollWidth - plot.clientWidth : 0",
        story);
  }

  /** Returns the texts of the time line that another one lies upon. */
  private static List<String> overlaps(WebElement story) {
    return browser.strings(
        """
        const boxes = [...arguments[0].querySelectorAll('.plot svg text')]
          .filter(t => t.textContent).map(t => [t, t.getBoundingClientRect()]);
        return boxes.filter(([a, p]) => boxes.some(([b, q]) => a !== b
          && Math.min(p.right, q.right) - Math.max(p.left, q.left) > 2
          && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3)).map(([a]) => a.textContent);
        """,
        story);
  }
}
