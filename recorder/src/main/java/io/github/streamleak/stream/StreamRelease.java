package io.github.streamleak.stream;

/** One of the ways in which a stream is released: it no longer holds the resources it took. */
public enum StreamRelease {
  /** The terminal status reached the application, and every attempt that got a tracer is closed. */
  TERMINAL_STATUS,

  /**
   * The application cancelled the call, the {@link io.grpc.Context} it was made in was cancelled,
   * or gRPC cancelled the call because the application's listener threw. It counts even if the
   * transport ignores the cancel, as in-process does once the server has finished and messages are
   * unread: the client has done what it must.
   */
  CANCELLED,

  /** The earlier of the call's and the {@link io.grpc.Context}'s deadline has passed. */
  DEADLINE,

  /** Every attempt that got a tracer has been closed, and no attempt can follow. */
  PICKER_DONE
}
