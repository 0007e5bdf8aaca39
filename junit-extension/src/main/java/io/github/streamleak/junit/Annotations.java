package io.github.streamleak.junit;

import io.github.streamleak.run.Allowance;
import io.github.streamleak.run.Names;
import io.github.streamleak.run.SettingsLayer;
import io.github.streamleak.run.SettingsReader;
import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamRule;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/** Reads the annotations on a test or class, and on the classes around it. */
final class Annotations {

  private Annotations() {}

  /** Returns whether an annotation asks for the check of a test or class. */
  static boolean askForCheck(ExtensionContext context) {
    return nearest(context).isPresent();
  }

  /** Returns whether a method of {@code testClass}, or a class in it, has an annotation too. */
  static boolean differWithin(Class<?> testClass) {
    return !AnnotationSupport.findAnnotatedMethods(
                testClass, GrpcStreamLeakCheck.class, HierarchyTraversalMode.TOP_DOWN)
            .isEmpty()
        || Stream.of(testClass.getDeclaredClasses())
            .anyMatch(
                inner ->
                    AnnotationSupport.isAnnotated(inner, GrpcStreamLeakCheck.class)
                        || differWithin(inner));
  }

  /** Returns the settings that the nearest check and all allowances give. */
  static SettingsLayer layer(ExtensionContext context, SettingsReader reader) {
    List<Allowance> allowances = allowances(context, reader);
    Optional<GrpcStreamLeakCheck> nearest = nearest(context);
    if (nearest.isEmpty()) {
      return allowances.isEmpty()
          ? SettingsLayer.EMPTY
          : new SettingsLayer(null, null, null, Map.of(), allowances);
    }
    GrpcStreamLeakCheck check = nearest.get();
    Duration grace =
        check.grace().isEmpty()
            ? null
            : reader.duration(
                check.grace(), "@GrpcStreamLeakCheck(grace) of " + placeOfCheck(context));
    Map<StreamRule, RuleSeverity> rules = new EnumMap<>(StreamRule.class);
    for (LeakRule rule : check.rules()) {
      String place = "@LeakRule(" + rule.value().name() + ") of " + placeOfCheck(context);
      rules.put(reader.settable(rule.value(), place), rule.severity());
    }
    return new SettingsLayer(
        check.mode().asked(), grace, check.strictness().asked(), rules, allowances);
  }

  /** Returns the annotation of the method, else of the class, else of the class around it. */
  private static Optional<GrpcStreamLeakCheck> nearest(ExtensionContext context) {
    for (AnnotatedElement element : elements(context)) {
      Optional<GrpcStreamLeakCheck> found =
          AnnotationSupport.findAnnotation(element, GrpcStreamLeakCheck.class);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static List<Allowance> allowances(ExtensionContext context, SettingsReader reader) {
    List<Allowance> found = new ArrayList<>();
    for (AnnotatedElement element : elements(context)) {
      for (AllowStreamLeak annotation :
          AnnotationSupport.findRepeatableAnnotations(element, AllowStreamLeak.class)) {
        found.add(
            reader.allowance(
                annotation.method(),
                annotation.reason(),
                annotation.cause(),
                annotation.openedBy(),
                "@AllowStreamLeak of " + name(element)));
      }
    }
    return found;
  }

  private static List<AnnotatedElement> elements(ExtensionContext context) {
    List<AnnotatedElement> elements = new ArrayList<>();
    context.getTestMethod().ifPresent(elements::add);
    for (Class<?> type = context.getTestClass().orElse(null);
        type != null;
        type = type.getEnclosingClass()) {
      elements.add(type);
    }
    return elements;
  }

  private static String placeOfCheck(ExtensionContext context) {
    return elements(context).stream()
        .filter(element -> AnnotationSupport.isAnnotated(element, GrpcStreamLeakCheck.class))
        .findFirst()
        .map(Annotations::name)
        .orElse(context.getDisplayName());
  }

  private static String name(AnnotatedElement element) {
    if (element instanceof Method method) {
      return Names.of(method);
    }
    return element instanceof Class<?> type ? Names.of(type) : element.toString();
  }
}
