package io.github.streamleak.reportpage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** A headless Chromium with one page open. */
final class Browser implements AutoCloseable {

  static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  static final Path DRIVER = Path.of("/usr/bin/chromedriver");

  // Only so that a broken test ends: what is waited for is there at once.
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  // It misses a typed client for this version of Chromium, which nothing here uses. A logger that
  // nobody holds would forget its level.
  private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium.devtools");
  private static final Logger CHROMIUM_LOG = Logger.getLogger("org.openqa.selenium.chromium");

  private final ChromeDriver driver;
  private final Path pages;

  private Browser(ChromeDriver driver, Path pages) {
    this.driver = driver;
    this.pages = pages;
  }

  /** Starts Chromium; {@code folder} takes its profile and the pages. */
  static Browser start(Path folder) {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(installed(CHROMIUM).toFile());
    options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--user-data-dir=" + folder.resolve("profile"));
    SELENIUM.setLevel(Level.SEVERE);
    CHROMIUM_LOG.setLevel(Level.SEVERE);
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(installed(DRIVER).toFile())
            .usingAnyFreePort()
            .build();
    return new Browser(new ChromeDriver(service, options), folder);
  }

  /**
   * Returns {@code program}; a build without it fails, for a test that is skipped proves nothing.
   */
  static Path installed(Path program) {
    if (!Files.isExecutable(program)) {
      throw new IllegalStateException(
          "There is no " + program + ", which these tests need: .ci/browser installs it.");
    }
    return program;
  }

  /** Opens the page with {@code json} as its data, 1280 pixels wide, light, with no choice kept. */
  void open(String json) {
    open(json, "");
  }

  /** Opens the page at {@code hash}, which starts with {@code #} or is empty. */
  void open(String json, String hash) {
    Path page = pages.resolve("index.html");
    try {
      Files.writeString(page, Report.page(json));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    if (driver.getCurrentUrl().startsWith("file:")) {
      run("localStorage.clear()");
    }
    // From one hash to another of the same address the page would not be loaded anew.
    driver.get("about:blank");
    width(1280);
    media("screen", "light");
    log(LogType.BROWSER);
    log(LogType.PERFORMANCE);
    driver.get(page.toUri() + hash);
  }

  /** Emulates a screen or paper, and the theme that the system prefers. */
  void media(String type, String theme) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "media",
            type,
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
    // As a browser that prints does: emulated media alone are told with the next frame, which a
    // window that nobody sees need not draw.
    run("dispatchEvent(new Event('" + (type.equals("print") ? "before" : "after") + "print'))");
  }

  void width(int pixels) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", pixels, "height", 900, "deviceScaleFactor", 1, "mobile", false));
    // The browser tells the page with its next frame, and the page draws itself anew then: that
    // must
    // not happen between two looks of a test.
    run("dispatchEvent(new Event('resize'))");
  }

  /** Returns what a window of that size shows, as a PNG. */
  byte[] screenshot(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    return driver.getScreenshotAs(OutputType.BYTES);
  }

  /** Prints the page, and returns how many sheets of A4 that takes. */
  int sheets() {
    // What is emulated for the screen would be printed.
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia", Map.of("media", "", "features", List.of()));
    driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    Map<String, Object> printed =
        driver.executeCdpCommand(
            "Page.printToPDF", Map.of("paperWidth", 8.27, "paperHeight", 11.69));
    String pdf =
        new String(
            Base64.getDecoder().decode(String.valueOf(printed.get("data"))),
            StandardCharsets.ISO_8859_1);
    return (int) Pattern.compile("/Type\\s*/Page\\b").matcher(pdf).results().count();
  }

  WebElement one(String selector) {
    return driver.findElement(By.cssSelector(selector));
  }

  List<WebElement> all(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  String text(String selector) {
    return one(selector).getText();
  }

  List<String> texts(String selector) {
    return all(selector).stream().map(WebElement::getText).toList();
  }

  /** Returns the text contents, also those of SVG and of what is not shown. */
  List<String> contents(String selector) {
    return strings(
        "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector);
  }

  /** Presses keys where the focus is. */
  void press(CharSequence... keys) {
    driver.switchTo().activeElement().sendKeys(keys);
  }

  WebElement focused() {
    return driver.switchTo().activeElement();
  }

  /** Opens the finding of a cause or rule, and returns its story. */
  WebElement openFinding(String what) {
    WebElement head =
        all(".head").stream()
            .filter(h -> h.findElement(By.cssSelector(".cause")).getText().equals(what))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no finding of " + what));
    if (!"true".equals(head.getDomAttribute("aria-expanded"))) {
      head.sendKeys(Keys.ENTER);
    }
    return one("#" + head.getDomAttribute("aria-controls"));
  }

  Object run(String script, Object... arguments) {
    Object result = driver.executeScript(script, arguments);
    return result == null ? "null" : result;
  }

  String string(String script, Object... arguments) {
    return run(script, arguments).toString();
  }

  double number(String script, Object... arguments) {
    return ((Number) run(script, arguments)).doubleValue();
  }

  List<String> strings(String script, Object... arguments) {
    return ((List<?>) run(script, arguments)).stream().map(String::valueOf).toList();
  }

  String hash() {
    return string("return location.hash");
  }

  void await(String what, Supplier<Boolean> condition) {
    // An element may be drawn anew while it is looked at: then it is looked at again.
    new WebDriverWait(driver, LONGEST_WAIT)
        .ignoring(StaleElementReferenceException.class)
        .withMessage(what)
        .until(d -> condition.get());
  }

  void goToHash(String hash) {
    run("location.hash = arguments[0]", hash);
  }

  /** Returns what the browser said since the page was opened, or since this was last asked. */
  List<String> complaints() {
    return log(LogType.BROWSER);
  }

  /** Returns the events of the network and of the page since then. */
  List<String> activity() {
    return log(LogType.PERFORMANCE);
  }

  private List<String> log(String type) {
    return driver.manage().logs().get(type).getAll().stream().map(LogEntry::getMessage).toList();
  }

  @Override
  public void close() {
    driver.quit();
  }
}
