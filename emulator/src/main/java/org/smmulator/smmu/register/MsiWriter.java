package org.smmulator.smmu.register;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.smmu.Feature;
import org.smmulator.smmu.SmmuFeatures;

/**
 * Message-signalled interrupts of the SMMU itself: 32-bit writes, physical (IHI 0070 3.18.1). An
 * SMMU without them (IDR0.MSI = 0) has only its wires.
 */
public final class MsiWriter {
  private final PhysicalMemory memory;
  private final boolean exist;
  private final byte[] message = new byte[4];

  public MsiWriter(SmmuFeatures features, PhysicalMemory memory) {
    this.exist = features.has(Feature.MSI);
    this.memory = memory;
  }

  /**
   * Sends one MSI; address 0 stands for none.
   *
   * @return false if the write aborted
   */
  public boolean write(long address, int data) {
    if (!exist || address == 0) {
      return true;
    }
    for (int i = 0; i < message.length; i++) {
      message[i] = (byte) (data >>> (i * 8));
    }
    try {
      memory.write(address, message, 0, message.length);
      return true;
    } catch (BusAbort abort) {
      return false;
    }
  }
}
