package io.github.streamleak.stream;

/**
 * The kinds of events. This is the only place that says who sees an event and what it is called:
 * reports, tables and expectations all take their words from here.
 *
 * <p>The kinds are an enum beside the classes of {@link StreamEvent}, because the recorder's log
 * keeps an event as a few bytes and makes the object only when a snapshot is read. A kind can be
 * counted and compared without that object.
 */
public enum EventKind {
  /** See {@link StreamEvent.Started}. */
  STARTED(Lane.APPLICATION, "started"),
  /** See {@link StreamEvent.Requested}. */
  REQUESTED(Lane.APPLICATION, "requested"),
  /** See {@link StreamEvent.Sent}. */
  SENT(Lane.APPLICATION, "outbound message#"),
  /** See {@link StreamEvent.HalfClosed}. */
  HALF_CLOSED(Lane.APPLICATION, "half-closed"),
  /** See {@link StreamEvent.Cancelled}. */
  CANCELLED(Lane.APPLICATION, "cancelled"),
  /** See {@link StreamEvent.DeadlinePassed}. */
  DEADLINE_PASSED(Lane.APPLICATION, "deadline passed"),
  /** See {@link StreamEvent.HeadersReceived}. */
  HEADERS_RECEIVED(Lane.APPLICATION, "headers"),
  /** See {@link StreamEvent.Received}. */
  RECEIVED(Lane.APPLICATION, "inbound message#"),
  /** See {@link StreamEvent.Terminated}. */
  TERMINATED(Lane.APPLICATION, "terminal status"),
  /** See {@link StreamEvent.ListenerThrew}. */
  LISTENER_THREW(Lane.APPLICATION, "listener threw"),
  /** See {@link StreamEvent.AttemptStarted}. */
  ATTEMPT_STARTED(Lane.ATTEMPT, "attempt started"),
  /** See {@link StreamEvent.Picked}. */
  PICKED(Lane.PICKER, "pick"),
  /** See {@link StreamEvent.TransportStreamCreated}. */
  TRANSPORT_STREAM_CREATED(Lane.ATTEMPT, "stream created"),
  /** See {@link StreamEvent.AttemptHeadersSent}. */
  ATTEMPT_HEADERS_SENT(Lane.ATTEMPT, "headers sent"),
  /** See {@link StreamEvent.AttemptSent}. */
  ATTEMPT_SENT(Lane.ATTEMPT, "outbound message# on the transport"),
  /** See {@link StreamEvent.AttemptHeadersReceived}. */
  ATTEMPT_HEADERS_RECEIVED(Lane.ATTEMPT, "headers on the transport"),
  /** See {@link StreamEvent.AttemptReceived}. */
  ATTEMPT_RECEIVED(Lane.ATTEMPT, "inbound message# on the transport"),
  /** See {@link StreamEvent.TrailersReceived}. */
  TRAILERS_RECEIVED(Lane.ATTEMPT, "trailers on the transport"),
  /** See {@link StreamEvent.AttemptClosed}. */
  ATTEMPT_CLOSED(Lane.ATTEMPT, "attempt closed"),
  /** See {@link StreamEvent.PickerDone}. */
  PICKER_DONE(Lane.PICKER, "picker Done");

  /** Stands in the words of a message for its number. */
  private static final String NUMBER = "#";

  private final Lane lane;
  private final String words;

  EventKind(Lane lane, String words) {
    this.lane = lane;
    this.words = words;
  }

  /** Returns who sees events of this kind. */
  public Lane lane() {
    return lane;
  }

  /** Returns what an event of this kind is called: "outbound message". */
  public String words() {
    return words.replace(NUMBER, "");
  }

  /**
   * Returns what message {@code number} of this kind is called: "outbound message #2". If events of
   * this kind are not messages, returns {@link #words()}.
   */
  public String words(long number) {
    return words.replace(NUMBER, " #" + number);
  }

  /** Returns whether events of this kind are messages, which are numbered from 0. */
  public boolean isMessage() {
    return words.contains(NUMBER);
  }

  /** Returns {@link #words()}. */
  @Override
  public String toString() {
    return words();
  }
}
