package org.smmulator.machine;

import java.util.function.IntPredicate;
import org.smmulator.arch.port.Mmio;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Region;
import org.smmulator.memory.Target;

/**
 * Registers as the CPUs of the built-in guest reach them: at a base in the address map, by steps on
 * the hardware's thread. A read waits for its answer, a write only where it is not posted. Where
 * nothing is, or nothing of that width, reads are all ones and writes are lost.
 */
final class CpuMmio implements Mmio {
  private final HardwareCalls hardware;
  private final AddressMap map;
  private final long base;

  CpuMmio(HardwareCalls hardware, AddressMap map, long base) {
    this.hardware = hardware;
    this.map = map;
    this.base = base;
  }

  @Override
  public long read(long offset, int sizeBytes) {
    long pa = base + offset;
    Region region = map.find(pa, sizeBytes);
    if (region == null || !region.allows(pa, sizeBytes)) {
      return Target.allOnes(sizeBytes);
    }
    return hardware.await(
        answer -> region.read(pa, sizeBytes, (response, value) -> answer.accept(value)));
  }

  @Override
  public void write(long offset, int sizeBytes, long value) {
    long pa = base + offset;
    Region region = map.find(pa, sizeBytes);
    if (region == null || !region.allows(pa, sizeBytes)) {
      return;
    }
    if (region.posted()) {
      hardware.post(() -> region.write(pa, sizeBytes, value, response -> {}));
    } else {
      hardware.await(answer -> region.write(pa, sizeBytes, value, response -> answer.accept(0)));
    }
  }

  @Override
  public boolean awaitChange(long offset, IntPredicate until, long deadlineNanos) {
    throw new UnsupportedOperationException("only the SMMU's registers announce their changes");
  }
}
