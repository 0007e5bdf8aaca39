package io.github.streamleak.junit;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.recorder.StreamAllowance;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * What holds for one test or class: the annotation nearest to it, then the builder of a registered
 * extension, then the configuration parameters, then the defaults.
 */
record LeakSettings(LeakCheckMode mode, Duration grace, List<Allowance> allowances) {

  static final String MODE = "streamleak.mode";
  static final String GRACE = "streamleak.grace";
  static final String WATCH = "streamleak.watch";
  static final String IGNORE = "streamleak.ignore";
  private static final Set<String> PARAMETERS = new TreeSet<>(List.of(MODE, GRACE, WATCH, IGNORE));

  static final String HOW_TO_SET = "streamleak.rule.%s = off (a configuration parameter)";

  private static final Namespace NAMESPACE = Namespace.create(LeakSettings.class);
  private static final String PREFIX = "streamleak.";

  /** Which channels are watched beside those that the check has made or was handed. */
  enum Watch {
    /** None. */
    OWN,
    /** All that are used while a checked test runs. */
    CHECKED,
    /** All, throughout the run, and every test is checked. */
    ALL
  }

  /**
   * An allowance and where it was written.
   *
   * @param ofRun whether it holds for the whole run, so that no one test can say it is not needed
   */
  record Allowance(StreamAllowance allowance, String place, boolean ofRun) {}

  /** What the configuration parameters say, for what belongs to no test. */
  static LeakSettings ofRun(ExtensionContext context) {
    return new LeakSettings(configuredMode(context), configuredGrace(context), ignored(context));
  }

  static Watch watch(ExtensionContext context) {
    return context
        .getConfigurationParameter(WATCH)
        .map(
            text ->
                switch (text.trim().toLowerCase(Locale.ROOT)) {
                  case "own" -> Watch.OWN;
                  case "checked" -> Watch.CHECKED;
                  case "all" -> Watch.ALL;
                  default ->
                      throw new ExtensionConfigurationException(
                          "the configuration parameter "
                              + WATCH
                              + " is \""
                              + text
                              + "\"; the valid values are own, checked and all");
                })
        .orElse(Watch.CHECKED);
  }

  /** {@code method: reason; method: reason}. */
  private static List<Allowance> ignored(ExtensionContext context) {
    List<Allowance> ignored = new ArrayList<>();
    for (String entry : context.getConfigurationParameter(IGNORE).orElse("").split(";", -1)) {
      if (entry.isBlank()) {
        continue;
      }
      String[] parts = entry.split(":", 2);
      String place = "the configuration parameter " + IGNORE;
      try {
        ignored.add(
            new Allowance(
                StreamAllowance.of(parts[0].trim(), parts.length < 2 ? "" : parts[1].trim()),
                place,
                /* ofRun= */ true));
      } catch (IllegalArgumentException e) {
        throw new ExtensionConfigurationException(
            place
                + ", at \""
                + entry.trim()
                + "\": "
                + e.getMessage()
                + "; write package.Service/Method: reason, several with a semicolon between",
            e);
      }
    }
    return ignored;
  }

  static boolean isAnnotated(ExtensionContext context) {
    return nearest(context).isPresent();
  }

  static LeakSettings of(ExtensionContext context, GrpcStreamLeakExtension.Builder builder) {
    Optional<GrpcStreamLeakCheck> nearest = nearest(context);
    LeakCheckMode mode = nearest.map(GrpcStreamLeakCheck::mode).orElse(LeakCheckMode.CONFIGURED);
    if (mode == LeakCheckMode.CONFIGURED) {
      mode = builder.mode;
    }
    if (mode == LeakCheckMode.CONFIGURED) {
      mode = configuredMode(context);
    }
    String annotated = nearest.map(GrpcStreamLeakCheck::grace).orElse("");
    Duration grace;
    if (!annotated.isEmpty()) {
      grace = Durations.parse(annotated, "@GrpcStreamLeakCheck(grace) of " + place(context));
    } else if (builder.grace != null) {
      grace = builder.grace;
    } else {
      grace = configuredGrace(context);
    }
    List<Allowance> allowances = new ArrayList<>(allowances(context));
    builder.allowances.forEach(
        allowance ->
            allowances.add(
                new Allowance(allowance, "GrpcStreamLeakExtension.builder()", /* ofRun= */ false)));
    allowances.addAll(ignored(context));
    return new LeakSettings(mode, grace, allowances);
  }

