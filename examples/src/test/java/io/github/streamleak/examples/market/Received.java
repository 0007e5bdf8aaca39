package io.github.streamleak.examples.market;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what a call receives, for a test to wait for. */
public final class Received<T> implements StreamObserver<T> {
  private static final int HANG_SECONDS = 10;

  private final BlockingQueue<T> messages = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> terminalStatus = new CompletableFuture<>();

  /** Waits for the next message that nobody has taken. */
  public T next() throws InterruptedException {
    T message = messages.poll(HANG_SECONDS, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no message within " + HANG_SECONDS + " s");
    }
    return message;
  }

  /** Waits for the terminal status. */
  public Status terminalStatus() throws Exception {
    return terminalStatus.get(HANG_SECONDS, TimeUnit.SECONDS);
  }

  /** Returns whether the terminal status has come. */
  public boolean hasEnded() {
    return terminalStatus.isDone();
  }

  @Override
  public void onNext(T message) {
    messages.add(message);
  }

  @Override
  public void onError(Throwable failure) {
    terminalStatus.complete(Status.fromThrowable(failure));
  }

  @Override
  public void onCompleted() {
    terminalStatus.complete(Status.OK);
  }
}
