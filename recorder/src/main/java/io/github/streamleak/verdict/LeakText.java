package io.github.streamleak.verdict;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.StreamFinding.Leaked;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Renders leaks.
 *
 * <p>The text is plain ASCII with {@code \n} as line end, and only times in it differ from run to
 * run, so that people and baselines can compare today's failure with yesterday's. The first line is
 * worded to follow "MyTest.name ", because Surefire prints it so.
 *
 * <p>Leaks that look alike become one item with a count, and at most ten items are shown. A loop
 * that leaks a thousand streams then gives a text that one can read; {@link StreamLeakError#leaks}
 * has all of them.
 */
final class LeakText {

  private static final int MOST_ITEMS = 10;

  private LeakText() {}

  static String of(List<Leaked> leaks, Duration waited, StreamLeakPolicy policy) {
    StringBuilder text = new StringBuilder();
    text.append(Texts.count(leaks.size(), "gRPC client stream"))
        .append(" leaked, ")
        .append(howLong(leaks, waited, policy))
        .append(":\n");
    List<List<Leaked>> items = items(leaks);
    for (int i = 0; i < Math.min(items.size(), MOST_ITEMS); i++) {
      text.append('\n');
      item(text, i + 1, items.get(i));
    }
    if (items.size() > MOST_ITEMS) {
      text.append("\n... and ").append(items.size() - MOST_ITEMS).append(" more\n");
    }
    text.append("\nTo allow a stream on purpose: ")
        .append(policy.howToAllow(leaks.get(0).stream().fullMethodName()));
    return text.toString();
  }

  private static String howLong(List<Leaked> leaks, Duration waited, StreamLeakPolicy policy) {
    String open = "still open " + Texts.seconds(waited) + " after " + policy.waitedAfter();
    String abandoned = "ended only by a shutdown";
    long ended = leaks.stream().filter(leak -> leak.stream().isAbandoned()).count();
    if (ended == 0) {
      return open;
    }
    return ended == leaks.size() ? abandoned : open + ", or " + abandoned;
  }

  /**
   * Groups the leaks: those of one method, opening line, cause, state, charge and attempts are one
   * item.
   */
  private static List<List<Leaked>> items(List<Leaked> leaks) {
    Map<List<Object>, List<Leaked>> items = new LinkedHashMap<>();
    for (Leaked leak : leaks) {
      RecordedStream stream = leak.stream();
      List<Object> key =
          List.of(
              stream.fullMethodName(),
              stream.openingLine(),
              leak.cause(),
              stream.state(),
              stream.whyCharged(),
              stream.attempts().toString());
      items.computeIfAbsent(key, k -> new ArrayList<>()).add(leak);
    }
    return List.copyOf(items.values());
  }

  private static void item(StringBuilder text, int number, List<Leaked> equal) {
    RecordedStream stream = equal.get(0).stream();
    String title = stream.title();
    text.append(number).append(". ").append(title);
    if (equal.size() > 1) {
      text.append(", ").append(equal.size()).append(" times");
    }
    text.append(stream.describe().substring(title.length())).append('\n');
    Texts.lines(text, "to fix", equal.get(0).remedy().lines());
  }
}
