package io.github.streamleak.remedies;

import io.grpc.CallCredentials;
import io.grpc.Channel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;

/** What a leaky program finds around it. */
public interface Scene {

  /** Something that may fail. */
  interface Action {
    /** Does it. */
    void run() throws Exception;
  }

  /** Returns the recorded channel. */
  Channel channel();

  /** Returns credentials that neither apply nor fail until the scene is over. */
  CallCredentials neverApplied();

  /** Returns an executor of the program's own. */
  Executor executor();

  /** Waits until the scene is over. */
  void untilTheEnd();

  /** Waits for {@code latch}. */
  void await(CountDownLatch latch);

  /** Waits until {@code future} is done, whatever it has come to. */
  void awaitDone(Future<?> future);

  /** Does something on a thread that nobody joins; what it throws is forgotten. */
  void inBackground(Action action);

  /** Takes an answer. */
  void print(String answer);

  /**
   * Fails, as a source of messages may.
   *
   * @throws IllegalStateException always
   */
  void fail();
}
