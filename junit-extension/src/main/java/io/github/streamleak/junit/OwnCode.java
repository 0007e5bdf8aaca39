package io.github.streamleak.junit;

import java.lang.annotation.Annotation;
import java.lang.reflect.Executable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * The methods and constructors that run for one test or one class alone: a stack that runs through
 * one of them shows on whose behalf.
 *
 * <p>Kept by class, since to find them takes a look at every method of it.
 */
final class OwnCode {

  private record OfClass(List<Executable> aroundAll, List<Executable> aroundEach) {}

  private final ConcurrentHashMap<Class<?>, OfClass> known = new ConcurrentHashMap<>();

  private OwnCode() {}

  /** Returns what belongs to the test or class that {@code context} is. */
  static List<Executable> of(ExtensionContext context) {
    OfClass found =
        Stores.ofRun(context, OwnCode.class, root -> new OwnCode())
            .known
            .computeIfAbsent(context.getRequiredTestClass(), OwnCode::find);
    boolean perClass = isPerClass(context);
    List<Executable> code = new ArrayList<>();
    if (context.getTestMethod().isPresent()) {
      code.add(context.getTestMethod().get());
      code.addAll(found.aroundEach);
    } else {
      code.addAll(found.aroundAll);
    }
    if (context.getTestMethod().isPresent() != perClass) {
      code.addAll(constructors(context.getRequiredTestClass()));
    }
    return code;
  }

  /** Returns whether one instance serves all tests of the class. */
  static boolean isPerClass(ExtensionContext context) {
    return context.getTestInstanceLifecycle().orElse(Lifecycle.PER_METHOD) == Lifecycle.PER_CLASS;
  }

  private static OfClass find(Class<?> testClass) {
    return new OfClass(
        annotated(testClass, List.of(BeforeAll.class, AfterAll.class)),
        annotated(testClass, List.of(BeforeEach.class, AfterEach.class)));
  }

  private static List<Executable> annotated(
      Class<?> testClass, List<Class<? extends Annotation>> annotations) {
    List<Executable> found = new ArrayList<>();
    for (Class<? extends Annotation> annotation : annotations) {
      found.addAll(
          AnnotationSupport.findAnnotatedMethods(
              testClass, annotation, HierarchyTraversalMode.TOP_DOWN));
    }
    return found;
  }

  /** Returns the constructors that make an instance of a class. */
  static List<Executable> constructors(Class<?> testClass) {
    List<Executable> all = new ArrayList<>();
    for (Class<?> c = testClass; c != null && c != Object.class; c = c.getSuperclass()) {
      all.addAll(List.of(c.getDeclaredConstructors()));
    }
    return all;
  }
}
