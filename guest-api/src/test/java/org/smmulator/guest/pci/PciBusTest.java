package org.smmulator.guest.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.sched.Sched;

class PciBusTest {
  private static final int RID = 0x0020; // 00:04.0

  private final DeterministicExecution execution = new DeterministicExecution(1);
  private final FakePci pci = new FakePci();
  private final List<String> log = new ArrayList<>();

  private final PciBus.Listener listener =
      new PciBus.Listener() {
        @Override
        public void added(PciDevice device) {
          log.add("+" + device);
        }

        @Override
        public void removed(PciDevice device) {
          log.add("-" + device + (device.isGone() ? " gone" : ""));
        }
      };

  private PciBus scanned() {
    PciBus bus = bus();
    bus.scan();
    return bus;
  }

  private PciBus bus() {
    return new PciBus(new Sched(execution), pci.ecam, pci.memory, 1, Set.of(), listener);
  }

  @Test
  void findsFunctionsAndIgnoresEmptySlots() {
    pci.functions.put(RID, FakeFunction.dmaEngine());
    execution.run(this::scanned);
    assertThat(log).containsExactly("+00:04.0 [534d:0001]");
  }

  @Test
  void givesWideBarsNaturallyAlignedAddressesAboveFourGibibytes() {
    FakeFunction first = FakeFunction.dmaEngine();
    FakeFunction second = FakeFunction.dmaEngine();
    pci.functions.put(RID, first);
    pci.functions.put(RID + 8, second);
    execution.run(this::scanned);
    assertThat(first.read(0x10, 8)).isEqualTo(0x80_0000_0004L);
    assertThat(second.read(0x10, 8)).isEqualTo(0x80_0001_0004L);
  }

  @Test
  void givesNarrowBarsAddressesInTheLowWindow() {
    FakeFunction function = new FakeFunction(0x1234, 0x11e8).bar32(0, 0x10_0000);
    pci.functions.put(RID, function);
    execution.run(this::scanned);
    assertThat(function.read(0x10, 4)).isEqualTo(0x1000_0000L);
    assertThat(function.read(0x04, 2)).isEqualTo(0x0406L);
  }

  @Test
  void readsWhatTheCapabilitiesSay() {
    pci.functions.put(RID, FakeFunction.dmaEngine());
    execution.run(
        () -> {
          PciDevice device = scanned().devices().get(0);
          var ats = device.iommuDevice().ats();
          log.add(
              ats.pasidBits()
                  + " "
                  + ats.invalidateQueueDepth()
                  + " "
                  + ats.priCapacity()
                  + " "
                  + device.msix().vectors());
        });
    assertThat(log).contains("16 5 64 4");
  }

  @Test
  void enablesPriWithAnAllocationAfterAReset() {
    FakeFunction function = FakeFunction.dmaEngine();
    pci.functions.put(RID, function);
    execution.run(() -> scanned().devices().get(0).iommuDevice().ats().enablePri(16));
    assertThat(function.read(0x144, 2)).isEqualTo(1);
    assertThat(function.read(0x14c, 4)).isEqualTo(16);
  }

  @Test
  void programsAVectorMaskedAndUnmasksItLast() {
    pci.functions.put(RID, FakeFunction.dmaEngine());
    execution.run(() -> scanned().devices().get(0).msix().set(1, 0xffff_f040L, 81));
    assertThat(pci.memoryWrites)
        .containsExactly(
            "800000801c=1/4",
            "8000008010=fffff040/4",
            "8000008014=0/4",
            "8000008018=51/4",
            "800000801c=0/4");
  }

