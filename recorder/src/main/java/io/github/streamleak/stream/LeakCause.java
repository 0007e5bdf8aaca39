package io.github.streamleak.stream;

import java.util.Locale;

/**
 * Why a stream is open, worked out from what was recorded. The cause decides which remedy the
 * report shows.
 *
 * <p>Each cause names the end that has to take the next step. That is the end whose code has to
 * change, and it need not be the client that the test is about.
 */
public enum LeakCause {
  /** Messages or the terminal status are waiting, and the client has stopped asking for them. */
  NOT_DRAINED(
      "messages or the terminal status wait, and the client has stopped asking",
      Party.CLIENT,
      "read on to the terminal status, or cancel"),

  /** The client has neither half-closed nor cancelled. */
  NOT_HALF_CLOSED(
      "the client has neither half-closed nor cancelled",
      Party.CLIENT,
      "half-close and read to the terminal status, or cancel"),

  /** The client has half-closed and waits for the one response, and the server has not closed. */
  SERVER_NOT_FINISHED(
      "the client has half-closed and waits for the response, and the server has not closed",
      Party.SERVER,
      "the handler closes on every path; the client sets a deadline"),

  /**
   * The client has half-closed and asks for more messages of a server that may send many, and
   * neither end has closed. So looks a subscription that its client has forgotten, and a handler
   * that has forgotten to complete: which of the two it is, no record can tell.
   */
  STILL_SUBSCRIBED(
      "the client has half-closed and asks for more, and neither end has closed",
      Party.EITHER,
      "the client cancels when it closes, or the handler closes on every path"),

  /** A callback of the client has not returned, for longer than the quiet time of a check. */
  CALLBACK_NOT_RETURNED(
      "a callback of the client has not returned, so nothing can follow it",
      Party.CLIENT,
      "return from every callback, and wait elsewhere; or cancel"),

  /** No attempt has a subchannel. */
  NOT_PICKED(
      "no attempt has a subchannel",
      Party.CHANNEL,
      "a name, address and policy that can be reached; the client sets a deadline"),

  /** An attempt has a subchannel, and the transport has not sent the request. */
  WAITING_FOR_TRANSPORT(
      "the request has not left the client",
      Party.CLIENT,
      "what the transport waits for, or cancel"),

  /** All attempts are closed, and gRPC has not begun the next one yet. */
  WAITING_TO_RETRY(
      "all attempts have failed, and gRPC waits before the next one",
      Party.CLIENT,
      "wait for the next attempt, or cancel"),

  /** The terminal status has arrived, but the tracer of an attempt was never closed. */
  ATTEMPT_NOT_CLOSED(
      "the application has its terminal status, but an attempt is still open",
      Party.TRANSPORT,
      "whoever gave the status (an interceptor, balancer or transport) cancels the attempt");

  private final String text;
  private final Party owedBy;
  private final String owes;

  LeakCause(String text, Party owedBy, String owes) {
    this.text = text;
    this.owedBy = owedBy;
    this.owes = owes;
  }

  /** Returns what was found, in a few words. */
  public String text() {
    return text;
  }

  /** Returns which end owes the next step. */
  public Party owedBy() {
    return owedBy;
  }

  /** Returns the step that is owed. */
  public String owes() {
    return owes;
  }

  /** An end of a stream. */
  public enum Party {
    /** The code that started the call. */
    CLIENT,
    /** The service's handler. */
    SERVER,
    /** The channel: its name resolver, its load balancing policy, the address it was given. */
    CHANNEL,
    /** The server, or the client: which of them cannot be told. */
    EITHER,
    /** What lies between the application and the wire: interceptors, balancer, transport. */
    TRANSPORT;

    /** Returns the words for this end in a report: "the client". */
    public String text() {
      return this == EITHER
          ? "the server, or the client that no longer wants it"
          : "the " + name().toLowerCase(Locale.ROOT);
    }
  }
}
