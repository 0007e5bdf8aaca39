package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people read, as whole texts: SARIF, the summary, annotations. */
class RenderingTest {

  private static final String SENTENCE =
      "messages or the terminal status wait, and the client has stopped asking";

  @TempDir Path temp;
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private final StreamReport report =
      StreamReport.create("1-1", "9-9", Instant.parse("2026-11-22T22:00:00Z"));

  @BeforeEach
  void repository() throws IOException {
    Files.createDirectory(temp.resolve(".git"));
    Path sources = Files.createDirectories(temp.resolve("src/test/java/acme/a b"));
    Files.writeString(sources.resolveSibling("ShopClient.java"), "class ShopClient {}\n");
    Files.writeString(sources.resolveSibling("PriceTest.java"), "class PriceTest {}\n");
  }

  @Test
  void summaryTest() throws Exception {
    report.countTest("acme.PriceTest");
    report.countStreams(7);
    report.note("an allowance | excused <nothing>");
    report.add(leak("acme.Shop/Wa|tch", Outcome.FAILED, "one()"));
    report.add(leak("acme.Shop/Wa|tch", Outcome.FAILED, "two()"));
    report.add(leak("acme.Shop/Buy", Outcome.ALLOWED, "one()"));
    write();

    assertThat(read("summary.md"))
        .isEqualTo(
            """
            ## gRPC client streams

            2 gRPC client streams leaked in 1 test; 1 is allowed. 3 findings in 2 groups: 2 failed, 1 allowed. 7 streams in 1 test.

            | what | opened at | called by | tests | times |
            |---|---|---|---|---|
            | failed: LEAKED_STREAM acme.Shop/Wa&#124;tch | acme.ShopClient.watch(ShopClient.java&#58;1) |  | PriceTest.one(), PriceTest.one two() | 2 |
            | allowed: LEAKED_STREAM acme.Shop/Buy | acme.ShopClient.watch(ShopClient.java&#58;1) |  | PriceTest.one() | 1 |

            ### What to change

            - acme.Shop/Wa&#124;tch, acme.ShopClient.watch(ShopClient.java&#58;1): messages or the terminal status wait, and the client has stopped asking.

            ```java
            call.cancel("read enough", null);
            ```

            - an allowance &#124; excused &#60;nothing&#62;
            """);
  }

  @Test
  void summaryOnGitHubLinksLinesAndSaysARemedyOnceTest() throws Exception {
    environment.put("GITHUB_SERVER_URL", "https://github.example");
    environment.put("GITHUB_REPOSITORY", "acme/shop");
    environment.put("GITHUB_SHA", "abc123");
    report.add(leak("acme.Shop/Watch", Outcome.FAILED, "[1] ACME"));
    report.add(leak("acme.Shop/Buy", Outcome.WARNED, "[2] IBM"));
    write();

    assertThat(read("summary.md"))
        .endsWith(
            """
            | what | opened at | called by | tests | times |
            |---|---|---|---|---|
            | failed: LEAKED_STREAM acme.Shop/Watch | acme.ShopClient.watch [ShopClient.java&#58;1](https://github.example/acme/shop/blob/abc123/src/test/java/acme/ShopClient.java#L1) |  | PriceTest.one &#91;1&#93; ACME | 1 |
            | warned: LEAKED_STREAM acme.Shop/Buy | acme.ShopClient.watch [ShopClient.java&#58;1](https://github.example/acme/shop/blob/abc123/src/test/java/acme/ShopClient.java#L1) |  | PriceTest.one &#91;2&#93; IBM | 1 |

            ### What to change

            - acme.Shop/Watch, acme.ShopClient.watch(ShopClient.java&#58;1): messages or the terminal status wait, and the client has stopped asking.
            - acme.Shop/Buy, acme.ShopClient.watch(ShopClient.java&#58;1): messages or the terminal status wait, and the client has stopped asking.

            ```java
            call.cancel("read enough", null);
            ```
            """);
  }

  @Test
  void underscoreIsEscapedOnlyWhereItWouldBeginEmphasisTest() {
    assertThat(Markdown.text("_a_ NOT_DRAINED __b__"))
        .isEqualTo("&#95;a&#95; NOT_DRAINED &#95;&#95;b&#95;&#95;");
  }

  @Test
  void summaryOfNothingTest() throws Exception {
    write();
    assertThat(read("summary.md"))
        .isEqualTo(
            "## gRPC client streams\n\nNothing was recorded: not one channel was seen. This does not mean"
                + " that nothing leaks. Either the tests use no gRPC client, or the check did not reach"
                + " it: a channel that was built before the check began is not seen, nor is one that"
                + " no ManagedChannelBuilder built, nor one of a second copy of gRPC on the class path."
                + " 0 streams in 0 tests.\n");
  }

