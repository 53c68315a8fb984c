package org.smmulator.device;

import java.util.Objects;
import java.util.function.Consumer;
import org.smmulator.bus.pcie.PasidCapability;
import org.smmulator.device.DmaException.Status;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Execution.Handle;

/**
 * Hands transfers of the model's tasks to the requester on the link's thread; waits, or has the
 * model called back on its BAR task.
 */
final class LinkDmaPort implements DmaPort {
  private static final int PASIDS = 1 << PasidCapability.MOST_BITS;

  private final Requester requester;
  private final LinkMailbox mailbox;
  private final Execution execution;
  private final ModelTask task;
  private final boolean confirmWrites;

  /**
   * @param confirmWrites whether a write ends when it is in memory
   */
  LinkDmaPort(
      Requester requester,
      LinkMailbox mailbox,
      Execution execution,
      ModelTask task,
      boolean confirmWrites) {
    this.requester = requester;
    this.mailbox = mailbox;
    this.execution = execution;
    this.task = task;
    this.confirmWrites = confirmWrites;
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

  @Override
  public void startRead(
      int pasid, long address, byte[] target, int offset, int length, Outcome outcome) {
    start(operation(pasid, false, address, target, offset, length, tell(outcome)));
  }

  @Override
  public void startWrite(
      int pasid, long address, byte[] source, int offset, int length, Outcome outcome) {
    start(operation(pasid, true, address, source, offset, length, tell(outcome)));
  }

  private Consumer<DmaTransfer> tell(Outcome outcome) {
    return ended -> task.callBack(() -> outcome.ended(ended.failure()));
  }

  private void start(DmaTransfer operation) {
    if (operation.length == 0) {
      operation.end();
    } else if (!mailbox.post(() -> requester.begin(operation))) {
      operation.fail(Status.LINK_DOWN, operation.address);
      operation.end();
    }
  }

  private void transfer(
      int pasid, boolean write, long address, byte[] bytes, int offset, int length)
      throws DmaException {
    if (mailbox.inLoop()) {
      throw new IllegalStateException(
          "DMA blocks, and the link's own thread would wait for itself");
    }
    Handle self = execution.current();
    DmaTransfer operation =
        operation(pasid, write, address, bytes, offset, length, ended -> execution.unpark(self));
    start(operation);
    while (!operation.ended()) {
      execution.park(Long.MAX_VALUE);
    }
    DmaException failure = operation.failure();
    if (failure != null) {
      throw failure;
    }
  }

  private DmaTransfer operation(
      int pasid,
      boolean write,
      long address,
      byte[] bytes,
      int offset,
      int length,
      Consumer<DmaTransfer> onEnd) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (pasid < NO_PASID || pasid >= PASIDS) {
      throw new IllegalArgumentException("PASID " + pasid + ": 0 to 2^20 - 1 or none is right");
    }
    boolean confirmed = write && confirmWrites;
    return new DmaTransfer(pasid, write, address, bytes, offset, length, confirmed, onEnd);
  }
}
