package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The verdict on a whole run in one sentence. It stands in {@code streams.json}, from which the
 * page takes it, and at the top of the summary.
 */
final class Verdict {

  /** The outcome whose mark stands beside the sentence. */
  private final Outcome kind;

  private final String sentence;

  /** What the reader may do about it; null if nothing. */
  private final @Nullable String advice;

  private Verdict(Outcome kind, String sentence, @Nullable String advice) {
    this.kind = kind;
    this.sentence = sentence;
    this.advice = advice;
  }

  String sentence() {
    return sentence;
  }

  @Nullable String advice() {
    return advice;
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("kind", kind.text());
    json.add("sentence", Json.text(sentence));
    json.add("advice", Json.text(advice));
    return json;
  }

  static Verdict of(JsonObject report) {
    Tally tally = Tally.of(report);
    String seen = seen(report);
    String least = tally.omitted() > 0 ? "at least " : "";
    int leaked = tally.leaks(Outcome.FAILED);
    int others = tally.others(Outcome.FAILED);
    if (leaked > 0) {
      return new Verdict(
          Outcome.FAILED,
          capital(least + Texts.count(leaked, "gRPC client stream"))
              + " leaked"
              + where(report, Outcome.FAILED, /* leaks= */ true)
              + seen
              + (others == 0 ? "" : ", and " + fail(others))
              + rest(tally, /* warnedLeaksSaid= */ false),
          null);
    }
    if (others > 0) {
      return new Verdict(
          Outcome.FAILED,
          "No gRPC client stream leaked, but "
              + least
              + fail(others)
              + where(report, Outcome.FAILED, /* leaks= */ false)
              + rest(tally, /* warnedLeaksSaid= */ false),
          null);
    }
    int warned = tally.leaks(Outcome.WARNED);
    if (warned > 0) {
      return new Verdict(
          Outcome.WARNED,
          capital(least + Texts.count(warned, "gRPC client stream"))
              + " leaked"
              + where(report, Outcome.WARNED, /* leaks= */ true)
              + seen
              + ", and no test fails: the mode is warn"
              + rest(tally, /* warnedLeaksSaid= */ true),
          null);
    }
    if (tally.findings() == 0 && tally.streams() == 0) {
      return nothingRecorded(report, tally);
    }
    String none =
        tally.of(Outcome.KNOWN) > 0
            ? "No new gRPC client stream leaked"
            : "No gRPC client stream leaked";
    if (tally.findings() > 0) {
      return new Verdict(
          tally.of(Outcome.WARNED) + tally.of(Outcome.FLAKY) > 0
              ? Outcome.WARNED
              : tally.of(Outcome.UNDECIDED) > 0 ? Outcome.UNDECIDED : Outcome.ALLOWED,
          none + seen + rest(tally, /* warnedLeaksSaid= */ false),
          null);
    }
    return new Verdict(
        Outcome.ALLOWED,
        none
            + seen
            + ": "
            + (tally.streams() == 1
                ? "the one recorded was released."
                : "all " + Texts.number(tally.streams()) + " recorded were released."),
        null);
  }

  private static Verdict nothingRecorded(JsonObject report, Tally tally) {
    long channels = tally.channels();
    return channels == 0
        ? new Verdict(
            Outcome.UNDECIDED,
            "Nothing was recorded: not one channel was seen.",
            "This does not mean that nothing leaks. " + whyNothing(report))
        : new Verdict(
            Outcome.UNDECIDED,
            "Nothing was recorded: "
                + Texts.count(channels, "channel")
                + (channels == 1 ? " was" : " were")
                + " seen, and no stream was started on "
                + (channels == 1 ? "it." : "them."),
            null);
  }

  /** Returns why no channel may have been seen, for a run that recorded nothing. */
  static String whyNothing(JsonObject report) {
    boolean own =
        Json.objects(report, "jvms").stream()
            .allMatch(jvm -> Json.string(jvm, "watch", "").equalsIgnoreCase("own"));
    return own
        ? "With streamleak.watch = own only the channels are recorded that the check itself makes or"
            + " is given."
        : "Either the tests use no gRPC client, or the check did not reach it: a channel that was"
            + " built before the check began is not seen, nor is one that no ManagedChannelBuilder"
            + " built, nor one of a second copy of gRPC on the class path.";
  }

  private static String fail(int others) {
    return Texts.count(others, "other finding") + (others == 1 ? " fails" : " fail");
  }

  private static String rest(Tally tally, boolean warnedLeaksSaid) {
    List<String> parts = new ArrayList<>();
    int flaky = tally.of(Outcome.FLAKY);
    if (flaky > 0) {
      parts.add(Texts.number(flaky) + (flaky == 1 ? " is flaky" : " are flaky"));
    }
    int warned = warnedLeaksSaid ? tally.others(Outcome.WARNED) : tally.of(Outcome.WARNED);
    if (warned > 0) {
      parts.add(Texts.count(warned, warnedLeaksSaid ? "other warning" : "warning"));
    }
    int known = tally.of(Outcome.KNOWN);
    if (known > 0) {
      parts.add(Texts.number(known) + (known == 1 ? " is known" : " are known"));
    }
    int allowed = tally.of(Outcome.ALLOWED);
    if (allowed > 0) {
      parts.add(Texts.number(allowed) + (allowed == 1 ? " is allowed" : " are allowed"));
    }
    int undecided = tally.of(Outcome.UNDECIDED);
    if (undecided > 0) {
      parts.add(Texts.number(undecided) + " could not be judged");
    }
    return parts.isEmpty() ? "." : "; " + String.join(", ", parts) + ".";
  }

  private static String where(JsonObject report, Outcome outcome, boolean leaks) {
    Set<String> tests = new HashSet<>();
    Set<String> classes = new HashSet<>();
    boolean outside = false;
    for (JsonObject json : Json.objects(report, "entries")) {
      Entry entry = new Entry(json);
      if (entry.outcome() != outcome || entry.isLeak() != leaks) {
        continue;
      }
      switch (entry.scope()) {
        case "test" -> tests.add(entry.testClassOrEmpty() + "." + entry.testMethod());
        case "class" -> classes.add(entry.testClassOrEmpty());
        default -> outside = true;
      }
    }
    List<String> parts = new ArrayList<>();
    if (!tests.isEmpty()) {
      parts.add(Texts.count(tests.size(), "test"));
    }
    if (!classes.isEmpty()) {
      parts.add(
          Texts.number(classes.size()) + (classes.size() == 1 ? " test class" : " test classes"));
    }
    String inside = parts.isEmpty() ? "" : " in " + String.join(" and ", parts);
    return inside + (outside ? (inside.isEmpty() ? "" : " and") + " outside of any test" : "");
  }

  private static String seen(JsonObject report) {
    Set<Boolean> views =
        Json.objects(report, "jvms").stream()
            .map(
                jvm ->
                    Json.string(jvm, "view", "").toLowerCase(Locale.ROOT).startsWith("transport"))
            .collect(Collectors.toSet());
    if (!views.contains(true)) {
      return "";
    }
    return views.contains(false)
        ? ", in part seen from the transport only"
        : ", seen from the transport only";
  }

  private static String capital(String text) {
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }
}
