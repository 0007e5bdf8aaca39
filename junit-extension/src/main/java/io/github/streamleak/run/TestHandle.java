package io.github.streamleak.run;

import io.github.streamleak.stream.RecordedStream;
import java.util.List;

/** A test or class that is about to be judged, as its runner knows it. */
public interface TestHandle {

  /** Returns whether it has failed or was aborted already, for another reason than a leak. */
  boolean hasFailed();

  /**
   * Publishes a note in addition to its result.
   *
   * @param key the kind of note, such as {@code streamleak.allowed}
   */
  void publish(String key, String text);

  /**
   * Attaches the whole story of each stream to its result. A runner that cannot attach files does
   * nothing; the failure itself and the report say the same.
   */
  void attach(List<RecordedStream> streams);
}
