package io.github.streamleak.assertj;

import static java.util.stream.Collectors.joining;

import io.github.streamleak.lifecycle.StreamSelection;
import io.github.streamleak.stream.RecordedStream;
import java.util.List;

/** What several subjects say alike. */
final class Texts {

  private static final int MOST = 10;

  private Texts() {}

  /** No stream has a negative number of anything. */
  static void requireNotNegative(String what, int n) {
    if (n < 0) {
      throw new IllegalArgumentException(what + " must not be negative, but is " + n);
    }
  }

  /** Returns "there is none", "there is 1", "there are 2". */
  static String thereIs(int n) {
    return n == 0 ? "there is none" : n == 1 ? "there is 1" : "there are " + n;
  }

  /** Returns "there is none", which method was probably meant, and what was recorded. */
  static String thereIsNone(StreamSelection streams) {
    return "there is none"
        + streams.didYouMean().map(near -> "; did you mean " + near + "?").orElse("")
        + recorded(streams);
  }

  /** Returns what else was recorded, if that is known. */
  static String recorded(StreamSelection streams) {
    String recorded = streams.describeRecorded();
    return recorded.isEmpty()
        ? ""
        : "\n\nrecorded:\n" + recorded.lines().map("   "::concat).collect(joining("\n"));
  }

  /** Returns what a count that is off is followed by: the streams, and what else was recorded. */
  static String counted(StreamSelection streams) {
    StringBuilder text = new StringBuilder();
    if (!streams.isEmpty()) {
      text.append(":\n");
    }
    for (int i = 0; i < Math.min(MOST, streams.size()); i++) {
      text.append('\n').append(i + 1).append(". ").append(streams.get(i));
    }
    if (streams.size() > MOST) {
      text.append("\n... and ").append(streams.size() - MOST).append(" more");
    }
    String near = streams.didYouMean().map(name -> "; did you mean " + name + "?").orElse("");
    return near + text + recorded(streams);
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
