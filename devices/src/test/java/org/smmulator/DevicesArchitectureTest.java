package org.smmulator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Tasks, locks and time come from {@code device.execution} alone, so that they can be simulated.
 */
@AnalyzeClasses(packages = "org.smmulator", importOptions = ImportOption.DoNotIncludeTests.class)
class DevicesArchitectureTest {
  private static final String[] DEVICE = {
    "org.smmulator.device",
    "org.smmulator.device.atc..",
    "org.smmulator.device.model..",
    "org.smmulator.device.fake.."
  };

  @ArchTest
  static final ArchRule noThreadsOrJavaLocks =
      noClasses()
          .that()
          .resideInAnyPackage(DEVICE)
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.lang.Thread")
          .orShould()
          .dependOnClassesThat()
          .resideInAPackage("java.util.concurrent.locks");

  @ArchTest
  static final ArchRule noSystemClock =
      noClasses()
          .that()
          .resideInAnyPackage(DEVICE)
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis");

  @ArchTest
  static final ArchRule noSynchronizedMethods =
      noMethods()
          .that()
          .areDeclaredInClassesThat()
          .resideInAnyPackage(DEVICE)
          .should()
          .haveModifier(JavaModifier.SYNCHRONIZED);

  @ArchTest
  static final ArchRule theBusKnowsNoDevice =
      noClasses()
          .that()
          .resideInAPackage("org.smmulator.bus..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.smmulator.device..");

  @ArchTest
  static final ArchRule packagesHaveNoCircles =
      slices().matching("org.smmulator.(**)").should().beFreeOfCycles();
}