  @Test
  void fenceIsLongerThanAnyInTheRemedyTest() {
    assertThat(Markdown.block(List.of("a ``` b", "c\nd")))
        .isEqualTo("````java\na ``` b\nc d\n````\n");
  }

  @Test
  void summaryIsBoundedTest() throws Exception {
    for (int i = 0; i < 3_000; i++) {
      report.add(leak("|".repeat(900) + i, Outcome.FAILED, "`".repeat(900)));
      report.note("<".repeat(900) + i);
    }
    write();
    assertThat(read("summary.md")).hasSizeLessThan(1024 * 1024).contains("... and 2800 more rows");
  }

  @Test
  void sarifResultTest() throws Exception {
    report.add(leak("acme.Shop/Watch", Outcome.FAILED, "one()"));
    report.add(leak("acme.Shop/Watch", Outcome.FAILED, "two()"));
    write();

    Schemas.assertSarif(file("leaks.sarif"));
    assertThat(Json.write(results().get(0)))
        .isEqualTo(
            """
            {
             "ruleId": "LEAKED_STREAM",
             "ruleIndex": 0,
             "level": "error",
             "message": {
              "text": "acme.Shop/Watch: messages or the terminal status wait, and the client has stopped asking. Opened at acme.ShopClient.watch(ShopClient.java:1), in PriceTest.one(), 2 times in all. To fix: call.cancel(\\"read enough\\", null);"
             },
             "locations": [
              {
               "physicalLocation": {
                "artifactLocation": {
                 "uri": "src/test/java/acme/ShopClient.java",
                 "uriBaseId": "%SRCROOT%"
                },
                "region": {
                 "startLine": 1,
                 "snippet": {
                  "text": "class ShopClient {}"
                 }
                }
               }
              }
             ],
             "occurrenceCount": 2,
             "partialFingerprints": {
              "primaryLocationLineHash": "c50796fe683d623a82cb79700c3f06b1:1",
              "streamleak/v1": "c50796fe683d623a82cb79700c3f06b1"
             }
            }
            """);
    assertThat(results()).hasSize(1);
  }

  @Test
  void sarifRuleTest() throws Exception {
    report.add(leak("acme.Shop/Watch", Outcome.FAILED, "one()"));
    write();
    JsonObject driver = run().getAsJsonObject("tool").getAsJsonObject("driver");
    assertThat(Json.string(driver, "name")).isEqualTo("Streamleak");
    assertThat(Json.string(driver, "version")).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(Json.string(driver, "informationUri"))
        .isEqualTo("https://github.com/streamleak/streamleak");
    JsonObject rule = driver.getAsJsonArray("rules").get(0).getAsJsonObject();
    assertThat(rule.keySet())
        .containsExactly(
            "id",
            "name",
            "shortDescription",
            "fullDescription",
            "help",
            "helpUri",
            "defaultConfiguration");
    assertThat(Json.string(rule, "name")).isEqualTo("LeakedStream");
    assertThat(rule.get("help"))
        .hasToString(
            "{\"text\":\"Read the responses to the terminal status, or cancel the call, on every"
                + " path.\",\"markdown\":\"**A gRPC client stream is still open after its test.** A"
                + " client stream lives until the caller has received its terminal status, has"
                + " cancelled it, or its deadline has passed. Until then the balancer's Done"
                + " callback does not run: in-flight counters stay up, spans do not end, and a slot"
                + " of MAX_CONCURRENT_STREAMS is taken.\\n\\nRead the responses to the terminal"
                + " status, or cancel the call, on every path.\"}");
  }

  /** GitHub ignores suppressions: a result that has some would become an open alert. */
  @Test
  void knownAndAllowedFindingsAreNoResultsTest() throws Exception {
    for (Outcome outcome : Outcome.values()) {
      report.add(leak("acme.Shop/" + outcome, outcome, "one()"));
    }
    write();

    Schemas.assertSarif(file("leaks.sarif"));
    assertThat(
            Json.objects(run(), "results").stream()
                .map(
                    result ->
                        Json.string(result, "level")
                            + " "
                            + Json.string(result.getAsJsonObject("message"), "text", "")
                                .replaceFirst(":.*", "")))
        .containsExactly(
            "error acme.Shop/FAILED",
            "warning acme.Shop/UNDECIDED",
            "warning acme.Shop/FLAKY",
            "warning acme.Shop/WARNED");
    assertThat(read("leaks.sarif")).doesNotContain("suppressions");
  }

