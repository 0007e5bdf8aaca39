package io.github.streamleak.conformance;

import io.grpc.MethodDescriptor.MethodType;
import java.util.List;

/** The stub kinds of the grid, and how each of them asks for messages. */
enum Kind {
  ASYNC("async stub"),
  FUTURE("future stub"),
  BLOCKING("blocking stub"),
  ITERATOR("blocking iterator"),
  JAVA_STREAM("java.util.stream.Stream over the iterator"),
  V2("blocking v2"),
  RAW("raw ClientCall, manual flow control"),
  OBSERVER("ClientResponseObserver, disableAutoRequestWithInitial");

  /** More than any server of the grid sends. */
  static final int EVERYTHING = Integer.MAX_VALUE;

  private final String text;

  Kind(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  List<MethodType> types() {
    return switch (this) {
      case ASYNC, RAW, OBSERVER, V2 ->
          List.of(
              MethodType.UNARY,
              MethodType.SERVER_STREAMING,
              MethodType.CLIENT_STREAMING,
              MethodType.BIDI_STREAMING);
      case FUTURE, BLOCKING -> List.of(MethodType.UNARY);
      case ITERATOR, JAVA_STREAM -> List.of(MethodType.SERVER_STREAMING);
    };
  }

  /**
   * Returns how many messages gRPC has been asked for once the application has taken {@code taken}
   * of them: the iterator and blocking v2 ask for one at the start and for one more with each that
   * is taken; an async stub asks for the next by itself; a single answer is asked for with 2; under
   * manual flow control it is what the application asked for.
   */
  int demand(MethodType type, int taken) {
    return switch (this) {
      case ITERATOR, JAVA_STREAM -> taken + 1;
      case V2 -> type == MethodType.UNARY ? 2 : taken + 1;
      case ASYNC -> type.serverSendsOneMessage() ? 2 : EVERYTHING;
      case FUTURE, BLOCKING -> 2;
      case RAW -> taken;
      // The adapter turns request(1) into request(2) where one answer is due.
      case OBSERVER -> type.serverSendsOneMessage() && taken > 0 ? 2 : taken;
    };
  }

  /** Whether callbacks run only while the application waits in the stub. */
  boolean callbacksOnlyWhileWaiting(MethodType type) {
    return this == V2 && type != MethodType.UNARY;
  }
}
