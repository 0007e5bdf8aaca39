package io.github.streamleak.run;

import io.github.streamleak.stream.RecordedStream;
import java.util.List;

/**
 * Shuts down the servers, channels and other resources of a test or class.
 *
 * <p>A check calls this after it has judged and released the streams. Before that, the shutdown of
 * a channel would release a stream that has leaked, and nobody would see the leak.
 */
@FunctionalInterface
public interface Shutdown {

  /**
   * Closes what is not a server or a channel, before the check judges: a client that is to be
   * closed with the test has its chance to release its streams. Returns what went wrong.
   */
  default List<Problem> closeClients() {
    return List.of();
  }

  /**
   * Shuts everything down and returns what went wrong.
   *
   * @param openBefore the streams that were open when the check judged
   */
  List<Problem> shutDown(List<RecordedStream> openBefore);

  /**
   * Something that went wrong during the shutdown.
   *
   * @param thrown what was thrown, or what describes it
   * @param isFinding whether it is a finding of the check, which fails the test only if a leak
   *     would; anything else fails the test in every mode
   */
  record Problem(Throwable thrown, boolean isFinding) {}
}
