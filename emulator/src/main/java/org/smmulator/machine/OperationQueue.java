package org.smmulator.machine;

import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaResult;

/** What a stream asks of its process's queue on one device. */
interface OperationQueue {
  PciAddress device();

  int pasid();

  /** Runs one operation and waits for its end; after the deadline there is no answer. */
  DmaResult run(DmaOperation operation, long deadlineNanos);

  /** Operations that are with the device. */
  long outstanding();

  /** Whether the device is gone, or cut off from memory because it did not answer. */
  boolean isCutOff();

  /** Whether the device has no ATS, and its faults stall instead. */
  boolean stalls();

  /** Takes the process's memory away from the device: when it returns, nothing is written there. */
  void close();
}
