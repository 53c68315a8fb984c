package org.smmulator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.smmulator.guest.sched.Sched;

/**
 * The borders of the guest's side. Blocks of {@code synchronized} leave no trace that ArchUnit
 * sees; such methods, and monitors waited on, do.
 */
@AnalyzeClasses(packages = "org.smmulator", importOptions = DoNotIncludeTests.class)
class GuestArchitectureTest {
  private static final String GUEST = "org.smmulator.guest..";
  private static final String ARCH = "org.smmulator.arch..";
  private static final String SCHED = "org.smmulator.guest.sched..";

  @ArchTest
  static final ArchRule noGuestMethodIsSynchronized =
      noMethods()
          .that()
          .areDeclaredInClassesThat()
          .resideInAPackage(GUEST)
          .should()
          .haveModifier(JavaModifier.SYNCHRONIZED);

  @ArchTest
  static final ArchRule threadsAndLocksStayInsideSched =
      noClasses()
          .that()
          .resideInAPackage(GUEST)
          .and()
          .resideOutsideOfPackage(SCHED)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.util.concurrent.locks..")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .orShould()
          .callMethod(Object.class, "wait")
          .orShould()
          .callMethod(Object.class, "notifyAll");

  /** A lock by name alone has no place in the order. */
  @ArchTest
  static final ArchRule theKernelsLocksHaveTheirPlaceInTheOrder =
      noClasses()
          .that()
          .resideInAPackage(GUEST)
          .should()
          .callMethod(Sched.class, "spinLock", String.class)
          .orShould()
          .callMethod(Sched.class, "mutex", String.class)
          .orShould()
          .callMethod(Sched.class, "srcu", String.class)
          .orShould()
          .callMethod(Sched.class, "workQueue", String.class);

  @ArchTest
  static final ArchRule theClockIsAskedInsideSchedOnly =
      noClasses()
          .that()
          .resideInAPackage(GUEST)
          .and()
          .resideOutsideOfPackage(SCHED)
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Clock")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Instant");

  @ArchTest
  static final ArchRule theProgrammingInterfaceKnowsNoGuest =
      noClasses()
          .that()
          .resideInAPackage(ARCH)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(GUEST);

  @ArchTest
  static final ArchRule theGuestKnowsNoNetwork =
      noClasses()
          .that()
          .resideInAnyPackage(GUEST, ARCH)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.netty..");

  @ArchTest
  static final ArchRule packagesHaveNoCircles =
      slices().matching("org.smmulator.(**)").should().beFreeOfCycles();
}
