package io.github.streamleak.truth;

import io.github.streamleak.stream.RecordedStream;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How values read in a fact. */
final class Texts {

  private static final int MOST_STREAMS = 10;

  private Texts() {}

  /** No stream has a negative number of anything. */
  static void requireNotNegative(String what, int n) {
    if (n < 0) {
      throw new IllegalArgumentException(what + " must not be negative, but is " + n);
    }
  }

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
  }

  static String millis(Duration duration) {
    return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
  }

  static String code(@Nullable Status status) {
    return status == null ? "none" : status.getCode().name();
  }

  static String released(RecordedStream stream) {
    return stream.releases().isEmpty() ? "released" : "released by " + stream.releases().get(0);
  }

  /** Renders what became of a stream. */
  static String state(RecordedStream stream) {
    return stream.cause().map(cause -> "open, " + cause).orElseGet(() -> released(stream));
  }

  /** Renders a stream in one line. */
  static String line(RecordedStream stream) {
    return stream.fullMethodName()
        + " ("
        + stream.methodType()
        + "), "
        + state(stream)
        + stream.openingLink().map(", opened at "::concat).orElse("");
  }

  static String lines(List<RecordedStream> streams) {
    if (streams.isEmpty()) {
      return "none";
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(streams.size(), MOST_STREAMS); i++) {
      text.append(i + 1).append(". ").append(line(streams.get(i))).append('\n');
    }
    return withRest(text, streams);
  }

  /** Renders each stream with its events. */
  static String described(List<RecordedStream> streams) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(streams.size(), MOST_STREAMS); i++) {
      text.append(i + 1).append(". ").append(streams.get(i).describe()).append('\n');
    }
    return withRest(text, streams);
  }

  private static String withRest(StringBuilder text, List<RecordedStream> streams) {
    if (streams.size() > MOST_STREAMS) {
      text.append("... and ").append(streams.size() - MOST_STREAMS).append(" more\n");
    }
    return text.toString().stripTrailing();
  }
}
