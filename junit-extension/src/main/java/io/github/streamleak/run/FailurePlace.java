package io.github.streamleak.run;

import io.github.streamleak.stream.OpeningStack;
import io.github.streamleak.verdict.StreamLeakError;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Sees to it that the stack trace of a failure leads to the user's code.
 *
 * <p>The trace is that of the stream's opening. If no stack was captured, it would be that of the
 * check, in which no line is the user's; and a stack of a pool does not lead to the test. In both
 * cases the frame of the test method is put there. It has no line: nobody knows which one it was.
 */
final class FailurePlace {

  private FailurePlace() {}

  /** Returns {@code error} with a trace that names the test or class of {@code owner}, if any. */
  static StreamLeakError in(Owner owner, StreamLeakError error) {
    boolean opened =
        Stream.concat(
                error.leaks().stream().map(leak -> leak.stream().opening()),
                error.breaches().stream().map(breach -> breach.opening()))
            .map(OpeningStack::framesFromLine)
            .anyMatch(frames -> !frames.isEmpty());
    List<StackTraceElement> trace =
        opened ? new ArrayList<>(List.of(error.getStackTrace())) : new ArrayList<>();
    Class<?> testClass = owner.testClass();
    if (testClass != null && trace.stream().noneMatch(frame -> isIn(testClass, frame))) {
      trace.add(frame(testClass, owner.method().orElse("<class>")));
    }
    error.setStackTrace(trace.toArray(new StackTraceElement[0]));
    return error;
  }

  /** Returns whether a frame is in the test class, in one that it extends, or nested in either. */
  private static boolean isIn(Class<?> testClass, StackTraceElement frame) {
    String name = frame.getClassName();
    for (Class<?> c = testClass; c != null && c != Object.class; c = c.getSuperclass()) {
      if (name.equals(c.getName()) || name.startsWith(c.getName() + "$")) {
        return true;
      }
    }
    return false;
  }

  private static StackTraceElement frame(Class<?> testClass, String method) {
    Class<?> outermost = testClass;
    while (outermost.getEnclosingClass() != null) {
      outermost = outermost.getEnclosingClass();
    }
    // The compiler of Kotlin marks its classes; else only the language of the file is unsure.
    boolean kotlin =
        Stream.of(outermost.getAnnotations())
            .anyMatch(each -> each.annotationType().getName().equals("kotlin.Metadata"));
    return new StackTraceElement(
        testClass.getName(), method, outermost.getSimpleName() + (kotlin ? ".kt" : ".java"), -1);
  }
}
