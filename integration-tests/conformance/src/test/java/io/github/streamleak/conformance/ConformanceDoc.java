package io.github.streamleak.conformance;

import io.github.streamleak.conformance.Expected.Verdict;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.StreamRelease;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The text of docs/conformance.md, from the cases and from two fixed parts. */
final class ConformanceDoc {

  private ConformanceDoc() {}

  static String text() {
    StringBuilder doc = new StringBuilder();
    List<Case> cases = Cases.all();
    doc.append(part("rules.md"))
        .append("\n## The grid\n\n")
        .append(number(cases.size()))
        .append(" cases, ")
        .append(number(Grid.cells().size()))
        .append(" cells.\n\nEvery case runs on ")
        .append(
            Arrays.stream(Transport.values())
                .map(Transport::text)
                .collect(Collectors.joining("; ")))
        .append(
            ", each with pick_first, unless its note names where it cannot. Those marked * run on ")
        .append(Grid.OF_POLICIES.stream().map(Transport::text).collect(Collectors.joining(" and ")))
        .append(" with ")
        .append(
            Arrays.stream(Policy.values())
                .filter(policy -> policy != Policy.PICK_FIRST)
                .map(policy -> "`" + policy.policyName() + "`")
                .collect(Collectors.joining(", ")))
        .append(
            " as well. A cell that must differ from its case stands below it, with the transport"
                + " in front.\n");
    Map<String, List<Case>> groups =
        cases.stream()
            .collect(
                Collectors.groupingBy(each -> each.group, LinkedHashMap::new, Collectors.toList()));
    summary(doc, groups);
    groups.forEach((group, of) -> table(doc, group, of));
    doc.append('\n').append(part("mutants.md"));
    return doc.toString();
  }

  private static void summary(StringBuilder doc, Map<String, List<Case>> groups) {
    doc.append(
        """

        | endings | cases | released | leaked | no stream, or holds nothing | differ by transport | cells |
        |---|--:|--:|--:|--:|--:|--:|
        """);
    groups.forEach(
        (group, of) ->
            doc.append(
                String.format(
                    Locale.ROOT,
                    "| [%s](#%s) | %,d | %,d | %,d | %,d | %,d | %,d |\n",
                    group,
                    anchor(group),
                    of.size(),
                    count(of, Verdict.RELEASED),
                    count(of, Verdict.LEAKED),
                    of.size() - count(of, Verdict.RELEASED) - count(of, Verdict.LEAKED),
                    of.stream().filter(each -> !each.differing().isEmpty()).count(),
                    Grid.cells().stream().filter(cell -> of.contains(cell.toRun())).count())));
  }

  /** The anchor that a Markdown page gives a heading. */
  private static String anchor(String heading) {
    return heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 _-]", "").replace(' ', '-');
  }

  private static long count(List<Case> cases, Verdict verdict) {
    return cases.stream().filter(each -> each.expected.verdict() == verdict).count();
  }

  private static void table(StringBuilder doc, String group, List<Case> cases) {
    doc.append("\n### ")
        .append(Character.toUpperCase(group.charAt(0)))
        .append(group.substring(1))
        .append(
            """


            | stub kind | method | ending | verdict | release | cause | note |
            |---|---|---|---|---|---|---|
            """);
    for (Case each : cases) {
      row(doc, each, each.ending + (each.onEveryPolicy ? " *" : ""), each.expected, each.notes());
      Map<Expected, List<Transport>> differing =
          each.differing().keySet().stream()
              .collect(
                  Collectors.groupingBy(each::expectedOn, LinkedHashMap::new, Collectors.toList()));
      differing.forEach(
          (expected, there) ->
              row(
                  doc,
                  each,
                  there.stream().map(Transport::text).collect(Collectors.joining(" / "))
                      + ": "
                      + each.ending,
                  expected,
                  "see above"));
    }
  }

  private static void row(
      StringBuilder doc, Case each, String ending, Expected expected, String note) {
    StreamRelease release = expected.release();
    LeakCause cause = expected.cause();
    doc.append("| ")
        .append(
            String.join(
                " | ",
                each.kind.text(),
                each.typeText(),
                ending,
                expected.verdictText(),
                release == null ? "-" : release.name(),
                cause == null ? "-" : cause.name(),
                note))
        .append(" |\n");
  }

  private static String number(int number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String part(String name) {
    try (InputStream in = ConformanceDoc.class.getResourceAsStream("/" + name)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
