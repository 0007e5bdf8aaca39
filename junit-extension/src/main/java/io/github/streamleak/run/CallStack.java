package io.github.streamleak.run;

import java.util.List;

/**
 * What the stack of a call shows about its owner.
 *
 * <p>Classes are compared by name, because most of the libraries in question are on the class path
 * of few runs only.
 */
final class CallStack {

  /**
   * The threads of these are shared: what they run need not belong to the test that started them.
   */
  private static final List<String> POOLS =
      List.of(
          "java.util.concurrent.ThreadPoolExecutor$Worker",
          "java.util.concurrent.ForkJoinWorkerThread",
          "java.util.TimerThread",
          "kotlinx.coroutines.scheduling.CoroutineScheduler$Worker",
          "kotlinx.coroutines.DefaultExecutor",
          "io.netty.util.concurrent.SingleThreadEventExecutor",
          "io.grpc.netty.shaded.io.netty.util.concurrent.SingleThreadEventExecutor");

  /**
   * A thread that these run is the own thread of a test. If it is not marked, that test is not
   * checked.
   */
  private static final List<String> RUNNERS =
      List.of(
          "org.junit.platform.engine.support.hierarchical.NodeTestTask",
          "org.junit.runners.ParentRunner",
          "org.testng.internal");

  /** JUnit's own; a class of it that runs code under a timeout has "Preemptive" in its name. */
  private static final String JUNIT = "org.junit.jupiter.api.";

  /** Asks a condition until it holds, by default on a thread that it makes for one wait. */
  private static final String AWAITILITY = "org.awaitility.core.";

  /** The JDK's executors run a task with this if it repeats, and only then. */
  private static final String REPEATED = "java.util.concurrent.FutureTask.runAndReset";

  private final StackTraceElement[] frames;

  private CallStack(StackTraceElement[] frames) {
    this.frames = frames;
  }

  /** Returns the stack of this thread. */
  static CallStack here() {
    return new CallStack(new Throwable().getStackTrace());
  }

  /** Returns whether a test framework runs this thread. */
  boolean isOfARunner() {
    return passes(RUNNERS);
  }

  /** Returns whether this is the thread of a pool that several tests may share. */
  boolean isOfASharedPool() {
    return passes(POOLS) && !isOfAPoolForOneTest();
  }

  /**
   * Returns whether this is the thread of a pool that was made for one test: for code under a
   * timeout, or for a condition that is waited for.
   *
   * <p>JUnit has renamed the class that runs such code in 6.0 and again in 6.1; what it does has
   * stayed in its name.
   */
  private boolean isOfAPoolForOneTest() {
    for (StackTraceElement frame : frames) {
      String name = frame.getClassName();
      if (name.startsWith(AWAITILITY) || (name.startsWith(JUNIT) && name.contains("Preemptive"))) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether this is a job that an executor repeats. */
  boolean isOfARepeatedJob() {
    for (StackTraceElement frame : frames) {
      if (REPEATED.equals(frame.getClassName() + "." + frame.getMethodName())) {
        return true;
      }
    }
    return false;
  }

  private boolean passes(List<String> classes) {
    for (StackTraceElement frame : frames) {
      for (String name : classes) {
        if (frame.getClassName().startsWith(name)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Returns whether this stack runs through the method of a test, or through a lambda in it. */
  boolean passesMethodOf(Owner test) {
    Class<?> testClass = test.testClass();
    if (testClass == null || !test.isTest()) {
      return false;
    }
    String method = test.method().get();
    for (StackTraceElement frame : frames) {
      if (isJavasOf(testClass, method, frame) || isKotlinLambdaOf(testClass, method, frame)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isJavasOf(Class<?> testClass, String method, StackTraceElement frame) {
    return isOf(testClass, frame)
        && (frame.getMethodName().equals(method)
            || frame.getMethodName().startsWith("lambda$" + method + "$"));
  }

  /** Kotlin makes a class of each lambda that may suspend, and names it after its method. */
  private static boolean isKotlinLambdaOf(
      Class<?> testClass, String method, StackTraceElement frame) {
    return isNumbered(frame.getClassName(), testClass.getName() + "$" + method + "$");
  }

  /** Returns whether this stack runs through the class of a test. */
  boolean passesClassOf(Owner test) {
    Class<?> testClass = test.testClass();
    if (testClass != null) {
      for (StackTraceElement frame : frames) {
        if (isOf(testClass, frame)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Anonymous and local classes count as the test class that they are in; nested ones do not. */
  private static boolean isOf(Class<?> testClass, StackTraceElement frame) {
    String name = frame.getClassName();
    return name.equals(testClass.getName()) || isNumbered(name, testClass.getName() + "$");
  }

  /** Returns whether a class has a name that the compiler made: {@code start} and a number. */
  private static boolean isNumbered(String className, String start) {
    return className.startsWith(start)
        && className.length() > start.length()
        && Character.isDigit(className.charAt(start.length()));
  }
}
