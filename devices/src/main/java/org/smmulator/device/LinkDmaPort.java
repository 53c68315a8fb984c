package org.smmulator.device;

import java.util.Objects;
import org.smmulator.device.DmaException.Status;
import org.smmulator.device.execution.Execution;
import org.smmulator.device.execution.Execution.Handle;

/** Hands transfers of the model's tasks to the requester on the link's thread, and waits. */
final class LinkDmaPort implements DmaPort {
  private static final int PASIDS = 1 << 20;

  private final Requester requester;
  private final LinkMailbox mailbox;
  private final Execution execution;

  LinkDmaPort(Requester requester, LinkMailbox mailbox, Execution execution) {
    this.requester = requester;
    this.mailbox = mailbox;
    this.execution = execution;
  }

  @Override
  public void read(int pasid, long address, byte[] target, int offset, int length)
      throws DmaException {
    transfer(pasid, false, address, target, offset, length);
  }

  @Override
  public void write(int pasid, long address, byte[] source, int offset, int length)
      throws DmaException {
    transfer(pasid, true, address, source, offset, length);
  }

  private void transfer(
      int pasid, boolean write, long address, byte[] bytes, int offset, int length)
      throws DmaException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (pasid < NO_PASID || pasid >= PASIDS) {
      throw new IllegalArgumentException("PASID " + pasid + ": 0 to 2^20 - 1 or none is right");
    }
    if (mailbox.inLoop()) {
      throw new IllegalStateException(
          "DMA blocks, and the link's own thread would wait for itself");
    }
    if (length == 0) {
      return;
    }
    Handle self = execution.current();
    Runnable wake = () -> execution.unpark(self);
    DmaOperation operation = new DmaOperation(pasid, write, address, bytes, offset, length, wake);
    if (!mailbox.post(() -> requester.begin(operation))) {
      throw new DmaException(Status.LINK_DOWN, address);
    }
    while (!operation.ended()) {
      execution.park(Long.MAX_VALUE);
    }
    DmaException failure = operation.failure();
    if (failure != null) {
      throw failure;
    }
  }
}
