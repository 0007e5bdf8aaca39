package acme.shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reads what Surefire reported of the suite: as text, for a module has to require its parsers. */
class SuiteVerifierTest {

  private static final Pattern TEST =
      Pattern.compile("<testcase name=\"([^\"]+)\"[^>]*?(/>|>(.*?)</testcase>)", Pattern.DOTALL);

  private static final Pattern LEAK =
      Pattern.compile(
          "<failure message=\"1 gRPC client stream leaked, still open [0-9.]+ s after the test:"
              + ".*? opened at : ([^(]+)\\(.*");

  @Test
  void leaksFailTheTestsThatOpenedThemTest() throws Exception {
    Map<String, String> leaks = new TreeMap<>();
    TreeSet<String> passed = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("suite.reports")))) {
      for (Path report : files.filter(file -> file.toString().endsWith(".xml")).toList()) {
        Matcher test = TEST.matcher(Files.readString(report));
        while (test.find()) {
          String outcome = test.group(3) == null ? "" : test.group(3);
          if (!outcome.contains("<failure") && !outcome.contains("<error")) {
            passed.add(test.group(1));
            continue;
          }
          Matcher leak = LEAK.matcher(outcome.replace("&#10;", " ").replace('\n', ' '));
          assertTrue(leak.find(), test.group(1) + ": " + outcome);
          leaks.put(test.group(1), leak.group(1));
        }
      }
    }
    assertEquals(
        Map.of(
            "leaves", "acme.shop.ShopClient.watch",
            "leavesAnInjectedOne(Channel)", "acme.shop.AnnotatedSuite.watch"),
        leaks);
    assertEquals(
        "[configuratorsAreWithinReach, eachJarIsAModule, readsAll, readsAnInjectedOne(Channel)]",
        passed.toString());
  }
}
