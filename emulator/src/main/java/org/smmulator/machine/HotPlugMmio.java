package org.smmulator.machine;

import java.util.function.IntPredicate;
import org.smmulator.arch.port.Mmio;
import org.smmulator.pcie.HotplugBlock;

/** The window of the hot-plug register block. */
final class HotPlugMmio implements Mmio {
  private final HardwareCalls hardware;
  private final HotplugBlock block;

  HotPlugMmio(HardwareCalls hardware, HotplugBlock block) {
    this.hardware = hardware;
    this.block = block;
  }

  @Override
  public long read(long offset, int sizeBytes) {
    return hardware.await(answer -> answer.accept(block.read(offset)));
  }

  @Override
  public void write(long offset, int sizeBytes, long value) {
    hardware.post(() -> block.write(offset, value));
  }

  @Override
  public boolean awaitChange(long offset, IntPredicate until, long deadlineNanos) {
    throw new UnsupportedOperationException("the block announces its events by an interrupt");
  }
}
