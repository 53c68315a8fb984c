package org.smmulator.guest;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.guest.FakeMachine.SLOT;

import org.junit.jupiter.api.Test;
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
  private long buffer;

  private interface Story {
    void tell(GuestKernel kernel, DmaQueue queue, long deadline);
  }

  /** A process has a queue, and a buffer that {@link #submit} fills. */
  private void withQueue(Story story) {
    machine.run(
        kernel -> {
          GuestProcess process = kernel.startProcess("p");
          buffer = process.mm().mmap(4096, Prot.READ_WRITE);
          machine.pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          DmaEngine engine = requireNonNull(FakeMachine.awaitEngine(kernel));
          story.tell(kernel, engine.open(process.mm()), FakeMachine.deadline(kernel));
        });
  }

  private long submit(DmaQueue queue, long deadline) {
    return queue.submit(DmaOperation.fill(buffer, 8, 7), deadline);
  }

  private void pullOut(GuestKernel kernel) {
    machine.pci.unplug(SLOT.requesterId());
    assertThat(kernel.awaitGone(SLOT, FakeMachine.deadline(kernel))).isTrue();
  }

  @Test
  void poisonIsNoResult() {
    withQueue(
        (kernel, queue, deadline) -> {
          long ticket = submit(queue, deadline);
          pullOut(kernel);

          assertThat(queue.await(ticket, deadline).status()).isEqualTo(Status.GONE);
          assertThat(queue.outstanding()).isEqualTo(1);
          assertThat(submit(queue, deadline)).isNegative();
        });
  }

  @Test
  void whatWasDoneBeforeHasItsResult() {
    withQueue(
        (kernel, queue, deadline) -> {
          long done = submit(queue, deadline);
          machine.completesFirst = 1;
          long atWork = submit(queue, deadline);
          pullOut(kernel);

          assertThat(queue.await(done, deadline).status()).isEqualTo(Status.OK);
          assertThat(queue.await(atWork, deadline).status()).isEqualTo(Status.GONE);
        });
  }

  /** A driver that cannot even stop its queue gives back its memory all the same. */
  @Test
  void poisonIsNoResultOfAQueueThatCouldNotBeStopped() {
    withQueue(
        (kernel, queue, deadline) -> {
          long ticket = submit(queue, deadline);
          machine.accessesLeft = 0;
          machine.failsForGood = true;
          kernel.detachDomain(SLOT);

          assertThat(queue.await(ticket, deadline).status()).isEqualTo(Status.STOPPED);
        });
  }
}
