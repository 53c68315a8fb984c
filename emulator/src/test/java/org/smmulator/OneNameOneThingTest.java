package org.smmulator;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Two top-level types of one simple name are two things that a reader takes for one. */
class OneNameOneThingTest {
  /**
   * What guest and hardware both have, each in a form of its own: the driver writes what the
   * hardware reads, and a layout shared between them would hide a mistake in it from every test.
   */
  private static final Map<String, String> KEPT_APART =
      Map.of(
          "CommandQueue", "the driver produces what the SMMU consumes (IHI 0070 3.5)",
          "EventQueue", "the SMMU produces what the driver consumes (IHI 0070 3.5)",
          "OutputQueue", "the producer's and the consumer's view of a queue (IHI 0070 3.5)",
          "StreamTable", "the driver builds what the SMMU reads (IHI 0070 3.3.1)",
          "ContextTable", "the driver builds what the SMMU reads (IHI 0070 3.3.2)",
          "ConfigSpace", "the guest accesses what a function implements (PCIe 7.2)",
          "MsixTable", "the guest programs what a function implements (PCIe 7.7.2)");

  private static final Map<String, Set<String>> NAMES = namesThatStandTwice();

  @Test
  void everyTopLevelTypeHasASimpleNameOfItsOwn() {
    Map<String, Set<String>> doubles = new TreeMap<>(NAMES);
    doubles.keySet().removeAll(KEPT_APART.keySet());
    assertThat(doubles)
        .as("simple names that stand twice; give each thing its own, in the words of its field")
        .isEmpty();
  }

  /** Two sides, and one of them the guest's. */
  @Test
  void theNamesKeptApartAreThoseOfHardwareThatTheGuestSeesFromTheOtherSide() {
    assertThat(NAMES).containsKeys(KEPT_APART.keySet().toArray(String[]::new));
    for (String name : KEPT_APART.keySet()) {
      assertThat(NAMES.get(name))
          .as(name + ": " + KEPT_APART.get(name))
          .hasSize(2)
          .filteredOn(type -> type.startsWith("org.smmulator.guest."))
          .hasSize(1);
    }
  }

  /** By simple name, the types of all modules and of this module's tests. */
  private static Map<String, Set<String>> namesThatStandTwice() {
    Map<String, Set<String>> all =
        new ClassFileImporter()
            .importPackages("org.smmulator").stream()
                .filter(JavaClass::isTopLevelClass)
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .collect(
                    groupingBy(
                        JavaClass::getSimpleName,
                        TreeMap::new,
                        mapping(JavaClass::getName, toCollection(TreeSet::new))));
    all.values().removeIf(types -> types.size() < 2);
    return all;
  }
}
