package io.github.streamleak.reportpage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What axe finds on the page, with every finding opened: nothing, at any size, in both themes. */
class AccessibilityTest {

  @TempDir private static Path folder;
  private static Browser browser;
  private static String axe = "";

  @BeforeAll
  static void startBrowser() throws IOException {
    try (InputStream in = AccessibilityTest.class.getResourceAsStream("/axe.min.js")) {
      axe = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
    browser = Browser.start(folder);
  }

  @AfterAll
  static void stopBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "320, light",
    "400, dark",
    "560, light",
    "800, light",
    "1280, light",
    "1280, dark",
    "2560, dark"
  })
  void nothingIsFoundAtAnySize(int width, String theme) {
    browser.open(Report.sample("market"));
    browser.width(width);
    browser.media("screen", theme);
    browser.await("the theme", () -> theme().equals(theme));
    openAll();

    assertThat(violations()).isEmpty();
    assertThat(browser.number("return document.documentElement.scrollWidth"))
        .isLessThanOrEqualTo(width);
  }

  @Test
  void nothingIsFoundOnPaper() {
    browser.open(Report.sample("market"));
    browser.media("print", "light");
    browser.await("the table", () -> !browser.all("table.all").isEmpty());

    assertThat(violations()).isEmpty();
  }

  @Test
  void faultIsFound() {
    browser.open(Report.sample("market"));
    browser.run(
        "document.querySelector('#search').closest('div').querySelector('label').remove();");
    browser.run("document.querySelector('#search').removeAttribute('placeholder')");

    assertThat(violations()).containsExactly("label: #search");
  }

  private static void openAll() {
    browser.run(
        "document.querySelectorAll('.head[aria-expanded=false]').forEach(h => h.click());"
            + "document.querySelectorAll('summary').forEach(s => s.click());");
    browser.await("the tables", () -> !browser.all("details[open] table").isEmpty());
  }

  private static List<String> violations() {
    // The page lets no script in but its own; what the driver runs is not of the page.
    browser.run(axe + "; window.axe = axe;");
    browser.run(
        "window.found = null; axe.run().then(r => { window.found = r.violations.flatMap("
            + "v => v.nodes.map(n => v.id + ': ' + n.target.join(' '))); })");
    browser.await("axe", () -> (Boolean) browser.run("return window.found !== null"));
    return browser.strings("return window.found");
  }

  private static String theme() {
    return browser.string("return document.documentElement.dataset.theme");
  }
}
