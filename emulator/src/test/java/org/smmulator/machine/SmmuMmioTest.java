package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.Order;
import org.smmulator.execution.SteppedLoop;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Region;
import org.smmulator.memory.SparseMemory;
import org.smmulator.memory.Target;

class SmmuMmioTest {
  private static final long BASE = 0x0905_0000;
  private static final int INDEX = 0x9c;

  /** A register that changes from 0 to 1 to 2, as the index of a queue does. */
  private static final class Counting implements Target.Now {
    private int value;

    @Override
    public long read(long offset, int bytes) {
      return value;
    }

    @Override
    public void write(long offset, int bytes, long written) {}
  }

  /** Whoever became able to run last runs next, so a waiter before the hardware that wakes it. */
  private static final Order LAST_WOKEN_FIRST = point -> point.size() - 1;

  /**
   * Found by a hunt (munmap beside bind, seed 3, priorities of depth 3): the waiter looked, waited
   * again, and was woken again by the same change, for ever.
   */
  @Test
  void aWaiterThatRunsBeforeTheHardwareGoesOnIsWokenOnceForAChange() {
    Counting register = new Counting();
    AddressMap map = new AddressMap(new SparseMemory(0x4000_0000L, 1 << 20));
    map.add(new Region("the SMMU", BASE, 0x1000, 4, Region.Reach.CPUS, false, register));
    DeterministicExecution execution = new DeterministicExecution(LAST_WOKEN_FIRST);
    SmmuMmio mmio = new SmmuMmio(new SteppedLoop(() -> {}), execution, map, BASE);
    int[] looks = {0};
    boolean[] seen = {false};
    execution.run(
        () -> {
          execution.spawn(
              "waiter",
              () ->
                  seen[0] =
                      mmio.awaitChange(
                          INDEX,
                          value -> {
                            looks[0]++;
                            return value == 2;
                          },
                          Long.MAX_VALUE));
          for (register.value = 1; register.value <= 2; register.value++) {
            mmio.wakeWaiters();
          }
        });
    assertThat(seen[0]).isTrue();
    assertThat(looks[0]).as("one look before each change and after the last").isEqualTo(3);
  }
}
