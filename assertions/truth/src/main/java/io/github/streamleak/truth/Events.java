package io.github.streamleak.truth;

import io.github.streamleak.recorder.EventMatcher;
import io.github.streamleak.recorder.Lifecycle;
import io.github.streamleak.recorder.LifecycleResult;
import io.github.streamleak.recorder.RecordedStream;
import io.github.streamleak.recorder.StreamEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the event that a matcher means, where that is sure. */
final class Events {

  private Events() {}

  /** Returns the event that {@code matcher} means; null if there is none, or it may be dropped. */
  static @Nullable StreamEvent find(RecordedStream stream, EventMatcher matcher) {
    boolean last = matcher.describe().startsWith("last ");
    List<StreamEvent> kept = kept(stream, matcher);
    if (kept.isEmpty()) {
      return null;
    }
    StreamEvent found = kept.get(last ? kept.size() - 1 : 0);
    // The dropped events stood together, and as many events stand before this one as its number
    // says: if all of those were kept, it is before the gap.
    boolean beforeGap = stream.events().indexOf(found) == found.at().sequence();
    boolean sure = stream.droppedEvents() == 0 || beforeGap != last;
    return sure || inTheGap(stream, matcher).isMatched() ? found : null;
  }

  /** Decides that no event that {@code matcher} means was dropped; undecidable if one may be. */
  static LifecycleResult inTheGap(RecordedStream stream, EventMatcher matcher) {
    // With a condition that nobody knows, the engine takes no dropped event for one of these.
    return Lifecycle.atMost(
            kept(stream, matcher).size(), matcher.where("that was kept", event -> true))
        .check(stream);
  }

  private static List<StreamEvent> kept(RecordedStream stream, EventMatcher matcher) {
    return stream.events().stream().filter(matcher::matches).toList();
  }
}
