package io.github.streamleak.programs;

import java.util.Arrays;

/**
 * One action of a program. The schedule is the order of the steps: the next one begins when all
 * that follows from this one has happened.
 */
enum Step {
  START("start", 0),
  /** The call is created in the Context that can be cancelled, and started in another one. */
  START_ELSEWHERE("startElsewhere", 0),
  REQUEST_1("request1", 16),
  REQUEST_2("request2", 8),
  REQUEST_5("request5", 3),
  SEND("send", 12),
  HALF_CLOSE("halfClose", 10),
  CANCEL("cancel", 3),
  CONTEXT_CANCEL("contextCancel", 3),
  /** The deadline passes by the clock; no timer of gRPC's has fired yet. */
  DEADLINE("deadline", 2),
  /** Asks for a message now and for another one in each {@code onMessage} from here on. */
  AUTO_READ("autoRead", 6),
  STOP("stop", 3),
  THROW_ON_HEADERS("throwOnHeaders", 1),
  THROW_ON_MESSAGE("throwOnMessage", 1),
  THROW_ON_CLOSE("throwOnClose", 1),
  SERVER_HEADERS("server.headers", 14),
  SERVER_MESSAGE("server.message", 28),
  SERVER_CLOSE_OK("server.closeOk", 9),
  SERVER_CLOSE_ERROR("server.closeError", 3),
  /** The handler throws out of its next callback: the start, a message or the half-close. */
  SERVER_THROW("server.throw", 2);

  private final String word;

  /** How often it is drawn; zero where the generator places it itself. */
  private final int weight;

  Step(String word, int weight) {
    this.word = word;
    this.weight = weight;
  }

  int weight() {
    return weight;
  }

  boolean starts() {
    return this == START || this == START_ELSEWHERE;
  }

  /** Returns how many messages this step asks for. */
  int requested() {
    return switch (this) {
      case REQUEST_1, AUTO_READ -> 1;
      case REQUEST_2 -> 2;
      case REQUEST_5 -> 5;
      default -> 0;
    };
  }

  static Step of(String word) {
    return Arrays.stream(values())
        .filter(step -> step.word.equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(word));
  }

  @Override
  public String toString() {
    return word;
  }
}
