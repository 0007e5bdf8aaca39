package io.github.streamleak.report;

/** Describes a finding in one or two sentences, for places that have no room for more. */
final class Sentences {

  private Sentences() {}

  /** Returns what was found, where, in which test, how often, and the line that mends it. */
  static String of(Entry entry, int times) {
    StringBuilder text = new StringBuilder(entry.method()).append(": ").append(entry.sentence());
    text.append(". Opened at ").append(entry.openedAt());
    if (entry.calledBy() != null) {
      text.append(", called by ").append(Frames.link(entry.calledBy()));
    }
    text.append(", in ").append(entry.testName());
    if (times > 1) {
      text.append(", ").append(times).append(" times in all");
    }
    text.append('.');
    if (!entry.remedy().isEmpty()) {
      text.append(" To fix: ").append(entry.remedy().get(0));
    }
    return text.toString();
  }
}
