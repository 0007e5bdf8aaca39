package io.github.streamleak.programs;

/** What the programs run on. */
enum Transport {
  /** Everything on the caller's thread. */
  IN_PROCESS,
  /** HTTP/2 on loopback, with an event loop for each side; callbacks run on the event loops. */
  NETTY
}
