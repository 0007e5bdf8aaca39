package io.github.streamleak.report;

/** What is said of a finding where there is room for no more than a sentence or two. */
final class Sentences {

  private Sentences() {}

  /** Says what was found, where, in which test, how often, and what mends it. */
  static String of(Entry entry, int times) {
    StringBuilder text = new StringBuilder(entry.method()).append(": ").append(entry.sentence());
    text.append(". Opened at ").append(entry.openedAt());
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
