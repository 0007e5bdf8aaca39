package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.ExpectedEvents;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.discovery.ClassSelector;
import org.junit.platform.testkit.engine.EngineTestKit;

/**
 * Each public method of the assertions has a test in which it holds, one that pins the whole text
 * of its failure, and one on null. None can be forgotten: the methods are read from the classes.
 */
final class EveryAssertionTest {

  private static final List<Class<?>> TESTS =
      List.of(StreamAssertTest.class, SubjectsTest.class, AttemptsOnNettyTest.class);

  /** These go on and claim nothing, so that nothing but null can fail in them. */
  private static final Set<String> CLAIM_NOTHING =
      Set.of(
          "AbstractLiveAssert.eventually(Duration)",
          "AbstractLifecycleAssert.ignoring(EventMatcher[])",
          "AbstractRecorderAssert.streams()",
          "AbstractRecorderAssert.openStreams()",
          "AbstractRecorderAssert.streamsOf(MethodDescriptor)",
          "AbstractRecorderAssert.streamsOf(String)",
          "AbstractStreamAssert.applicationLane()",
          "AbstractStreamAssert.attemptLane()",
          "AbstractStreamAssert.pickerLane()");

  private static final Map<Class<?>, List<Supplier<AbstractLiveAssert<?, ?>>>> ON_NULL =
      Map.of(
          AbstractLiveAssert.class, List.of(),
          AbstractRecorderAssert.class, List.of(() -> new RecorderAssert(null)),
          AbstractStreamsAssert.class, List.of(() -> new StreamsAssert(null)),
          AbstractStreamAssert.class, List.of(() -> new StreamAssert(null)),
          AbstractAttemptAssert.class, List.of(() -> new AttemptAssert(null)),
          AbstractEventAssert.class, List.of(() -> new EventAssert(null)),
          AbstractLifecycleAssert.class,
              List.of(
                  () -> new StreamAssert(null),
                  () -> new AttemptAssert(null),
                  () -> new LaneAssert(null, Lane.PICKER)));

  private static final JavaClasses CLASSES =
      new ClassFileImporter().importPackages("io.github.streamleak.assertj");

  /** A public method of an assertion, and its name as it is shown. */
  private record Assertion(JavaMethod method) {
    static Assertion of(JavaMethod method) {
      return new Assertion(method);
    }

    Class<?> owner() {
      return method.getOwner().reflect();
    }

    int line() {
      return method.getSourceCodeLocation().getLineNumber();
    }

    @Override
    public String toString() {
      return method.getOwner().getSimpleName()
          + "."
          + method.getName()
          + method.getRawParameterTypes().stream()
              .map(JavaClass::getSimpleName)
              .collect(Collectors.joining(", ", "(", ")"));
    }
  }

  private static List<Assertion> assertions() {
    return CLASSES.stream()
        .filter(type -> type.isAssignableTo(AbstractLiveAssert.class))
        .filter(type -> type.getSimpleName().endsWith("Assert"))
        .flatMap(type -> type.getMethods().stream())
        .filter(EveryAssertionTest::isPublic)
        .map(Assertion::of)
        .sorted(Comparator.comparing(Assertion::toString))
        .toList();
  }

  private static boolean isPublic(JavaMethod method) {
    Set<JavaModifier> modifiers = method.getModifiers();
    return modifiers.contains(JavaModifier.PUBLIC)
        && !modifiers.contains(JavaModifier.BRIDGE)
        && !modifiers.contains(JavaModifier.SYNTHETIC);
  }

  private static Stream<Assertion> assertionsButWaiting() {
    // These two only say how the assertions that follow look.
    return assertions().stream()
        .filter(a -> !List.of("eventually", "ignoring").contains(a.method().getName()));
  }

  @Test
  void listOfAssertionsIsReadTest() {
    assertThat(assertions()).hasSizeGreaterThan(80);
    assertThat(names(assertions())).containsAll(CLAIM_NOTHING);
  }

  @ParameterizedTest
  @MethodSource("assertionsButWaiting")
  void nullFailsAsAssertJSaysItTest(Assertion assertion) throws Exception {
    Method method = assertion.method().reflect();
    List<Supplier<AbstractLiveAssert<?, ?>>> subjects = onNull(assertion);
    assertThat(subjects).as("subjects of %s", assertion).isNotEmpty();
    for (Supplier<AbstractLiveAssert<?, ?>> subject : subjects) {
      assertThat(thrown(method, subject.get()))
          .isInstanceOf(AssertionError.class)
          .hasMessage("\nExpecting actual not to be null");
    }
  }

