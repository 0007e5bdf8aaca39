package io.github.streamleak.stream;

import io.github.streamleak.internal.Addresses;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * One try of a stream on a transport, as it was when the snapshot was taken.
 *
 * <p>A stream has several attempts if it is retried or hedged. Each has a tracer, a pick and a
 * status of its own, while the verdict is about the stream. An attempt has no list of events: those
 * of all attempts are in the stream's, in the order in which they happened.
 */
public final class RecordedAttempt {

  private final RecordedStream stream;
  private final int number;
  private final Retry retry;
  private final @Nullable Pick pick;
  private final @Nullable String delay;
  private final @Nullable String remoteAddress;
  private final @Nullable Status status;
  private final boolean hasPickerTracer;
  private final @Nullable Status pickerStatus;
  private final boolean streamCreated;
  private final boolean inProcess;
  private final boolean serverClosed;
  private final long sent;
  private final long received;

  RecordedAttempt(
      RecordedStream stream,
      int number,
      Retry retry,
      @Nullable Pick pick,
      @Nullable String delay,
      @Nullable String remoteAddress,
      @Nullable Status status,
      boolean hasPickerTracer,
      @Nullable Status pickerStatus,
      boolean streamCreated,
      boolean inProcess,
      boolean serverClosed,
      long sent,
      long received) {
    this.stream = stream;
    this.number = number;
    this.retry = retry;
    this.pick = pick;
    this.delay = delay;
    this.remoteAddress = remoteAddress;
    this.status = status;
    this.hasPickerTracer = hasPickerTracer;
    this.pickerStatus = pickerStatus;
    this.streamCreated = streamCreated;
    this.inProcess = inProcess;
    this.serverClosed = serverClosed;
    this.sent = sent;
    this.received = received;
  }

  /** Returns the stream that this attempt belongs to. The events of the attempt are there. */
  public RecordedStream stream() {
    return stream;
  }

  /** Returns the number of this attempt in its stream, from 1. */
  public int number() {
    return number;
  }

  /** Returns why this attempt was made. */
  public Retry retry() {
    return retry;
  }

  /**
   * Returns the last pick for this attempt, or null if none was seen. Then none has been made yet,
   * or the channel was built before the picker hook was in place.
   */
  public @Nullable Pick pick() {
    return pick;
  }

  /**
   * Returns why there is no pick yet, in gRPC's words, such as {@code "subchannel is connecting"};
   * null if there is one, or if gRPC does not say so (it does since 1.85).
   */
  public @Nullable String pickDelay() {
    return delay;
  }

  /**
   * Returns the address of the transport that took the attempt as {@code host:port}, or null if
   * none has.
   */
  public @Nullable String remoteAddress() {
    return remoteAddress;
  }

  /**
   * Returns whether a transport to {@code address} took the attempt, written {@code host:port} such
   * as {@code 127.0.0.1:50051}. {@code localhost} is every loopback address.
   */
  public boolean isAt(String address) {
    return remoteAddress != null && Addresses.isAmong(remoteAddress, address);
  }

  /** Returns the status that its tracer was closed with, or null while the tracer is open. */
  public @Nullable Status status() {
    return status;
  }

  /** Returns whether the transport that took the attempt is the in-process one. */
  public boolean isInProcess() {
    return inProcess;
  }

  /**
   * Returns whether the transport asked for the tracer that went with the pick. Only then does gRPC
   * owe a picker Done: the pick of a subchannel that is not ready is dropped and repeated, and its
   * tracer is never made.
   */
  public boolean hasPickerTracer() {
    return hasPickerTracer;
  }

  /** Returns the status of picker Done, or null if it has not run. */
  public @Nullable Status pickerStatus() {
    return pickerStatus;
  }

  /** Returns whether its tracer, and that of the picker if there is one, have been closed. */
  public boolean isClosed() {
    return status != null && (!hasPickerTracer || pickerStatus != null);
  }

  /** Returns whether the attempt reached a subchannel. */
  public boolean hasSubchannel() {
    return streamCreated || (pick != null && pick.kind() == Pick.Kind.SUBCHANNEL);
  }

  /** Returns whether the server has closed the attempt: trailers were seen on the transport. */
  public boolean serverClosed() {
    return serverClosed;
  }

  /** Returns the number of outbound messages that the transport took. */
  public long sent() {
    return sent;
  }

  /** Returns the number of inbound messages that the transport received. */
  public long received() {
    return received;
  }

  /** Returns the number, the reason, the pick and the status in one line. */
  @Override
  public String toString() {
    return "attempt " + StreamText.attempt(this, true);
  }
}
