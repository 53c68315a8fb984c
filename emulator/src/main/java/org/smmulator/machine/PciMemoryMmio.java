package org.smmulator.machine;

import java.util.function.IntPredicate;
import org.smmulator.arch.port.Mmio;
import org.smmulator.pcie.RootComplex;

/** PCIe memory space; offsets are physical addresses. Writes are posted. */
final class PciMemoryMmio implements Mmio {
  private final HardwareCalls hardware;
  private final RootComplex rootComplex;

  PciMemoryMmio(HardwareCalls hardware, RootComplex rootComplex) {
    this.hardware = hardware;
    this.rootComplex = rootComplex;
  }

  @Override
  public long read(long pa, int sizeBytes) {
    return hardware.await(answer -> rootComplex.memoryRead(pa, sizeBytes, answer));
  }

  @Override
  public void write(long pa, int sizeBytes, long value) {
    hardware.post(() -> rootComplex.memoryWrite(pa, sizeBytes, value));
  }

  @Override
  public boolean awaitChange(long pa, IntPredicate until, long deadlineNanos) {
    throw new UnsupportedOperationException("device registers do not announce their changes");
  }
}
