package io.github.streamleak.report;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Test;

/** No class of this module depends on itself by way of others, so that each can be read alone. */
class ClassCyclesTest {

  @Test
  void noClassesFormACircleTest() {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackagesOf(StreamReport.class);

    SlicesRuleDefinition.slices()
        .assignedFrom(new OutermostClass())
        .should()
        .beFreeOfCycles()
        .check(classes);
  }

  /** A class and its nested classes are one: they may know each other. */
  private static final class OutermostClass implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return SliceIdentifier.of(type.getName().replaceFirst("\\$.*", ""));
    }

    @Override
    public String getDescription() {
      return "a class with its nested classes";
    }
  }
}
