package org.smmulator.machine;

import java.util.function.Consumer;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.device.SystemMemory;
import org.smmulator.execution.Loop;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.pcie.RootComplex;

/**
 * Physical memory for a test device on the machine's own loop, and what the root complex counted of
 * its writes. Only the loop may call it.
 */
final class SideEntrance implements SystemMemory {
  private final RootComplex root;
  private final PhysicalMemory memory;
  private final Loop loop;
  private final int requesterId;
  private long refusedBefore;

  /**
   * @param requesterId of the device
   */
  SideEntrance(RootComplex root, PhysicalMemory memory, Loop loop, int requesterId) {
    this.root = root;
    this.memory = memory;
    this.loop = loop;
    this.requesterId = requesterId;
  }

  /** Packets that were sent are steps of the loop already, so the next step comes after them. */
  @Override
  public void readBack(long address, byte[] target, Consumer<Answer> then) {
    loop.execute(() -> then.accept(answer(address, target)));
  }

  private Answer answer(long address, byte[] target) {
    long refused = root.counted(requesterId, FunctionCounter.REFUSED);
    boolean anew = refused != refusedBefore;
    refusedBefore = refused;
    if (anew) {
      return Answer.WRITE_REFUSED;
    }
    try {
      memory.read(address, target, 0, target.length);
      return Answer.READ;
    } catch (BusAbort e) {
      return Answer.NO_MEMORY;
    }
  }
}