  @Test
  void twoLinesOfOneFingerprintAreTwoAlertsTest() throws Exception {
    for (int line : List.of(7, 3)) {
      report.add(
          ReportEntry.found(
                  "PROTOCOL",
                  "acme.Shop/Watch",
                  List.of(
                      new StackTraceElement("acme.ShopClient", "watch", "ShopClient.java", line)),
                  Outcome.FAILED,
                  "found")
              .build());
    }
    write();

    assertThat(Json.objects(run(), "results").stream().map(RenderingTest::lineHash))
        .extracting(hash -> hash.replaceFirst("^[0-9a-f]{32}", ""))
        .containsExactly(":1", ":2");
  }

  private static String lineHash(JsonObject result) {
    return Json.string(
        result.getAsJsonObject("partialFingerprints"), "primaryLocationLineHash", "");
  }

  @Test
  void lineOfTheTestIsARelatedLocationTest() throws Exception {
    Files.createDirectories(temp.resolve("src/test/java/io/github/streamleak/report"));
    Files.writeString(
        temp.resolve("src/test/java/io/github/streamleak/report/Shop.java"), "class Shop {}\n");
    Files.writeString(
        temp.resolve("src/test/java/io/github/streamleak/report/RenderingTest.java"), "\n");
    try (Shop shop = new Shop()) {
      report.add(
          ReportEntry.leaked(shop.leak(), Outcome.FAILED)
              .ofTest("acme.PriceTest", "leaks", "leaks()")
              .build());
    }
    write();

    Schemas.assertSarif(file("leaks.sarif"));
    JsonObject related =
        Json.objects(Json.objects(run(), "results").get(0), "relatedLocations").get(0);
    assertThat(related.toString())
        .contains("src/test/java/io/github/streamleak/report/RenderingTest.java")
        .endsWith("\"id\":1,\"message\":{\"text\":\"called here, in PriceTest.leaks()\"}}");
    assertThat(Json.objects(run(), "results").get(0).get("message").toString())
        .containsPattern(
            "Opened at [\\w.]+\\(Shop\\.java:\\d+\\), called by [\\w.]+RenderingTest\\."
                + "lineOfTheTestIsARelatedLocationTest\\(RenderingTest\\.java:\\d+\\),"
                + " in PriceTest\\.leaks\\(\\)\\. ");
  }

  /** Headings of the documentation are what GitHub's alerts link to. */
  @Test
  void everyRuleHasItsHeadingInTheDocumentationTest() throws Exception {
    Path docs = Path.of(System.getProperty("docs.directory"));
    String base = "https://github.com/streamleak/streamleak/blob/main/docs/";
    for (RuleDescription rule : RuleDescription.values()) {
      assertThat(rule.helpUri()).startsWith(base);
      String[] parts = rule.helpUri().substring(base.length()).split("#", -1);
      assertThat(docs.resolve(parts[0])).exists();
      if (parts.length > 1) {
        assertThat(Files.readAllLines(docs.resolve(parts[0]))).contains("## " + parts[1]);
      }
    }
  }

  @Test
  void classOfTheTestStandsInForAnOpeningLineThatIsNotFoundTest() throws Exception {
    report.add(found("acme.PriceTest$Inner", "acme.Elsewhere"));
    report.add(found("acme.UnknownTest", "acme.Elsewhere2"));
    write();

    Schemas.assertSarif(file("leaks.sarif"));
    assertThat(results()).hasSize(1);
    assertThat(results().get(0).getAsJsonObject().get("locations"))
        .hasToString(
            "[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\"src/test/java/acme/PriceTest.java\","
                + "\"uriBaseId\":\"%SRCROOT%\"}}}]");
    assertThat(notifications())
        .hasToString(
            "[{\"message\":{\"text\":\"not a result, because no source file was found: acme.Shop/Watch:"
                + " found. Opened at acme.Elsewhere2.watch(Elsewhere.java:1), in"
                + " UnknownTest.one().\"},\"level\":\"note\"}]");
  }

  @Test
  void resultsAreBoundedByWhatGitHubKeepsTest() throws Exception {
    for (int i = 0; i < 5_003; i++) {
      report.add(leak("acme.Shop/W" + i, i < 5_002 ? Outcome.WARNED : Outcome.FAILED, "one()"));
    }
    write();
    assertThat(results()).hasSize(5_000);
    assertThat(Json.string(results().get(0).getAsJsonObject(), "level")).isEqualTo("error");
    assertThat(notifications())
        .hasToString(
            "[{\"message\":{\"text\":\"3 findings left out: GitHub keeps 5000 results of a run;"
                + " streams.json has them all\"},\"level\":\"note\"}]");
  }

