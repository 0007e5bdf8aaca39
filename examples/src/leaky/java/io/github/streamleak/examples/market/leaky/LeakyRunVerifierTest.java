package io.github.streamleak.examples.market.leaky;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Reads the reports of the leaky run. It passes only if each leaky test failed, and failed for the
 * leak that stands in it: so a check that finds nothing, or finds something else, cannot go green.
 */
class LeakyRunVerifierTest {
  private static final String PACKAGE = "io.github.streamleak.examples.market.leaky.";
  private static final List<Leak> LEAKS =
      List.of(
          leak("IteratorTest", "firstPriceIsThatOfTheOpening", "NOT_DRAINED"),
          leak("EarlyReturnTest", "findsTheFirstPriceAbove", "NOT_DRAINED", "firstAbove"),
          leak("JavaStreamTest", "takesTwoPrices", "NOT_DRAINED", "prices"),
          leak("BlockingV2BidiTest", "firstPriceComesAfterTheFirstSubscription", "NOT_DRAINED"),
          leak("RawBidiCallTest", "firstPriceComesAfterTheFirstSubscription", "NOT_DRAINED"),
          leak("RequestObserverTest", "uploadsTwoTrades", "NOT_HALF_CLOSED"),
          leak("BlockingV2UploadTest", "uploadsTwoTrades", "NOT_HALF_CLOSED"),
          leak("RawUploadTest", "uploadsTwoTrades", "NOT_HALF_CLOSED"),
          leak("ManualFlowControlTest", "firstPriceIsThatOfTheOpening", "NOT_DRAINED"),
          leak("UnfinishedHandlerTest", "takesThreePrices", "STILL_SUBSCRIBED"),
          leak("UnansweredFutureTest", "quoteIsNotThereAtOnce", "SERVER_NOT_FINISHED"),
          leak("UnreachableServerTest", "quoteIsNotThereAtOnce", "NOT_PICKED"),
          leak(
              "AnsweringInterceptorTest",
              "refusesPricesWithoutTheHeaderOfTheMarket",
              "ATTEMPT_NOT_CLOSED"));

  private static final Pattern SHOWN_FAILURE =
      Pattern.compile("<!-- failure: (?<test>\\S+) -->\n```text\n(?<text>[^`]*)\n```\n");

  private static final Pattern EVENT = Pattern.compile(" +\\+[0-9.]+ m?s  (?<what>.*)");

  /** Of each leaky test that ran, the message of its failure; empty where it passed. */
  private static final Map<String, String> FAILURES = new TreeMap<>();

  /** A leaky test, why its stream stays open, and the method whose line opens it. */
  private record Leak(String testClass, String test, String cause, String opener) {
    String name() {
      return testClass + "." + test;
    }

    /** Returns the frame of the line marked as the one that opens the stream. */
    String openingLine() throws IOException {
      String file = testClass + ".java";
      Path source = Path.of(System.getProperty("leaky.sources"), PACKAGE.replace('.', '/'), file);
      List<String> lines = Files.readAllLines(source);
      List<String> marked = lines.stream().filter(line -> line.endsWith("// opens")).toList();
      assertThat(marked).as("marked lines of %s", source).hasSize(1);
      int number = lines.indexOf(marked.get(0)) + 1;
      return PACKAGE + testClass + "." + opener + "(" + file + ":" + number + ")";
    }

    @Override
    public String toString() {
      return name();
    }
  }

  @BeforeAll
  static void readReports() throws Exception {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("leaky.reports")))) {
      for (Path report : files.filter(file -> file.toString().endsWith(".xml")).toList()) {
        readReport(report);
      }
    }
  }

  @Test
  void exactlyTheLeakyTestsRan() {
    assertThat(FAILURES.keySet())
        .containsExactlyInAnyOrderElementsOf(LEAKS.stream().map(Leak::name).toList());
  }

  @ParameterizedTest
  @MethodSource("leaks")
  void leakIsReportedWithItsCauseAndItsOpeningLine(Leak leak) throws IOException {
    assertThat(FAILURES.get(leak.name()))
        .startsWith("1 gRPC client stream leaked, ")
        .containsPattern("(?m)^ +cause +: " + leak.cause() + "\\b")
        .containsOnlyOnce("opened at : " + leak.openingLine() + "\n");
  }

  /** What README.md shows is word for word what a user sees. */
  @Test
  void readmeShowsTheFailureAsItIs() throws IOException {
    Path readme = Path.of(System.getProperty("leaky.sources"), "../../../..", "README.md");
    String page = Files.readString(readme);
    Matcher block = SHOWN_FAILURE.matcher(page);
    assertThat(block.find()).as("a block under <!-- failure: ... --> in README.md").isTrue();
    String test = block.group("test");
    assertThat(FAILURES).containsKey(test);
    String failure = FAILURES.get(test);
    String shown = block.group("text");
    if (Boolean.getBoolean("docs.update") && !comparable(shown).equals(comparable(failure))) {
      Files.writeString(
          readme,
          page.substring(0, block.start("text")) + failure + page.substring(block.end("text")));
      return;
    }

    assertThat(comparable(shown)).isEqualTo(comparable(failure));
  }

  /**
   * Returns the lines of a failure without what differs from run to run: times, and the order of
   * events, since the server answers on a thread of its own.
   */
  private static List<String> comparable(String failure) {
    List<String> lines = new ArrayList<>();
    List<String> events = new ArrayList<>();
    for (String line : failure.lines().toList()) {
      Matcher event = EVENT.matcher(line);
      if (event.matches()) {
        events.add(event.group("what"));
      } else {
        events.stream().sorted().forEach(lines::add);
        events.clear();
        lines.add(line.replaceFirst("still open [0-9.]+ s ", "still open "));
      }
    }
    return lines;
  }

  private static Stream<Leak> leaks() {
    return LEAKS.stream();
  }

  private static Leak leak(String testClass, String test, String cause) {
    return leak(testClass, test, cause, test);
  }

  private static Leak leak(String testClass, String test, String cause, String opener) {
    return new Leak(testClass, test, cause, opener);
  }

  private static void readReport(Path file) throws Exception {
    Document report =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
    var tests = report.getElementsByTagName("testcase");
    for (int i = 0; i < tests.getLength(); i++) {
      Element test = (Element) tests.item(i);
      String testClass = test.getAttribute("classname").substring(PACKAGE.length());
      // A parameter's type follows the name of the method.
      String name = test.getAttribute("name").replaceFirst("[({].*", "");
      var failures = test.getElementsByTagName("failure");
      String failure =
          failures.getLength() == 0 ? "" : ((Element) failures.item(0)).getAttribute("message");
      FAILURES.put(testClass + "." + name, failure);
    }
  }
}