  @Test
  void followsHotPlugInOrder() {
    execution.run(
        () -> {
          Sched sched = new Sched(execution);
          PciBus bus = new PciBus(sched, pci.ecam, pci.memory, 1, Set.of(), listener);
          new HotPlug(sched, pci.interrupts, pci.hotPlug, bus);
          pci.plug(RID, FakeFunction.dmaEngine());
          sched.sleep(1_000);
          pci.unplug(RID);
          sched.sleep(1_000);
          pci.plug(RID, FakeFunction.dmaEngine());
          sched.sleep(1_000);
        });
    assertThat(log)
        .containsExactly(
            "+00:04.0 [534d:0001]", "-00:04.0 [534d:0001] gone", "+00:04.0 [534d:0001]");
  }

  @Test
  void reusesTheAddressesOfAFunctionThatIsGone() {
    FakeFunction second = FakeFunction.dmaEngine();
    pci.functions.put(RID, FakeFunction.dmaEngine());
    execution.run(
        () -> {
          PciBus bus = scanned();
          pci.functions.remove(RID);
          bus.remove(new PciAddress(RID));
          pci.functions.put(RID, second);
          bus.probe(new PciAddress(RID));
        });
    assertThat(second.read(0x10, 8)).isEqualTo(0x80_0000_0004L);
  }

  @Test
  void survivesACapabilityListThatRunsInACircle() {
    FakeFunction function = new FakeFunction(0x1234, 1).msix(1, 0);
    function.mask(0x40, 4, -1).write(0x40, 4, 0x4005); // an unknown capability that names itself
    pci.functions.put(RID, function);
    execution.run(this::scanned);
    assertThat(log).hasSize(1);
  }

  @Test
  void leavesAFunctionAloneWhoseBarDoesNotFitAndGoesOn() {
    pci.functions.put(RID, new FakeFunction(0x1234, 1).bar64(0, 1L << 40));
    pci.functions.put(RID + 8, FakeFunction.dmaEngine());
    execution.run(this::scanned);
    assertThat(log).containsExactly("+00:05.0 [534d:0001]");
  }

  @Test
  void aDriverThatFailsDoesNotEndHotPlug() {
    execution.run(
        () -> {
          Sched sched = new Sched(execution);
          PciBus bus = new PciBus(sched, pci.ecam, pci.memory, 1, Set.of(), failing());
          new HotPlug(sched, pci.interrupts, pci.hotPlug, bus);
          pci.plug(RID, FakeFunction.dmaEngine());
          sched.sleep(1_000);
          pci.unplug(RID);
          sched.sleep(1_000);
        });
    assertThat(log).containsExactly("failing", "failing");
  }

  @Test
  void aDriverThatDoesNotReturnHoldsUpItsOwnSlotAlone() {
    execution.run(
        () -> {
          Sched sched = new Sched(execution);
          PciBus bus = new PciBus(sched, pci.ecam, pci.memory, 1, Set.of(), blocking(sched, RID));
          new HotPlug(sched, pci.interrupts, pci.hotPlug, bus);
          pci.plug(RID, FakeFunction.dmaEngine());
          sched.sleep(1_000);
          pci.unplug(RID);
          pci.plug(RID + 8, FakeFunction.dmaEngine());
          sched.sleep(1_000);
          pci.unplug(RID + 8);
          sched.sleep(1_000);
        });
    assertThat(log).containsExactly("blocked 00:04.0", "+00:05.0", "-00:05.0");
  }

  private PciBus.Listener blocking(Sched sched, int requesterId) {
    return new PciBus.Listener() {
      @Override
      public void added(PciDevice device) {
        if (device.address().requesterId() == requesterId) {
          log.add("blocked " + device.address());
          sched.waitQueue("for ever").await(() -> false, Long.MAX_VALUE);
        }
        log.add("+" + device.address());
      }

      @Override
      public void removed(PciDevice device) {
        log.add("-" + device.address());
      }
    };
  }

  private PciBus.Listener failing() {
    return new PciBus.Listener() {
      @Override
      public void added(PciDevice device) {
        log.add("failing");
        throw new IllegalStateException("planted");
      }

      @Override
      public void removed(PciDevice device) {
        log.add("failing");
        throw new IllegalStateException("planted");
      }
    };
  }
}
