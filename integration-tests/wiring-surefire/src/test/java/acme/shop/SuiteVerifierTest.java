package acme.shop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Reads what Surefire reported: each leak, and the test that it was charged to. */
class SuiteVerifierTest {

  private static final int TESTS = 13;

  /** Which test fails, and the user's line that it must name. */
  private static final Map<String, String> LEAKS =
      Map.of(
          "the class", "acme.shop.ShopClient.watch",
          "leaksIfTrue(boolean)[1]", "acme.shop.ShopClient.watch",
          "leaksInside", "acme.shop.ShopClient.watch",
          "leaksOnTheSharedChannel", "acme.shop.ShopClient.watch",
          "leaksOneStream", "acme.shop.ShopClient.watch");

  private static final Pattern MESSAGE =
      Pattern.compile(
          "1 gRPC client stream leaked, still open [0-9.]+ s after (the test|the class):"
              + "\n\n1\\. acme\\.Shop/Watch .*?\n +opened at : (\\S+)\\(.*",
          Pattern.DOTALL);

  @ParameterizedTest
  @ValueSource(strings = {"plain", "forks", "parallel"})
  void eachLeakFailsTheTestThatOpenedItTest(String run) throws Exception {
    Map<String, String> reported = new TreeMap<>();
    int tests = read(run, reported);

    assertThat(tests).as("the suite, and the entry of the class").isEqualTo(TESTS + 1);
    Map<String, String> opened = new TreeMap<>();
    reported.forEach(
        (test, message) -> {
          Matcher matcher = MESSAGE.matcher(message);
          assertThat(matcher.matches()).as(test + ": " + message).isTrue();
          assertThat(matcher.group(1).equals("the class"))
              .as(test)
              .isEqualTo(test.equals("the class"));
          opened.put(test, matcher.group(2));
        });
    assertThat(opened).isEqualTo(LEAKS);
  }

  @Test
  void withTheCheckOffTheSuitePassesTest() throws Exception {
    Map<String, String> reported = new TreeMap<>();

    assertThat(read("off", reported)).isEqualTo(TESTS);
    assertThat(reported).isEmpty();
  }

  /** Returns the number of tests, and adds the message of each that failed. */
  private static int read(String run, Map<String, String> failures) throws Exception {
    int tests = 0;
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("suite.reports"), run))) {
      for (Path report : files.filter(file -> file.toString().endsWith(".xml")).toList()) {
        NodeList cases = parse(report).getElementsByTagName("testcase");
        for (int i = 0; i < cases.getLength(); i++) {
          Element test = (Element) cases.item(i);
          tests++;
          for (String kind : new String[] {"failure", "error"}) {
            NodeList found = test.getElementsByTagName(kind);
            if (found.getLength() > 0) {
              failures.put(
                  // A class has no name of its own in such a report.
                  test.getAttribute("name").isEmpty() ? "the class" : test.getAttribute("name"),
                  ((Element) found.item(0)).getAttribute("message"));
            }
          }
        }
      }
    }
    return tests;
  }

  private static Element parse(Path report) throws Exception {
    try {
      return DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(report.toFile())
          .getDocumentElement();
    } catch (IOException e) {
      throw new AssertionError("cannot read " + report, e);
    }
  }
}
