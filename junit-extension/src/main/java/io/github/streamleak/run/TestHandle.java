package io.github.streamleak.run;

import io.github.streamleak.stream.RecordedStream;
import java.util.List;

/** The test or class that a check is about to judge, as its runner knows it. */
public interface TestHandle {

  /** Returns whether it has failed or was aborted already, for a reason of its own. */
  boolean hasFailed();

  /**
   * Publishes a note beside its result.
   *
   * @param key what kind of note it is, such as {@code streamleak.allowed}
   */
  void publish(String key, String text);

  /**
   * Attaches the whole story of each stream to its result. A runner that cannot attach files does
   * nothing: the failure itself and the report tell the same.
   */
  void attach(List<RecordedStream> streams);
}
