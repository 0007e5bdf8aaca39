package io.github.streamleak;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Holds the packages of the recorder to their order, the classes of each to few and small circles,
 * and what was recorded to being read only.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // The classes are read once.
class ArchitectureTest {

  private static final String ROOT = "io.github.streamleak.";

  /** Each package, and those that it may import. */
  private static final Map<String, Set<String>> ORDER =
      Map.of(
          "internal", Set.of(),
          "stream", Set.of("internal"),
          "verdict", Set.of("internal", "stream"),
          "lifecycle", Set.of("internal", "stream"),
          "recorder", Set.of("internal", "stream", "verdict"));

  /** The circles that remain between classes, and why they do. */
  private static final Map<Set<String>, String> CIRCLES =
      Map.of(
          Set.of("StreamEvent", "RecordedEvent"),
          "a sealed interface names what is permitted to implement it",
          Set.of("RecordedStream", "RecordedAttempt", "StreamText"),
          "an attempt knows its stream, and both say themselves in the words of a report",
          Set.of("StreamLog", "StreamBook", "Recording"),
          "a log tells the book that it has changed, and the book asks its logs; both find each"
              + " other by what they share");

  private static final int MOST_LINES = 600;

  private final JavaClasses classes = new ClassFileImporter().importPath(Path.of("target/classes"));

  @Test
  void noPackageImportsOneAboveItTest() {
    Map<String, Set<String>> imports = new TreeMap<>();
    for (JavaClass type : classes) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String to = packageOf(dependency.getTargetClass());
        if (ORDER.containsKey(to) && !to.equals(packageOf(type))) {
          imports.computeIfAbsent(packageOf(type), p -> new TreeSet<>()).add(to);
        }
      }
    }

    assertThat(classes.stream().map(ArchitectureTest::packageOf).collect(Collectors.toSet()))
        .isEqualTo(ORDER.keySet());
    assertThat(imports)
        .allSatisfy((from, to) -> assertThat(ORDER.get(from)).as(from).containsAll(to));
  }

  @Test
  void noCirclesAreBetweenClassesButTheseTest() {
    Set<Set<String>> circles = new HashSet<>();
    Map<JavaClass, Set<JavaClass>> graph = graph();
    for (JavaClass type : graph.keySet()) {
      Set<String> circle = new TreeSet<>();
      for (JavaClass other : reached(graph, type)) {
        if (reached(graph, other).contains(type)) {
          circle.add(other.getSimpleName());
        }
      }
      if (circle.size() > 1) {
        circles.add(circle);
      }
    }

    assertThat(circles).isEqualTo(CIRCLES.keySet()).allMatch(circle -> circle.size() <= 3);
  }

  @Test
  void whatWasRecordedCanBeMadeByTheRecorderAloneTest() {
    List<String> open =
        classes.stream()
            .filter(type -> packageOf(type).equals("stream") && isPublic(type))
            .flatMap(
                type ->
                    Stream.concat(
                        type.getConstructors().stream()
                            .filter(c -> c.getModifiers().contains(JavaModifier.PUBLIC))
                            .map(JavaConstructor::getFullName),
                        type.getMethods().stream()
                            .filter(m -> m.getModifiers().contains(JavaModifier.PUBLIC))
                            .filter(m -> m.getModifiers().contains(JavaModifier.STATIC))
                            .filter(m -> !type.isEnum())
                            .map(m -> m.getFullName())))
            .toList();

    assertThat(open).isEmpty();
  }

  @Test
  void onlyOneClassGoesThroughTheBridgeTest() {
    assertThat(classes.get(ROOT + "internal.Bridge").getDirectDependenciesToSelf())
        .extracting(from -> outermost(from.getOriginClass()).getSimpleName())
        .filteredOn(name -> !name.equals("Bridge"))
        .containsOnly("Values");
  }

  @Test
  void noClassIsLongerThanAReaderCanHoldTest() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      List<Path> sources = files.filter(file -> file.toString().endsWith(".java")).toList();
      assertThat(sources).hasSizeGreaterThan(60);
      for (Path source : sources) {
        assertThat(Files.readAllLines(source))
            .as("lines of %s", source)
            .hasSizeLessThanOrEqualTo(MOST_LINES);
      }
    }
  }

  private Map<JavaClass, Set<JavaClass>> graph() {
    Map<JavaClass, Set<JavaClass>> graph =
        new TreeMap<>((a, b) -> a.getName().compareTo(b.getName()));
    for (JavaClass type : classes) {
      Set<JavaClass> to = graph.computeIfAbsent(outermost(type), t -> new HashSet<>());
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        JavaClass target = dependency.getTargetClass();
        if (ORDER.containsKey(packageOf(target))) {
          to.add(outermost(target));
        }
      }
    }
    return graph;
  }

  private static Set<JavaClass> reached(Map<JavaClass, Set<JavaClass>> graph, JavaClass from) {
    Set<JavaClass> reached = new HashSet<>();
    Deque<JavaClass> next = new ArrayDeque<>(List.of(from));
    while (!next.isEmpty()) {
      JavaClass type = next.pop();
      if (reached.add(type)) {
        next.addAll(graph.getOrDefault(type, Set.of()));
      }
    }
    return reached;
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC);
  }

  private static String packageOf(JavaClass type) {
    JavaClass element = type;
    while (element.isArray()) {
      element = element.getComponentType();
    }
    String name = element.getPackageName();
    return name.startsWith(ROOT) ? name.substring(ROOT.length()) : name;
  }

  /** A nested class is part of the class that it stands in. */
  private static JavaClass outermost(JavaClass type) {
    JavaClass outermost = type;
    while (outermost.isArray()) {
      outermost = outermost.getComponentType();
    }
    while (outermost.getEnclosingClass().isPresent()) {
      outermost = outermost.getEnclosingClass().get();
    }
    return outermost;
  }
}
