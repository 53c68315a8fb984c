package org.smmulator.smmu.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The SMMU against the reference, over random machines. {@code -Dsmmulator.seed=N} starts with the
 * machine of that seed, {@code -Dsmmulator.oracle.accesses=N} sets how many accesses to compare.
 */
class OracleSimulationTest {
  /** A run of so many accesses has to reach every outcome; a shorter one repeats a machine. */
  private static final long FULL_RUN = 2_000_000;

  private static final long ACCESSES = Long.getLong("smmulator.oracle.accesses", FULL_RUN);

  @Test
  void theSmmuDoesWhatTheReferenceDoesOverRandomMachines() {
    long first = Long.getLong("smmulator.seed", System.nanoTime() & 0xffff_ffffL);
    System.out.println("oracle simulation from -Dsmmulator.seed=" + first);
    ReferenceComparison simulation = new ReferenceComparison();
    long seed = first;
    while (simulation.accesses() < ACCESSES || mayYetReachMore(simulation)) {
      try {
        simulation.run(seed);
      } catch (AssertionError | RuntimeException wrong) {
        throw new AssertionError("machine of -Dsmmulator.seed=" + seed + ": " + wrong, wrong);
      }
      seed++;
    }
    report(simulation, seed - first);
    if (ACCESSES >= FULL_RUN) {
      assertThat(simulation.coverage().missing()).as("outcomes not reached").isEmpty();
    }
    assertThat(simulation.accesses()).isGreaterThanOrEqualTo(ACCESSES);
  }

  /** Rare outcomes may need more machines. */
  private static boolean mayYetReachMore(ReferenceComparison simulation) {
    return ACCESSES >= FULL_RUN
        && simulation.accesses() < 10 * ACCESSES
        && !simulation.coverage().missing().isEmpty();
  }

  /** Counts, the rarest first. */
  private static void report(ReferenceComparison simulation, long machines) {
    Map<String, Long> counts = simulation.coverage().counts();
    counts.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(each -> System.out.printf("%10d %s%n", each.getValue(), each.getKey()));
    System.out.printf(
        "%d accesses on %d machines, %d distinct outcomes%n",
        simulation.accesses(), machines, counts.size());
  }
}
