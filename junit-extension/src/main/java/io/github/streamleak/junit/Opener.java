package io.github.streamleak.junit;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A test or a class that may open streams, from its first callback to its verdict. */
final class Opener {

  private final RunWatch run;
  private volatile @Nullable GrpcStreamRecorder recorder;
  private final Class<?> testClass;
  private final Optional<String> method;
  private volatile boolean running = true;

  /**
   * Makes an opener that is running.
   *
   * @param recorder null for a test that is not checked, whose streams are not to be charged to
   *     another one
   * @param method the name of the test method; empty for a class
   */
  Opener(
      RunWatch run,
      @Nullable GrpcStreamRecorder recorder,
      Class<?> testClass,
      Optional<String> method) {
    this.run = run;
    this.recorder = recorder;
    this.testClass = testClass;
    this.method = method;
  }

  RunWatch run() {
    return run;
  }

  @Nullable GrpcStreamRecorder recorder() {
    return recorder;
  }

  Class<?> testClass() {
    return testClass;
  }

  boolean isTest() {
    return method.isPresent();
  }

  boolean isRunning() {
    return running;
  }

  /**
   * Lets go of the recorder too: threads of pools keep what they inherited as long as they live.
   */
  void over() {
    running = false;
    recorder = null;
  }

  /** Returns whether {@code stack} runs through this test: its method, or a lambda in it. */
  boolean isMethodIn(StackTraceElement[] stack) {
    if (method.isEmpty()) {
      return false;
    }
    for (StackTraceElement frame : stack) {
      if (isJavasOf(method.get(), frame) || isKotlinLambdaOf(method.get(), frame)) {
        return true;
      }
    }
    return false;
  }

  private boolean isJavasOf(String method, StackTraceElement frame) {
    return isOfClass(frame)
        && (frame.getMethodName().equals(method)
            || frame.getMethodName().startsWith("lambda$" + method + "$"));
  }

  /** Kotlin makes a class of each lambda that may suspend, named after the method it stands in. */
  private boolean isKotlinLambdaOf(String method, StackTraceElement frame) {
    String start = testClass.getName() + "$" + method + "$";
    String name = frame.getClassName();
    return name.startsWith(start)
        && name.length() > start.length()
        && Character.isDigit(name.charAt(start.length()));
  }

  /** Returns whether {@code stack} runs through the class of this test. */
  boolean isClassIn(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      if (isOfClass(frame)) {
        return true;
      }
    }
    return false;
  }

  /** Anonymous and local classes of a test class count as it, nested ones are classes apart. */
  private boolean isOfClass(StackTraceElement frame) {
    String name = frame.getClassName();
    String mine = testClass.getName();
    return name.equals(mine)
        || (name.startsWith(mine + "$")
            && name.length() > mine.length() + 1
            && Character.isDigit(name.charAt(mine.length() + 1)));
  }
}
