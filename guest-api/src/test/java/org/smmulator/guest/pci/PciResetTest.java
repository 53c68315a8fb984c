package org.smmulator.guest.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.sched.Sched;

/** Function Level Reset as a guest does it. */
class PciResetTest {
  private static final int RID = 0x0020;
  private static final int EXPRESS = 0x60;
  private static final int INITIATE = 1 << 15;

  private final DeterministicExecution execution = new DeterministicExecution(1);
  private final Sched sched = new Sched(execution);
  private final FakePci pci = new FakePci();
  private final List<PciDevice> found = new ArrayList<>();

  private FakeFunction function(int deviceCapabilities) {
    FakeFunction function =
        new FakeFunction(0x534d, 0x0001)
            .bar64(0, 0x10000)
            .express(EXPRESS, deviceCapabilities)
            .mask(EXPRESS + 8, 2, 0xffff);
    pci.functions.put(RID, function);
    return function;
  }

  private PciDevice scan() {
    PciBus.Listener listener =
        new PciBus.Listener() {
          @Override
          public void added(PciDevice device) {
            found.add(device);
          }

          @Override
          public void removed(PciDevice device) {}
        };
    new PciBus(sched, pci.ecam, pci.memory, 1, Set.of(), listener).scan();
    return found.get(0);
  }

  @Test
  void initiatesItAndGivesTheFunctionItsBarsBack() {
    FakeFunction function = function(1 << 28);
    function.write(EXPRESS + 8, 2, 0x2810);
    execution.run(
        () -> {
          PciDevice device = scan();
          assertThat(device.hasReset()).isTrue();
          long before = sched.nanoTime();
          execution.spawn(
              "the function",
              () -> {
                while ((function.read(EXPRESS + 8, 2) & INITIATE) == 0) {
                  sched.sleep(1_000_000);
                }
                assertThat(function.read(EXPRESS + 8, 2)).isEqualTo(0x2810L | INITIATE);
                pci.functions.remove(RID);
                sched.sleep(3_000_000_000L);
                pci.functions.put(RID, new FakeFunction(0x534d, 0x0001).bar64(0, 0x10000));
              });
          assertThat(device.reset(sched)).isTrue();
          assertThat(sched.nanoTime() - before).isGreaterThanOrEqualTo(3_000_000_000L);
        });
    FakeFunction reset = Objects.requireNonNull(pci.functions.get(RID));
    assertThat(reset.read(0x10, 8)).isEqualTo(0x80_0000_0004L);
    assertThat(reset.read(0x04, 2)).isEqualTo(0x0406L);
  }

  @Test
  void givesUpOnAFunctionThatDoesNotComeBack() {
    function(1 << 28);
    execution.run(
        () -> {
          PciDevice device = scan();
          pci.functions.remove(RID);
          assertThat(device.reset(sched)).isFalse();
        });
  }

  @Test
  void hasNoneIfTheFunctionDoesNotSaySo() {
    function(0);
    execution.run(() -> assertThat(scan().hasReset()).isFalse());
  }
}