  @ParameterizedTest
  @MethodSource("assertionsButWaiting")
  void nullIsSaidOnceSoftlyTest(Assertion assertion) throws Exception {
    Method method = assertion.method().reflect();
    AbstractLiveAssert<?, ?> on = onNull(assertion).get(0).get();
    StreamSoftAssertions softly = new StreamSoftAssertions();
    Object next = method.invoke(on.softly(softly), arguments(method));

    assertThat(next).isInstanceOf(AbstractLiveAssert.class);
    assertThat(((AbstractLiveAssert<?, ?>) next).isLost()).isTrue();
    assertThat(softly.errorsCollected()).hasSize(1);
  }

  @Test
  void everyAssertionFailsWithItsWholeTextPinnedTest() {
    Told.FAILED.clear();
    EngineTestKit.engine("junit-jupiter")
        .selectors(TESTS.stream().map(type -> selectClass(type)).toArray(ClassSelector[]::new))
        .execute()
        .testEvents()
        .assertStatistics(statistics -> statistics.failed(0).aborted(0));
    Set<String> failed = new TreeSet<>();
    for (StackTraceElement frame : Told.FAILED) {
      failed.add(at(frame).toString());
    }

    Set<String> wanted = names(assertions());
    wanted.removeAll(CLAIM_NOTHING);
    assertThat(failed).isEqualTo(wanted);
  }

  /** Overloads are told apart by the line: each ends where the next one begins. */
  private static Assertion at(StackTraceElement frame) {
    return assertions().stream()
        .filter(a -> a.owner().getName().equals(frame.getClassName()))
        .filter(a -> a.method().getName().equals(frame.getMethodName()))
        .filter(a -> a.line() <= frame.getLineNumber())
        .max(Comparator.comparingInt(Assertion::line))
        .orElseThrow(() -> new AssertionError("no public assertion: " + frame));
  }

  @Test
  void everyAssertionHoldsInATestTest() {
    Set<String> held =
        CLASSES.stream()
            .filter(type -> TESTS.contains(type.reflect()))
            .flatMap(type -> type.getMethods().stream())
            .filter(method -> method.isAnnotatedWith(Test.class) && !tellsOfAFailure(method))
            .flatMap(method -> method.getMethodCallsFromSelf().stream())
            // What stands in the test itself has run, and has not thrown.
            .filter(call -> !call.isDeclaredInLambda())
            .flatMap(call -> call.getTarget().resolveMember().stream())
            .map(method -> Assertion.of(method).toString())
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> wanted = names(assertions());
    wanted.removeAll(held);

    assertThat(wanted).isEmpty();
  }

  private static boolean tellsOfAFailure(JavaMethod method) {
    return method.getMethodCallsFromSelf().stream()
        .anyMatch(call -> call.getTargetOwner().isEquivalentTo(Told.class));
  }

  private static List<Supplier<AbstractLiveAssert<?, ?>>> onNull(Assertion assertion) {
    return Objects.requireNonNull(ON_NULL.get(assertion.owner()), "subjects of " + assertion);
  }

  private static Set<String> names(List<Assertion> assertions) {
    return assertions.stream()
        .map(Assertion::toString)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Throwable thrown(Method method, Object on) throws IllegalAccessException {
    try {
      Object unused = method.invoke(on, arguments(method));
      throw new IllegalStateException(method + " passes on null");
    } catch (InvocationTargetException e) {
      return Objects.requireNonNull(e.getCause());
    }
  }

  private static Object[] arguments(Method method) {
    Object[] arguments =
        Arrays.stream(method.getParameterTypes()).map(EveryAssertionTest::argument).toArray();
    // An event before itself is refused.
    List<EventMatcher> different =
        List.of(
            ExpectedEvents.inboundMessage(),
            ExpectedEvents.headers(),
            ExpectedEvents.terminalStatus());
    for (int i = 0; i < arguments.length && arguments.length > 1; i++) {
      arguments[i] = arguments[i] instanceof EventMatcher ? different.get(i) : arguments[i];
    }
    return arguments;
  }

  private static Object argument(Class<?> type) {
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    Map<Class<?>, Object> fitting =
        Map.of(
            int.class,
            1,
            String.class,
            "a/B",
            Object.class,
            "eu",
            EventMatcher.class,
            ExpectedEvents.started(),
            EventMatcher[].class,
            new EventMatcher[] {ExpectedEvents.started()},
            Status.Code[].class,
            new Status.Code[] {Status.Code.OK},
            MethodDescriptor.class,
            Market.WATCH,
            Metadata.Key.class,
            Market.SHARD,
            Duration.class,
            Duration.ZERO);
    if (type == Lifecycle.class) {
      return Lifecycle.inOrder(ExpectedEvents.started());
    }
    if (type == StreamLeakPolicy.class) {
      return StreamLeakPolicy.normal();
    }
    if (type == Consumer.class) {
      Consumer<Object> anything = any -> {};
      return anything;
    }
    return Objects.requireNonNull(fitting.get(type), "an argument of type " + type);
  }
}
