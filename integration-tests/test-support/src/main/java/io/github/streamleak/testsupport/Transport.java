package io.github.streamleak.testsupport;

/** What carries the calls of a test. */
public enum Transport {
  /** Everything on the caller's thread: the order of events is the same in every run. */
  IN_PROCESS_DIRECT,
  /** Callbacks on gRPC's pool. */
  IN_PROCESS_POOLED,
  /** HTTP/2 on loopback. */
  NETTY
}
