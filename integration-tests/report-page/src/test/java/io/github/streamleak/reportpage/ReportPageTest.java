package io.github.streamleak.reportpage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** What a reader of the page sees and does, in a real browser. */
class ReportPageTest {

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
  void missingBrowserFailsAndSaysWhatInstallsIt() {
    assertThatThrownBy(() -> Browser.installed(folder.resolve("chromium")))
        .hasMessage(
            "There is no "
                + folder.resolve("chromium")
                + ", which these tests need: .ci/browser installs it.");
  }

  static Stream<Arguments> verdicts() {
    return Stream.of(
        arguments(
            "market",
            "11 gRPC client streams leaked in 9 tests and outside of any test, and 1 other finding"
                + " fails; 3 warnings, 3 are known, 1 is allowed, 1 could not be judged."),
        arguments("clean", "No gRPC client stream leaked: all 345 recorded were released."),
        arguments("nothing", "Nothing was recorded: not one channel was seen."),
        arguments(
            "no-streams",
            "Nothing was recorded: 12 channels were seen, and no stream was started on them."),
        arguments("warned", "No gRPC client stream leaked; 3 warnings."),
        arguments("accepted", "No new gRPC client stream leaked; 3 are known, 1 is allowed."),
        arguments("rules", "No gRPC client stream leaked, but 1 other finding fails in 1 test."),
        arguments(
            "mode-warn",
            "1 gRPC client stream leaked in 1 test, and no test fails: the mode is warn."),
        arguments(
            "transport",
            "1 gRPC client stream leaked in 1 test class, seen from the transport only."),
        arguments("omitted", "At least 3 gRPC client streams leaked in 3 tests."),
        arguments("nulls", "3 gRPC client streams leaked in 1 test and outside of any test."),
        arguments("version-2", "This report has version 2, and this page reads version 1."));
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void verdictIsOnePlainSentence(String sample, String sentence) {
    browser.open(Report.sample(sample));

    assertThat(browser.text("h1")).isEqualTo(sentence);
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void dataThatIsCutOffIsSaid() {
    browser.open(Report.sample("market").substring(0, 4_000));

    assertThat(browser.text("h1")).isEqualTo("The data of this report cannot be read.");
    assertThat(browser.text("#notes"))
        .contains("The file may be cut off: run the tests again to write it anew.");
    assertThat(browser.all(".group")).isEmpty();
  }

  @Test
  void firstFailedFindingStandsOpenAndTellsAll() {
    browser.open(Report.sample("market"));

    assertThat(browser.all(".story")).hasSize(1);
    assertThat(browser.text(".group .head .method")).isEqualTo("acme.Shop/Watch");
    assertThat(browser.text(".group .head .times")).isEqualTo("4 times in 3 tests");
    assertThat(browser.text(".group .head .tests"))
        .isEqualTo(
            "Test: PriceTest.stopsAfterTheFirstPrice, PriceTest.showsThePriceOfToday,"
                + " PriceTest.ofEachCurrency");
    assertThat(browser.text(".owing"))
        .isEqualTo(
            """
            Owed by the client: read on to the terminal status, or cancel
            Found: messages or the terminal status wait, and the client has stopped asking.""");
    assertThat(browser.text(".code"))
        .isEqualTo(
            """
            called by PriceTest.stopsAfterTheFirstPrice(PriceTest.java:63)
            63
            Price first = new PriceWatcher(stub).first("ACME");
            the stream was opened in src/main/java/acme/shop/PriceWatcher.java
            41
            Iterator<Price> prices = stub.watch(request);
            what to change
            +
            prices.forEachRemaining(message -> {});  // at the end: reads to the end
            +
            Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
            +
            Context caller = context.attach();  // before the call
            +
            context.detachAndCancel(caller, null);  // in finally""");
    assertThat(browser.texts(".facts dd"))
        .contains("acme.shop.PriceTest.stopsAfterTheFirstPrice", "nothing: still open");
  }

  @Test
  void oneFindingInModeWarnStandsOpenAndOneOfSeveralWarningsDoesNot() {
    browser.open(Report.sample("mode-warn"));
    assertThat(browser.all(".head[aria-expanded='true']")).hasSize(1);

    browser.open(Report.sample("warned"));
    assertThat(browser.all(".head[aria-expanded='true']")).isEmpty();
  }

  @Test
  void findingsStandByOutcomeAndTheFailedFirst() {
    browser.open(Report.sample("market"));

    assertThat(browser.texts("h2.section"))
        .containsExactly(
            "Failed 12 \u2013 fails its test",
            "Undecided 1 \u2013 something was missing to judge it",
            "Warned 3 \u2013 a weaker sign, or a leak while the mode is warn: fails nothing",
            "Known 3 \u2013 in the baseline: fails nothing",
            "Allowed 1 \u2013 excused, with a reason",
            "Shown 1 \u2013 asked for, nothing found");
    assertThat(browser.texts(".badge"))
        .as("each finding says its outcome in a word")
        .hasSize(16)
        .startsWith("Failed")
        .endsWith("Shown");
  }

  @Test
  void keysLeadFromFindingToFindingAndOpenThem() {
    browser.open(Report.sample("market"));

    browser.press("/");
    assertThat(browser.focused().getDomAttribute("id")).isEqualTo("search");
    browser.press(Keys.ARROW_DOWN);
    browser.press(Keys.ARROW_DOWN);
    WebElement second = browser.all(".head").get(1);
    assertThat(browser.focused()).isEqualTo(second);
    assertThat(second.getDomAttribute("aria-expanded")).isEqualTo("false");

    browser.press(Keys.ENTER);

    assertThat(second.getDomAttribute("aria-expanded")).isEqualTo("true");
    assertThat(browser.all(".story")).hasSize(2);
    assertThat(browser.one("#" + second.getDomAttribute("aria-controls")).getText())
        .contains("Iterator<Price> prices = stub.watch(watch(\"ACME\"));");

    browser.press(Keys.ARROW_LEFT);

    assertThat(second.getDomAttribute("aria-expanded")).isEqualTo("false");
    assertThat(browser.all(".story")).as("a story that is closed leaves the page").hasSize(1);
  }

  @Test
  void focusCanBeSeenAndEveryControlHasAName() {
    browser.open(Report.sample("market"));
    browser.openFinding("NOT_HALF_CLOSED");

    assertThat(browser.all("button, input, summary, [tabindex='0']"))
        .filteredOn(WebElement::isDisplayed)
        .hasSizeGreaterThan(40)
        .allSatisfy(control -> assertThat(control.getAccessibleName()).isNotBlank());
    browser.press("/");
    browser.press(Keys.TAB);
    assertThat(browser.focused().getCssValue("outline-style")).isEqualTo("solid");
  }

  @Test
  void occurrencesOfOneFindingAreLeafedThrough() {
    browser.open(Report.sample("market"));

    browser.one(".pager .on").sendKeys(Keys.ENTER);
    browser.one(".pager .on").sendKeys(Keys.ENTER);

    assertThat(browser.text(".pager .at")).isEqualTo("3 of 4");
    assertThat(browser.text(".pager .test")).isEqualTo("PriceTest.ofEachCurrency \u2013 [1] EUR");
    assertThat(browser.focused().getDomAttribute("class")).contains("on");
  }

  @Test
  void timeLineHasLanesAndMarksInOrder() {
    browser.open(Report.sample("market"));
    WebElement story = browser.openFinding("NOT_HALF_CLOSED");

    assertThat(
            browser.strings(
                "return [...arguments[0].querySelectorAll('.lanes text')].map(t => t.firstChild.data)",
                story))
        .containsExactly("application", "async", "attempt 1", "127.0.0.1:5002", "picker");
    assertThat(
            browser.strings(
                "return [...arguments[0].querySelectorAll('g.step')]"
                    + ".map(g => g.dataset.lane + ' ' + g.dataset.kind)",
                story))
        .containsExactly(
            "APPLICATION Started",
            "PICKER Picked",
            "ATTEMPT AttemptStarted",
            "ATTEMPT TransportStreamCreated",
            "ATTEMPT AttemptHeadersSent",
            "APPLICATION Requested",
            "APPLICATION Sent",
            "ATTEMPT AttemptSent",
            "ATTEMPT AttemptHeadersReceived",
            "APPLICATION HeadersReceived",
            "ATTEMPT AttemptReceived",
            "APPLICATION Received",
            "APPLICATION Requested",
            "APPLICATION Sent",
            "ATTEMPT AttemptSent",
            "ATTEMPT AttemptReceived",
            "APPLICATION Received",
            "APPLICATION Requested");
    List<Double> places =
        browser
            .strings(
                "return [...arguments[0].querySelectorAll('g.step')]"
                    + ".map(g => g.getBoundingClientRect().x + g.getBoundingClientRect().width / 2)",
                story)
            .stream()
            .map(Double::valueOf)
            .toList();
    assertThat(places).isSorted();
    assertThat(browser.contents(".silence").size()).as("a long silence is marked").isEqualTo(1);
    assertThat(browser.contents(".test-ended")).contains("test ended +1.21 s");
  }

  @Test
  void everyAttemptHasALane() {
    browser.open(Report.sample("market"), "#method=acme.Stock%2FList");
    browser.openFinding("NOT_DRAINED");

    assertThat(browser.contents(".lanes .bold"))
        .containsExactly(
            "applicationapplication",
            "attempt 1attempt 1",
            "attempt 2, retryattempt 2, retry",
            "attempt 3, retryattempt 3, retry",
            "pickerpicker");
    assertThat(browser.contents("g.step[data-kind='PickerDone'] title"))
        .containsExactly(
            "picker Done UNAVAILABLE: io exception, +3.12 ms", "picker Done UNAVAILABLE, +50.1 ms");
    assertThat(
            browser.strings(
                "return [...document.querySelectorAll('.missing')].map(m => m.dataset.missing)"))
        .containsExactly("no terminal status", "attempt open", "no picker Done");
    assertThat(browser.texts(".attempts tbody tr"))
        .containsExactly(
            "1, first picked 10.0.0.1:443 UNAVAILABLE: io exception UNAVAILABLE: io exception",
            "2, retry picked 10.0.0.2:443 UNAVAILABLE UNAVAILABLE",
            "3, retry picked 10.0.0.3:443 open has not run");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NOT_DRAINED | CLIENT | APPLICATION | owed by the client: read on to the terminal status, or cancel",
        "SERVER_NOT_FINISHED | SERVER | ATTEMPT | owed by the server: the handler closes on every path; the client sets a deadline",
        "NOT_PICKED | CHANNEL | PICKER | owed by the channel: a name, address and policy that can be reached; the client sets a deadline",
        "ATTEMPT_NOT_CLOSED | TRANSPORT | ATTEMPT | owed by the transport: whoever gave the status (an interceptor, balancer or transport) cancels the attempt",
      })
  void gapStandsInTheLaneOfWhoOwes(String cause, String party, String lane, String words) {
    browser.open(Report.sample("market"), "#outcome=failed&cause=" + cause);
    WebElement story = browser.openFinding(cause);

    WebElement gap = story.findElement(By.cssSelector(".owed"));
    assertThat(gap.getDomAttribute("data-owed-by")).isEqualTo(party);
    assertThat(gap.getDomAttribute("data-lane")).isEqualTo(lane);
    assertThat(
            browser.string(
                "return arguments[0].querySelector('.owed-label title').textContent", story))
        .isEqualTo(words);
    assertThat(
            browser.number(
                """
            const story = arguments[0];
            const x = selector => [...story.querySelectorAll(selector)].map(n => n.getBoundingClientRect());
            const last = Math.max(...x('g.step > g').map(r => r.left + r.width / 2));
            return x('.owed-band')[0].left - last;
            """,
                story))
        .as("the gap begins after the last event")
        .isGreaterThan(0);
    assertThat(
            browser.number(
                """
            const box = selector => arguments[0].querySelector(selector).getBoundingClientRect();
            const band = box('.owed-band'), end = box('.test-ended line');
            return Math.min(end.left - band.left, band.right - end.left);
            """,
                story))
        .as("the end of the test lies within the gap")
        .isGreaterThan(0);
  }

  @Test
  void releasedStreamHasNoGap() {
    browser.open(Report.sample("warned"));
    WebElement story = browser.openFinding("TERMINAL_NOT_READ");

    assertThat(story.findElements(By.cssSelector("g.step"))).hasSize(15);
    assertThat(story.findElements(By.cssSelector(".owed, .missing"))).isEmpty();
    assertThat(story.getText()).contains("released by\nPICKER_DONE");
  }

  @Test
  void droppedEventsAreSaidAndRepeatedOnesDrawnOnce() {
    browser.open(Report.sample("market"), "#test=no+test+(the+run)");
    WebElement story = browser.openFinding("SERVER_NOT_FINISHED");

    assertThat(browser.contents(".dropped text")).containsExactly("29,999,947 events", "not kept");
    assertThat(browser.contents("g.step[data-kind='Received'] title").get(0))
        .isEqualTo("inbound message #0 \u2026 inbound message #6 (7 events), +1.03 ms to +1.20 ms");
    story.findElement(By.cssSelector("details.events summary")).click();
    browser.await("the table of events", () -> !browser.all("details.events table").isEmpty());
    assertThat(browser.texts("tr.cut")).containsExactly("29,999,947 events not kept");
    assertThat(browser.all("details.events tbody tr")).hasSize(65);
    assertThat(story.getText()).contains("none: it belongs to the run");
  }

  @Test
  void eventsAndStackUnfold() {
    browser.open(Report.sample("market"));

    browser.one("details.events summary").click();
    browser.one("details.opening-stack summary").click();
    browser.await("both", () -> browser.all("details[open] table, details[open] ol").size() == 2);

    List<String> rows = browser.texts("details.events tbody tr");
    assertThat(rows).hasSize(19);
    assertThat(rows.get(0)).isEqualTo("0 0 application started main");
    assertThat(rows.get(17)).isEqualTo("+205 ms the test ended");
    assertThat(rows.get(18)).isEqualTo("+405 ms the check: still open");
    assertThat(browser.texts(".stack li").get(0))
        .isEqualTo("acme.shop.PriceWatcher.first(PriceWatcher.java:41)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "allowed | Allowed: lives as long as the client",
        "undecided | Could not be judged: an in-process stream was seen from the transport only: a cancel would have gone unseen",
        "known | Known: it stands in the baseline streamleak-baseline.txt. Mended, it is taken off there.",
      })
  void openStreamThatFailsNothingSaysWhy(String outcome, String reason) {
    browser.open(Report.sample("market"), "#outcome=" + outcome);
    browser.one(".head").sendKeys(Keys.ENTER);

    assertThat(browser.text(".reason")).isEqualTo(reason);
  }

  @Test
  void channelsThatNobodyHasCountedAreNotSaidToBeNone() {
    browser.open(Report.sample("nothing"));
    assertThat(browser.text("#run")).contains(" tests").doesNotContain("channel");

    browser.open(Report.sample("market"));
    assertThat(browser.text("#run")).contains(" 17 channels ");
  }

  @Test
  void findingWithoutAStreamSaysSo() {
    browser.open(Report.sample("warned"));

    assertThat(browser.openFinding("CHANNEL_LEFT_OPEN").getText())
        .contains("ManagedChannel channel = Grpc.newChannelBuilder", "<your channel>.shutdown();");
  }

  @Test
  void whatIsLeftOutIsSaid() {
    browser.open(Report.sample("omitted"));

    assertThat(browser.texts("#notes li"))
        .containsExactly(
            "2,345 findings are left out here: the report keeps 3. They count in summary.md.",
            "2 findings have no story here: of equal ones only the first keep theirs.");
    browser.one(".pager .on").sendKeys(Keys.ENTER);
    assertThat(browser.text(".story"))
        .contains(
            "The story of this one was left out: equal findings keep only the first ones. See"
                + " number 1 of this group.");
  }

  @Test
  void searchAndFiltersNarrowAndEscapeClears() {
    browser.open(Report.sample("market"));
    assertThat(browser.text("#count")).isEqualTo("20 findings in 15 groups, 1 stream shown");

    browser.press("/", "pricewatcher.JAVA first");
    assertThat(browser.text("#count")).isEqualTo("4 of 20 findings in 1 group");

    browser.press(Keys.ESCAPE);
    assertThat(browser.one("#search").getDomProperty("value")).isEmpty();
    assertThat(browser.text("#count")).isEqualTo("20 findings in 15 groups, 1 stream shown");

    button("#facets", "SERVER_NOT_FINISHED").click();
    assertThat(browser.text("#count")).isEqualTo("3 of 20 findings in 3 groups");
    assertThat(button("#facets", "SERVER_NOT_FINISHED").getDomAttribute("aria-pressed"))
        .isEqualTo("true");
    button("#outcomes", "Allowed").click();
    assertThat(browser.text("#count")).isEqualTo("1 of 20 findings in 1 group");
    assertThat(browser.texts(".head .method")).containsExactly("acme.Config/Watch");

    browser.press("/", "no such thing");
    assertThat(browser.text("#findings")).startsWith("No finding matches.");
    browser.one("#clear").click();
    assertThat(browser.text("#count")).isEqualTo("20 findings in 15 groups, 1 stream shown");
  }

  @Test
  void releaseIsAFilter() {
    browser.open(Report.sample("market"));

    button("#releases", "DEADLINE").click();

    assertThat(browser.texts(".head .cause")).containsExactly("ENDED_BY_DEADLINE");
  }

  @Test
  void whatIsNewSinceAnEarlierRunIsSaidAndIsAFilter() {
    String fingerprint = browserFingerprint();
    browser.open(
        with(
            "market",
            "\"comparison\": {\"with\": \"main\", \"new\": [\""
                + fingerprint
                + "\"], \"gone\": [\"acme.S/Gone PROTOCOL -\"], \"stayed\": []}"));

    assertThat(browser.text("#notes"))
        .contains(
            "Since the earlier run: 1 new, 1 gone, 0 stayed. New: "
                + fingerprint
                + ". Gone: acme.S/Gone PROTOCOL -.");
    button("#outcomes", "new").click();
    assertThat(browser.all("article.group"))
        .extracting(group -> group.getDomAttribute("data-fingerprint"))
        .containsExactly("failed " + fingerprint);
  }

  private static String browserFingerprint() {
    browser.open(Report.sample("market"));
    return String.valueOf(browser.one("article.group").getDomAttribute("data-fingerprint"))
        .replaceFirst("failed ", "");
  }

  /** Returns a sample with one more member. */
  private static String with(String sample, String member) {
    return "{" + member + ", " + Report.sample(sample).strip().substring(1);
  }

  @Test
  void partOfTheSuiteIsSaid() {
    browser.open(with("clean", "\"partial\": [\"-Dtest=One\"]"));

    assertThat(browser.text("#notes"))
        .contains(
            "Only a part of the suite has run (-Dtest=One): this says nothing about the rest.");
  }

  @Test
  void focusStaysOnAFilterThatIsPressed() {
    browser.open(Report.sample("market"));

    button("#facets", "SERVER_NOT_FINISHED").sendKeys(Keys.ENTER);

    assertThat(browser.focused()).isEqualTo(button("#facets", "SERVER_NOT_FINISHED"));
  }

  @Test
  void stateIsInTheHashAndComesBackFromIt() {
    browser.open(Report.sample("market"));
    browser.press("/", "checkout");
    button("#outcomes", "Failed").click();
    browser.openFinding("SERVER_NOT_FINISHED");
    String hash = browser.hash();

    browser.open(Report.sample("market"), hash);

    assertThat(browser.one("#search").getDomProperty("value")).isEqualTo("checkout");
    assertThat(browser.text("#count")).isEqualTo("1 of 20 findings in 1 group");
    assertThat(browser.text(".story")).contains("return orders.place(order);");

    browser.goToHash("#method=acme.Config%2FWatch");
    browser.await(
        "the new state", () -> browser.texts(".head .method").equals(List.of("acme.Config/Watch")));
  }

  @Test
  void markupInTheDataStaysText() {
    browser.open(Report.sample("hostile"));
    List<WebElement> heads = browser.all(".head");
    heads.get(1).sendKeys(Keys.ENTER);
    heads.get(2).sendKeys(Keys.ENTER);
    browser.all("summary").forEach(WebElement::click);
    browser.await("the tables", () -> browser.all("details[open] table").size() == 3);

    assertThat(browser.string("return typeof window.hacked")).isEqualTo("undefined");
    assertThat(browser.all("img")).isEmpty();
    assertThat(browser.all("script")).hasSize(2);
    assertThat(browser.text(".opening .text"))
        .startsWith("stub.watch(\"</script><img src=x onerror=\"window.hacked=1\">")
        .endsWith("var gr\u00f6\u00dfe = \"\u65e5\u672c\u8a9e \ud83d\ude00\";");
    assertThat(browser.complaints()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {2560, 1280, 800, 400, 320})
  void pageIsNeverWiderThanItsWindow(int width) {
    for (String sample : List.of("hostile", "market", "nulls")) {
      browser.open(Report.sample(sample));
      browser.width(width);
      browser.run(
          "document.querySelectorAll('.head[aria-expanded=false]').forEach(h => h.click())");

      assertThat(browser.number("return document.documentElement.scrollWidth"))
          .as(sample)
          .isLessThanOrEqualTo(width);
    }
  }

  @Test
  void fieldsThatAreNullOrUnknownAreBorne() {
    browser.open(Report.sample("nulls"));
    browser.all(".head[aria-expanded='false']").forEach(head -> head.sendKeys(Keys.ENTER));

    assertThat(browser.texts(".head .method")).containsOnly("no method");
    assertThat(browser.all(".story")).hasSize(3);
    assertThat(browser.contents("g.step title")).contains("something new, +40 ns");
    assertThat(browser.text("#findings")).doesNotContain("null", "undefined", "NaN");
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void themeFollowsTheSystemAndTheSwitch() {
    browser.open(Report.sample("market"));
    assertThat(theme()).isEqualTo("light");

    browser.media("screen", "dark");
    browser.await("the dark theme", () -> theme().equals("dark"));
    String dark = browser.one("body").getCssValue("background-color");

    browser.one("#theme").click();
    assertThat(theme()).isEqualTo("light");
    assertThat(browser.one("body").getCssValue("background-color")).isNotEqualTo(dark);
    assertThat(browser.one("#theme").getAccessibleName()).isEqualTo("Switch to the dark theme");
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void contrastIsAtLeastThatOfLevelAa(String theme) {
    browser.open(Report.sample("market"));
    browser.media("screen", theme);
    browser.await("the theme", () -> theme().equals(theme));

    assertThat(
            browser.strings(
                """
                const style = getComputedStyle(document.documentElement);
                const light = name => {
                  const hex = style.getPropertyValue('--' + name).trim();
                  const [r, g, b] = [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255)
                    .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
                  return .2126 * r + .7152 * g + .0722 * b;
                };
                const outcomes = ['failed', 'warned', 'undecided', 'known', 'allowed', 'shown'];
                const grounds = ['page', 'card', 'sunk', 'accent-wash', ...outcomes.map(o => o + '-wash')];
                const pairs = [...grounds.flatMap(g => [['ink', g], ['soft', g]]),
                  ...outcomes.flatMap(o => [[o, 'card'], [o, 'page'], [o, o + '-wash']]),
                  ['accent', 'card'], ['accent', 'page'], ['app', 'card'], ['attempt', 'card'], ['picker', 'card']];
                return pairs.map(([front, ground]) => {
                  const [a, b] = [light(front), light(ground)].sort((x, y) => y - x);
                  return [front + ' on ' + ground, (a + .05) / (b + .05)];
                }).filter(([, contrast]) => !(contrast >= 4.5)).map(pair => pair.join(': '));
                """))
        .isEmpty();
  }

  @Test
  void paperShowsTheStoriesOfWhatFailedAndNoControls() {
    browser.open(Report.sample("market"));
    browser.media("print", "dark");
    browser.await("the stories", () -> browser.all(".story").size() == 9);

    assertThat(browser.all(".group[data-outcome='failed'] .story")).hasSize(9);
    assertThat(browser.all(".group:not([data-outcome='failed']) .story")).isEmpty();
    assertThat(theme()).as("paper is white").isEqualTo("light");
    assertThat(
            browser.strings(
                """
                return [...document.querySelectorAll('button, input, footer')]
                  .filter(control => !control.matches('.head, .facet li button') && control.checkVisibility())
                  .map(control => control.outerHTML)
                """))
        .as("controls on paper")
        .isEmpty();
    assertThat(browser.one("#notes ul").isDisplayed()).isTrue();
    assertThat(browser.number("return document.documentElement.scrollWidth"))
        .isLessThanOrEqualTo(1280);

    browser.media("screen", "light");
    browser.await("the screen", () -> browser.all(".story").size() == 1);
  }

  @Test
  void paperHasATableFirstAndEachFindingOnASheetOfItsOwn() {
    browser.open(Report.sample("market"), "#outcome=failed");
    int stories = 9;

    assertThat(browser.sheets()).as("one for the table").isEqualTo(1 + stories);
    browser.media("print", "light");
    browser.await("the stories", () -> browser.all(".story").size() == stories);
    assertThat(browser.all("table.all tbody tr")).hasSize(stories);
    assertThat(browser.texts("table.all tbody tr").get(0))
        .isEqualTo(
            "Failed acme.Shop/Watch\nNOT_DRAINED PriceWatcher.first(PriceWatcher.java:41)"
                + " PriceTest.stopsAfterTheFirstPrice and 2 more 4");
    assertThat(browser.all(".facets, .story details")).noneMatch(WebElement::isDisplayed);
  }

  @Test
  void findingThatIsTallerThanASheetIsPrintedSmaller() {
    String facts = "much to tell ".repeat(800);
    browser.open(Report.sample("rules").replaceFirst("\"state\": \"", "\"state\": \"" + facts));

    assertThat(browser.sheets()).isEqualTo(2);
  }

  @Test
  void whatIsCutFromThePageLeadsToTheWholeReport() {
    browser.open(
        Report.sample("rules")
            .replace("\"seq\": 7,", "\"seq\": 27,")
            .replace("\"openedAtNanos\": 0,", "\"openedAtNanos\": 0, \"eventsCut\": 20,"));
    browser.openFinding("LISTENER_THREW");

    assertThat(browser.contents(".dropped text")).containsExactly("20 events", "in streams.json");
    assertThat(browser.text("details.events summary"))
        .isEqualTo("All events (35, 20 only in streams.json)");
    assertThat(browser.contents("#notes li"))
        .containsExactly("Too much for one page: 1 story is cut here. streams.json has all of it.");
    assertThat(browser.one("#notes a").getDomAttribute("href")).isEqualTo("streams.json");

    browser.open(
        Report.sample("rules")
            .replaceFirst(
                "(?s)\"stream\": \\{.*\\}\\s*\\}\\s*\\],",
                "\"stream\": null, \"storyCut\": true}],"));
    assertThat(browser.openFinding("LISTENER_THREW").getText())
        .contains("To keep this page small, the story of this one stands in streams.json only.");
  }

  @Test
  void tenThousandFindingsAreDrawnPageByPage() {
    browser.open(Report.tenThousand());

    assertThat(browser.text("h1")).isEqualTo("10,000 gRPC client streams leaked in 2,000 tests.");
    assertThat(browser.text("#count")).isEqualTo("10,000 findings in 1,000 groups");
    assertThat(browser.all(".group")).hasSize(40);
    assertThat(nodes()).isLessThan(2_500);

    button("#findings", "Show 40 more of 1,000 groups").sendKeys(Keys.ENTER);
    assertThat(browser.all(".group")).hasSize(80);
    assertThat(browser.focused()).isEqualTo(browser.all(".head").get(40));

    browser.press("/", "stub.call(17);");
    assertThat(browser.text("#count")).isEqualTo("1 of 10,000 findings in 1 group");
    assertThat(browser.text(".head .tests")).isEqualTo("Test: T17.leaks");
    browser.press(Keys.ARROW_DOWN);
    browser.press(Keys.ESCAPE);
    assertThat(browser.focused().findElement(By.cssSelector(".where")).getText())
        .as("the finding keeps the focus where it is still shown")
        .isEqualTo("C17.open(C.java:17)");
    button("#facets", "acme.S/M0").click();
    assertThat(browser.text("#count")).isEqualTo("10 of 10,000 findings in 1 group");
    assertThat(nodes()).isLessThan(2_500);
  }

  @Test
  void paperIsBoundedAndSaysSo() {
    browser.open(Report.tenThousand());

    browser.media("print", "light");
    browser.await("the stories", () -> browser.all(".story").size() == 200);

    assertThat(browser.text("#findings > .nothing"))
        .isEqualTo("800 more stories are not printed; streams.json has them.");
    assertThat(browser.all("table.all tbody tr")).hasSize(501);
    assertThat(browser.texts("table.all tr.cut"))
        .containsExactly("500 more groups: see streams.json");
  }

  @Test
  void nothingLeavesThePage() {
    browser.open(Report.sample("market"));
    browser.openFinding("NOT_HALF_CLOSED");
    browser.one("#theme").click();
    browser.press("/", "watch");

    List<String> asked =
        browser.activity().stream()
            .filter(event -> event.contains("\"Network.requestWillBeSent\""))
            .map(
                event -> event.replaceFirst("(?s).*\"request\":\\{.*?\"url\":\"([^\"]*)\".*", "$1"))
            .toList();
    assertThat(asked).isNotEmpty().allMatch(url -> url.matches("(file:///.*/index\\.html|data:,)"));
    assertThat(browser.one("meta[http-equiv]").getDomAttribute("content"))
        .startsWith(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src"
                + " data:");
    assertThat(browser.complaints()).isEmpty();
  }

  private static WebElement button(String within, String words) {
    return browser.all(within + " button").stream()
        .filter(button -> button.getText().lines().findFirst().orElse("").startsWith(words))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no button " + words + " in " + within));
  }

  private static String theme() {
    return browser.string("return document.documentElement.dataset.theme");
  }

  private static double nodes() {
    return browser.number("return document.querySelectorAll('*').length");
  }
}
