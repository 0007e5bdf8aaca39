package io.github.streamleak.run;

import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the stack of a call, and the thread that it is made on, show about its owner.
 *
 * <p>Classes of libraries are compared by name, because most of the libraries in question are on
 * the class path of few runs only.
 */
final class CallStack {

  /** Whom a thread may work for besides the test that started it. */
  enum ThreadKind {
    /** Nobody: a thread of a test's own, or of a pool that was made for one test. */
    OWN,

    /** A pool of some client's: others may hand it their tasks. */
    PRIVATE_POOL,

    /** Everybody in the JVM: the common pool, event loops, gRPC's own executor. */
    SHARED
  }

  /** A thread that runs one of these takes tasks of several tests. */
  private static final List<String> POOLS =
      List.of("java.util.concurrent.ThreadPoolExecutor$Worker", "java.util.TimerThread");

  /** The threads of these libraries are there once in a JVM, whoever has used them first. */
  private static final List<String> SHARED_BY_ALL =
      List.of(
          "kotlinx.coroutines.scheduling.CoroutineScheduler$Worker",
          "kotlinx.coroutines.DefaultExecutor",
          "reactor.core.scheduler.",
          "io.reactivex.internal.schedulers.",
          "io.reactivex.rxjava3.internal.schedulers.",
          "io.netty.util.concurrent.SingleThreadEventExecutor",
          "io.grpc.netty.shaded.io.netty.util.concurrent.SingleThreadEventExecutor");

  /** How gRPC names the threads that its channels share, and the JDK its timer of futures. */
  private static final List<String> NAMES_SHARED_BY_ALL =
      List.of("grpc-", "CompletableFutureDelayScheduler");

  /**
   * A thread that these run is the own thread of a test. If it is not marked, that test is not
   * checked.
   */
  private static final List<String> RUNNERS =
      List.of(
          "org.junit.platform.engine.support.hierarchical.NodeTestTask",
          "org.junit.runners.ParentRunner",
          "org.testng.internal");

  /** With these a runner begins something: a test, a class, or a run. */
  private static final List<String> BEGINNINGS = List.of("execute", "run");

  /** What these make lives as long as they say, whatever test has caused it. */
  private static final List<String> CONTAINERS =
      List.of(
          "org.springframework.beans.factory.",
          "com.google.inject.internal.",
          "org.jboss.weld.",
          "org.apache.webbeans.",
          "io.quarkus.arc.",
          "io.micronaut.context.");

  /** JUnit's own; a class of it that runs code under a timeout has "Preemptive" in its name. */
  private static final String JUNIT = "org.junit.jupiter.api.";

  /** Asks a condition until it holds, by default on a thread that it makes for one wait. */
  private static final String AWAITILITY = "org.awaitility.core.";

  /** The JDK's executors run a task with this if it repeats, and only then. */
  private static final String REPEATED = "java.util.concurrent.FutureTask.runAndReset";

  private static final String STATIC_INITIALIZER = "<clinit>";

  private final Thread thread = Thread.currentThread();
  private final List<StackFrame> frames;

  /** The methods of the frames; null until somebody asks, since reading them is slow. */
  private @Nullable List<Place> places;

  private CallStack(List<StackFrame> frames) {
    this.frames = frames;
  }

  /** Returns the stack of this thread. */
  static CallStack here() {
    return new CallStack(
        StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE)
            .walk(all -> all.collect(Collectors.toList())));
  }

  /** Returns the name of its thread, as a text shows it. */
  String threadName() {
    return "\"" + thread.getName() + "\"";
  }

  /** Returns whether a test framework runs this thread. */
  boolean isOfARunner() {
    return passes(RUNNERS);
  }

  /**
   * Returns how many tests, classes and runs a thread is inside of, one within the other: it has
   * left the innermost one when they have become fewer.
   */
  static long depthInRunners(Thread thread) {
    return Stream.of(thread.getStackTrace())
        .filter(frame -> BEGINNINGS.contains(frame.getMethodName()))
        .filter(frame -> RUNNERS.stream().anyMatch(frame.getClassName()::startsWith))
        .count();
  }

  ThreadKind threadKind() {
    if (isOfAPoolForOneTest()) {
      return ThreadKind.OWN;
    }
    if (NAMES_SHARED_BY_ALL.stream().anyMatch(thread.getName()::startsWith)
        || SHARED_BY_ALL.stream().anyMatch(thread.getClass().getName()::startsWith)
        || passes(SHARED_BY_ALL)) {
      return ThreadKind.SHARED;
    }
    if (thread instanceof ForkJoinWorkerThread worker) {
      return worker.getPool() == ForkJoinPool.commonPool()
          ? ThreadKind.SHARED
          : ThreadKind.PRIVATE_POOL;
    }
    return passes(POOLS) ? ThreadKind.PRIVATE_POOL : ThreadKind.OWN;
  }

  /**
   * Returns whether this is the thread of a pool that was made for one test: for code under a
   * timeout, or for a condition that is waited for.
   *
   * <p>JUnit has renamed the class that runs such code in 6.0 and again in 6.1; what it does has
   * stayed in its name.
   */
  private boolean isOfAPoolForOneTest() {
    return passes(
        name ->
            name.startsWith(AWAITILITY) || (name.startsWith(JUNIT) && name.contains("Preemptive")));
  }

  /** Returns whether this is a job that an executor repeats. */
  boolean isOfARepeatedJob() {
    for (StackFrame frame : frames) {
      if (REPEATED.equals(frame.getClassName() + "." + frame.getMethodName())) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether a static initializer runs, or a container makes its objects. */
  boolean isOfTheRun() {
    return frames.stream().anyMatch(frame -> STATIC_INITIALIZER.equals(frame.getMethodName()))
        || passes(CONTAINERS);
  }

  /** Returns the methods that this stack runs through, innermost first. */
  List<Place> places() {
    if (places == null) {
      places = frames.stream().map(Place::of).toList();
    }
    return places;
  }

  /** Returns those of the methods that the innermost runner has called. */
  List<Place> placesInTheRunner() {
    int inside = 0;
    while (inside < frames.size()
        && RUNNERS.stream().noneMatch(frames.get(inside).getClassName()::startsWith)) {
      inside++;
    }
    return places().subList(0, inside);
  }

  private boolean passes(List<String> classes) {
    return passes(name -> classes.stream().anyMatch(name::startsWith));
  }

  private boolean passes(Predicate<String> className) {
    for (StackFrame frame : frames) {
      if (className.test(frame.getClassName())) {
        return true;
      }
    }
    return false;
  }
}
