package org.smmulator.smmu.register;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;

/**
 * Message-signalled interrupts of the SMMU itself: 32-bit writes, physical (IHI 0070 3.18.1). An
 * SMMU without them (IDR0.MSI = 0) has only its wires.
 */
public final class MsiWriter {
  private final PhysicalMemory memory;
  private final boolean exist;
  private final long outputMask;

  public MsiWriter(SmmuFeatures features, PhysicalMemory memory) {
    this.exist = features.has(Feature.MSI);
    this.memory = memory;
    this.outputMask = (1L << features.outputAddressBits()) - 1;
  }

  /**
   * Sends one MSI; address 0 stands for none. A larger address than there is loses its upper bits
   * (3.4.3).
   *
   * @return false if the write aborted
   */
  public boolean write(long address, int data) {
    if (!exist || address == 0) {
      return true;
    }
    try {
      memory.store32(address & outputMask, data);
      return true;
    } catch (BusAbort abort) {
      return false;
    }
  }
}
