package io.github.streamleak.stream;

/**
 * The kind of client code that started a stream, which is read from the opening stack. The report
 * shows the remedy for this kind.
 */
public enum StubKind {
  /** Generated async stub: {@code StreamObserver}s. */
  ASYNC("async stub"),
  /** Generated future stub: a {@code ListenableFuture}. */
  FUTURE("future stub"),
  /** Generated blocking stub, unary call. */
  BLOCKING("blocking stub"),
  /** Generated blocking stub, server streaming call: an {@code Iterator}. */
  BLOCKING_ITERATOR("blocking iterator"),
  /** Generated blocking v2 stub: a {@code BlockingClientCall}, or a unary call. */
  BLOCKING_V2("blocking v2 stub"),
  /** Coroutine stub of grpc-kotlin. */
  KOTLIN("coroutine stub"),
  /** Reactor stub of reactor-grpc. */
  REACTOR("Reactor stub"),
  /** RxJava stub of rx3grpc or rxgrpc. */
  RX("RxJava stub"),
  /** Mutiny stub of Quarkus. */
  MUTINY("Mutiny stub"),
  /**
   * Google's client libraries (gax): a {@code ServerStream}, a {@code BidiStream} or a callable.
   */
  GAX("gax client"),
  /** A {@code ClientCall} used without a stub. */
  RAW_CALL("raw ClientCall"),
  /**
   * The kind is not known, because no opening stack was taken or it shows no line of the caller.
   */
  UNKNOWN("unknown stub");

  private final String text;

  StubKind(String text) {
    this.text = text;
  }

  /** Returns the words used for this kind in a failure text. */
  public String text() {
    return text;
  }
}