  private static LeakCheckMode configuredMode(ExtensionContext context) {
    return context
        .getConfigurationParameter(MODE)
        .map(LeakSettings::mode)
        .orElse(LeakCheckMode.FAIL);
  }

  private static Duration configuredGrace(ExtensionContext context) {
    return context
        .getConfigurationParameter(GRACE)
        .map(text -> Durations.parse(text, "the configuration parameter " + GRACE))
        .orElse(GrpcStreamRecorder.DEFAULT_GRACE);
  }

  private static LeakCheckMode mode(String text) {
    return switch (text.trim().toLowerCase(Locale.ROOT)) {
      case "fail" -> LeakCheckMode.FAIL;
      case "warn" -> LeakCheckMode.WARN;
      case "off" -> LeakCheckMode.OFF;
      default ->
          throw new ExtensionConfigurationException(
              "the configuration parameter "
                  + MODE
                  + " is \""
                  + text
                  + "\"; the valid values are fail, warn and off");
    };
  }

  /** The method's annotation, else the class's, else the enclosing class's, and so on outwards. */
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

  /** Returns whether a method of {@code testClass} has an annotation of its own. */
  static boolean methodsDiffer(Class<?> testClass) {
    return !AnnotationSupport.findAnnotatedMethods(
            testClass, GrpcStreamLeakCheck.class, HierarchyTraversalMode.TOP_DOWN)
        .isEmpty();
  }

  private static List<Allowance> allowances(ExtensionContext context) {
    List<Allowance> found = new ArrayList<>();
    for (AnnotatedElement element : elements(context)) {
      for (AllowStreamLeak annotation :
          AnnotationSupport.findRepeatableAnnotations(element, AllowStreamLeak.class)) {
        String place = "@AllowStreamLeak of " + name(element);
        try {
          found.add(
              new Allowance(
                  StreamAllowance.of(annotation.method(), annotation.reason()),
                  place,
                  /* ofRun= */ false));
        } catch (IllegalArgumentException e) {
          throw new ExtensionConfigurationException(place + ": " + e.getMessage(), e);
        }
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

  private static String place(ExtensionContext context) {
    return elements(context).stream()
        .filter(e -> AnnotationSupport.isAnnotated(e, GrpcStreamLeakCheck.class))
        .findFirst()
        .map(LeakSettings::name)
        .orElse(context.getDisplayName());
  }

  private static String name(AnnotatedElement element) {
    if (element instanceof Method method) {
      return Names.of(method.getDeclaringClass()) + "." + method.getName();
    }
    return element instanceof Class<?> type ? Names.of(type) : element.toString();
  }

  /** Looks for misspelt parameters once in a run that has none. */
  static void requireKnownParametersOnce(ExtensionContext context) {
    Store root = context.getRoot().getStore(NAMESPACE);
    if (root.get(PREFIX) == null) {
      requireKnownParameters();
      root.put(PREFIX, true);
    }
  }

  /**
   * Rejects a misspelt parameter, which would otherwise switch nothing and say nothing. JUnit hands
   * out parameters by name only, so this looks where people write them: in system properties and in
   * {@code junit-platform.properties}.
   */
  private static void requireKnownParameters() {
    Set<String> written = new TreeSet<>(System.getProperties().stringPropertyNames());
    try {
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      if (loader == null) {
        loader = LeakSettings.class.getClassLoader();
      }
      for (URL file : Collections.list(loader.getResources("junit-platform.properties"))) {
        try (InputStream in = file.openStream()) {
          Properties properties = new Properties();
          properties.load(in);
          written.addAll(properties.stringPropertyNames());
        }
      }
    } catch (IOException e) {
      // JUnit reads the same file and says what is wrong with it.
    }
    for (String name : written) {
      if (name.startsWith(PREFIX) && !PARAMETERS.contains(name)) {
        throw new ExtensionConfigurationException(
            "there is no configuration parameter "
                + name
                + "; the valid ones are "
                + String.join(", ", PARAMETERS));
      }
    }
  }
}
