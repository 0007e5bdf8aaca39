package io.github.streamleak.stream;

/** One of the ways in which a stream stops holding what it took. */
public enum StreamRelease {
  /** The terminal status reached the application, and every attempt that got a tracer is closed. */
  TERMINAL_STATUS,

  /**
   * The application cancelled the call, the {@link io.grpc.Context} it was started in was
   * cancelled, or gRPC cancelled because the application's listener threw. Counts even where the
   * transport swallows the cancel, as in-process does once the server has finished with messages
   * unread.
   */
  CANCELLED,

  /** The earlier of the call's and the {@link io.grpc.Context}'s deadline has passed. */
  DEADLINE,

  /** Every attempt that got a tracer has been closed, and no attempt can follow. */
  PICKER_DONE
}
