package io.github.streamleak.junit;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.Strictness;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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
record LeakSettings(
    LeakCheckMode mode,
    Duration grace,
    Strictness strictness,
    Map<StreamRule, RuleSeverity> rules,
    List<Allowance> allowances) {

  static final String MODE = "streamleak.mode";
  static final String GRACE = "streamleak.grace";
  static final String WATCH = "streamleak.watch";
  static final String IGNORE = "streamleak.ignore";
  static final String STRICTNESS = "streamleak.strictness";
  static final String RULE = "streamleak.rule.";
  static final String BASELINE = "streamleak.baseline";
  static final String UPDATE = "streamleak.baseline.update";
  static final String REPORT_DIR = "streamleak.report.dir";
  static final String REPORT_STREAMS = "streamleak.report.streams";
  private static final Set<String> PARAMETERS =
      new TreeSet<>(
          List.of(
              MODE,
              GRACE,
              WATCH,
              IGNORE,
              STRICTNESS,
              BASELINE,
              UPDATE,
              REPORT_DIR,
              REPORT_STREAMS));

  static final String HOW_TO_SET = "streamleak.rule.%s = off (a configuration parameter)";

  private static final LeakCheckMode[] MODES = {
    LeakCheckMode.FAIL, LeakCheckMode.WARN, LeakCheckMode.OFF
  };
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
  record Allowance(StreamAllowance allowance, String place, boolean ofRun) {
    String unused() {
      return place + " excused no stream: " + allowance + "; remove it, or correct the method";
    }
  }

  /**
   * What was worked out in a run already. Neither the annotations nor the parameters change while
   * it goes on, and each test asks for all of them several times. What is wrong is not kept: each
   * test has to fail for it.
   */
  private static final class Known {

    private record Key(Optional<Class<?>> testClass, Optional<Method> method, Strictness unasked) {}

    private final Map<Key, LeakSettings> settings = new ConcurrentHashMap<>();
    private volatile @Nullable LeakSettings ofRun;
    private volatile @Nullable Watch watch;
    private volatile boolean parametersAreKnown;

    static Known of(ExtensionContext context) {
      Store root = context.getRoot().getStore(NAMESPACE);
      synchronized (NAMESPACE) {
        Known known = root.get(Known.class, Known.class);
        if (known == null) {
          known = new Known();
          root.put(Known.class, known);
        }
        return known;
      }
    }
  }

  /** What the configuration parameters say, for what belongs to no test. */
  static LeakSettings ofRun(ExtensionContext context) {
    Known known = Known.of(context);
    LeakSettings settings = known.ofRun;
    if (settings == null) {
      settings =
          new LeakSettings(
              configuredMode(context),
              configuredGrace(context),
              configuredStrictness(context).orElse(Strictness.LENIENT),
              configuredRules(context),
              ignored(context));
      known.ofRun = settings;
    }
    return settings;
  }

  static Watch watch(ExtensionContext context) {
    Known known = Known.of(context);
    Watch watch = known.watch;
    if (watch == null) {
      watch = choice(context, WATCH, Watch.values()).orElse(Watch.CHECKED);
      known.watch = watch;
    }
    return watch;
  }

  /** Returns a policy that holds streams to these settings. */
  StreamLeakPolicy policy(String waitedAfter, String howToAllow) {
    StreamLeakPolicy policy =
        StreamLeakPolicy.normal()
            .strictness(strictness)
            .wording(waitedAfter, howToAllow, HOW_TO_SET);
    for (Map.Entry<StreamRule, RuleSeverity> rule : rules.entrySet()) {
      policy = policy.rule(rule.getKey(), rule.getValue());
    }
    for (Allowance allowance : allowances) {
      policy = policy.allow(allowance.allowance());
    }
    return policy;
  }

  /** Returns a recorder that records what these settings ask for. */
  GrpcStreamRecorder newRecorder() {
    RuleSeverity unstarted =
        rules.getOrDefault(StreamRule.NOT_STARTED, StreamRule.NOT_STARTED.severity(strictness));
    return GrpcStreamRecorder.builder().captureUnstarted(unstarted == RuleSeverity.FAIL).build();
  }

  /** The value of a parameter that takes one of a few words: the names of an enum's constants. */
  static <E extends Enum<E>> Optional<E> choice(
      ExtensionContext context, String parameter, E[] values) {
    return context
        .getConfigurationParameter(parameter)
        .map(
            text ->
                Arrays.stream(values)
                    .filter(value -> value.name().equalsIgnoreCase(text.trim()))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new ExtensionConfigurationException(
                                "the configuration parameter "
                                    + parameter
                                    + " is \""
                                    + text
                                    + "\"; the valid values are "
                                    + words(values))));
  }

  private static String words(Enum<?>[] values) {
    List<String> words =
        Arrays.stream(values).map(value -> value.name().toLowerCase(Locale.ROOT)).toList();
    int last = words.size() - 1;
    return String.join(", ", words.subList(0, last)) + " and " + words.get(last);
  }

  private static Optional<Strictness> configuredStrictness(ExtensionContext context) {
    return choice(context, STRICTNESS, Strictness.values());
  }

  private static Map<StreamRule, RuleSeverity> configuredRules(ExtensionContext context) {
    Map<StreamRule, RuleSeverity> rules = new EnumMap<>(StreamRule.class);
    for (StreamRule rule : StreamRule.values()) {
      choice(context, RULE + rule, RuleSeverity.values())
          .ifPresent(severity -> rules.put(settable(rule, RULE + rule), severity));
    }
    return rules;
  }

  private static StreamRule settable(StreamRule rule, String place) {
    if (rule == StreamRule.LEAKED_STREAM) {
      throw new ExtensionConfigurationException(
          place
              + " cannot be set: a leak always fails. Excuse a stream with @AllowStreamLeak or "
              + IGNORE
              + ", which have a reason, or set "
              + MODE);
    }
    return rule;
  }

  /** {@code method [cause or rule] [opened by]: reason; ...}. */
  private static List<Allowance> ignored(ExtensionContext context) {
    List<Allowance> ignored = new ArrayList<>();
    for (String entry : context.getConfigurationParameter(IGNORE).orElse("").split(";", -1)) {
      if (entry.isBlank()) {
        continue;
      }
      String[] parts = entry.split(":", 2);
      String place = "the configuration parameter " + IGNORE;
      try {
        String[] what = parts[0].trim().split("\\s+", 3);
        boolean narrowed = what.length > 1 && StreamAllowance.isCauseOrRule(what[1]);
        int opener = narrowed ? 2 : 1;
        ignored.add(
            new Allowance(
                allowance(
                    what[0],
                    parts.length < 2 ? "" : parts[1].trim(),
                    narrowed ? what[1] : "",
                    what.length > opener
                        ? String.join(" ", List.of(what).subList(opener, what.length))
                        : ""),
                place,
                /* ofRun= */ true));
      } catch (IllegalArgumentException e) {
        throw new ExtensionConfigurationException(
            place
                + ", at \""
                + entry.trim()
                + "\": "
                + e.getMessage()
                + "; write package.Service/Method: reason, several with a semicolon between; before"
                + " the colon may also stand a cause or rule and the class that opens the stream",
            e);
      }
    }
    return ignored;
  }

  private static StreamAllowance allowance(
      String method, String reason, String cause, String openedBy) {
    StreamAllowance allowance = StreamAllowance.of(method, reason);
    if (!cause.isBlank()) {
      allowance = allowance.onlyFor(cause);
    }
    return openedBy.isBlank() ? allowance : allowance.openedBy(openedBy.trim());
  }

  static boolean isAnnotated(ExtensionContext context) {
    return nearest(context).isPresent();
  }

  /**
   * Returns what holds for a test or class.
   *
   * @param unasked how strict the check is where nobody says
   */
  static LeakSettings of(
      ExtensionContext context, GrpcStreamLeakExtension.Builder builder, Strictness unasked) {
    if (!builder.saysNothing()) {
      // That of a field is another one for each test: they would pile up.
      return workOut(context, builder, unasked);
    }
    Map<Known.Key, LeakSettings> known = Known.of(context).settings;
    Known.Key key = new Known.Key(context.getTestClass(), context.getTestMethod(), unasked);
    LeakSettings settings = known.get(key);
    if (settings == null) {
      settings = workOut(context, builder, unasked);
      known.put(key, settings);
    }
    return settings;
  }

  private static LeakSettings workOut(
      ExtensionContext context, GrpcStreamLeakExtension.Builder builder, Strictness unasked) {
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
    Map<StreamRule, RuleSeverity> rules = configuredRules(context);
    rules.putAll(builder.rules);
    for (LeakRule rule : nearest.map(GrpcStreamLeakCheck::rules).orElse(new LeakRule[0])) {
      rules.put(
          settable(rule.value(), "@LeakRule(" + rule.value().name() + ") of " + place(context)),
          rule.severity());
    }
    Strictness strictness =
        nearest
            .flatMap(check -> strictness(check.strictness()))
            .or(() -> Optional.ofNullable(builder.strictness))
            .or(() -> configuredStrictness(context))
            .orElse(unasked);
    return new LeakSettings(mode, grace, strictness, rules, allowances);
  }

  private static Optional<Strictness> strictness(LeakStrictness annotated) {
    return switch (annotated) {
      case CONFIGURED -> Optional.empty();
      case LENIENT -> Optional.of(Strictness.LENIENT);
      case NORMAL -> Optional.of(Strictness.NORMAL);
      case STRICT -> Optional.of(Strictness.STRICT);
    };
  }

  private static LeakCheckMode configuredMode(ExtensionContext context) {
    return choice(context, MODE, MODES).orElse(LeakCheckMode.FAIL);
  }

  private static Duration configuredGrace(ExtensionContext context) {
    return context
        .getConfigurationParameter(GRACE)
        .map(text -> Durations.parse(text, "the configuration parameter " + GRACE))
        .orElse(GrpcStreamRecorder.DEFAULT_GRACE);
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
                  allowance(
                      annotation.method(),
                      annotation.reason(),
                      annotation.cause(),
                      annotation.openedBy()),
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
    Known known = Known.of(context);
    if (!known.parametersAreKnown) {
      requireKnownParameters();
      known.parametersAreKnown = true;
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
      if (name.startsWith(RULE)) {
        requireRule(name);
      } else if (name.startsWith(PREFIX) && !PARAMETERS.contains(name)) {
        throw new ExtensionConfigurationException(
            "there is no configuration parameter "
                + name
                + "; the valid ones are "
                + String.join(", ", PARAMETERS)
                + " and "
                + RULE
                + "<name>");
      }
    }
  }

  /** JUnit is asked for the one spelling that {@link StreamRule#toString} has. */
  private static void requireRule(String name) {
    String rule = name.substring(RULE.length());
    if (Arrays.stream(StreamRule.values()).map(StreamRule::toString).noneMatch(rule::equals)) {
      throw new ExtensionConfigurationException(
          "there is no configuration parameter "
              + name
              + "; the rules are "
              + Arrays.stream(StreamRule.values())
                  .filter(known -> known != StreamRule.LEAKED_STREAM)
                  .map(StreamRule::toString)
                  .collect(Collectors.joining(", ")));
    }
  }
}
