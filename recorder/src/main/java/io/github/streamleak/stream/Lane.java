package io.github.streamleak.stream;

/** Who saw an event. A report draws one line for each. */
public enum Lane {
  /** The application: what it does on the call and what it receives. */
  APPLICATION,
  /** One attempt on a transport. */
  ATTEMPT,
  /** The load balancer's picker. */
  PICKER
}
