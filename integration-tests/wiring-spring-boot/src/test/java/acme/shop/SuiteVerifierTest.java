package acme.shop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Reads what Surefire reported: each leak, and what it was charged to. */
class SuiteVerifierTest {

  private static final int TESTS = 9;

  /** What fails in any run, and the lines that it must name. */
  private static final Map<String, String> LEAKS =
      Map.of(
          "JUnit Jupiter",
          "the run: acme.Prices/Watch, acme.shop.Catalogue.firstPrice," + " acme.shop.PriceJob.run",
          "InProcessSuite.leaksInProcess",
          "the test: acme.Prices/Watch, acme.shop.Catalogue.firstPrice,"
              + " acme.shop.InProcessSuite.leaksInProcess",
          "OrderSuite.leaksOnTheSharedChannel",
          "the test: acme.Prices/Watch, acme.shop.Catalogue.firstPrice,"
              + " acme.shop.OrderSuite.leaksOnTheSharedChannel",
          "PriceSuite.leaksInTheClient",
          "the test: acme.Prices/Watch, acme.shop.Catalogue.firstPrice,"
              + " acme.shop.PriceSuite.leaksInTheClient",
          "PriceSuite.leaksOnTheInjectedStub",
          "the test: acme.Prices/Watch, acme.shop.PriceSuite.leaksOnTheInjectedStub");

  private static final Pattern MESSAGE =
      Pattern.compile(
          "1 gRPC client stream leaked, still open [0-9.]+ s after ([^:]+):\\s+"
              + "1\\. (\\S+) .*? opened at : ([^(]+)\\(\\w+\\.java:\\d+\\)\\s+"
              + "(?:called by : ([^(]+)\\(\\w+\\.java:\\d+\\)\\s+)?(?:charged [^\n]*\\s+)?attempt .*",
          Pattern.DOTALL);

  @Test
  void eachLeakFailsTheTestThatOpenedItTest() throws Exception {
    Map<String, String> reported = new TreeMap<>();

    assertThat(read("ignoring", reported)).isEqualTo(TESTS + 1);
    assertThat(opened(reported)).isEqualTo(LEAKS);
  }

  /** Spring closes its contexts after the run: what they keep open until then fails nobody. */
  @Test
  void whatTheApplicationKeepsOpenFailsNoClassTest() throws Exception {
    Map<String, String> reported = new TreeMap<>();

    read("plain", reported);
    assertThat(opened(reported)).isEqualTo(LEAKS);
  }

  @Test
  void withTheCheckOffTheSuitePassesTest() throws Exception {
    Map<String, String> reported = new TreeMap<>();

    assertThat(read("off", reported)).isEqualTo(TESTS);
    assertThat(reported).isEmpty();
  }

  private static Map<String, String> opened(Map<String, String> messages) {
    Map<String, String> opened = new TreeMap<>();
    messages.forEach(
        (test, message) -> {
          Matcher matcher = MESSAGE.matcher(message);
          assertThat(matcher.matches()).as(test + ": " + message).isTrue();
          String caller = matcher.group(4) == null ? "" : ", " + matcher.group(4);
          opened.put(
              test, matcher.group(1) + ": " + matcher.group(2) + ", " + matcher.group(3) + caller);
        });
    return opened;
  }

  /** Returns the number of tests, and adds the message of each that failed. */
  private static int read(String run, Map<String, String> failures) throws Exception {
    int tests = 0;
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("suite.reports"), run))) {
      for (Path report : files.filter(file -> file.toString().endsWith(".xml")).toList()) {
        NodeList cases =
            DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(report.toFile())
                .getElementsByTagName("testcase");
        for (int i = 0; i < cases.getLength(); i++) {
          Element test = (Element) cases.item(i);
          tests++;
          for (String kind : new String[] {"failure", "error"}) {
            NodeList found = test.getElementsByTagName(kind);
            if (found.getLength() > 0) {
              failures.put(
                  name(test.getAttribute("classname"), test.getAttribute("name")),
                  ((Element) found.item(0)).getAttribute("message"));
            }
          }
        }
      }
    }
    return tests;
  }

  private static String name(String type, String test) {
    return test.equals("JUnit Jupiter") ? test : type.replace("acme.shop.", "") + "." + test;
  }
}
