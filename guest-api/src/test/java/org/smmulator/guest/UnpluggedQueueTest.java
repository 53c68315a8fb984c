package org.smmulator.guest;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.guest.FakeMachine.SLOT;

import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.FakeFunction;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaQueue;
import org.smmulator.guest.pci.dma.DmaResult.Status;

/**
 * A device is pulled out with operations that nobody has asked about yet. The memory of its queue
 * is free and poisoned then: what lies there is no result, and nobody may write there.
 */
class UnpluggedQueueTest {
  private final FakeMachine machine = new FakeMachine(1);

  private DmaQueue open(GuestKernel kernel, GuestProcess process) throws IommuException {
    machine.pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
    DmaEngine engine = requireNonNull(FakeMachine.awaitEngine(kernel));
    return engine.open(process.mm());
  }

  private void pullOut(GuestKernel kernel) {
    machine.pci.unplug(SLOT.requesterId());
    assertThat(kernel.awaitGone(SLOT, FakeMachine.deadline(kernel))).isTrue();
  }

  @Test
  void poisonIsNoResult() {
    machine.run(
        kernel -> {
          GuestProcess process = kernel.startProcess("p");
          long buffer = process.mm().mmap(4096, Prot.READ_WRITE);
          DmaQueue queue = open(kernel, process);
          long deadline = FakeMachine.deadline(kernel);
          long ticket = queue.submit(DmaOperation.fill(buffer, 8, 7), deadline);
          pullOut(kernel);

          assertThat(queue.await(ticket, deadline).status()).isEqualTo(Status.GONE);
          assertThat(queue.outstanding()).isEqualTo(1);
          assertThat(queue.submit(DmaOperation.fill(buffer, 8, 7), deadline)).isNegative();
        });
  }

  @Test
  void whatWasDoneBeforeHasItsResult() {
    machine.run(
        kernel -> {
          GuestProcess process = kernel.startProcess("p");
          long buffer = process.mm().mmap(4096, Prot.READ_WRITE);
          DmaQueue queue = open(kernel, process);
          long deadline = FakeMachine.deadline(kernel);
          long done = queue.submit(DmaOperation.fill(buffer, 8, 7), deadline);
          machine.completesFirst = 1;
          long atWork = queue.submit(DmaOperation.fill(buffer, 8, 7), deadline);
          pullOut(kernel);

          assertThat(queue.await(done, deadline).status()).isEqualTo(Status.OK);
          assertThat(queue.await(atWork, deadline).status()).isEqualTo(Status.GONE);
        });
  }

  /** A driver that cannot even stop its queue gives back its memory all the same. */
  @Test
  void poisonIsNoResultOfAQueueThatCouldNotBeStopped() {
    machine.run(
        kernel -> {
          GuestProcess process = kernel.startProcess("p");
          long buffer = process.mm().mmap(4096, Prot.READ_WRITE);
          DmaQueue queue = open(kernel, process);
          long deadline = FakeMachine.deadline(kernel);
          long ticket = queue.submit(DmaOperation.fill(buffer, 8, 7), deadline);
          machine.accessesLeft = 0;
          machine.failsForGood = true;
          kernel.detachDomain(SLOT);

          assertThat(queue.await(ticket, deadline).status()).isEqualTo(Status.STOPPED);
        });
  }
}
