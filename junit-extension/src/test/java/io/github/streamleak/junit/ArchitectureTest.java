package io.github.streamleak.junit;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SliceRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Holds the module to its order: {@code run}, which knows no test framework, below {@code junit},
 * and no circle between the classes of either. Not in the jar of tests that runs on other JUnits:
 * the classes are the same there.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // The classes are read once.
class ArchitectureTest {

  private static final String RUN = "io.github.streamleak.run";
  private static final String JUNIT = "io.github.streamleak.junit";

  /** A dependency that closes a circle, and why it may. */
  private record Closes(String from, String to, String reason) {}

  private static final List<Closes> CIRCLES =
      List.of(
          new Closes(
              JUNIT + ".GrpcStreamLeakCheck",
              JUNIT + ".GrpcStreamLeakExtension",
              "an annotation names the extension that it registers, which has to read it; only"
                  + " @ExtendWith, and no code, leads that way"));

  /** Fields that are the JVM's and can change, and why they may. */
  private static final Map<String, String> STATIC_STATE =
      Map.of(
          JUNIT + ".ServerNames.IN_USE",
          "the names of in-process servers are the JVM's as well",
          RUN + ".Marks.ON_THREAD",
          "a mark that threads inherit is a thread-local, and these are static; what a test has put"
              + " there it takes away",
          RUN + ".EarlyWatch.UNCLAIMED",
          "an extension is constructed before it is told of any run that could hold what it sees;"
              + " the first callback takes it out",
          RUN + ".RunSession.OPEN",
          "the launcher's listener is told of no run, and a run of no launcher",
          RUN + ".EarlyWatch.STARTED",
          "orders these watches, which belong to no run yet",
          JUNIT + ".Injection.FIELDS",
          "a cache of what a class declares, kept with that class",
          JUNIT + ".ServedServices.FIELDS",
          "a cache of what a class declares, kept with that class");

  /** What has no state that could change. */
  private static final Set<String> UNCHANGING =
      Set.of(
          "boolean",
          "int",
          "io.grpc.Context$Key",
          "java.lang.String",
          "java.lang.reflect.Method",
          "java.time.Duration",
          "java.util.List",
          "java.util.logging.Logger",
          "java.util.regex.Pattern",
          "org.junit.jupiter.api.extension.ConditionEvaluationResult",
          "org.junit.jupiter.api.extension.ExtensionContext$Namespace");

  private static final int MOST_LINES = 600;

  private final JavaClasses classes =
      new ClassFileImporter().withImportOption(new DoNotIncludeTests()).importPackages(RUN, JUNIT);

  @Test
  void whatIsForEveryRunnerKnowsNoTestFrameworkTest() {
    ArchRule rule =
        ArchRuleDefinition.noClasses()
            .that()
            .resideInAPackage(RUN)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                JUNIT + "..", "org.junit..", "junit..", "org.opentest4j..", "org.testng..");

    rule.check(classes);
  }

  @Test
  void noCircleIsBetweenClassesTest() {
    SliceRule rule =
        SlicesRuleDefinition.slices().assignedFrom(OUTERMOST_CLASSES).should().beFreeOfCycles();
    for (Closes circle : CIRCLES) {
      rule = rule.ignoreDependency(named(circle.from()), named(circle.to()));
    }

    rule.check(classes);
  }

  @Test
  void everyCircleThatIsListedIsThereTest() {
    for (Closes circle : CIRCLES) {
      assertThat(dependencies(circle.from()))
          .as(circle.reason())
          .extracting(to -> to.getTargetClass().getName())
          .contains(circle.to());
    }
  }

  @Test
  void onlyOneClassAsksJUnitsStoresTest() {
    assertThat(
            classes.stream()
                .filter(
                    type -> calls(type, "org.junit.jupiter.api.extension.ExtensionContext$Store"))
                .map(JavaClass::getSimpleName)
                .toList())
        .containsExactly("Stores");
  }

  @Test
  void onlyWhatIsListedIsStaticAndChangesTest() {
    Stream<JavaField> changing =
        classes.stream()
            .flatMap(type -> type.getFields().stream())
            .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
            .filter(field -> !field.getModifiers().contains(JavaModifier.SYNTHETIC))
            .filter(
                field ->
                    !field.getModifiers().contains(JavaModifier.FINAL)
                        || !isUnchanging(field.getRawType()));

    assertThat(changing.map(field -> field.getOwner().getName() + "." + field.getName()).toList())
        .containsExactlyInAnyOrderElementsOf(STATIC_STATE.keySet());
  }

  @Test
  void whatIsPublicForRunnersHasAUserInThisModuleTest() {
    assertThat(
            classes.stream()
                .filter(type -> type.getPackageName().equals(RUN) && type.isTopLevelClass())
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(
                    type ->
                        type.getDirectDependenciesToSelf().stream()
                            .noneMatch(
                                from -> from.getOriginClass().getPackageName().equals(JUNIT)))
                .map(JavaClass::getSimpleName)
                .toList())
        .isEmpty();
  }

  @Test
  void noClassIsLongerThanAReaderCanHoldTest() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      List<Path> sources = files.filter(file -> file.toString().endsWith(".java")).toList();
      assertThat(sources).hasSizeGreaterThan(40);
      for (Path source : sources) {
        assertThat(Files.readAllLines(source))
            .as("lines of %s", source)
            .hasSizeLessThan(MOST_LINES);
      }
    }
  }

  private Set<Dependency> dependencies(String type) {
    return classes.get(type).getDirectDependenciesFromSelf();
  }

  private static boolean calls(JavaClass type, String owner) {
    return type.getMethodCallsFromSelf().stream()
        .anyMatch(call -> call.getTargetOwner().getName().equals(owner));
  }

  /** Enums, and classes of ours that a constant of our own is one of. */
  private static boolean isUnchanging(JavaClass type) {
    return UNCHANGING.contains(type.getName())
        || type.isEnum()
        || (type.isArray() && type.getName().startsWith("[Lio.github.streamleak."))
        || type.isRecord()
        || type.getName().equals(RUN + ".Shutdown")
        || type.getName().equals("java.lang.Object");
  }

  private static DescribedPredicate<JavaClass> named(String name) {
    return DescribedPredicate.describe(name, type -> type.getName().equals(name));
  }

  /** A nested class is part of the class that it stands in. */
  private static final SliceAssignment OUTERMOST_CLASSES =
      new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
          JavaClass outermost = type;
          while (outermost.getEnclosingClass().isPresent()) {
            outermost = outermost.getEnclosingClass().get();
          }
          return outermost.getPackageName().startsWith("io.github.streamleak.")
              ? SliceIdentifier.of(outermost.getName())
              : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
          return "outermost classes";
        }
      };
}
