package io.github.streamleak.truth;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.truth.Subject;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds every public method to Truth's own shape: an assertion returns nothing, so that none can be
 * forgotten half-way; what returns a subject must be used.
 */
final class ArchitectureTest {

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .importPackages("io.github.streamleak.truth");

  @Test
  void everyAssertionReturnsNothingAndEveryWayMustBeUsedTest() {
    List<String> wrong = new ArrayList<>();
    int assertions = 0;
    int ways = 0;
    for (JavaMethod method : publicMethods().toList()) {
      JavaClass result = method.getRawReturnType();
      boolean isAssertion = result.isEquivalentTo(void.class);
      boolean leadsOn =
          result.isAssignableTo(Subject.class) || result.isAssignableTo(Subject.Factory.class);
      boolean mustBeUsed =
          method.getOwner().isAnnotatedWith(CheckReturnValue.class)
              && !method.isAnnotatedWith(CanIgnoreReturnValue.class);
      if (isAssertion == leadsOn || (leadsOn && !mustBeUsed)) {
        wrong.add(method.getFullName());
      }
      assertions += isAssertion ? 1 : 0;
      ways += leadsOn ? 1 : 0;
    }

    assertThat(wrong).isEmpty();
    assertThat(assertions).isGreaterThan(60);
    assertThat(ways).isGreaterThan(24);
  }

  @Test
  void everyEntryIsInOneClassTest() {
    assertThat(publicMethods().filter(method -> method.getName().equals("assertThat")).toList())
        .hasSize(5);
    assertThat(
            publicMethods()
                .filter(method -> method.getModifiers().contains(JavaModifier.STATIC))
                .filter(method -> method.getName().equals("assertThat"))
                .map(method -> method.getOwner().getSimpleName())
                .distinct()
                .toList())
        .containsExactly("StreamTruth");
  }

  @Test
  void onlyWaitingSubjectKnowsAwaitilityTest() {
    assertThat(
            classes.stream()
                .filter(
                    type ->
                        type.getDirectDependenciesFromSelf().stream()
                            .anyMatch(
                                to ->
                                    to.getTargetClass()
                                        .getPackageName()
                                        .startsWith("org.awaitility")))
                .map(JavaClass::getSimpleName)
                .toList())
        .containsExactly("LiveSubject");
  }

  @Test
  void nothingSleepsReflectsOrKnowsAnotherAssertionLibraryTest() {
    List<String> forbidden =
        List.of("java.lang.reflect", "org.assertj", "org.junit", "org.hamcrest");
    assertThat(
            classes.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .map(to -> to.getTargetClass().getPackageName())
                .filter(name -> forbidden.stream().anyMatch(name::startsWith))
                .toList())
        .isEmpty();
    assertThat(
            classes.stream()
                .flatMap(type -> type.getMethodCallsFromSelf().stream())
                .filter(call -> call.getTargetOwner().isEquivalentTo(Thread.class))
                .toList())
        .isEmpty();
  }

  private Stream<JavaMethod> publicMethods() {
    return classes.stream()
        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
        .flatMap(type -> type.getMethods().stream())
        .filter(method -> method.getModifiers().contains(JavaModifier.PUBLIC))
        .filter(method -> !method.getModifiers().contains(JavaModifier.BRIDGE))
        .filter(method -> !method.getModifiers().contains(JavaModifier.SYNTHETIC));
  }
}
