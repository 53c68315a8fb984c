package org.smmulator.hunt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.execution.explore.Explorer;
import org.smmulator.execution.explore.Story;
import org.smmulator.execution.explore.StoryFailure;

/** The orders that are drawn of the stories notice bugs that they know nothing of. */
class PlantedInMachinesTest {
  private static final String LAST_DEVICE = "pri: 4}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sabotage: {atcInvBeforeTlbi: true} | FREED_UNDER_GRANT",
        "sabotage: {reuseFrameEarly: true} | FREED_UNDER_GRANT",
        "sabotage: {loseInvalidation: 1} | does not answer ATC invalidations"
      })
  void aBugOfTheMachineIsFound(String bug, String kind) {
    assertFound(bug, HuntWorld.MACHINE + bug + "\n", kind);
  }

  @ParameterizedTest
  @CsvSource("keep-invalidated, STALE_ACCESS")
  void aBugOfADeviceIsFound(String bug, String kind) {
    assertThat(HuntWorld.MACHINE).contains(LAST_DEVICE);
    String device = LAST_DEVICE.replace("}", ", sabotage: " + bug + "}");
    assertFound(bug, HuntWorld.MACHINE.replace(LAST_DEVICE, device), kind);
  }

  private static void assertFound(String bug, String machine, String kind) {
    long start = System.nanoTime();
    int orders = 0;
    try (Explorer explorer = new Explorer()) {
      for (Story story : new MachineHunt(machine).stories()) {
        Explorer.Budget budget = MachineHuntTest.BUDGET;
        orders += explorer.draw(story, budget.firstSeed(), budget.randomOrders()).orders();
      }
    } catch (StoryFailure found) {
      double seconds = (System.nanoTime() - start) / 1e9;
      System.err.printf(
          "%s: found after %d orders in %.1f s: %s%n",
          bug, orders + found.orders(), seconds, found.why());
      assertThat(found.getMessage()).contains(kind);
      return;
    }
    throw new AssertionError(bug + " is not found in " + orders + " orders");
  }
}
