package io.github.streamleak.verdict;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.RecordedStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Renders breaches of rules.
 *
 * <p>The layout is that of {@link LeakText}, so that a report reads the same whether it shows a
 * leak or a breach. It is a class of its own because a breach need not have a stream: it may be a
 * call that was never started, or a channel.
 */
final class BreachText {

  private static final int MOST_ITEMS = 10;

  private BreachText() {}

  static String of(List<RuleBreach> breaches, StreamLeakPolicy policy) {
    StringBuilder text = new StringBuilder();
    boolean fails = breaches.stream().anyMatch(RuleBreach::fails);
    text.append(
        fails
            ? breaches.size()
                + (breaches.size() == 1 ? " breach" : " breaches")
                + " of the rules for gRPC client streams:\n"
            : Texts.count(breaches.size(), "rule warning") + " (the test does not fail):\n");
    List<List<RuleBreach>> items = items(breaches);
    for (int i = 0; i < Math.min(items.size(), MOST_ITEMS); i++) {
      text.append('\n');
      item(text, i + 1, items.get(i));
    }
    if (items.size() > MOST_ITEMS) {
      text.append("\n... and ").append(items.size() - MOST_ITEMS).append(" more\n");
    }
    // One line says how to switch a rule off, so it names the rule of the first breach.
    Set<StreamRule> rules = new LinkedHashSet<>();
    breaches.forEach(breach -> rules.add(breach.rule()));
    StreamRule first = rules.iterator().next();
    breaches.stream()
        .filter(breach -> breach.rule() != StreamRule.CHANNEL_LEFT_OPEN)
        .findFirst()
        .ifPresent(
            breach ->
                text.append("\nTo allow it on purpose: ")
                    .append(policy.howToAllow(breach.subject())));
    text.append("\nTo switch the rule off: ").append(policy.howToSet(first));
    return text.toString();
  }

  /** Groups the breaches: those of one rule, method, opening line and detail are one item. */
  private static List<List<RuleBreach>> items(List<RuleBreach> breaches) {
    Map<List<String>, List<RuleBreach>> items = new LinkedHashMap<>();
    for (RuleBreach breach : breaches) {
      List<String> key =
          List.of(
              breach.rule().name(),
              breach.subject(),
              breach.openingLink().orElse(""),
              breach.detail());
      items.computeIfAbsent(key, k -> new ArrayList<>()).add(breach);
    }
    return List.copyOf(items.values());
  }

  private static void item(StringBuilder text, int number, List<RuleBreach> equal) {
    RuleBreach breach = equal.get(0);
    text.append(number).append(". ").append(breach.rule()).append(": ");
    text.append(breach.stream().map(RecordedStream::title).orElse(Texts.oneLine(breach.subject())));
    if (equal.size() > 1) {
      text.append(", ").append(equal.size()).append(" times");
    }
    text.append('\n');
    Texts.line(text, "found", breach.detail());
    breach.stream()
        .ifPresentOrElse(
            stream -> text.append(stream.details()),
            () -> {
              Texts.line(
                  text, "made at", breach.openingLink().orElse("unknown: no stack captured"));
              breach
                  .opening()
                  .callerLink()
                  .ifPresent(caller -> Texts.line(text, "called by", caller));
            });
    Texts.lines(text, "to fix", breach.remedy().lines());
  }
}