  @Test
  void pathsInSarifAreEncodedTest() throws Exception {
    Path file = temp.resolve("src/test/kotlin/acme/Bücher [1] %.kt");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "package acme\n");
    report.add(
        ReportEntry.found(
                "PROTOCOL",
                "a/B",
                List.of(new StackTraceElement("acme.X", "watch", file.getFileName().toString(), 1)),
                Outcome.FAILED,
                "a [link](x) and \\")
            .build());
    write();
    assertThat(results().get(0).toString())
        .contains("\"uri\":\"src/test/kotlin/acme/B%C3%BCcher%20%5B1%5D%20%25.kt\"")
        .contains("a \\\\[link\\\\](x) and \\\\\\\\");
  }

  @Test
  void nothingIsSaidElsewhereThanOnGitHubActionsTest() {
    environment.put("GITHUB_STEP_SUMMARY", temp.resolve("job.md").toString());
    report.add(leak("acme.Shop/Watch", Outcome.FAILED, "one()"));
    write();
    assertThat(console()).isEmpty();
    assertThat(temp.resolve("job.md")).doesNotExist();
  }

  @Test
  void annotationsTest() {
    environment.put("GITHUB_ACTIONS", "true");
    report.add(leak("acme.Shop/Wa,t:ch%\n::error::x", Outcome.FAILED, "one()"));
    report.add(leak("acme.Shop/Watch", Outcome.WARNED, "one()"));
    report.add(leak("acme.Shop/Watch", Outcome.WARNED, "two()"));
    report.add(leak("acme.Shop/Known", Outcome.KNOWN, "one()"));
    report.add(found("acme.UnknownTest", "acme.Elsewhere"));
    write();

    assertThat(console())
        .isEqualTo(
            """
            ::error file=src/test/java/acme/ShopClient.java,line=1,title=LEAKED_STREAM%3A acme.Shop/Wa%2Ct%3Ach%25%0A%3A%3Aerror%3A%3Ax::acme.Shop/Wa,t:ch%25%0A::error::x: messages or the terminal status wait, and the client has stopped asking. Opened at acme.ShopClient.watch(ShopClient.java:1), in PriceTest.one(). To fix: call.cancel("read enough", null);
            ::error title=PROTOCOL%3A acme.Shop/Watch::acme.Shop/Watch: found. Opened at acme.Elsewhere.watch(Elsewhere.java:1), in UnknownTest.one().
            ::warning file=src/test/java/acme/ShopClient.java,line=1,title=LEAKED_STREAM%3A acme.Shop/Watch::acme.Shop/Watch: messages or the terminal status wait, and the client has stopped asking. Opened at acme.ShopClient.watch(ShopClient.java:1), in PriceTest.one(), 2 times in all. To fix: call.cancel("read enough", null);
            """);
  }

  @Test
  void annotationsNeedNoFileTest() throws Exception {
    environment.put("GITHUB_ACTIONS", "true");
    Path taken = Files.writeString(temp.resolve("taken"), "mine");
    report.add(leak("acme.Shop/Watch", Outcome.FAILED, "one()"));
    assertThat(writer(taken).write(report))
        .contains(
            taken
                + ": the report could not be written: there is a file where a directory must be ("
                + taken
                + ")");
    assertThat(console()).startsWith("::error file=src/test/java/acme/ShopClient.java,line=1,");
  }

  @Test
  void annotationsAreAsManyAsGitHubShowsAndOnlyOfThisJvmTest() {
    environment.put("GITHUB_ACTIONS", "true");
    StreamReport other = StreamReport.create("2-1", "9-9", Instant.parse("2026-11-22T22:00:01Z"));
    other.add(leak("acme.Shop/Other", Outcome.FAILED, "other()"));
    assertThat(writer().write(other)).isEmpty();
    console.reset();

    for (int i = 0; i < 12; i++) {
      report.add(leak("acme.Shop/W" + i, Outcome.FAILED, "one()"));
      report.add(leak("acme.Shop/W" + i, Outcome.WARNED, "one()"));
    }
    write();
    assertThat(console().lines().filter(line -> line.startsWith("::error "))).hasSize(10);
    assertThat(console().lines().filter(line -> line.startsWith("::warning "))).hasSize(10);
    assertThat(console()).doesNotContain("Other");
  }

  @Test
  void summaryOfTheJobIsReplacedInPlaceTest() throws Exception {
    Path job = Files.writeString(temp.resolve("job.md"), "before, without an end of line");
    environment.put("GITHUB_ACTIONS", "true");
    environment.put("GITHUB_STEP_SUMMARY", job.toString());
    write();
    Files.writeString(job, Files.readString(job) + "after\n");
    report.add(leak("acme.Shop/Watch", Outcome.FAILED, "one()"));
    write();

    String begin = "<!-- streamleak " + Integer.toHexString("report".hashCode()) + " -->\n";
    assertThat(Files.readString(job))
        .isEqualTo(
            "before, without an end of line\n"
                + begin
                + read("summary.md")
                + "\nReport: report\n"
                + begin.replace("<!-- ", "<!-- /")
                + "after\n");
  }

  @Test
  void reportsOfTwoModulesAreBothInTheSummaryOfTheJobTest() throws Exception {
    Path job = temp.resolve("job.md");
    environment.put("GITHUB_ACTIONS", "true");
    environment.put("GITHUB_STEP_SUMMARY", job.toString());
    write();
    assertThat(writer(temp.resolve("other/report")).write(report)).isEmpty();
    assertThat(Files.readString(job)).contains("Report: report\n", "Report: other/report\n");
  }

  @Test
  void fullSummaryOfTheJobGetsTheVerdictAloneOrAWarningTest() throws Exception {
    Path job = Files.writeString(temp.resolve("job.md"), "x".repeat(1024 * 1024 - 200));
    environment.put("GITHUB_ACTIONS", "true");
    environment.put("GITHUB_STEP_SUMMARY", job.toString());
    report.add(leak("acme.Shop/Watch", Outcome.FAILED, "one()"));
    write();
    assertThat(Files.readString(job).replace("x", ""))
        .contains(
            "-->\n1 gRPC client stream leaked in 1 test. 1 finding in 1 group: 1 failed. 0 streams in 0"
                + " tests. Report: report\n<!--");

    Files.writeString(job, "x".repeat(1024 * 1024 - 20));
    assertThat(writer().write(report))
        .contains(job + ": the job's summary is full, GitHub takes 1 MiB");
    assertThat(job).hasSize(1024 * 1024 - 20);
  }

  @Test
  void summaryOfTheJobThatCannotBeWrittenIsAWarningTest() throws Exception {
    Path job = Files.createDirectory(temp.resolve("job.md"));
    environment.put("GITHUB_ACTIONS", "true");
    environment.put("GITHUB_STEP_SUMMARY", job.toString());
    assertThat(writer().write(report))
        .contains(job + ": the job's summary could not be written: Is a directory");
    assertThat(file("streams.json")).exists();
  }

  private static ReportEntry leak(String method, Outcome outcome, String test) {
    return ReportEntry.found(
            "LEAKED_STREAM",
            method,
            List.of(new StackTraceElement("acme.ShopClient", "watch", "ShopClient.java", 1)),
            outcome,
            SENTENCE)
        .remedy(List.of("call.cancel(\"read enough\", null);"))
        .reason(outcome == Outcome.ALLOWED ? "because [x](y)" : null)
        .ofTest("acme.PriceTest", "one", test)
        .build();
  }

  private static ReportEntry found(String testClass, String openedIn) {
    return ReportEntry.found(
            "PROTOCOL",
            "acme.Shop/Watch",
            List.of(new StackTraceElement(openedIn, "watch", "Elsewhere.java", 1)),
            Outcome.FAILED,
            "found")
        .ofTest(testClass, "one", "one()")
        .build();
  }

  private void write() {
    Optional<String> warning = writer().write(report);
    assertThat(warning).isEmpty();
  }

  private ReportWriter writer() {
    return writer(temp.resolve("report"));
  }

  private ReportWriter writer(Path directory) {
    return ReportWriter.to(
        directory, temp, environment, new PrintStream(console, true, StandardCharsets.UTF_8));
  }

  private String console() {
    return console.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }

  private Path file(String name) {
    return temp.resolve("report").resolve(name);
  }

  private String read(String name) throws IOException {
    return Files.readString(file(name));
  }

  private JsonObject run() throws IOException {
    return Json.parse(read("leaks.sarif"))
        .getAsJsonObject()
        .getAsJsonArray("runs")
        .get(0)
        .getAsJsonObject();
  }

  private JsonArray results() throws IOException {
    return run().getAsJsonArray("results");
  }

  private JsonArray notifications() throws IOException {
    return run()
        .getAsJsonArray("invocations")
        .get(0)
        .getAsJsonObject()
        .getAsJsonArray("toolExecutionNotifications");
  }
}
