package io.github.streamleak.assertj;

import io.github.streamleak.stream.RecordedStream;
import java.util.List;

/** What several subjects say alike. */
final class Texts {

  private static final int MOST = 10;

  private Texts() {}

  /** Returns "there is none", "there is 1", "there are 2". */
  static String thereIs(int n) {
    return n == 0 ? "there is none" : n == 1 ? "there is 1" : "there are " + n;
  }

  /** Returns each stream with its opening line, state and events; the first ones of many. */
  static String described(List<RecordedStream> streams) {
    StringBuilder text = new StringBuilder();
    for (RecordedStream stream : streams.subList(0, Math.min(MOST, streams.size()))) {
      text.append("\n\n").append(stream.describe());
    }
    if (streams.size() > MOST) {
      text.append("\n\n... and ").append(streams.size() - MOST).append(" more");
    }
    return text.toString();
  }
}
