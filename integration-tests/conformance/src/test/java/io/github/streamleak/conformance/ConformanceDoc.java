package io.github.streamleak.conformance;

import io.github.streamleak.conformance.Expected.Verdict;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.GridPage;
import io.github.streamleak.testsupport.GridPage.Row;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes docs/conformance.md from the cases. */
final class ConformanceDoc {

  private ConformanceDoc() {}

  static GridPage page() {
    GridPage page = new GridPage();
    List<Case> cases = Cases.all();
    page.add("\n## The grid\n\n%,d cases, %,d cells.\n\n", cases.size(), Grid.cells().size());
    page.add(
        "Every case runs on %s, each with pick_first, unless its note names where it cannot. Those"
            + " marked * run on %s with %s as well. A cell that must differ from its case stands"
            + " below it, with the transport in front.\n",
        texts("; ", List.of(Transport.values())),
        texts(" and ", Grid.OF_POLICIES),
        Arrays.stream(Policy.values())
            .filter(policy -> policy != Policy.PICK_FIRST)
            .map(policy -> "`" + policy.policyName() + "`")
            .collect(Collectors.joining(", ")));
    Map<String, List<Case>> groups =
        cases.stream()
            .collect(
                Collectors.groupingBy(each -> each.group, LinkedHashMap::new, Collectors.toList()));
    page.add(
        """

        | endings | cases | released | leaked | no stream, or holds nothing | differ by transport | cells |
        |---|--:|--:|--:|--:|--:|--:|
        """);
    groups.forEach((group, of) -> summary(page, group, of));
    groups.forEach((group, of) -> page.table(group, of.stream().flatMap(ConformanceDoc::rows)));
    return page;
  }

  private static String texts(String between, Collection<Transport> transports) {
    return transports.stream().map(Transport::text).collect(Collectors.joining(between));
  }

  private static void summary(GridPage page, String group, List<Case> cases) {
    long released = count(cases, Verdict.RELEASED);
    long leaked = count(cases, Verdict.LEAKED);
    page.add(
        "| [%s](#%s) | %,d | %,d | %,d | %,d | %,d | %,d |\n",
        group,
        anchor(group),
        cases.size(),
        released,
        leaked,
        cases.size() - released - leaked,
        cases.stream().filter(each -> !each.differing().isEmpty()).count(),
        Grid.cells().stream().filter(cell -> cases.contains(cell.toRun())).count());
  }

  /** The anchor that a Markdown page gives a heading. */
  private static String anchor(String heading) {
    return heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 _-]", "").replace(' ', '-');
  }

  private static long count(List<Case> cases, Verdict verdict) {
    return cases.stream().filter(each -> each.expected.verdict() == verdict).count();
  }

  private static Stream<Row> rows(Case each) {
    Map<Expected, List<Transport>> differing =
        each.differing().keySet().stream()
            .collect(
                Collectors.groupingBy(each::expectedOn, LinkedHashMap::new, Collectors.toList()));
    String mark = each.onEveryPolicy ? " *" : "";
    return Stream.concat(
        Stream.of(row(each, each.ending + mark, each.expected, each.notes())),
        differing.entrySet().stream()
            .map(
                there ->
                    row(
                        each,
                        texts(" / ", there.getValue()) + ": " + each.ending,
                        there.getKey(),
                        "see above")));
  }

  private static Row row(Case each, String ending, Expected expected, String note) {
    StreamRelease release = expected.release();
    LeakCause cause = expected.cause();
    return new Row(
        each.kind.text(),
        each.type,
        ending,
        expected.verdictText(),
        release == null ? "-" : release.name(),
        cause == null ? "-" : cause.name(),
        note);
  }
}
