package org.smmulator.machine;

import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaQueue;
import org.smmulator.guest.pci.dma.DmaResult;

/** A queue of a dma engine that the kernel drives. */
record EngineQueue(GuestKernel kernel, DmaEngine engine, DmaQueue queue) implements OperationQueue {
  @Override
  public PciAddress device() {
    return engine.device().address();
  }

  @Override
  public int pasid() {
    return queue.pasid();
  }

  @Override
  public DmaResult run(DmaOperation operation, long deadlineNanos) {
    return queue.run(operation, deadlineNanos);
  }

  @Override
  public long outstanding() {
    return queue.outstanding();
  }

  @Override
  public boolean isCutOff() {
    return engine.device().isGone() || kernel.iommu().isFenced(engine.device().iommuDevice());
  }

  @Override
  public boolean stalls() {
    return queue.stalls();
  }

  @Override
  public void close() {
    engine.close(queue);
  }
}
