package io.github.streamleak.lifecycle;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.RecordedStream;
import java.util.Set;

/**
 * How much of a stream was seen. What was not seen has not been absent, and so nothing that claims
 * an absence, a number or an order may pass on it.
 */
public final class Seen {

  /** What the picker's tracer tells of an attempt whose call nobody has seen. */
  private static final Set<EventKind> BY_TRANSPORT_ONLY =
      Set.of(
          EventKind.STARTED,
          EventKind.ATTEMPT_STARTED,
          EventKind.PICKED,
          EventKind.TRANSPORT_STREAM_CREATED,
          EventKind.ATTEMPT_SENT,
          EventKind.ATTEMPT_RECEIVED,
          EventKind.TRAILERS_RECEIVED,
          EventKind.ATTEMPT_CLOSED,
          EventKind.PICKER_DONE);

  private static final String TRANSPORT =
      "only the transport's part of this stream was seen, since its channel was built before the"
          + " check began";

  private static final String ATTEMPTS =
      "the attempts of this stream were not seen, since its channel is not one of grpc-java, or an"
          + " interceptor has made the call with other call options";

  private Seen() {}

  /** Returns why attempts of {@code stream} may have gone unseen; empty if none has. */
  public static String doubtOnAttempts(RecordedStream stream) {
    return orOnAttempts(doubt(stream), stream);
  }

  private static String orOnAttempts(String doubt, RecordedStream stream) {
    return doubt.isEmpty() && stream.hasUnseenAttempts() ? ATTEMPTS : doubt;
  }

  /**
   * Returns why something may have happened on {@code stream} that was not recorded; empty if all
   * was.
   */
  public static String doubt(RecordedStream stream) {
    String fault = fault(stream);
    return fault.isEmpty() && stream.coverage() == Coverage.TRANSPORT_ONLY ? TRANSPORT : fault;
  }

  /** Returns why picks of {@code stream} may have gone unseen; empty if none has. */
  public static String doubtOnPicks(RecordedStream stream) {
    String fault = fault(stream);
    boolean unseen =
        stream.attempts().stream()
            .anyMatch(attempt -> attempt.hasSubchannel() && attempt.pick() == null);
    return fault.isEmpty() && unseen
        ? "the picks of this stream were not seen, since its channel was built before the first"
            + " recorder was created"
        : orOnAttempts(fault, stream);
  }

  /** Returns why events of {@code kind} may have gone unseen; empty if none has. */
  static String doubt(RecordedStream stream, EventKind kind) {
    String picks =
        kind == EventKind.PICKED || kind == EventKind.PICKER_DONE ? doubtOnPicks(stream) : "";
    if (!picks.isEmpty()) {
      return picks;
    }
    String doubt = BY_TRANSPORT_ONLY.contains(kind) ? fault(stream) : doubt(stream);
    return kind.lane() == Lane.APPLICATION ? doubt : orOnAttempts(doubt, stream);
  }

  /**
   * Returns why there may have been more events of {@code kind} than those that were seen; empty if
   * all were. From the transport one attempt is seen, from its last pick on: a retry is a stream of
   * its own there, and that a pick was buffered, or has failed, is not seen at all.
   *
   * @param attempt the attempt that is meant, or 0 for any
   */
  static String doubtOnRest(RecordedStream stream, EventKind kind, int attempt) {
    boolean wholeAttempt =
        attempt >= 1 && attempt <= stream.attempts().size() && kind != EventKind.PICKED;
    return stream.coverage() != Coverage.TRANSPORT_ONLY || kind == EventKind.STARTED || wholeAttempt
        ? ""
        : TRANSPORT
            + (kind == EventKind.PICKED
                ? "; a pick before the last one would have gone unseen"
                : "; another attempt would be a stream of its own");
  }

  private static String fault(RecordedStream stream) {
    Throwable fault = stream.recorderFault();
    return fault == null
        ? ""
        : "the recorder met an exception of its own while it recorded this stream, and may have"
            + " missed something: "
            + Texts.oneLine(fault.toString());
  }
}
