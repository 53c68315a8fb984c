package org.smmulator.guest;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.smmulator.guest.FakeMachine.SECOND;
import static org.smmulator.guest.FakeMachine.SLOT;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.counter.Counts;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.FakeFunction;
import org.smmulator.guest.pci.FakePci;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.dma.DmaQueue;
import org.smmulator.guest.sva.SvaCounter;

/**
 * The driver of a device fails in the middle: one of its accesses of the device throws, whichever
 * it is. The kernel takes from it what it has, and drives the next device in the same slot.
 */
class DriverFailureTest {
  private final FakeMachine machine = new FakeMachine(1);
  private final FakePci pci = machine.pci;

  static IntStream accesses() {
    return IntStream.range(0, 60);
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void whateverAccessFailsTheSlotIsFreeForTheNextDevice(int accesses) {
    machine.run(kernel -> failAndReplace(kernel, accesses));
  }

  /** The device is there, but nothing that its driver began. */
  @Test
  void aDeviceWhoseDriverFailedIsAttachedToNothing() {
    machine.run(
        kernel -> {
          plugAndUnplug(kernel);
          long frames = kernel.frames().freeFrames();
          machine.accessesLeft = 0;
          machine.failsForGood = true;
          pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          assertThatThrownBy(() -> FakeMachine.awaitEngine(kernel))
              .isInstanceOf(IommuException.class)
              .hasMessageContaining("its driver failed");
          kernel.sched().sleep(SECOND);
          PciDevice plugged = requireNonNull(kernel.pci().find(SLOT));
          assertThat(plugged.iommuDevice().domain()).isNull();
          assertThat(kernel.frames().freeFrames()).isEqualTo(frames);
        });
  }

  /** Its registers read as all ones, as nobody answers. */
  @Test
  void aDeviceThatLeavesAtOnceIsNotTakenForAnotherDevice() {
    machine.run(
        kernel -> {
          machine.leavesAtFirstRead = true;
          pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          assertThatThrownBy(() -> FakeMachine.awaitEngine(kernel))
              .hasMessage("00:04.0 [534d:0001] has left before it was driven");
        });
  }

  @Test
  void aDeviceWithOtherRegistersIsNotDriven() {
    machine.run(
        kernel -> {
          machine.isAnotherDevice = true;
          pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          assertThatThrownBy(() -> FakeMachine.awaitEngine(kernel))
              .hasMessage(
                  "00:04.0 [534d:0001]: register ID is not that of a DMA engine (0x41444d53)");
        });
  }

  @Test
  void aQueueThatCouldNotBeStartedLeavesItsProcessUnbound() {
    machine.run(
        kernel -> {
          pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          DmaEngine engine = requireNonNull(FakeMachine.awaitEngine(kernel));
          GuestProcess process = kernel.startProcess("p");
          machine.accessesLeft = 0;
          assertThatThrownBy(() -> engine.open(process.mm()))
              .hasMessage("a bug in the access of the device");
          Counts<SvaCounter> sva = kernel.sva().statistics();
          assertThat(sva.of(SvaCounter.BINDS)).as("it was bound when it failed").isEqualTo(1);
          assertThat(sva.of(SvaCounter.BONDS)).isZero();
          assertThat(sva.of(SvaCounter.PASIDS_LIVE)).isZero();
          DmaQueue queue = engine.open(process.mm());
          assertThat(queue.pasid()).isEqualTo(1);
        });
  }

  /** The device itself is quiet, and must not reach memory for what its driver did not do. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDriverThatFailsWhenItsDeviceLeavesDoesNotKeepTheDomain(boolean isPulled) {
    machine.run(
        kernel -> {
          pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          DmaEngine engine = requireNonNull(FakeMachine.awaitEngine(kernel));
          engine.open(kernel.startProcess("p").mm());
          machine.disconnectFails = true;
          if (isPulled) {
            pci.unplug(SLOT.requesterId());
            assertThat(kernel.awaitGone(SLOT, FakeMachine.deadline(kernel))).isTrue();
          } else {
            kernel.detachDomain(SLOT);
          }
          assertThat(engine.device().iommuDevice().domain()).isNull();
          assertThat(kernel.sva().statistics().of(SvaCounter.BONDS)).isZero();
          assertThat(kernel.engine(SLOT)).isNull();
        });
  }

  /** Nobody may go on with an engine that is half taken apart, or wait for it for ever. */
  @Test
  void aDeviceThatTheIommuCannotDetachIsNotDrivenAnyMore() {
    machine.run(
        kernel -> {
          pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          FakeMachine.awaitEngine(kernel);
          machine.smmuFails = true;
          assertThatThrownBy(() -> kernel.detachDomain(SLOT))
              .hasMessage("a bug in the access of the SMMU");
          assertThat(kernel.engine(SLOT)).isNull();
          machine.smmuFails = false;
          unplug(kernel);
          plugAndUnplug(kernel);
        });
  }

  private void failAndReplace(GuestKernel kernel, int accesses) throws IommuException {
    plugAndUnplug(kernel);
    long frames = kernel.frames().freeFrames();
    int interrupts = pci.handlers.size();
    machine.accessesLeft = accesses;
    machine.failsForGood = accesses % 2 == 1;
    pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
    try {
      DmaEngine engine = FakeMachine.awaitEngine(kernel);
      if (engine != null) {
        use(kernel, engine);
      }
    } catch (IommuException refused) {
      assertThat(refused).as("who waits is told").hasMessageContaining("its driver failed");
    }
    if (accesses % 3 == 0) {
      kernel.detachDomain(SLOT);
    }
    unplug(kernel);
    assertThat(kernel.frames().freeFrames()).isEqualTo(frames);
    assertThat(pci.handlers).hasSize(interrupts);
    Counts<SvaCounter> sva = kernel.sva().statistics();
    assertThat(
            sva.of(SvaCounter.BONDS)
                + sva.of(SvaCounter.PASIDS_LIVE)
                + sva.of(SvaCounter.PASIDS_QUARANTINED))
        .isZero();
    machine.accessesLeft = Integer.MAX_VALUE;
    plugAndUnplug(kernel);
  }

  private void plugAndUnplug(GuestKernel kernel) throws IommuException {
    pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
    DmaEngine engine = requireNonNull(FakeMachine.awaitEngine(kernel), "the device is not driven");
    GuestProcess process = kernel.startProcess("p");
    process.mm().mmap(4096, Prot.READ_WRITE);
    DmaQueue queue = engine.open(process.mm());
    assertThat(queue.pasid()).isEqualTo(1);
    assertThat(engine.close(queue)).isTrue();
    process.exit();
    unplug(kernel);
  }

  private void unplug(GuestKernel kernel) {
    pci.unplug(SLOT.requesterId());
    assertThat(kernel.awaitGone(SLOT, FakeMachine.deadline(kernel))).isTrue();
    kernel.addressSpaces().flushAsyncPuts();
    kernel.sched().sleep(SECOND);
  }

  /** Two processes: one closes its queue, the other dies with it. */
  private static void use(GuestKernel kernel, DmaEngine engine) {
    GuestProcess closing = kernel.startProcess("closing");
    GuestProcess dying = kernel.startProcess("dying");
    try {
      DmaQueue queue = engine.open(closing.mm());
      engine.open(dying.mm());
      engine.close(queue);
    } catch (IommuException | AssertionError failed) {
      // As the driver likes; what it leaves is looked at later.
    }
    dying.exit();
    closing.exit();
  }
}
