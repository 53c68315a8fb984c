package org.smmulator;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.smmulator.counter.CounterRow;

@AnalyzeClasses(packages = "org.smmulator", importOptions = ImportOption.DoNotIncludeTests.class)
class BordersTest {
  @ArchTest
  static final ArchRule hardwareCoreKnowsNoLibrary =
      noClasses()
          .that()
          .resideInAnyPackage("org.smmulator.smmu..", "org.smmulator.memory..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.netty..", "tools.jackson..", "io.prometheus..", "picocli..");

  /** But for the names of what it counts. */
  @ArchTest
  static final ArchRule onlyTheMachineKnowsTheGuest =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "org.smmulator.machine..",
              "org.smmulator.hunt..",
              "org.smmulator.guest..",
              "org.smmulator.api..",
              "org.smmulator.junit..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("org.smmulator.guest..").and(not(assignableTo(CounterRow.class))));

  @ArchTest
  static final ArchRule devicesAndGuestKnowNothingOfEachOther =
      noClasses()
          .that()
          .resideInAnyPackage("org.smmulator.guest..", "org.smmulator.arch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.smmulator.device..", "org.smmulator.bus..", "io.netty..");

  @ArchTest
  static final ArchRule devicesKnowOnlyTheBus =
      noClasses()
          .that()
          .resideInAnyPackage("org.smmulator.device..", "org.smmulator.bus..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.smmulator.smmu..", "org.smmulator.arch..", "org.smmulator.pcie..");

  /** So that every violation of the protocol has its row among the rules. */
  @ArchTest
  static final ArchRule onlyTheJudgeAndTheLedgerFindAgainstADevice =
      noClasses()
          .that()
          .resideInAPackage("org.smmulator.pcie")
          .and()
          .doNotHaveSimpleName("Judge")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("org.smmulator.pcie.ledger.Violation$Kind");

  @ArchTest
  static final ArchRule theMachineKnowsNoCommandLine =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.smmulator.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.smmulator.cli..");

  /** All else asks an execution or a loop, whose time may be virtual. The command line may ask. */
  @ArchTest
  static final ArchRule theSystemsClockIsReadInOnePlace =
      noClasses()
          .that()
          .resideOutsideOfPackages("org.smmulator.execution..", "org.smmulator.cli..")
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(java.time.Clock.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(java.time.Instant.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(java.util.Timer.class);

  /** The others that know threads wait for what is outside, or watch from there. */
  @ArchTest
  static final ArchRule threadsAreMadeWhereTheWallClockBelongs =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "org.smmulator.execution..", "org.smmulator.cli..", "org.smmulator.qtest..")
          .and()
          .doNotHaveFullyQualifiedName("org.smmulator.time.SteppedHardware")
          .and()
          .doNotHaveFullyQualifiedName("org.smmulator.machine.DeviceProcess")
          .and()
          .doNotHaveFullyQualifiedName("org.smmulator.plugin.PluginCall")
          .and()
          .doNotHaveFullyQualifiedName("org.smmulator.history.Watch")
          .and()
          .doNotHaveFullyQualifiedName("org.smmulator.machine.MachineRam")
          .and()
          .doNotHaveFullyQualifiedName("org.smmulator.api.Smmulator")
          .should()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(java.util.concurrent.Executors.class);

  /** Of all modules, and of all together. */
  @ArchTest
  static final ArchRule packagesHaveNoCircles =
      slices().matching("org.smmulator.(**)").should().beFreeOfCycles();
}
