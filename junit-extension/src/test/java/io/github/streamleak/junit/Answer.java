package io.github.streamleak.junit;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** Keeps the last message of a call, for whoever waits for the terminal status. */
final class Answer implements StreamObserver<String> {
  private final CompletableFuture<String> completed = new CompletableFuture<>();
  private volatile String value = "none";

  @Override
  public void onNext(String next) {
    value = next;
  }

  @Override
  public void onError(Throwable thrown) {
    completed.completeExceptionally(thrown);
  }

  @Override
  public void onCompleted() {
    completed.complete(value);
  }

  /** Waits for the terminal status, and returns the last message. */
  String get() {
    return completed.join();
  }
}
