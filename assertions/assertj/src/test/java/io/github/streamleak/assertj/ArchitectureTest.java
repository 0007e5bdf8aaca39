package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds every public method of the assertions to what its callers rely on. */
final class ArchitectureTest {

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .importPackages("io.github.streamleak.assertj");

  @Test
  void everyAssertionReturnsASubjectAndSaysWhetherItMayBeDroppedTest() {
    List<String> wrong = new ArrayList<>();
    int assertions = 0;
    int navigations = 0;
    for (JavaMethod method : methods("Assert")) {
      boolean mayDrop = method.isAnnotatedWith(CanIgnoreReturnValue.class);
      boolean mustUse = method.isAnnotatedWith(CheckReturnValue.class);
      boolean isSubject = method.getRawReturnType().isAssignableTo(AbstractLiveAssert.class);
      // An assertion returns itself, whose erasure is the class that declares it, or one above.
      boolean isSelf =
          method.getOwner().isAssignableTo(method.getRawReturnType().getName())
              && !List.of("eventually", "ignoring").contains(method.getName());
      if (!isSubject || mayDrop == mustUse || isSelf != mayDrop) {
        wrong.add(method.getFullName());
      }
      assertions += mayDrop ? 1 : 0;
      navigations += mustUse ? 1 : 0;
    }

    assertThat(wrong).isEmpty();
    assertThat(assertions).isGreaterThan(60);
    assertThat(navigations).isGreaterThan(12);
  }

  @Test
  void everyEntryMustBeUsedTest() {
    List<JavaMethod> entries =
        methods("Assertions").stream()
            .filter(method -> !method.getRawReturnType().isEquivalentTo(void.class))
            .toList();
    assertThat(entries)
        .hasSize(15)
        .allSatisfy(m -> assertThat(m.isAnnotatedWith(CheckReturnValue.class)).isTrue());
  }

  private List<JavaMethod> methods(String suffix) {
    return classes.stream()
        .filter(type -> type.getSimpleName().endsWith(suffix))
        .flatMap(type -> type.getMethods().stream())
        .filter(method -> method.getModifiers().contains(JavaModifier.PUBLIC))
        .filter(method -> !method.getModifiers().contains(JavaModifier.BRIDGE))
        .filter(method -> !method.getModifiers().contains(JavaModifier.SYNTHETIC))
        .toList();
  }
}
