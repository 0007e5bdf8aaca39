package io.github.streamleak.reportpage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The page with data put into it, and the data of the tests. */
final class Report {

  static final Path ROOT = Path.of(System.getProperty("report.root", "../.."));
  static final Path PAGE =
      ROOT.resolve("report/src/main/resources/io/github/streamleak/report/page.html");

  private static final String MARKER = "/*STREAMLEAK-DATA*/";

  private Report() {}

  /** Returns the sample of that name. */
  static String sample(String name) {
    try (InputStream in = Report.class.getResourceAsStream("/reports/" + name + ".json")) {
      if (in == null) {
        throw new IllegalArgumentException("no sample " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Puts data into the page as the report's writer does. */
  static String page(String json) throws IOException {
    String page = Files.readString(PAGE);
    if (page.split(Pattern.quote(MARKER), -1).length != 2) {
      throw new IllegalStateException(PAGE + " has to have " + MARKER + " once");
    }
    String escaped = json;
    for (String each : List.of("<", ">", "&", "\u2028", "\u2029")) {
      escaped = escaped.replace(each, String.format("\\u%04x", (int) each.charAt(0)));
    }
    return page.replace(MARKER, escaped);
  }

  /** Returns a report of 10,000 leaks in 1,000 places and 2,000 tests. */
  static String tenThousand() {
    String entries =
        IntStream.range(0, 10_000)
            .mapToObj(
                i ->
                    """
                    {"rule": "LEAKED_STREAM", "outcome": "failed", "cause": "NOT_DRAINED",
                     "owedBy": "CLIENT", "owes": "read on", "sentence": "messages wait",
                     "remedy": ["call.cancel();"], "fingerprint": "acme.S/M%1$d NOT_DRAINED a.C%1$d.open",
                     "test": {"scope": "test", "class": "acme.T%2$d", "method": "leaks", "name": "leaks()"},
                     "method": "acme.S/M%1$d", "type": "UNARY", "stream": null,
                     "opened": {"class": "a.C%1$d", "method": "open", "file": "C.java", "line": %3$d,
                                "path": null, "code": "stub.call(%3$d);"}}
                    """
                        .formatted(i % 1_000, i % 2_000, i))
            .collect(Collectors.joining(","));
    return sample("clean")
        .replace("\"entries\": []", "\"entries\": [" + entries + "]")
        .replaceFirst(
            "\"sentence\": \"No [^\"]*\"",
            "\"sentence\": \"10,000 gRPC client streams leaked in 2,000 tests.\"");
  }
}
